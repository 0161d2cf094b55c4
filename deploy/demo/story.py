"""The round from its opening to its credits, each step in its role through the gateway: what the demo and e2e play.

Every step checks what it sees; a step that does not hold raises `Broken`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.demo import documents as d
from deploy.demo.roster import HEADER, lines_for
from deploy.demo.steps import Broken, holds, until
from deploy.seed.account_provisioner import Desk
from deploy.seed.graph_client import Client, Refused, fetch, send
from deploy.seed.load import Cast, seed
from deploy.seed.plans import plan_of
from deploy.seed.world import BASES, SCHOOLS, YEAR

_VERDICTS = ("OBJECTIVES", "CONTENT", "ORGANIZATION", "DURATION", "FEE")
PRINCIPAL, TEACHING, PRACTICE = 0, 1, 2
"""The bases of the world by what they train."""


@dataclass(slots=True)
class Story:
    """A round as far as it has been told.

    Attributes:
        desk: Accounts and clients.
        report: Called with every line of what happened: who, what, result.
        cast: Everybody.
        projects: Published project ids by title.
        enrollments: Enrolment id by (teacher's name, project id).
    """

    desk: Desk
    report: Callable[[str, str, str], None]
    cast: Cast = field(init=False)
    projects: dict[str, str] = field(default_factory=dict)
    enrollments: dict[tuple[str, str], str] = field(default_factory=dict)

    def clock(self, at: str) -> None:
        """Move the domain clock of all processes."""
        self.desk.suite.move_clock(datetime.fromisoformat(at))
        self.report("时钟", at, "业务时间前移")

    async def refused(self, who: str, what: str, code: str, act: Awaitable[Any]) -> None:
        """A step that must be refused with `code`."""
        try:
            await act
        except Refused as refusal:
            holds(code in refusal.codes, f"{what}: {code}, not {refusal}")
            self.report(who, what, f"拒绝 {code}：{refusal.errors[0]['message']}")
            return
        raise Broken(f"{what} was not refused with {code}")


async def tell(story: Story) -> None:
    """Play the whole round.

    Raises:
        Broken: A step did not hold.
        Refused: A step was refused that should not have been.
    """
    story.cast = await seed(story.desk)
    story.report("教师工作司", "开放2024年轮次，登记基地、专家、学校", f"{len(story.cast.logins)} 个账号已激活")
    await _declare(story)
    await _review(story)
    await _publish(story)
    await _enrol(story)
    await _decide(story)
    await _fund(story)
    await _train(story)
    await _credit(story)


async def _declare(story: Story) -> None:
    """Bases declare; an incomplete plan and a fourth project of a principal base are refused (R7, R11)."""
    base = story.cast.base[PRINCIPAL]
    key = story.cast.bases[BASES[PRINCIPAL].name]
    draft = await base.do(d.DRAFT, base=key, input={"year": YEAR, "title": "半份方案", "themes": ["P1"]})
    act = base.do(d.SUBMIT, id=draft["id"], version=draft["version"])
    await story.refused("校长基地", "提交不完整方案", "PLAN_INCOMPLETE", act)
    for place, seed_ in enumerate(BASES):
        for number in range(3 if place == PRINCIPAL else 1):
            title = f"{plan_of(place)['title']}{number + 1}期"
            project = await _draft(story, place, title)
            sent = await story.cast.base[place].do(d.SUBMIT, id=project["id"], version=project["version"])
            holds(sent["status"] == "SUBMITTED", f"{title} is {sent['status']}")
            story.projects[title] = project["id"]
        story.report(seed_.name, "申报项目", "已提交")
    extra = await _draft(story, PRINCIPAL, "第四个项目")
    act = base.do(d.SUBMIT, id=extra["id"], version=extra["version"])
    await story.refused("校长基地", "提交第4个项目", "QUOTA_EXCEEDED", act)
    foreign = story.cast.base[TEACHING].do(d.SUBMIT, id=extra["id"], version=extra["version"])
    await story.refused("双师基地", "提交他人项目", "FORBIDDEN", foreign)


async def _draft(story: Story, place: int, title: str) -> Any:
    key = story.cast.bases[BASES[place].name]
    return await story.cast.base[place].do(d.DRAFT, base=key, input=plan_of(place) | {"title": title})


async def _review(story: Story) -> None:
    """Two experts a project, blind; the ministry decides (R14–R16). The third principal project is rejected."""
    experts = story.cast.experts[:2]
    for title, key in story.projects.items():
        await story.cast.ministry.do(d.ASSIGN, id=key, experts=[expert for expert, _ in experts])
        for _, client in experts:
            verdicts = [{"dimension": one, "verdict": "PASS", "comment": "符合要求"} for one in _VERDICTS]
            await client.do(d.REVIEW, id=key, verdicts=verdicts)
        outcome = "REJECT" if title.endswith("3期") else "APPROVE"
        decided = await story.cast.ministry.do(
            d.DECIDE, id=key, decision={"outcome": outcome, "reason": "专家评审意见"}
        )
        story.report("教师工作司", f"评审 {title}", decided["status"])
    story.projects = {title: key for title, key in story.projects.items() if not title.endswith("3期")}
    quota = await story.cast.base[PRINCIPAL].ask(d.QUOTA, id=story.cast.bases[BASES[PRINCIPAL].name], year=YEAR)
    holds(quota["base"]["quota"] == {"limit": 3, "used": 2, "remaining": 1}, f"quota is {quota}")


async def _publish(story: Story) -> None:
    """Declaration closes on 05-06; publication by 05-10, seen by everybody (R13, R17)."""
    story.clock("2024-05-07T09:00")
    late = await _draft(story, TEACHING, "迟到的项目")
    act = story.cast.base[TEACHING].do(d.SUBMIT, id=late["id"], version=late["version"])
    await story.refused("双师基地", "截止后申报", "PHASE_CLOSED", act)
    rows = await story.cast.ministry.do(d.PUBLISH, ids=list(story.projects.values()))
    holds(all(row["ok"] for row in rows), f"publication: {rows}")
    shown = await story.desk.public.do(d.CATALOGUE, year=YEAR)
    holds(shown["totalCount"] == len(story.projects), f"{shown['totalCount']} projects are public")
    for key in story.projects.values():
        await until(lambda key=key: _seats(story.desk.public, key), "seats of a published project")  # type: ignore[misc]
    story.report("公众", "浏览已发布项目", f"{shown['totalCount']} 个项目")


async def _seats(client: Client, project: str) -> Any:
    return (await client.ask(d.SEATS, id=project))["project"]["seats"]


async def _enrol(story: Story) -> None:
    """Teachers sign up, schools rank and submit; a second sign-up and a late one are refused (R19–R22)."""
    teaching, practice = story.projects["智能制造专业教学能力提升1期"], story.projects["工业机器人岗位实践1期"]
    for school in SCHOOLS:
        client = story.cast.schools[school.code]
        for name in school.teachers:
            _, teacher = story.cast.teachers[name]
            signed = await teacher.do(d.SIGN_UP, id=teaching)
            story.enrollments[name, teaching] = signed["id"]
        keys = [story.enrollments[name, teaching] for name in school.teachers]
        holds(all(row["ok"] for row in await client.do(d.RANK, project=teaching, ids=keys)), "ranking")
        rows = await client.do(d.SUBMIT_ENROLLMENTS, ids=keys)
        holds(all(row["ok"] for row in rows), f"submission: {rows}")
        story.report(school.name, "教师报名，学校排序并提交", f"{len(rows)} 人")
    name = SCHOOLS[0].teachers[0]
    _, teacher = story.cast.teachers[name]
    await story.refused(name, "重复报名", "SECOND_SIGN_UP", teacher.do(d.SIGN_UP, id=teaching))
    signed = await teacher.do(d.SIGN_UP, id=practice)
    story.enrollments[name, practice] = signed["id"]
    await story.cast.schools[SCHOOLS[0].code].do(d.SUBMIT_ENROLLMENTS, ids=[signed["id"]])
    await put_in_roster(story, practice)
    story.clock("2024-05-21T00:00")
    _, late = story.cast.teachers[SCHOOLS[1].teachers[1]]
    await story.refused(SCHOOLS[1].teachers[1], "截止后报名", "PHASE_CLOSED", late.do(d.SIGN_UP, id=practice))


async def _decide(story: Story) -> None:
    """The base fills its ten seats and no more; overlapping acceptance is refused; both are told (R19, R23, R24)."""
    teaching, practice = story.projects["智能制造专业教学能力提升1期"], story.projects["工业机器人岗位实践1期"]
    base = story.cast.base[TEACHING]
    keys = [key for (_, project), key in story.enrollments.items() if project == teaching]
    rows = await base.do(d.DECIDE_ENROLLMENTS, decisions=[{"id": key, "decision": "ACCEPT"} for key in keys])
    accepted = [row for row in rows if row["ok"]]
    full = [row["refusal"]["code"] for row in rows if not row["ok"]]
    holds(len(accepted) == 10, f"{len(accepted)} accepted for 10 seats")  # noqa: PLR2004 - the class of the plan
    holds(set(full) == {"CLASS_FULL"}, f"refusals: {full}")
    rest = [key for key in keys if key not in {row["enrollment"]["id"] for row in accepted}]
    decisions = [
        {"id": rest[0], "decision": "WAITLIST"},
        {"id": rest[1], "decision": "REJECT", "reason": "名额已满"},
    ]
    holds(all(row["ok"] for row in await base.do(d.DECIDE_ENROLLMENTS, decisions=decisions)), "waiting list")
    seats = await _seats(story.desk.public, teaching)
    holds(seats["left"] == 0 and seats["accepted"] == 10, f"seats: {seats}")  # noqa: PLR2004 - likewise
    story.report(BASES[TEACHING].name, "核准报名", f"接收 {len(accepted)}，满员拒绝 {len(full)}，候补 1，不予接收 1")
    name = SCHOOLS[0].teachers[0]
    overlap = [{"id": story.enrollments[name, practice], "decision": "ACCEPT"}]
    (row,) = await story.cast.base[PRACTICE].do(d.DECIDE_ENROLLMENTS, decisions=overlap)
    holds(not row["ok"] and row["refusal"]["code"] == "OVERLAPPING_ACCEPTANCE", f"overlap: {row}")
    story.report(
        BASES[PRACTICE].name, "接收时间重叠的学员", f"拒绝 OVERLAPPING_ACCEPTANCE：{row['refusal']['message']}"
    )
    await until(lambda: _notices(story, name), "the notice of the decision")
    await _reveal(story, name)


async def _reveal(story: Story, name: str) -> None:
    """A base sees an accepted person's numbers for a purpose; the person sees that, and corrects the own (R41)."""
    person, teacher = story.cast.teachers[name]
    shown = await story.cast.base[TEACHING].do(d.REVEAL, id=person, purpose="核对报到证件")
    changed = await teacher.do(d.CONTACT, input={"mobile": "13700137000", "email": "someone@example.cn"})
    holds(shown["mobile"] != changed["mobile"] == "137****7000", f"masked: {changed['mobile']}")
    (seen,) = (await teacher.do(d.MY_DATA))["reveals"]["nodes"]
    story.report(name, "查看本人数据", f"号码曾被 {seen['scope']} 查看，用途：{seen['purpose']}")


async def _fund(story: Story) -> None:
    """A province records its funding, and corrects it; the ministry sees all provinces at once (R27, R42)."""
    province = story.cast.provinces["44"]
    given = {"year": YEAR, "amount": 30_000_000_00, "source": "PROVINCIAL", "item": "“双师型”教师培训"}
    recorded = await province.do(d.FUND, input=given)
    right = {"amount": 28_000_000_00, "corrects": recorded["id"], "reason": "金额录错"}
    corrected = await province.do(d.FUND, input=given | right)
    again = province.do(d.FUND, input=given | right)
    await story.refused("广东省教育厅", "更正已被更正的记录", "FUNDING_CORRECTED", again)
    rows = await story.cast.ministry.do(d.PROGRESS, year=YEAR)
    holds(sum(row["tally"]["accepted"] for row in rows) == 10, f"progress: {rows}")  # noqa: PLR2004 - as decided above
    own = next(row for row in rows if row["province"] and row["province"]["code"] == "44")
    holds(own["funding"]["yuan"] == corrected["yuan"], f"funding: {own}")
    story.report("广东省教育厅", "登记并更正经费，教师工作司查看各省进展", f"{corrected['yuan']} 元")


async def _notices(story: Story, name: str) -> Any:
    _, teacher = story.cast.teachers[name]
    return (await teacher.do(d.NOTICES))["nodes"]


async def _train(story: Story) -> None:
    """The training runs: attendance per session, then results (R28–R30)."""
    teaching = story.projects["智能制造专业教学能力提升1期"]
    base = story.cast.base[TEACHING]
    await story.refused("双师基地", "提前开班", "TOO_EARLY", base.do(d.START, id=teaching))
    story.clock("2024-06-03T08:00")
    await base.do(d.START, id=teaching)
    keys = await _accepted(story, teaching)
    shown = await base.ask(d.TIMETABLE, id=teaching)
    for session in shown["project"]["timetable"]:
        marks = [{"enrollmentId": key, "sessionId": session["id"], "present": key != keys[-1]} for key in keys]
        await until(lambda marks=marks: _all_ok(base, d.ATTENDANCE, teaching, marks), "attendance")  # type: ignore[misc]
    story.clock("2024-06-09T18:00")
    await base.do(d.FINISH, id=teaching)
    results = [{"enrollmentId": key, "outcome": "PASSED", "score": 90} for key in keys[:-2]]
    results.append({"enrollmentId": keys[-2], "outcome": "FAILED", "score": 40})
    holds(await _all_ok(base, d.RESULTS, teaching, results), "results")
    story.report(BASES[TEACHING].name, "开班、考勤、结业、登记结果", f"通过 {len(keys) - 2}，未通过 1，缺席 1")


async def _accepted(story: Story, project: str) -> list[str]:
    rows = await story.cast.base[TEACHING].ask(d.ACCEPTED, id=project)
    return [node["id"] for node in rows["project"]["enrollments"]["nodes"]]


async def _all_ok(client: Client, mutation: str, project: str, rows: list[dict[str, Any]]) -> bool:
    return all(row["ok"] for row in await client.do(mutation, id=project, rows=rows))


async def _credit(story: Story) -> None:
    """Schools confirm credit, the ministry revokes one and adjusts a quota (R31, R39)."""
    teaching = story.projects["智能制造专业教学能力提升1期"]
    confirmed = []
    for school in SCHOOLS:
        keys = [story.enrollments[name, teaching] for name in school.teachers]
        rows = await story.cast.schools[school.code].do(d.CONFIRM, ids=keys)
        confirmed += [row["enrollment"]["id"] for row in rows if row["ok"]]
    holds(len(confirmed) == 8, f"{len(confirmed)} credits")  # noqa: PLR2004 - ten trainees, one failed, one absent
    revoked = await story.cast.ministry.do(d.REVOKE, id=confirmed[0], reason="抽检发现代课")
    holds(revoked["status"] == "REVOKED", f"credit is {revoked}")
    story.report("学校", "确认学分", f"{len(confirmed)} 人，撤销 1 人")
    adjusted = await story.cast.ministry.do(
        d.ADJUST, id=story.cast.bases[BASES[TEACHING].name], input={"year": YEAR, "limit": 22, "reason": "执行良好"}
    )
    story.report("教师工作司", "动态调整数量", f"{adjusted['quota']['limit']}")

    async def credited() -> bool:
        found = await story.cast.ministry.ask(d.STATUS, id=confirmed[1])
        return bool(found["enrollment"]["status"] == "CREDITED")

    await until(credited, "the credit to reach the enrolment")


CODE = "query($id: ID!) { project(id: $id) { code } }"
COMMIT = "mutation($id: ID!, $mode: RosterMode!) { commitRoster(jobId: $id, mode: $mode) { state } }"
JOB = "query($id: ID!) { rosterJob(id: $id) { state total done entered refused } }"


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
