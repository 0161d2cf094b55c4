"""A school puts people in by a roster, as its designated person does on deadline day (R22)."""

import io
from typing import TYPE_CHECKING, Any

import aiohttp

from deploy.local.client import Client
from deploy.local.steps import holds, until
from deploy.local.world import SCHOOLS, id_number

if TYPE_CHECKING:
    from deploy.local.story import Story

CODE = "query($id: ID!) { project(id: $id) { code } }"
COMMIT = "mutation($id: ID!, $mode: RosterMode!) { commitRoster(jobId: $id, mode: $mode) { state } }"
JOB = "query($id: ID!) { rosterJob(id: $id) { state total done entered refused } }"
HEADER = "姓名,身份证号码,手机号码,岗位,专兼职,项目编号"
_TIMEOUT = aiohttp.ClientTimeout(total=30)


def lines_for(code: str) -> list[str]:
    """Two people who are not on file yet, and one whose number is wrong."""
    numbers = [id_number(f"4401001986051{serial:04d}") for serial in (1001, 1002)]
    return [
        f"温馨,{numbers[0]},13800138101,教师,专职,{code}",
        f"高远,{numbers[1]},13800138102,中层干部,兼职,{code}",
        f"笔误,{numbers[0][:-1]},13800138103,教师,专职,{code}",
    ]


async def put_in_roster(story: "Story", project: str) -> None:
    """The school fetches the template, sends a file with a bad row, and puts the good ones in."""
    school = SCHOOLS[0]
    client = story.cast.schools[school.code]
    status, content = await fetch(client, "/rosters/template.xlsx")
    holds(status == 200 and content.startswith(b"PK"), f"the template: {status}")  # noqa: PLR2004 - OK
    code = (await client.do(CODE, id=project))["code"]
    staged = await send(client, "\r\n".join(["报名名单", HEADER, *lines_for(code)]).encode("gb18030"))
    holds((staged.get("good"), staged.get("bad")) == (2, 1), f"the check: {staged}")
    whole = client.do(COMMIT, id=staged["id"], mode="ALL_OR_NOTHING")
    await story.refused(school.name, "整份提交有不合格行的名单", "ROSTER_HAS_BAD_ROWS", whole)
    await client.do(COMMIT, id=staged["id"], mode="VALID_ROWS")

    async def ended() -> Any:
        job = await client.do(JOB, id=staged["id"])
        return job if job["state"] == "COMMITTED" else None

    job = await until(ended, "the roster")
    holds((job["done"], job["entered"], job["refused"]) == (3, 2, 1), f"the roster: {job}")
    status, content = await fetch(client, f"/rosters/{staged['id']}/result.xlsx")
    holds(status == 200 and content.startswith(b"PK"), f"the result: {status}")  # noqa: PLR2004 - OK
    story.report(school.name, "上传名单（.csv），提交合格的行", f"提交 {job['entered']}，不合格 {job['refused']}")


async def send(client: Client, raw: bytes, kind: str = "text/csv") -> dict[str, Any]:
    """POST a file and return the JSON reply, whatever its status."""
    headers = {"Content-Type": kind} | authorization(client)
    address, query = f"{client.url}/rosters", {"filename": "名单.csv"}
    async with client.http.post(
        address, data=io.BytesIO(raw), params=query, headers=headers, timeout=_TIMEOUT
    ) as reply:
        content: dict[str, Any] = await reply.json(content_type=None)
        return content


async def fetch(client: Client, path: str) -> tuple[int, bytes]:
    """A file's status and content."""
    async with client.http.get(client.url + path, headers=authorization(client), timeout=_TIMEOUT) as reply:
        return reply.status, await reply.read()


def authorization(client: Client) -> dict[str, str]:
    """The headers that say who calls."""
    return client.headers | ({"Authorization": f"Bearer {client.token}"} if client.token else {})
