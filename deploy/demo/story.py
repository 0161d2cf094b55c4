"""The round from its opening to its credits, as `make demo` and the end-to-end tests play it.

Every step goes through the gateway by the account whose task it is, and checks what it gets (`StepFailed`).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.demo import documents as d
from deploy.demo.roster import COMMIT, HEADER, JOB, NEWCOMER, PROJECT_CODE, lines_for
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import Client, Refused
from deploy.seed.load import SeedResult, seed
from deploy.seed.plans import plan_of
from deploy.seed.steps import StepFailed, check, wait_for
from deploy.seed.world import BASES, SCHOOLS, YEAR

_DIMENSIONS = ("OBJECTIVES", "CONTENT", "ORGANIZATION", "DURATION", "FEE")
PRINCIPAL, TEACHING, PRACTICE = 0, 1, 2
"""The bases of the seed by whom they train: principals, teachers, teachers in a company."""


@dataclass(slots=True)
class Story:
    """A round under way: who takes part, and the ids that its steps have produced so far.

    Attributes:
        provisioner: Creates accounts and signs in to them.
        report: Called after each step with who did what, and the result.
        seeded: A signed-in client for everybody; set by `play_round`.
        projects: Title to id of each submitted project; the rejected ones are taken out again.
        enrollments: `(teacher's name, project id)` to the enrollment's id.
    """

    provisioner: AccountProvisioner
    report: Callable[[str, str, str], None]
    seeded: SeedResult = field(init=False)
    projects: dict[str, str] = field(default_factory=dict)
    enrollments: dict[tuple[str, str], str] = field(default_factory=dict)

    def clock(self, at: str) -> None:
        """Move the domain clock of all processes forward to a time in Asia/Shanghai, ISO 8601 without an offset."""
        self.provisioner.suite.move_clock(datetime.fromisoformat(at))
        self.report("时钟", at, "业务时间前移")

    async def refused(self, who: str, what: str, code: str, request: Awaitable[Any]) -> None:
        """Send a request that must be refused, and report the refusal.

        Args:
            who: Who sends it, for the report.
            what: What is tried, for the report.
            code: The code that the refusal must have.
            request: What is sent.

        Raises:
            StepFailed: It was not refused, or with another code.
        """
        try:
            await request
        except Refused as refusal:
            check(code in refusal.codes, f"{what}: {code}, not {refusal}")
            self.report(who, what, f"拒绝 {code}：{refusal.errors[0]['message']}")
            return
        raise StepFailed(f"{what} was not refused with {code}")


async def play_round(story: Story) -> None:
    """Play the whole round.

    Raises:
        StepFailed: A step got something else than it must.
        Refused: A step was refused that should not have been.
    """
    await play_to_training(story)
    await _train(story)
    await _start_late(story)
    await _credit(story)


async def play_to_training(story: Story) -> None:
    """Play the round until its classes may start.

    Raises:
        StepFailed: A step got something else than it must.
        Refused: A step was refused that should not have been.
    """
    story.seeded = await seed(story.provisioner)
    story.report("教师工作司", "开放2024年轮次，登记基地、专家、学校", f"{len(story.seeded.logins)} 个账号已激活")
    await _declare(story)
    await _review(story)
    await _publish(story)
    await _enroll(story)
    await _decide(story)
    await _fund(story)
    await _escalate(story)


async def _declare(story: Story) -> None:
    """Bases declare; an incomplete plan and a fourth project of a principal base are refused (R7, R11)."""
    base = story.seeded.base_clients[PRINCIPAL]
    key = story.seeded.base_ids[BASES[PRINCIPAL].name]
    draft = await base.do(d.DRAFT, base=key, input={"year": YEAR, "title": "半份方案", "themes": ["P1"]})
    request = base.do(d.SUBMIT, id=draft["id"], version=draft["version"])
    await story.refused("校长基地", "提交不完整方案", "PLAN_INCOMPLETE", request)
    for position, seeded_base in enumerate(BASES):
        for number in range(3 if position == PRINCIPAL else 1):
            title = f"{plan_of(position)['title']}{number + 1}期"
            project = await _draft(story, position, title)
            client = story.seeded.base_clients[position]
            submitted = await client.do(d.SUBMIT, id=project["id"], version=project["version"])
            check(submitted["status"] == "SUBMITTED", f"{title} is {submitted['status']}")
            story.projects[title] = project["id"]
        story.report(seeded_base.name, "申报项目", "已提交")
    extra = await _draft(story, PRINCIPAL, "第四个项目")
    request = base.do(d.SUBMIT, id=extra["id"], version=extra["version"])
    await story.refused("校长基地", "提交第4个项目", "QUOTA_EXCEEDED", request)
    foreign = story.seeded.base_clients[TEACHING].do(d.SUBMIT, id=extra["id"], version=extra["version"])
    await story.refused("双师基地", "提交他人项目", "FORBIDDEN", foreign)


async def _draft(story: Story, base: int, title: str) -> Any:
    key = story.seeded.base_ids[BASES[base].name]
    return await story.seeded.base_clients[base].do(d.DRAFT, base=key, input=plan_of(base) | {"title": title})


async def _review(story: Story) -> None:
    """Two experts a project, blind; the ministry decides (R14–R16). The third principal project is rejected."""
    experts = story.seeded.experts[:2]
    for title, key in story.projects.items():
        await story.seeded.ministry.do(d.ASSIGN, id=key, experts=[expert for expert, _ in experts])
        for _, client in experts:
            verdicts = [{"dimension": dimension, "verdict": "PASS", "comment": "符合要求"} for dimension in _DIMENSIONS]
            await client.do(d.REVIEW, id=key, verdicts=verdicts)
        outcome = "REJECT" if title.endswith("3期") else "APPROVE"
        decided = await story.seeded.ministry.do(
            d.DECIDE, id=key, decision={"outcome": outcome, "reason": "专家评审意见"}
        )
        story.report("教师工作司", f"评审 {title}", decided["status"])
    story.projects = {title: key for title, key in story.projects.items() if not title.endswith("3期")}
    quota = await story.seeded.base_clients[PRINCIPAL].ask(
        d.QUOTA, id=story.seeded.base_ids[BASES[PRINCIPAL].name], year=YEAR
    )
    check(quota["base"]["quota"] == {"limit": 3, "used": 2, "remaining": 1}, f"quota is {quota}")


async def _publish(story: Story) -> None:
    """Declaration closes on 05-06; publication by 05-10, seen by everybody (R13, R17)."""
    story.clock("2024-05-07T09:00")
    late = await _draft(story, TEACHING, "迟到的项目")
    request = story.seeded.base_clients[TEACHING].do(d.SUBMIT, id=late["id"], version=late["version"])
    await story.refused("双师基地", "截止后申报", "PHASE_CLOSED", request)
    rows = await story.seeded.ministry.do(d.PUBLISH, ids=list(story.projects.values()))
    check(all(row["ok"] for row in rows), f"publication: {rows}")
    published = await story.provisioner.public.do(d.CATALOGUE, year=YEAR)
    check(published["totalCount"] == len(story.projects), f"{published['totalCount']} projects are public")
    for key in story.projects.values():
        await wait_for(lambda key=key: _seats(story.provisioner.public, key), "seats of a published project")  # type: ignore[misc]
    story.report("公众", "浏览已发布项目", f"{published['totalCount']} 个项目")


async def _seats(client: Client, project: str) -> Any:
    return (await client.ask(d.SEATS, id=project))["project"]["seats"]


async def _enroll(story: Story) -> None:
    """Teachers sign up, schools rank and submit; a second sign-up and a late one are refused (R19–R22)."""
    teaching, practice = story.projects["智能制造专业教学能力提升1期"], story.projects["工业机器人岗位实践1期"]
    cut_off = {"year": 2024, "projectId": practice, "closesOn": "2024-05-18"}
    await story.seeded.schools[SCHOOLS[0].code].do(d.CUT_OFF, i=cut_off)
    for school in SCHOOLS:
        client = story.seeded.schools[school.code]
        for name in school.teachers:
            _, teacher = story.seeded.teachers[name]
            enrollment = await teacher.do(d.SIGN_UP, id=teaching)
            story.enrollments[name, teaching] = enrollment["id"]
        keys = [story.enrollments[name, teaching] for name in school.teachers]
        check(all(row["ok"] for row in await client.do(d.RANK, project=teaching, ids=keys)), "ranking")
        rows = await client.do(d.SUBMIT_ENROLLMENTS, ids=keys)
        check(all(row["ok"] for row in rows), f"submission: {rows}")
        story.report(school.name, "教师报名，学校排序并提交", f"{len(rows)} 人")
    name = SCHOOLS[0].teachers[0]
    _, teacher = story.seeded.teachers[name]
    await story.refused(name, "重复报名", "SECOND_SIGN_UP", teacher.do(d.SIGN_UP, id=teaching))
    enrollment = await teacher.do(d.SIGN_UP, id=practice)
    story.enrollments[name, practice] = enrollment["id"]
    await story.seeded.schools[SCHOOLS[0].code].do(d.SUBMIT_ENROLLMENTS, ids=[enrollment["id"]])
    await _upload_roster(story, practice)
    await _transfer(story, story.projects["职业学校校长办学治校能力提升1期"])
    story.clock("2024-05-21T00:00")
    _, late = story.seeded.teachers[SCHOOLS[1].teachers[1]]
    await story.refused(SCHOOLS[1].teachers[1], "截止后报名", "PHASE_CLOSED", late.do(d.SIGN_UP, id=practice))


async def _transfer(story: Story, project: str) -> None:
    """A school requests a teacher of another one, which lets him go; his new school signs him up (R20, R22)."""
    former, school = SCHOOLS[0], SCHOOLS[1]
    name, number = NEWCOMER
    client = story.seeded.schools[school.code]
    wanted = {
        "name": name,
        "idNumber": number,
        "kind": "TRANSFER",
        "employment": "FULL_TIME",
        "reason": "引进专业带头人",
    }
    requested = await client.do(d.REQUEST_TEACHER, input=wanted)
    answered = await story.seeded.schools[former.code].do(d.ANSWER_TRANSFER, id=requested["id"])
    check(answered["state"] == "CONFIRMED", f"the transfer: {answered}")
    (transfer,) = (await client.do(d.TRANSFERS))["nodes"]
    check(transfer["teacher"]["school"]["code"] == school.code, f"the teacher: {transfer}")
    story.report(school.name, f"申请调入 {name}，{former.name}同意", "已调入")
    rows = await client.do(d.ENROLL_TEACHERS, project=project, teachers=[transfer["teacher"]["id"]])
    check([row["enrollment"]["status"] for row in rows if row["ok"]] == ["SUBMITTED"], f"the sign-up: {rows}")
    story.report(school.name, f"专人为 {name} 报名并提交", "已提交")


async def _decide(story: Story) -> None:
    """The base fills its ten seats and no more; an acceptance on overlapping dates is refused (R19, R23, R24)."""
    teaching, practice = story.projects["智能制造专业教学能力提升1期"], story.projects["工业机器人岗位实践1期"]
    base = story.seeded.base_clients[TEACHING]
    keys = [key for (_, project), key in story.enrollments.items() if project == teaching]
    rows = await base.do(d.DECIDE_ENROLLMENTS, decisions=[{"id": key, "decision": "ACCEPT"} for key in keys])
    accepted = {row["enrollment"]["id"] for row in rows if row["ok"]}
    codes = [row["refusal"]["code"] for row in rows if not row["ok"]]
    check(len(accepted) == 10, f"{len(accepted)} accepted for 10 seats")  # noqa: PLR2004 - the plan's capacity
    check(set(codes) == {"CLASS_FULL"}, f"refusals: {codes}")
    rest = [key for key in keys if key not in accepted]
    decisions = [{"id": key, "decision": "REJECT", "reason": "名额已满"} for key in rest]
    check(all(row["ok"] for row in await base.do(d.DECIDE_ENROLLMENTS, decisions=decisions)), "rejections")
    await _correct(story, rest[0])
    seats = await _seats(story.provisioner.public, teaching)
    check(seats["left"] == 0 and seats["accepted"] == 10, f"seats: {seats}")  # noqa: PLR2004 - the same
    story.report(BASES[TEACHING].name, "核准报名", f"接收 {len(accepted)}，满员拒绝 {len(codes)}，候补 1，不予接收 1")
    name = SCHOOLS[0].teachers[0]
    overlap = [{"id": story.enrollments[name, practice], "decision": "ACCEPT"}]
    (row,) = await story.seeded.base_clients[PRACTICE].do(d.DECIDE_ENROLLMENTS, decisions=overlap)
    check(not row["ok"] and row["refusal"]["code"] == "OVERLAPPING_ACCEPTANCE", f"overlap: {row}")
    story.report(
        BASES[PRACTICE].name, "接收时间重叠的学员", f"拒绝 OVERLAPPING_ACCEPTANCE：{row['refusal']['message']}"
    )
    await wait_for(lambda: _notices(story, name), "the notice of the decision")
    await _reveal(story, name)


async def _correct(story: Story, key: str) -> None:
    """The base finds that it should have put on the waiting list whom it has rejected; the history keeps both (R23)."""
    base = story.seeded.base_clients[TEACHING]
    request = base.do(d.REVISE, id=key, decision="WAITLIST", why=" ")
    await story.refused(BASES[TEACHING].name, "更正核准决定不说明理由", "REASON_MISSING", request)
    revised = await base.do(d.REVISE, id=key, decision="WAITLIST", why="资料复核后符合条件，前次误判")
    statuses = [entry["status"] for entry in revised["history"]]
    check(revised["status"] == "WAITLISTED" and statuses[-2:] == ["REJECTED", "WAITLISTED"], f"corrected: {revised}")
    story.report(BASES[TEACHING].name, "说明理由后更正核准决定", "不予接收改为候补，经过保留两次决定")


async def _escalate(story: Story) -> None:
    """What a base has left undecided goes to the ministry, which decides; the base no longer may (R23)."""
    key = story.enrollments[SCHOOLS[0].teachers[0], story.projects["工业机器人岗位实践1期"]]
    story.clock("2024-05-25T09:00")

    async def escalated() -> bool:
        nodes = (await story.seeded.ministry.do(d.ESCALATIONS, year=YEAR))["nodes"]
        return any(node["id"] == key and node["escalatedAt"] for node in nodes)

    await wait_for(escalated, "the escalation of an undecided sign-up")
    decision = [{"id": key, "decision": "REJECT", "reason": "时间重叠"}]
    (row,) = await story.seeded.base_clients[PRACTICE].do(d.DECIDE_ENROLLMENTS, decisions=decision)
    check(not row["ok"] and row["refusal"]["code"] == "PHASE_CLOSED", f"the base decides late: {row}")
    (row,) = await story.seeded.ministry.do(d.DECIDE_ENROLLMENTS, decisions=decision)
    check(row["ok"], f"the ministry's decision: {row}")
    story.report("教师工作司", "办理逾期未核准的报名", "不予接收")


async def _reveal(story: Story, name: str) -> None:
    """A base sees an accepted teacher's numbers for a purpose; the teacher sees that it did (R41)."""
    person, teacher = story.seeded.teachers[name]
    revealed = await story.seeded.base_clients[TEACHING].do(d.REVEAL, id=person, purpose="核对报到证件")
    changed = await teacher.do(d.CONTACT, input={"mobile": "13700137000", "email": "someone@example.cn"})
    check(revealed["mobile"] != changed["mobile"] == "137****7000", f"masked: {changed['mobile']}")
    (reveal,) = (await teacher.do(d.MY_DATA))["reveals"]["nodes"]
    story.report(name, "查看本人数据", f"号码曾被 {reveal['scope']} 查看，用途：{reveal['purpose']}")


async def _fund(story: Story) -> None:
    """A province records its funding, and corrects it; the ministry sees all provinces at once (R27, R42)."""
    province = story.seeded.provinces["44"]
    funding = {"year": YEAR, "amount": 30_000_000_00, "source": "PROVINCIAL", "item": "“双师型”教师培训"}
    recorded = await province.do(d.FUND, input=funding)
    correction = {"amount": 28_000_000_00, "corrects": recorded["id"], "reason": "金额录错"}
    corrected = await province.do(d.FUND, input=funding | correction)
    request = province.do(d.FUND, input=funding | correction)
    await story.refused("广东省教育厅", "更正已被更正的记录", "FUNDING_CORRECTED", request)
    rows = await story.seeded.ministry.do(d.PROGRESS, year=YEAR)
    check(sum(row["tally"]["accepted"] for row in rows) == 10, f"progress: {rows}")  # noqa: PLR2004 - as decided above
    own = next(row for row in rows if row["province"] and row["province"]["code"] == "44")
    check(own["funding"]["yuan"] == corrected["yuan"], f"funding: {own}")
    story.report("广东省教育厅", "登记并更正经费，教师工作司查看各省进展", f"{corrected['yuan']} 元")


async def _notices(story: Story, name: str) -> Any:
    _, teacher = story.seeded.teachers[name]
    return (await teacher.do(d.NOTICES))["nodes"]


async def _train(story: Story) -> None:
    """The training runs: attendance per session once it is held, drafts of results, publication (R28–R30)."""
    teaching = story.projects["智能制造专业教学能力提升1期"]
    base = story.seeded.base_clients[TEACHING]
    await story.refused("双师基地", "提前开班", "TOO_EARLY", base.do(d.START, id=teaching))
    story.clock("2024-06-03T08:00")
    await base.do(d.START, id=teaching)
    keys = await _accepted(story, teaching)
    first, second, *others = (await base.ask(d.TIMETABLE, id=teaching))["project"]["timetable"]

    async def mark(session: str, **late: int) -> None:
        marks = [{"enrollmentId": key, "sessionId": session, "present": key != keys[-1]} for key in keys]
        marks[0] |= late
        await wait_for(lambda: _all_ok(base, d.ATTENDANCE, teaching, marks), "attendance")

    passed = {"enrollmentId": keys[0], "outcome": "PASSED", "score": 90}
    await mark(first["id"])
    early = passed | {"score": 60}
    tomorrow = {"enrollmentId": keys[0], "sessionId": second["id"], "present": True}
    await _refused_row(
        story, "登记明日课次的考勤", "SESSION_NOT_YET_HELD", base.do(d.ATTENDANCE, id=teaching, rows=[tomorrow])
    )
    await _refused_row(story, "培训未结束即登记成绩", "NOT_FINISHED", base.do(d.RESULTS, id=teaching, rows=[early]))
    story.clock("2024-06-09T18:00")
    await mark(second["id"], hours=5)
    for session in others:
        await mark(session["id"])
    await base.do(d.FINISH, id=teaching)
    results = [passed | {"enrollmentId": key} for key in keys[:-2]]
    results.append({"enrollmentId": keys[-2], "outcome": "FAILED", "score": 40})
    await wait_for(lambda: _all_ok(base, d.RESULTS, teaching, results), "results")
    await _refused_row(
        story, "10分登记为合格", "SCORE_BELOW_PASS_MARK", base.do(d.RESULTS, id=teaching, rows=[passed | {"score": 10}])
    )
    story.report(BASES[TEACHING].name, "开班、按学时考勤、结业、登记成绩草稿", f"{len(results)} 人")
    confirmation = await story.seeded.schools[SCHOOLS[0].code].do(d.CONFIRM, ids=[keys[0]])
    check(not confirmation[0]["ok"], f"a credit before the publication: {confirmation}")
    book = await base.do(d.PUBLISH_RESULTS, id=teaching)
    check(book == {"state": "FINAL", "passed": 8, "failed": 1, "incomplete": 1, "noShows": 1}, f"the book: {book}")
    story.report(BASES[TEACHING].name, "发布成绩，档案锁定", f"通过 {book['passed']}，未通过 1，缺席 1")
    correction = passed | {"score": 95, "reason": "试卷复核"}
    await _refused_row(story, "发布后更正成绩", "RECORDS_FINAL", base.do(d.RESULTS, id=teaching, rows=[correction]))


async def _refused_row(story: Story, what: str, code: str, request: Awaitable[Any]) -> None:
    """Require that the only row of a request of the teaching base is refused, and report the refusal's sentence."""
    (answer,) = await request
    refusal = answer["refusal"] or {}
    check(refusal.get("code") == code, f"{what}: {code}, not {answer}")
    story.report(BASES[TEACHING].name, what, f"拒绝 {code}：{refusal['message']}")


async def _start_late(story: Story) -> None:
    """A base has forgotten to start a class; the ministry finds it, and it starts late with its reason (R28)."""
    practice = story.projects["工业机器人岗位实践1期"]
    base, ministry = story.seeded.base_clients[PRACTICE], story.seeded.ministry

    async def missed() -> bool:
        nodes = (await ministry.ask(d.MISSED_STARTS))["projects"]["nodes"]
        return practice in {node["id"] for node in nodes}

    await wait_for(missed, "the ministry to find the class that was not started")
    request = base.do(d.START_LATE, id=practice)
    await story.refused(BASES[PRACTICE].name, "逾期开班不说明理由", "REASON_MISSING", request)
    started = await base.do(d.START_LATE, id=practice, why="企业产线检修，推迟开班")
    check(started["status"] == "RUNNING" and started["startedLate"], f"the late start: {started}")
    story.report(BASES[PRACTICE].name, "说明理由后逾期开班", "已开班，记为逾期")


async def _accepted(story: Story, project: str) -> list[str]:
    rows = await story.seeded.base_clients[TEACHING].ask(d.ACCEPTED, id=project)
    return [node["id"] for node in rows["project"]["enrollments"]["nodes"]]


async def _all_ok(client: Client, mutation: str, project: str, rows: list[dict[str, Any]]) -> bool:
    return all(row["ok"] for row in await client.do(mutation, id=project, rows=rows))


async def _credit(story: Story) -> None:
    """Schools confirm credit, the ministry revokes one and adjusts a quota (R31, R39)."""
    teaching = story.projects["智能制造专业教学能力提升1期"]
    confirmed = []
    for school in SCHOOLS:
        keys = [story.enrollments[name, teaching] for name in school.teachers]
        rows = await story.seeded.schools[school.code].do(d.CONFIRM, ids=keys)
        confirmed += [row["enrollment"]["id"] for row in rows if row["ok"]]
    check(len(confirmed) == 8, f"{len(confirmed)} credits")  # noqa: PLR2004 - ten trainees, one failed, one absent
    revoked = await story.seeded.ministry.do(d.REVOKE, id=confirmed[0], reason="抽检发现代课")
    check(revoked["status"] == "REVOKED", f"credit is {revoked}")
    story.report("学校", "确认学分", f"{len(confirmed)} 人，撤销 1 人")
    adjustment = {"year": YEAR, "limit": 22, "reason": "执行良好", "aboveRound": True}
    base = story.seeded.base_ids[BASES[TEACHING].name]
    adjusted = await story.seeded.ministry.do(d.ADJUST, id=base, input=adjustment)
    story.report("教师工作司", "动态调整数量", f"{adjusted['quota']['limit']}")

    async def credited() -> bool:
        answer = await story.seeded.ministry.ask(d.STATUS, id=confirmed[1])
        return bool(answer["enrollment"]["status"] == "CREDITED")

    await wait_for(credited, "the credit to reach the enrollment")


async def _upload_roster(story: Story, project: str) -> None:
    """A school fetches the template, uploads a file with a bad row, and commits the good ones (R22)."""
    school = SCHOOLS[0]
    client = story.seeded.schools[school.code]
    status, content = await client.fetch("/rosters/template.xlsx")
    check(status == 200 and content.startswith(b"PK"), f"the template: {status}")  # noqa: PLR2004 - OK
    code = (await client.do(PROJECT_CODE, id=project))["code"]
    staged = await client.upload_roster("\r\n".join(["报名名单", HEADER, *lines_for(code)]).encode("gb18030"))
    check((staged.get("good"), staged.get("bad")) == (2, 1), f"the check: {staged}")
    request = client.do(COMMIT, id=staged["id"], mode="ALL_OR_NOTHING")
    await story.refused(school.name, "整份提交有不合格行的名单", "ROSTER_HAS_BAD_ROWS", request)
    await client.do(COMMIT, id=staged["id"], mode="VALID_ROWS")

    async def committed() -> Any:
        job = await client.do(JOB, id=staged["id"])
        return job if job["state"] == "COMMITTED" else None

    job = await wait_for(committed, "the roster")
    check((job["done"], job["entered"], job["refused"]) == (3, 2, 1), f"the roster: {job}")
    status, content = await client.fetch(f"/rosters/{staged['id']}/result.xlsx")
    check(status == 200 and content.startswith(b"PK"), f"the result: {status}")  # noqa: PLR2004 - OK
    story.report(school.name, "上传名单（.csv），提交合格的行", f"提交 {job['entered']}，不合格 {job['refused']}")
