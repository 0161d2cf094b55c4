"""R22, R41: rosters through the gateway; the story has put one in while enrollment was open."""

import io

from python_calamine import CalamineWorkbook

from deploy.demo.roster import lines_for
from deploy.demo.story import Story
from deploy.seed.graph_client import Client
from deploy.seed.world import SCHOOLS

JOBS = "{ rosterJobs { nodes { id entered refused } } }"


async def the_job(client: Client) -> str:
    (job,) = [job for job in (await client.do(JOBS))["nodes"] if job["entered"]]
    assert job["refused"] == 1
    return str(job["id"])


async def test_the_school_gets_its_file_back_masked_and_with_what_is_wrong(story: Story) -> None:
    client = story.seeded.schools[SCHOOLS[0].code]
    status, content = await client.fetch(f"/rosters/{await the_job(client)}/result.xlsx")
    assert status == 200
    rows = [list(row) for row in CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).iter_rows()]
    assert [row[0] for row in rows[1:]] == [3, 4, 5]
    result, problems = rows[0].index("结果"), rows[0].index("问题")
    assert [row[result] for row in rows[1:]] == ["已提交", "已提交", "未提交"]
    assert rows[3][problems] == "身份证号码有误：应为18位，末位可为X"
    assert not [cell for row in rows for cell in row for line in lines_for("x") if cell in line.split(",")[1:3]]


async def test_no_other_school_and_nobody_else_gets_it(story: Story) -> None:
    key = await the_job(story.seeded.schools[SCHOOLS[0].code])
    path = f"/rosters/{key}/result.xlsx"
    assert (await story.seeded.schools[SCHOOLS[1].code].fetch(path))[0] == 404
    assert (await story.seeded.ministry.fetch(path))[0] == 403
    assert (await story.provisioner.public.fetch(path))[0] == 401
    assert (await story.seeded.base_clients[0].fetch("/rosters/template.xlsx"))[0] == 403
    assert (await story.seeded.schools[SCHOOLS[0].code].fetch("/rosters/..%2f/result.xlsx"))[0] == 404


async def test_a_form_a_stranger_and_a_file_too_large_are_refused(story: Story) -> None:
    client = story.seeded.schools[SCHOOLS[0].code]

    async def code(who: Client, raw: bytes, kind: str = "text/csv") -> str:
        (error,) = (await who.upload_roster(raw, kind))["errors"]
        return str(error["extensions"]["code"])

    for form in ("multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencoded"):
        assert await code(client, b"x", form) == "UNSUPPORTED_MEDIA_TYPE"
    assert await code(story.provisioner.public, b"x") == "UNAUTHENTICATED"
    assert await code(story.seeded.ministry, b"x") == "FORBIDDEN"
    assert await code(client, b"x" * (4 * 1024 * 1024 + 1)) == "BODY_TOO_LARGE"
    assert await code(client, b"no roster") == "ROSTER_HEADER_MISSING"


async def test_after_the_deadline_every_row_says_so(story: Story) -> None:
    client = story.seeded.schools[SCHOOLS[1].code]
    (project,) = {key for (_, key) in story.enrollments if key != next(iter(story.enrollments))[1]}
    code = (await client.do("query($id: ID!) { project(id: $id) { code } }", id=project))["code"]
    header = "姓名,身份证号码,手机号码,岗位,专兼职,项目编号"
    staged = await client.upload_roster("\n".join([header, *lines_for(code)[1:2]]).encode())
    assert (staged["good"], staged["bad"]) == (0, 1)
    rows = "query($id: ID!) { rosterJob(id: $id) { rows { nodes { problems { code } } } } }"
    ((row,),) = ((await client.do(rows, id=staged["id"]))["rows"]["nodes"],)
    assert {problem["code"] for problem in row["problems"]} >= {"PHASE_CLOSED"}
