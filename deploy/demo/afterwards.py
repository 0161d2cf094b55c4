"""What comes after a training, up to the next year's quotas, and an outsider's checks.

Certificates, anonymous evaluation, a random inspection, the annual assessment.

The outsider has no account and believes only what can be recomputed (docs/trust.md).
"""

import asyncio
import subprocess
import sys
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.demo import documents as d
from deploy.demo.story import TEACHING, Story
from deploy.seed.load import OPEN_ROUND
from deploy.seed.round.last_year import round_input
from deploy.seed.steps import check, wait_for
from deploy.seed.world import BASES, YEAR
from kernel.dates import SHANGHAI
from services.assessment.voting import Election, new_seed

_CLASS = "智能制造专业教学能力提升1期"
_VOTERS = 6
_RUBRIC = "2024.1"
_QUESTIONS = 10
_BEACONS = (
    ("双色球2024077期开奖号码（红球升序+蓝球）", "03 07 12 20 27 31 + 09"),
    ("上证综指收盘点位（两位小数）", "2950.39"),
)
_OK = 200


async def play_afterwards(story: Story) -> None:
    """Play what comes after the training.

    Raises:
        StepFailed: A step got something else than it must.
        Refused: A step was refused that should not have been.
    """
    await _certify(story)
    await _evaluate(story)
    await _inspect(story)
    await _show_year(story)
    await _assess(story)
    await _propose(story)


async def _certify(story: Story) -> None:
    """The base issues its class's certificates; an outsider checks number and file, also of a revoked one (R32)."""
    base, ministry = story.seeded.base_clients[TEACHING], story.seeded.ministry
    project, outsider = story.projects[_CLASS], story.provisioner.public

    async def issued() -> Any:
        rows = await base.do(d.ISSUE, id=project)
        return rows if all(row["ok"] for row in rows) else None  # names and corrected results are on their way

    rows = await wait_for(issued, "the certificates")
    first, second, *_ = [row["certificate"]["number"] for row in rows]
    story.report(BASES[TEACHING].name, "签发结业证书", f"{len(rows)} 份，如 {first}")
    shown = await outsider.post("/certificates/check", {"number": first})
    check(shown["state"] == "VALID" and shown["name"].endswith("*"), f"the check: {shown}")
    mistyped = first[:-1] + ("0" if first[-1] != "0" else "1")
    refusal = await outsider.post("/certificates/check", {"number": mistyped})
    check("CERTIFICATE_NUMBER_INVALID" in str(refusal), f"a mistyped number: {refusal}")
    story.report("路人", "按编号核验证书", f"有效，姓名只显示 {shown['name']}；输错一位即被发现")
    status, page = await base.fetch(f"/certificates/{second}.pdf")
    check(status == _OK and page.startswith(b"%PDF"), f"the page: {status}")
    middle = len(page) // 2
    changed = page[:middle] + bytes([page[middle] ^ 1]) + page[middle + 1 :]
    seals = [(await _check_file(story, file)).get("seal") for file in (page, changed)]
    check(seals[0] == "INTACT" and seals[1] in ("ALTERED", None), f"the seals: {seals}")
    story.report("路人", "上传PDF核验", "印章完好；改动一个字节即被发现")
    await ministry.do(d.REVOKE_CERTIFICATE, number=second, reason="抽检发现代课")
    shown = await outsider.post("/certificates/check", {"number": second})
    check(shown["state"] == "REVOKED", f"the check: {shown}")
    story.report("教师工作司", "撤销证书，核验随即显示", f"{second} 已撤销")


async def _check_file(story: Story, file: bytes) -> dict[str, Any]:
    outsider = story.provisioner.public
    headers = {"Content-Type": "application/pdf"}
    async with outsider.http.post(f"{outsider.url}/certificates/check", data=file, headers=headers) as reply:
        shown: dict[str, Any] = await reply.json()
        return shown


async def _evaluate(story: Story) -> None:
    """Attendees answer without their names, and find their receipts among those published (R34–R36)."""
    base, project = story.seeded.base_clients[TEACHING], story.projects[_CLASS]
    voters = [story.seeded.teachers[name][1] for name, of in story.enrollments if of == project]
    story.clock("2024-06-10T09:00")

    async def survey(*states: str) -> Any:
        instruments = (await base.ask(d.INSTRUMENTS, id=project))["project"]["instruments"] or []
        of_kind = [each for each in instruments if each["kind"] == "SATISFACTION"]
        return next((each for each in of_kind if each["opensAt"] and each["state"] in states), None)

    scheduled = await wait_for(lambda: survey("SCHEDULED", "OPEN"), "the questionnaire's window")
    if datetime.fromisoformat(scheduled["opensAt"]) > story.provisioner.suite.now():
        story.clock(_local(scheduled["opensAt"]))  # the register may have set the window before this day began
    opened = await wait_for(lambda: survey("OPEN"), "the questionnaire to open")
    receipts: list[str] = []
    for voter in voters:
        mine = await voter.do(d.MY_INSTRUMENTS)
        if len(receipts) < _VOTERS and any(each["id"] == opened["id"] for each in mine):
            election, sheet = Election(voter.url, str(voter.token)), _sheet(len(receipts))
            receipts.append(await election.vote(opened["id"], sheet, new_seed()))
    check(len(receipts) == _VOTERS, f"{len(receipts)} receipts")
    story.report("学员", "匿名作答满意度调查", f"{len(receipts)} 份，各得一张回执")
    story.clock(_local(opened["closesAt"], timedelta(minutes=2)))
    published = await wait_for(lambda: survey("PUBLISHED", "SUPPRESSED"), "the result")
    result = published["result"]
    check(published["state"] == "PUBLISHED" and result["counted"] == _VOTERS, f"the result: {published}")
    _, listed = await story.provisioner.public.fetch(f"/evaluations/receipts/{opened['id']}.txt")
    check(set(receipts) <= set(listed.decode().split()), "a receipt is missing")
    mean = result["meanHundredths"] / 100
    story.report("路人", "核对回执清单", f"{_VOTERS} 张回执都在；满意度均值 {mean:.2f}，无人知道谁写了什么")


def _sheet(voter: int) -> dict[str, Any]:
    """Marks from 3 to 5, and no question that everybody answers alike: of such a one no mean is shown (R36)."""
    marks = [3 + (voter + question) % 3 for question in range(_QUESTIONS)]
    return {"v": 1, "form": "satisfaction-2024.1", "project": marks, "texts": ["", ""]}


async def _inspect(story: Story) -> None:
    """The ministry draws a sample that it cannot choose; an outsider recomputes it with a page of Python (R37)."""
    ministry, outsider = story.seeded.ministry, story.provisioner.public
    given = {"year": YEAR, "title": "2024年第一次随机抽检", "shareBp": 5000}
    frozen = await ministry.do(d.FREEZE_INSPECTION, input=given)
    key = frozen["id"]
    story.report(
        "教师工作司", "冻结抽检总体并公示", f"{frozen['size']} 个项目，SHA-256 {frozen['populationSha256'][:12]}…"
    )
    story.clock(_local(frozen["objectionsUntil"]))
    now = story.provisioner.suite.now()
    out = now + timedelta(days=2)
    beacons = [{"source": source, "at": out.isoformat()} for source, _ in _BEACONS]
    await ministry.do(d.ANNOUNCE_INSPECTION, id=key, beacons=beacons, by=(out + timedelta(days=5)).isoformat())

    async def inspection() -> Any:
        return await outsider.do(d.INSPECTION, id=key)

    async def witnessed() -> bool:
        return (await inspection())["auditSequence"] is not None

    await wait_for(witnessed, "the audit log to have the announcement")
    story.report("教师工作司", "公告承诺与公开随机源", "已入审计链，各省日志同步可见")
    story.clock(_local(out.isoformat()))
    await ministry.do(d.RECORD_BEACONS, id=key, values=[value for _, value in _BEACONS])
    story.clock(_local(out.isoformat(), timedelta(hours=25)))
    drawn = await ministry.do(d.REVEAL_INSPECTION, id=key)
    sample = [row["project"]["id"] for row in drawn["sample"]]
    story.report("教师工作司", "公开密数，抽出样本", f"{len(sample)} 个项目")
    await _recompute(story, key)
    for project in sample:
        await ministry.do(
            d.RECORD_FINDING, id=key, input={"projectId": project, "severity": "NONE", "text": "未见问题"}
        )
    closed = await ministry.do(d.CLOSE_INSPECTION, id=key)
    check(closed["state"] == "CLOSED", f"the inspection is {closed['state']}")
    story.report("教师工作司", "登记结论，结束抽检", "未见问题")


async def _recompute(story: Story, key: str) -> None:
    names = ("population.jsonl", "ceremony.json", "sample.json", "draw.py")
    fetched = {name: await story.provisioner.public.fetch(f"/public/inspections/{key}/{name}") for name in names}
    check(all(status == _OK for status, _ in fetched.values()), f"the files: {fetched}")
    files = {name: content for name, (_, content) in fetched.items()}
    drawn = await asyncio.to_thread(_draw, files)
    check(drawn == files["sample.json"], "the outsider draws another sample")
    story.report("路人", "下载公开文件，自行重算样本", "逐字节相同")


def _draw(files: dict[str, bytes]) -> bytes:
    """What the published program makes of the published files, with the standard library alone."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        program = [sys.executable, "-I", "-S", "draw.py", "population.jsonl", "ceremony.json"]
        return subprocess.run(program, cwd=folder, capture_output=True, check=True).stdout


async def _show_year(story: Story) -> None:
    """The ministry reads what the year has come to (R42)."""
    rows = await story.seeded.ministry.do(d.YEAR_TABLE, year=YEAR)
    held = [row for row in rows if row["held"]]
    check(sum(row["published"] for row in rows) == len(story.projects), f"the table: {rows}")
    check(any(row["satisfaction"]["sheets"] == _VOTERS for row in held), f"the satisfaction: {held}")
    passed, assessed = (sum(row[name] for row in rows) for name in ("passed", "assessed"))
    story.report("教师工作司", "查看年度总表", f"{len(rows)} 行，合格 {passed}/{assessed}")


async def _assess(story: Story) -> None:
    """The year of every base is computed, commented on and graded; the grades are published (R38)."""
    ministry, base = story.seeded.ministry, story.seeded.base_clients[TEACHING]
    story.clock(f"{YEAR}-12-02T09:00")
    computed = await ministry.do(d.COMPUTE_ASSESSMENTS, year=YEAR, rubric=_RUBRIC)
    opened = await ministry.do(d.OPEN_COMMENTS, year=YEAR)
    story.report("教师工作司", "计算年度考核，请基地提意见", f"{computed['bases']} 个基地，至 {opened['commentUntil']}")
    listed = (await ministry.do(d.ASSESSMENTS, year=YEAR))["nodes"]
    own = next(each for each in listed if each["base"]["id"] == story.seeded.base_ids[BASES[TEACHING].name])
    await base.do(d.COMMENT_ASSESSMENT, id=own["id"], text="有一名学员因病缺考")
    shown = [item for item in own["items"] if item["evidence"]]
    facts = await base.do(d.EVIDENCE, id=own["id"], code=shown[0]["code"])
    check(facts["totalCount"] == shown[0]["evidence"], f"the facts behind {shown[0]}: {facts}")
    story.report(
        BASES[TEACHING].name, "查看得分，展开其依据，提出意见", f"{shown[0]['name']}：{facts['totalCount']} 项事实"
    )
    story.clock(f"{_after(opened['commentUntil'])}T09:00")
    keys = [each["id"] for each in listed]
    rows = await ministry.do(d.FINALIZE_ASSESSMENTS, ids=keys)
    check(all(row["ok"] for row in rows), f"the grades: {rows}")
    until = max(row["assessment"]["appealUntil"] for row in rows)
    await story.refused(
        "教师工作司", "复核申请期未满即公布等次", "WRONG_STATE", ministry.do(d.PUBLISH_GRADES, year=YEAR)
    )
    story.clock(f"{_after(until)}T09:00")
    await ministry.do(d.PUBLISH_GRADES, year=YEAR)
    grades = await story.provisioner.public.do(d.GRADES, year=YEAR)
    story.report("路人", "查看公布的等次", "、".join(f"{each['base']['name']} {each['grade']}" for each in grades))


async def _propose(story: Story) -> None:
    """The next round opens with a provisional quota, and the ministry takes what the grades propose (R39)."""
    ministry, year = story.seeded.ministry, YEAR + 1
    await ministry.do(OPEN_ROUND, input=round_input(year))
    base = story.seeded.base_ids[BASES[TEACHING].name]
    provisional = {"year": year, "limit": 1, "reason": "等次公布前暂按1个安排"}
    await ministry.do(d.ADJUST_QUOTA, id=base, input=provisional)

    async def waiting() -> Any:
        listed = await ministry.do(d.QUOTA_PROPOSALS, year=year)
        return [each for each in listed if each["state"] == "PROPOSED"]

    proposed = await wait_for(waiting, "the proposals for the next round")
    for each in proposed:
        given = {
            "year": year,
            "limit": each["proposed"],
            "reason": each["reason"],
            "proposalId": each["id"],
            "aboveRound": each["aboveRound"],
        }
        await ministry.do(d.ADJUST_QUOTA, id=each["base"]["id"], input=given)
        story.report(
            "教师工作司", f"按等次调整{year}年数量", f"{each['base']['name']} {each['limit']} → {each['proposed']}"
        )

    async def none_left() -> bool:
        return not await waiting()

    await wait_for(none_left, "the adjusted quotas to reach the proposals")


def _after(day: str) -> date:
    return date.fromisoformat(day) + timedelta(days=1)


def _local(instant: str, later: timedelta = timedelta()) -> str:
    """An instant as `Story.clock` takes it, and a little later."""
    moment = datetime.fromisoformat(instant).astimezone(SHANGHAI) + later
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
