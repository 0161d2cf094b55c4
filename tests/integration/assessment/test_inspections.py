"""A random inspection on a real database and broker: announced, drawn, rectified, closed (R37; ADR 55)."""

import asyncio
import hashlib
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.clock import move_forward
from chassis.context import Act, acting
from chassis.storage.cursor import PageRequest
from kernel.free_text import Title
from services.assessment import commands
from services.assessment.domain import draw
from services.assessment.domain.inspection import Inspection
from services.assessment.domain.vocabulary import InspectionState, ProjectPhase, Severity
from services.assessment.store import AuditSelection
from services.assessment.store.year_table import year_facts
from tests.integration.assessment.world import BASE, FOREIGN, MINISTRY, PROVINCE, SCHOOL, TEACHER, World, sessions
from tests.support.eventually import eventually

FIELDS = """
  id state size populationSha256 objectionsUntil commitment auditSequence withheld voidReason revealBy
  strata { name size drawn } beacons { source at value }
  sample { project { id } stratum order replacedFor }
"""
FREEZE = f"mutation($input: InspectionInput!) {{ freezeInspection(input: $input) {{ {FIELDS} }} }}"
ANNOUNCE = f"""mutation($id: ID!, $beacons: [BeaconInput!]!, $by: DateTime!) {{
  announceInspection(id: $id, beacons: $beacons, revealBy: $by) {{ {FIELDS} }} }}"""
RECORD = f"mutation($id: ID!, $values: [String!]!) {{ recordBeacons(id: $id, values: $values) {{ {FIELDS} }} }}"
REVEAL = f"mutation($id: ID!) {{ revealInspection(id: $id) {{ {FIELDS} }} }}"
VOID = f"mutation($id: ID!, $reason: String!) {{ voidInspection(id: $id, reason: $reason) {{ {FIELDS} }} }}"
REPLACE = f"""mutation($id: ID!, $project: ID!) {{
  replaceSampled(id: $id, projectId: $project, reason: "台风停课") {{ {FIELDS} }} }}"""
EXTEND = f"""mutation($id: ID!, $stratum: String!, $count: Int!) {{
  extendInspection(id: $id, stratum: $stratum, count: $count, reason: "有投诉") {{ {FIELDS} }} }}"""
CLOSE = f"mutation($id: ID!) {{ closeInspection(id: $id) {{ {FIELDS} }} }}"
FINDING = "id state severity text dueOn overdue rectifiedInTime history { state by text } project { id }"
FIND = f"""mutation($id: ID!, $input: FindingInput!) {{
  recordFinding(inspectionId: $id, input: $input) {{ {FINDING} }} }}"""
WITHDRAW = f'mutation($id: ID!) {{ withdrawFinding(id: $id, reason: "登记到了别的项目") {{ {FINDING} }} }}'
REPORT = f'mutation($id: ID!) {{ reportRectification(id: $id, text: "已补授两次课") {{ {FINDING} }} }}'
SETTLE = f"""mutation($id: ID!, $accepted: Boolean!, $due: Date) {{
  closeFinding(id: $id, accepted: $accepted, reason: "现场复核", dueOn: $due) {{ {FINDING} }} }}"""
FINDINGS = f"""query($base: ID, $state: FindingState) {{
  findings(year: 2024, baseId: $base, state: $state) {{ nodes {{ {FINDING} }} totalCount }} }}"""
PUBLIC = f"{{ inspections(year: 2024) {{ {FIELDS} }} }}"
VALUES = ["03 07 12 20 27 31 + 09", "3032.63"]
INPUT = {"year": 2024, "title": "2024年第一次随机抽检", "shareBp": 5000}
_PAGE = PageRequest(10)
PROJECTS = [f"p{number}" for number in range(1, 7)]


class Season:
    """Six projects, three of which still run, and the ministry's inspection of them.

    Args:
        world: The running service.
        clock_file: Moves its domain time.
    """

    def __init__(self, world: World, clock_file: Path) -> None:
        self.world = world
        self._clock_file = clock_file

    def move_to(self, at: datetime) -> None:
        move_forward(self._clock_file, at)

    async def hold_projects(self) -> None:
        for number, project in enumerate(PROJECTS):
            await self.world.tell(
                "catalog.project-published",
                project,
                project=project,
                base="b1" if number % 2 else "b2",
                year=2024,
                days=7,
                mode="OFFLINE",
                category="PRINCIPAL",
                sessions=sessions(2),
            )
            await self.world.tell("catalog.project-started", project, project=project, version=2)
            if number > 2:
                await self.world.tell("catalog.project-finished", project, project=project, version=3, overrun=True)
        await self.world.tell("enrollment.escalated", "e1", project="p1", enrollment="e1")
        await self.world.until_phase(ProjectPhase.FINISHED, PROJECTS[-1])

        async def escalated() -> bool:
            return (await self.world.deps.store.projects.get("p1")).escalated

        await eventually(escalated)

    async def ask(self, query: str, **variables: Any) -> Any:
        """What the ministry's request leads to: the outcome, or the codes of its refusals."""
        data, refusals = await self.world.ask(MINISTRY, query, **variables)
        return refusals or next(iter(data.values()))

    async def freeze(self, **given: Any) -> Any:
        return await self.ask(FREEZE, input=INPUT | given)

    async def stored(self, key: str = "2024-1") -> Inspection:
        return await self.world.deps.store.inspections.get(key)

    async def announce(self, key: str = "2024-1") -> Any:
        """Announce the draw when its time of objection is over, and wait for the audit log to have it."""
        self.move_to((await self.stored(key)).objections_until)
        now = self.world.deps.clock.now()
        beacons = [
            {"source": "双色球2024067期开奖号码", "at": (now + timedelta(days=6)).isoformat()},
            {"source": "上证综指2024-06-14收盘点位", "at": (now + timedelta(days=7)).isoformat()},
        ]
        announced = await self.ask(ANNOUNCE, id=key, beacons=beacons, by=(now + timedelta(days=11)).isoformat())

        async def witnessed() -> bool:
            await commands.witness_announcements(self.world.deps)
            return (await self.stored(key)).audit_sequence is not None

        await eventually(witnessed)
        return announced

    async def record(self, key: str = "2024-1") -> Any:
        self.move_to(max(beacon.at for beacon in (await self.stored(key)).beacons))
        return await self.ask(RECORD, id=key, values=VALUES)

    async def reveal(self, key: str = "2024-1") -> Any:
        self.move_to(self.world.deps.clock.now() + timedelta(hours=24))
        return await self.ask(REVEAL, id=key)

    async def draw(self) -> Any:
        await self.hold_projects()
        await self.freeze()
        await self.announce()
        await self.record()
        return await self.reveal()


@pytest.fixture
def season(world: World, tmp_path: Path) -> Season:
    return Season(world, tmp_path / "clock.json")


async def test_r37_projects_that_run_or_have_ended_are_the_population(season: Season) -> None:
    await season.hold_projects()
    await season.world.tell(
        "catalog.project-published",
        "p9",
        project="p9",
        base="b1",
        year=2024,
        days=7,
        mode="OFFLINE",
        category="PRINCIPAL",
        sessions=sessions(2),
    )
    frozen = await season.freeze()
    assert (frozen["id"], frozen["state"], frozen["size"]) == ("2024-1", "FROZEN", 6)
    assert frozen["strata"] == [
        {"name": "PRINCIPAL/FINISHED", "size": 3, "drawn": 2},
        {"name": "PRINCIPAL/RUNNING", "size": 3, "drawn": 1},
    ]
    population = await season.world.deps.store.inspections.population("2024-1")
    assert hashlib.sha256(population).hexdigest() == frozen["populationSha256"]
    weights = {row["id"]: row["weight"] for row in map(json.loads, population.splitlines())}
    assert weights == {"p1": 2, "p2": 1, "p3": 1, "p4": 2, "p5": 2, "p6": 2}


async def test_r37_from_the_freeze_to_the_end_of_the_inspection(season: Season) -> None:
    drawn = await season.draw()
    assert drawn["state"] == "DRAWN"
    assert not drawn["withheld"]
    assert len(drawn["sample"]) == 3
    sample = [row["project"]["id"] for row in drawn["sample"]]
    assert await season.ask(CLOSE, id="2024-1") == ["NOT_INSPECTED"]
    due = (season.world.deps.clock.now() + timedelta(days=30)).date().isoformat()
    for project in sample[1:]:
        given = {"projectId": project, "severity": "NONE", "text": "未见问题"}
        assert (await season.ask(FIND, id="2024-1", input=given))["state"] == "CLOSED"
    given = {
        "projectId": sample[0],
        "severity": "MINOR",
        "text": "课表与实际授课不符",
        "clause": "第十二条",
        "dueOn": due,
    }
    finding = await season.ask(FIND, id="2024-1", input=given)
    assert (finding["state"], finding["dueOn"], finding["overdue"]) == ("OPEN", due, False)
    assert await season.ask(CLOSE, id="2024-1") == ["FINDINGS_OPEN"]
    holder = BASE if sample[0] in ("p2", "p4", "p6") else FOREIGN
    other = FOREIGN if holder is BASE else BASE
    assert (await season.world.ask(other, REPORT, id=finding["id"]))[1] == ["FORBIDDEN"]
    data, _ = await season.world.ask(holder, REPORT, id=finding["id"])
    assert data["reportRectification"]["state"] == "REPORTED"
    returned = await season.ask(SETTLE, id=finding["id"], accepted=False, due=due)
    assert returned["state"] == "RECTIFYING"
    await season.world.ask(holder, REPORT, id=finding["id"])
    closed = await season.ask(SETTLE, id=finding["id"], accepted=True)
    assert (closed["state"], closed["rectifiedInTime"]) == ("CLOSED", True)
    assert [(step["state"], step["by"]) for step in closed["history"]] == [
        ("OPEN", "MINISTRY"),
        ("REPORTED", "BASE"),
        ("RECTIFYING", "MINISTRY"),
        ("REPORTED", "BASE"),
        ("CLOSED", "MINISTRY"),
    ]
    assert (await season.ask(CLOSE, id="2024-1"))["state"] == "CLOSED"


async def test_r37_each_step_is_in_the_audit_chain_before_the_next(season: Season) -> None:
    await season.draw()
    steps = ["inspection-frozen", "inspection-announced", "inspection-beacons-recorded", "inspection-drawn"]

    async def rows() -> list[Any]:
        selections = [AuditSelection(type=f"assessment.{step}", subject="2024-1") for step in steps]
        log = season.world.deps.store.audit
        return [row for selection in selections for row in await log.list(selection, _PAGE)]

    async def complete() -> bool:
        return len(await rows()) == len(steps)

    await eventually(complete)
    chain = await rows()
    assert [row.sequence for row in chain] == sorted(row.sequence for row in chain)
    announced = chain[1].act.data
    assert (await season.stored()).audit_sequence == chain[1].sequence
    assert announced["commitment"] == draw.commitment_of(bytes.fromhex(chain[3].act.data["secret"]))
    assert all("value" not in beacon or beacon["value"] is None for beacon in announced["beacons"])


async def test_r37_the_secret_is_nowhere_in_plain_before_the_draw(season: Season) -> None:
    await season.hold_projects()
    await season.freeze()
    await season.announce()
    stored = await season.stored()
    secret = season.world.deps.vault.open(stored.secret_sealed or "")
    assert draw.commitment_of(bytes.fromhex(secret)) == stored.commitment
    database = season.world.deps.store.inspections.collection.database
    for name in await database.list_collection_names():
        assert secret not in str(await database[name].find().to_list()), name


async def test_r37_the_public_sees_the_whole_and_no_finding(season: Season) -> None:
    drawn = await season.draw()
    for principal in (TEACHER, SCHOOL, PROVINCE, BASE):
        data, _ = await season.world.ask(principal, PUBLIC)
        assert data["inspections"] == [drawn]
    for principal in (TEACHER, SCHOOL, PROVINCE):
        assert (await season.world.ask(principal, FINDINGS))[1] == ["FORBIDDEN"]


async def test_r37_a_base_sees_the_findings_of_its_own_projects_only(season: Season) -> None:
    drawn = await season.draw()
    for row in drawn["sample"]:
        given = {"projectId": row["project"]["id"], "severity": "NONE", "text": "未见问题"}
        await season.ask(FIND, id="2024-1", input=given)
    everything = await season.ask(FINDINGS)
    assert everything["totalCount"] == 3
    seen = []
    for principal, base in ((BASE, "b1"), (FOREIGN, "b2")):
        data, _ = await season.world.ask(principal, FINDINGS)
        assert data["findings"] == await season.ask(FINDINGS, base=base)
        seen += [node["id"] for node in data["findings"]["nodes"]]
    assert sorted(seen) == sorted(node["id"] for node in everything["nodes"])
    assert (await season.ask(FINDINGS, state="OPEN"))["totalCount"] == 0


async def test_r37_a_secret_that_is_kept_back_is_drawn_around_once_and_twice_as_many(season: Season) -> None:
    await season.hold_projects()
    await season.freeze()
    await season.announce()
    assert await commands.draw_withheld(season.world.deps) == 0
    end = (await season.stored()).reveal_by
    assert end
    season.move_to(end + timedelta(seconds=1))
    assert await season.ask(REVEAL, id="2024-1") == ["REVEAL_BY_PASSED"]
    assert await season.ask(VOID, id="2024-1", reason="不合适") == ["REVEAL_BY_PASSED"]
    assert await commands.draw_withheld(season.world.deps) == 1
    assert await commands.draw_withheld(season.world.deps) == 0
    (drawn,) = await season.ask(PUBLIC)
    assert drawn["withheld"]
    assert len(drawn["sample"]) == 5  # 2 · 2 of the 3 that have ended, and 2 · 1 of those that run
    stored = await season.stored()
    assert stored.secret is None
    assert stored.secret_sealed is None


async def test_r37_nothing_is_drawn_anew_in_silence(season: Season) -> None:
    """One inspection of a year at a time; a draw stands; what is given up publishes its secret."""
    await season.hold_projects()
    await season.freeze()
    assert await season.freeze() == ["INSPECTION_UNDER_WAY"]
    await season.announce()
    assert await season.freeze() == ["INSPECTION_UNDER_WAY"]
    voided = await season.ask(VOID, id="2024-1", reason="总体有误")
    assert (voided["state"], voided["voidReason"]) == ("VOID", "总体有误")
    stored = await season.stored()
    assert draw.commitment_of(bytes.fromhex(stored.secret or "")) == stored.commitment
    assert (await season.freeze())["id"] == "2024-2"
    await season.announce("2024-2")
    await season.record("2024-2")
    await season.reveal("2024-2")
    assert await season.ask(REVEAL, id="2024-2") == ["WRONG_STATE"]
    assert await season.ask(VOID, id="2024-2", reason="不合适") == ["WRONG_STATE"]
    assert [inspection["state"] for inspection in await season.ask(PUBLIC)] == ["VOID", "DRAWN"]


async def test_r37_an_announcement_that_the_audit_log_got_too_late_draws_nothing(season: Season) -> None:
    await season.hold_projects()
    await season.freeze()
    await season.announce()
    late = (await season.stored()).beacons[0].at
    await season.world.deps.store.inspections.collection.update_one({"_id": "2024-1"}, {"$set": {"witnessed_at": late}})
    assert await season.record() == ["NOT_WITNESSED"]
    assert (await season.ask(VOID, id="2024-1", reason="公告迟到"))["state"] == "VOID"


async def test_r37_a_draw_whose_beacon_is_out_is_not_given_up(season: Season) -> None:
    await season.hold_projects()
    await season.freeze()
    await season.announce()
    season.move_to((await season.stored()).beacons[0].at)
    assert await season.ask(VOID, id="2024-1", reason="不合适") == ["BEACON_OUT"]
    assert await season.record() != ["BEACON_OUT"]
    assert await season.ask(VOID, id="2024-1", reason="不合适") == ["BEACON_OUT"]
    assert (await season.stored()).secret is None


async def test_r37_a_value_that_could_be_spelled_otherwise_is_refused(season: Season) -> None:
    await season.hold_projects()
    await season.freeze()
    await season.announce()
    season.move_to(max(beacon.at for beacon in (await season.stored()).beacons))
    for otherwise in ("3032.63\ufe0f", "3O32.63", "30l2.63", "A1"):
        assert await season.ask(RECORD, id="2024-1", values=[VALUES[0], otherwise]) == ["INVALID_BEACON_VALUE"]
    recorded = await season.ask(RECORD, id="2024-1", values=[VALUES[0], "13578246901"])
    assert [beacon["value"] for beacon in recorded["beacons"]] == [VALUES[0], "13578246901"]


async def test_r37_a_replacement_and_an_extension_take_the_next_ticket(season: Season) -> None:
    drawn = await season.draw()
    ended = [row["project"]["id"] for row in drawn["sample"] if row["stratum"] == "PRINCIPAL/FINISHED"]
    replaced = await season.ask(REPLACE, id="2024-1", project=ended[0])
    rows = [row for row in replaced["sample"] if row["stratum"] == "PRINCIPAL/FINISHED"]
    assert [(row["order"], row["replacedFor"]) for row in rows] == [(1, "台风停课"), (2, None), (3, None)]
    assert await season.ask(REPLACE, id="2024-1", project=ended[0]) == ["NOT_SAMPLED"]
    assert await season.ask(REPLACE, id="2024-1", project=ended[1]) == ["STRATUM_EXHAUSTED"]
    extended = await season.ask(EXTEND, id="2024-1", stratum="PRINCIPAL/RUNNING", count=2)
    assert len([row for row in extended["sample"] if row["stratum"] == "PRINCIPAL/RUNNING"]) == 3
    inspected = {"projectId": ended[1], "severity": "NONE", "text": "未见问题"}
    await season.ask(FIND, id="2024-1", input=inspected)
    assert await season.ask(FIND, id="2024-1", input=inspected | {"projectId": ended[0]}) == ["NOT_SAMPLED"]


async def test_r37_an_inspected_project_is_not_replaced(season: Season) -> None:
    drawn = await season.draw()
    project = drawn["sample"][0]["project"]["id"]
    await season.ask(FIND, id="2024-1", input={"projectId": project, "severity": "NONE", "text": "未见问题"})
    assert await season.ask(REPLACE, id="2024-1", project=project) == ["ALREADY_INSPECTED"]


async def test_r37_a_wrong_finding_is_withdrawn_and_the_right_one_recorded(season: Season) -> None:
    drawn = await season.draw()
    sample = [row["project"]["id"] for row in drawn["sample"]]
    due = (season.world.deps.clock.now() + timedelta(days=30)).date().isoformat()
    for project in sample[1:]:
        await season.ask(FIND, id="2024-1", input={"projectId": project, "severity": "NONE", "text": "未见问题"})
    grave = {"projectId": sample[0], "severity": "GRAVE", "text": "虚报学员", "dueOn": due}
    clean = {"projectId": sample[0], "severity": "NONE", "text": "未见问题"}
    wrong = await season.ask(FIND, id="2024-1", input=grave)
    assert await season.ask(FIND, id="2024-1", input=clean) == ["CONTRADICTS_FINDING"]
    assert await season.ask(CLOSE, id="2024-1") == ["FINDINGS_OPEN"]
    withdrawn = await season.ask(WITHDRAW, id=wrong["id"])
    assert (withdrawn["state"], withdrawn["history"][-1]["text"]) == ("WITHDRAWN", "登记到了别的项目")
    assert await season.ask(WITHDRAW, id=wrong["id"]) == ["WRONG_STATE"]
    assert await season.ask(CLOSE, id="2024-1") == ["NOT_INSPECTED"]
    store = season.world.deps.store
    assert await store.findings.earlier(2024) == {}
    counted = await year_facts(store, 2024, date(2024, 12, 31))
    assert [found.severity for found in counted.findings] == [Severity.NONE] * 2
    right = await season.ask(FIND, id="2024-1", input=clean)
    assert right["state"] == "CLOSED"
    shown = await season.ask(FINDINGS)
    assert {(row["id"], row["state"]) for row in shown["nodes"] if row["project"]["id"] == sample[0]} == {
        (wrong["id"], "WITHDRAWN"),
        (right["id"], "CLOSED"),
    }
    assert (await season.ask(CLOSE, id="2024-1"))["state"] == "CLOSED"
    assert (await season.ask(WITHDRAW, id=right["id"]))["state"] == "WITHDRAWN"
    holder = BASE if sample[0] in ("p2", "p4", "p6") else FOREIGN
    assert (await season.world.ask(holder, WITHDRAW, id=right["id"]))[1] == ["FORBIDDEN"]


async def test_r37_of_opposite_findings_at_once_one_stands(season: Season) -> None:
    drawn = await season.draw()
    due = (season.world.deps.clock.now() + timedelta(days=30)).date().isoformat()
    for row in drawn["sample"]:
        common = {"projectId": row["project"]["id"], "text": "检查记录", "dueOn": due}
        answers = await asyncio.gather(
            *(season.ask(FIND, id="2024-1", input=common | {"severity": severity}) for severity in ("NONE", "GRAVE"))
        )
        refused = [code for answer in answers if isinstance(answer, list) for code in answer]
        assert refused in (["CONTRADICTS_FINDING"], ["STALE_VERSION"])


async def test_r37_a_rectification_is_called_to_mind_before_its_day_and_daily_after(season: Season) -> None:
    drawn = await season.draw()
    due = (season.world.deps.clock.now() + timedelta(days=10)).date()
    given = {
        "projectId": drawn["sample"][0]["project"]["id"],
        "severity": "MAJOR",
        "text": "无培训记录",
        "dueOn": due.isoformat(),
    }
    await season.ask(FIND, id="2024-1", input=given)
    told = []
    for _ in range(13):
        told.append(await commands.remind_of_rectifications(season.world.deps))
        assert await commands.remind_of_rectifications(season.world.deps) == 0
        season.move_to(season.world.deps.clock.now() + timedelta(days=1))
    assert told == [0] * 7 + [1] + [0] * 3 + [1, 1]
    assert (await season.ask(FINDINGS))["nodes"][0]["overdue"]


@pytest.mark.parametrize("principal", [BASE, SCHOOL, TEACHER, PROVINCE])
async def test_r37_only_the_ministry_inspects(season: Season, principal: Any) -> None:
    given = {"projectId": "p1", "severity": "NONE", "text": "未见问题"}
    for query, variables in (
        (FREEZE, {"input": INPUT}),
        (REVEAL, {"id": "2024-1"}),
        (VOID, {"id": "2024-1", "reason": "不"}),
        (CLOSE, {"id": "2024-1"}),
        (FIND, {"id": "2024-1", "input": given}),
    ):
        assert (await season.world.ask(principal, query, **variables))[1] == ["FORBIDDEN"]


async def test_r37_a_repeated_announcement_commits_to_one_secret(season: Season) -> None:
    await season.hold_projects()
    await season.freeze()
    season.move_to((await season.stored()).objections_until)
    now = season.world.deps.clock.now()
    beacons = [commands.BeaconName(Title("双色球"), now + timedelta(days=2))]
    commitments = set()
    with acting(Act(MINISTRY, idempotency_key="announce-once")):
        for _ in range(2):
            announced = await commands.announce_inspection(
                season.world.deps, MINISTRY, key="2024-1", beacons=beacons, reveal_by=now + timedelta(days=5)
            )
            commitments.add(announced.commitment)
    assert len(commitments) == 1
    assert (await season.stored()).state is InspectionState.ANNOUNCED
