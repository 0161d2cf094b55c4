"""An annual assessment on a real database and broker, from events to published grades, by role (R38)."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.clock import move_forward
from chassis.context import Act, acting
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from kernel.dates import SHANGHAI
from kernel.free_text import Title
from services.assessment import commands
from services.assessment.commands.attendance import AttendanceMark, record_attendance
from services.assessment.domain.draw import candidates_of
from services.assessment.domain.finding import Finding
from services.assessment.domain.vocabulary import FindingState, ProjectPhase, ResultOutcome, Severity
from services.assessment.store import AuditSelection
from tests.integration.assessment.world import (
    BASE,
    EXPERT,
    FOREIGN,
    MINISTRY,
    OTHER_PROVINCE,
    PROVINCE,
    SCHOOL,
    TEACHER,
    World,
    attendee,
    codes,
)
from tests.support.eventually import eventually
from tests.support.processes import Finished, command

ITEM = "code name dimension computedHundredths hundredths mostHundredths adjustReason inputs evidence leftOut"
FIELDS = f"""
  id year state rubric computation grade capped barred commentUntil appealUntil scoreHundredths base {{ id }}
  items {{ {ITEM} }} adjustments {{ code before after reason }}
  comments {{ by item text appeal upheld answer }}
"""
COMPUTE = """mutation($rubric: String!) {
  computeAssessments(year: 2024, rubric: $rubric) { rubric bases commentUntil publishedAt } }"""
OPEN = "mutation { openComments(year: 2024) { bases commentUntil } }"
COMMENT = f"""mutation($id: ID!, $item: String) {{
  commentAssessment(id: $id, item: $item, text: "有一期因台风延期") {{ {FIELDS} }} }}"""
ADJUST = f"""mutation($id: ID!, $code: String!, $to: Int!) {{
  adjustAssessmentItem(id: $id, code: $code, hundredths: $to, reason: "核对原始材料") {{ {FIELDS} }} }}"""
FINALIZE = f"""mutation($ids: [ID!]!) {{
  finalizeAssessments(ids: $ids) {{ id ok refusal {{ code }} assessment {{ {FIELDS} }} }} }}"""
APPEAL = f'mutation($id: ID!) {{ appealAssessment(id: $id, text: "延期经部里批准") {{ {FIELDS} }} }}'
DECIDE = f"""mutation($id: ID!, $upheld: Boolean!) {{
  decideAppeal(id: $id, upheld: $upheld, reason: "情况属实") {{ {FIELDS} }} }}"""
PUBLISH = "mutation { publishGrades(year: 2024) { base { id } year grade } }"
LIST = f"""query($state: AnnualState, $first: Int! = 50, $after: String) {{
  annualAssessments(year: 2024, state: $state, first: $first, after: $after) {{
    totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ {FIELDS} }} }} }}"""
EVIDENCE = """query($id: ID!, $code: String!, $first: Int! = 50, $after: String) {
  assessmentEvidence(id: $id, code: $code, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { kind id counts } } }"""
GRADES = "{ publishedGrades(year: 2024) { base { id } year grade } }"
OF_BASE = """query($id: ID!) { _entities(representations: [{__typename: "Base", id: $id}]) {
  ... on Base { annualAssessments { id grade items { code } } } } }"""
OWN, THEIRS = "2024/b1", "2024/b2"


class Season:
    """Two bases: `b1` has held a project, `b2` another and has called one off.

    Args:
        world: The running service.
        clock_file: Moves its domain time.
    """

    def __init__(self, world: World, clock_file: Path) -> None:
        self.world = world
        self._clock_file = clock_file

    def at(self, day: str) -> None:
        """Move domain time to the noon of a day."""
        move_forward(self._clock_file, datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=SHANGHAI))

    async def tell(self, kind: str, subject: str, *, version: int = 1, province: str = "44", **data: Any) -> None:
        """Publish an event of another service."""
        await self.world.tell(kind, subject, province, version, **data)

    async def project(self, key: str, base: str) -> None:
        """A project of four seats and one day."""
        day = "2024-07-10"
        session = {"id": "s1", "title": "课", "date": day, "hours": 8}
        told: dict[str, Any] = {
            "year": 2024,
            "days": 1,
            "mode": "OFFLINE",
            "class_hours": 8,
            "capacity": 4,
            "category": "PRINCIPAL",
            "title": "培训",
            "code": "C",
            "base_name": f"基地{base}",
            "starts_on": day,
            "ends_on": day,
        }
        await self.tell("catalog.project-published", key, project=key, base=base, sessions=[session], **told)

    async def hold(self) -> None:
        """From the publication to the end of the two projects, with their applications."""
        for key, base in (("p1", "b1"), ("p2", "b2"), ("p3", "b2")):
            await self.project(key, base)
        theirs = attendee("f1", "p2") | {"base": "b2"}
        for key, who in (("e1", attendee("e1")), ("e2", attendee("e2")), ("e3", attendee("e3")), ("f1", theirs)):
            await self.tell("enrollment.submitted", key, **who)
            if key == "e3":
                await self.tell("enrollment.escalated", key, version=2, **who)
            await self.tell("enrollment.accepted", key, version=3, **who)
        await self.tell("catalog.project-started", "p1", version=2, project="p1")
        await self.tell("catalog.project-started", "p2", version=2, project="p2")
        cancelled = {"project": "p3", "by": "base", "reason": "师资不足"}
        await self.tell("catalog.project-cancelled", "p3", version=2, **cancelled)
        await self.world.until_phase(ProjectPhase.RUNNING, "p2")
        there = [AttendanceMark("f1", "s1", True, None)]
        assert codes(await record_attendance(self.world.deps, FOREIGN, project="p2", rows=there)) == ["ok"]
        await self.world.attend(("e1", "s1", True), ("e2", "s1", True), ("e3", "s1", False))
        for key, late in (("p1", False), ("p2", True)):
            ended: dict[str, Any] = {"project": key, "overrun": late, "finished_on": "2024-07-10"}
            await self.tell("catalog.project-finished", key, version=3, **ended)
            await self.world.until_phase(ProjectPhase.FINISHED, key)
        for key, outcome, score in (("e1", ResultOutcome.PASSED, 90), ("e2", ResultOutcome.FAILED, 40)):
            assert await self.world.grade(key, outcome, score) == ["ok"]
        await self.world.close("p1")
        await self.world.grade("f1", ResultOutcome.PASSED, 80, by=FOREIGN, project="p2")
        await self.world.close("p2", FOREIGN)

    async def ask(self, query: str, who: Any = MINISTRY, **variables: Any) -> Any:
        """What a request leads to: the outcome, or the codes of its refusals."""
        data, refusals = await self.world.ask(who, query, **variables)
        return refusals or next(iter(data.values()))

    async def assessment(self, key: str = OWN) -> Any:
        """An assessment as the ministry sees it."""
        return {node["id"]: node for node in (await self.ask(LIST))["nodes"]}[key]

    async def computed(self) -> None:
        """The assessments of both, computed in December."""
        await self.hold()
        self.at("2024-12-02")
        assert (await self.ask(COMPUTE, rubric="2024.1"))["bases"] == 2

    async def graded(self, *, computed: bool = False) -> None:
        """The grades of both, after the time for comments; computed first, unless they are."""
        if not computed:
            await self.computed()
        await self.ask(OPEN)
        self.at("2024-12-24")
        assert [row["ok"] for row in await self.ask(FINALIZE, ids=[OWN, THEIRS])] == [True, True]


@pytest.fixture
def season(world: World, tmp_path: Path) -> Season:
    """Two bases on the day on which their trainings are held."""
    season = Season(world, tmp_path / "clock.json")
    season.at("2024-07-10")
    return season


async def test_r38_the_numbers_of_a_base_come_from_the_events_and_records_of_its_year(season: Season) -> None:
    await season.computed()
    own = await season.assessment()
    items = {item["code"]: item for item in own["items"]}
    assert items["A1"]["inputs"] == {"done": 1, "of": 1}
    assert items["A2"]["inputs"] == {"done": 3, "of": 4}
    assert items["A3"]["inputs"] == {"done": 16, "of": 16}
    assert items["B1"]["inputs"] == {"done": 2, "of": 3}
    assert items["C1"]["inputs"] == {"done": 1, "of": 2}
    assert items["C2"]["inputs"] == {"done": 2, "of": 2}
    assert items["D1"]["computedHundredths"] is None
    assert items["F1"]["inputs"] == {}
    assert own["scoreHundredths"] == sum(item["hundredths"] or 0 for item in own["items"])
    theirs = {item["code"]: item for item in (await season.assessment(THEIRS))["items"]}
    assert theirs["A1"]["inputs"] == {"done": 0, "of": 1}, "it went past its window"
    assert theirs["F1"]["inputs"] == {"CANCELLED_BY_BASE": 1}
    assert theirs["F1"]["hundredths"] == -200


async def test_r38_each_number_opens_to_the_ids_of_the_facts_behind_it(season: Season) -> None:
    await season.computed()
    found = await season.ask(EVIDENCE, id=OWN, code="B1")
    assert [(row["id"], row["counts"]) for row in found["nodes"]] == [
        ("e1", {"done": 1, "of": 1}),
        ("e2", {"done": 1, "of": 1}),
        ("e3", {"done": 0, "of": 1}),
    ]
    assert found["totalCount"] == 3
    for item in (await season.assessment())["items"]:
        rows = (await season.ask(EVIDENCE, id=OWN, code=item["code"]))["nodes"]
        assert len(rows) == item["evidence"]
        for name, number in item["inputs"].items():
            assert sum(row["counts"].get(name, 0) for row in rows) == number
    first = await season.ask(EVIDENCE, id=OWN, code="B1", first=2)
    assert first["pageInfo"]["hasNextPage"]
    rest = await season.ask(EVIDENCE, id=OWN, code="B1", after=first["pageInfo"]["endCursor"])
    assert [row["id"] for row in rest["nodes"]] == ["e3"]
    assert (await season.ask(EVIDENCE, id=OWN, code="Z9"))["nodes"] == []
    assert (await season.ask(EVIDENCE, id="2024/b9", code="B1"))["nodes"] == []


async def test_r38_the_facts_behind_a_number_are_for_the_ministry_and_the_base(season: Season) -> None:
    await season.computed()
    assert (await season.ask(EVIDENCE, BASE, id=OWN, code="B1"))["nodes"] == [], "nobody knows of a draft"
    await season.ask(OPEN)
    assert (await season.ask(EVIDENCE, BASE, id=OWN, code="B1"))["totalCount"] == 3
    assert (await season.ask(EVIDENCE, FOREIGN, id=OWN, code="B1"))["nodes"] == []
    for other in (PROVINCE, SCHOOL, TEACHER, EXPERT):
        assert await season.ask(EVIDENCE, other, id=OWN, code="B1") == ["FORBIDDEN"]


async def test_r38_to_compute_again_is_a_new_version_only_where_a_fact_has_changed(season: Season) -> None:
    await season.computed()
    heard = await season.world.deps.store.annual_years.get("2024")
    await season.ask(COMPUTE, rubric="2024.1")
    assert await season.world.deps.store.annual_years.get("2024") == heard, "nothing is told twice"
    assert (await season.assessment())["computation"] == 1
    finding = Finding(
        id="f1",
        inspection="2024-1",
        year=2024,
        project="p1",
        base="b1",
        province="44",
        severity=Severity.MAJOR,
        text="课表与实际授课不符",
        clause=None,
        due_on=date(2024, 12, 30),
        state=FindingState.OPEN,
        history=(),
    )
    await season.world.deps.store.findings.put(finding)
    await season.ask(COMPUTE, rubric="2024.1")
    own, theirs = await season.assessment(), await season.assessment(THEIRS)
    assert (own["computation"], theirs["computation"]) == (2, 1)
    assert [row["id"] for row in (await season.ask(EVIDENCE, id=OWN, code="E1"))["nodes"]] == ["f1"]
    stored = await season.world.deps.store.annual.get(OWN)
    assert [each.number for each in stored.earlier] == [1]
    await season.ask(COMPUTE, rubric="sichuan.1")
    assert [item["code"] for item in (await season.assessment())["items"]] == ["P1", "S1", "T1", "T2", "T3"]


COMPLAIN = """mutation($base: ID!, $year: Int! = 2024, $text: String! = "收费与公布的标准不符，经查属实") {
  recordComplaint(baseId: $base, year: $year, text: $text) { id base { id } year text } }"""
COMPLAINTS = """query { annualAssessments(year: 2024) { nodes { id complaints { id text } } } }"""


async def test_r38_a_complaint_takes_points_and_the_number_opens_to_it(season: Season) -> None:
    await season.hold()
    said = await season.ask(COMPLAIN, base="b1")
    assert (said["base"], said["year"]) == ({"id": "b1"}, 2024)
    season.at("2024-12-02")
    await season.ask(COMPUTE, rubric="2024.1")
    later = await season.ask(COMPLAIN, base="b1")
    assert (await season.assessment())["computation"] == 1, "the next computation counts it"
    assert await season.ask(OPEN) == ["ASSESSMENT_OUTDATED"], "what is shown to the base counts every complaint"
    await season.ask(COMPUTE, rubric="2024.1")
    item = next(item for item in (await season.assessment())["items"] if item["code"] == "F1")
    assert (item["inputs"], item["hundredths"]) == ({"COMPLAINT_UPHELD": 2}, -600)
    rows = (await season.ask(EVIDENCE, id=OWN, code="F1"))["nodes"]
    assert {(row["kind"], row["id"]) for row in rows} == {("COMPLAINT", said["id"]), ("COMPLAINT", later["id"])}
    await season.ask(OPEN)
    assert await season.ask(COMPLAIN, base="b1") == ["WRONG_STATE"]
    shown = {node["id"]: node["complaints"] for node in (await season.ask(COMPLAINTS, BASE))["nodes"]}
    assert shown == {OWN: [{"id": each["id"], "text": "收费与公布的标准不符，经查属实"} for each in (said, later)]}
    assert {node["id"]: node["complaints"] for node in (await season.ask(COMPLAINTS))["nodes"]}[THEIRS] == []


async def test_r38_a_complaint_is_the_ministrys_word_about_a_base_with_projects_of_that_year(season: Season) -> None:
    await season.hold()
    assert await season.ask(COMPLAIN, base="b9") == ["NOT_FOUND"]
    assert await season.ask(COMPLAIN, base="b1", year=2023) == ["NOT_FOUND"]
    assert await season.ask(COMPLAIN, base="b1", text=" ") == ["REASON_MISSING"]
    for other in (BASE, PROVINCE, SCHOOL, TEACHER, EXPERT):
        assert await season.ask(COMPLAIN, other, base="b1") == ["FORBIDDEN"]
    assert await season.world.deps.store.complaints.query({}) == []


async def test_r38_a_complaint_comes_too_late_once_the_year_is_shown_also_for_a_base_without_an_assessment(
    season: Season,
) -> None:
    await season.computed()
    await season.ask(OPEN)
    await season.world.deps.store.annual.collection.delete_one({"_id": OWN})
    assert await season.ask(COMPLAIN, base="b1") == ["WRONG_STATE"]
    assert await season.world.deps.store.complaints.query({}) == []


async def test_r37_a_complaint_weighs_in_the_draw(season: Season) -> None:
    """By the announced rule of weights, as its base's projects of that year."""
    await season.hold()
    await season.ask(COMPLAIN, base="b1")
    drawn = await commands.freeze_inspection(season.world.deps, MINISTRY, year=2024, title=Title("抽检"), share_bp=5000)
    weights = {
        each.id: each.weight for each in candidates_of(await season.world.deps.store.inspections.population(drawn.id))
    }
    assert (weights["p1"], weights["p2"]) == (4, 2), "an escalation and a complaint; an overrun"


async def test_r38_what_cannot_be_computed_is_refused(season: Season) -> None:
    season.at("2024-11-30")
    assert await season.ask(COMPUTE, rubric="2024.1") == ["WRONG_STATE"]
    season.at("2024-12-01")
    assert await season.ask(COMPUTE, rubric="2024.1") == ["NOT_FOUND"], "no base has a project"
    await season.hold()
    assert await season.ask(COMPUTE, rubric="../rules") == ["RUBRIC_UNKNOWN"]
    assert await season.ask(OPEN) == ["NOT_FOUND"]
    await season.ask(COMPUTE, rubric="2024.1")
    await season.ask(OPEN)
    assert await season.ask(COMPUTE, rubric="2024.1") == ["WRONG_STATE"]


async def test_r38_from_the_draft_to_the_published_grade(season: Season) -> None:
    await season.computed()
    assert (await season.ask(LIST, BASE))["nodes"] == []
    opened = await season.ask(OPEN)
    assert opened == {"bases": 2, "commentUntil": "2024-12-23"}
    assert await season.ask(OPEN) == opened, "whoever was asked is not asked again"
    (own,) = (await season.ask(LIST, BASE))["nodes"]
    assert (own["id"], own["state"], own["commentUntil"]) == (OWN, "COMMENTING", "2024-12-23")
    commented = await season.ask(COMMENT, BASE, id=OWN, item="A1")
    assert [(each["item"], each["appeal"]) for each in commented["comments"]] == [("A1", False)]
    before = {item["code"]: item for item in own["items"]}["B1"]["computedHundredths"]
    adjusted = await season.ask(ADJUST, id=OWN, code="B1", to=before + 100)
    item = {item["code"]: item for item in adjusted["items"]}["B1"]
    assert (item["computedHundredths"], item["hundredths"]) == (before, before + 100)
    assert item["adjustReason"] == "核对原始材料"
    (row, _) = await season.ask(FINALIZE, ids=[OWN, THEIRS])
    assert (row["ok"], row["refusal"]["code"]) == (False, "COMMENT_PERIOD_OPEN")
    season.at("2024-12-24")
    assert await season.ask(COMMENT, BASE, id=OWN) == ["NOT_COMMENTING"]
    rows = await season.ask(FINALIZE, ids=[OWN, "2024/b9", "no-id", THEIRS])
    assert [(row["refusal"] or {"code": "ok"})["code"] for row in rows] == ["ok", "NOT_FOUND", "NOT_FOUND", "ok"]
    assert rows[0]["assessment"]["appealUntil"] == "2025-01-15"
    assert await season.ask(PUBLISH) == ["WRONG_STATE"]
    appealed = await season.ask(APPEAL, BASE, id=OWN)
    assert (appealed["state"], appealed["comments"][-1]["appeal"]) == ("APPEALED", True)
    season.at("2025-01-16")
    assert await season.ask(PUBLISH) == ["WRONG_STATE"], "an appeal is not decided"
    upheld = await season.ask(DECIDE, id=OWN, upheld=True)
    assert (upheld["state"], upheld["comments"][-1]["upheld"]) == ("APPEALED", True)
    await season.ask(ADJUST, id=OWN, code="B1", to=item["mostHundredths"])
    (row,) = await season.ask(FINALIZE, ids=[OWN])
    assert row["assessment"]["state"] == "FINAL"
    assert await season.ask(APPEAL, FOREIGN, id=THEIRS) == ["APPEAL_TOO_LATE"]
    assert await season.ask(GRADES, EXPERT) == []
    grades = await season.ask(PUBLISH)
    assert [row["base"]["id"] for row in grades] == ["b1", "b2"]
    assert await season.ask(PUBLISH) == grades
    assert await season.ask(GRADES, EXPERT) == grades, "grades are for everybody"


async def test_r38_a_grade_is_the_provinces_once_it_is_final_and_its_points_are_not(season: Season) -> None:
    await season.computed()
    for place in (PROVINCE, OTHER_PROVINCE):
        assert (await season.ask(LIST, place))["nodes"] == []
    await season.ask(OPEN)
    assert (await season.ask(LIST, PROVINCE))["nodes"] == []
    season.at("2024-12-24")
    await season.ask(FINALIZE, ids=[OWN, THEIRS])
    seen = (await season.ask(LIST, PROVINCE))["nodes"]
    assert [node["id"] for node in seen] == [OWN, THEIRS]
    for node in seen:
        assert node["grade"]
        assert node["scoreHundredths"] is None
        assert [node[name] for name in ("items", "comments", "adjustments")] == [[]] * 3
    assert (await season.ask(LIST, OTHER_PROVINCE))["nodes"] == []
    await season.ask(APPEAL, BASE, id=OWN)
    assert [node["id"] for node in (await season.ask(LIST, PROVINCE))["nodes"]] == [THEIRS]


async def test_r38_a_base_sees_and_acts_on_its_own_assessment_alone(season: Season) -> None:
    await season.computed()
    assert await season.ask(COMMENT, BASE, id=OWN) == ["NOT_FOUND"], "nobody knows of a draft"
    await season.ask(OPEN)
    assert [node["id"] for node in (await season.ask(LIST, FOREIGN))["nodes"]] == [THEIRS]
    assert await season.ask(COMMENT, FOREIGN, id=OWN) == ["FORBIDDEN"]
    season.at("2024-12-24")
    await season.ask(FINALIZE, ids=[OWN, THEIRS])
    assert await season.ask(APPEAL, FOREIGN, id=OWN) == ["FORBIDDEN"]
    assert (await season.ask(OF_BASE, BASE, id="b1"))[0]["annualAssessments"][0]["id"] == OWN
    assert (await season.ask(OF_BASE, FOREIGN, id="b1"))[0]["annualAssessments"] == []


@pytest.mark.parametrize("who", [BASE, PROVINCE, SCHOOL, TEACHER, EXPERT], ids=lambda who: who.scope.value)
async def test_r38_what_the_ministry_decides_nobody_else_does(season: Season, who: Any) -> None:
    for query, given in (
        (COMPUTE, {"rubric": "2024.1"}),
        (OPEN, {}),
        (ADJUST, {"id": OWN, "code": "A1", "to": 0}),
        (FINALIZE, {"ids": [OWN]}),
        (DECIDE, {"id": OWN, "upheld": True}),
        (PUBLISH, {}),
    ):
        assert await season.ask(query, who, **given) == ["FORBIDDEN"]


async def test_r38_the_ministry_says_nothing_in_a_bases_place(season: Season) -> None:
    for query in (COMMENT, APPEAL):
        assert await season.ask(query, MINISTRY, id=OWN) == ["FORBIDDEN"]


async def test_r38_a_list_of_assessments_is_paged(season: Season) -> None:
    await season.computed()
    first = await season.ask(LIST, first=1)
    assert [node["id"] for node in first["nodes"]] == [OWN]
    assert first["totalCount"] == 2
    rest = await season.ask(LIST, after=first["pageInfo"]["endCursor"])
    assert [node["id"] for node in rest["nodes"]] == [THEIRS]
    assert (await season.ask(LIST, state="FINAL"))["nodes"] == []


async def test_r38_everything_that_is_decided_is_told_without_a_word_of_the_base(season: Season) -> None:
    await season.computed()
    await season.ask(COMPLAIN, base="b1")
    await season.ask(COMPUTE, rubric="2024.1")
    await season.graded(computed=True)
    await season.ask(APPEAL, BASE, id=OWN)
    await season.ask(DECIDE, id=OWN, upheld=False)
    season.at("2025-02-01")
    await season.ask(PUBLISH)
    wanted = [
        *["assessments-computed"] * 2,
        *["annual-comments-opened"] * 2,
        *["annual-finalized"] * 2,
        "annual-appealed",
        "annual-appeal-decided",
        "grades-published",
        "complaint-recorded",
    ]
    told: list[Any] = []

    async def all_told() -> bool:
        rows = await season.world.deps.store.audit.list(AuditSelection(), PageRequest(100))
        told[:] = [row.act for row in reversed(rows) if row.act.type.removeprefix("assessment.") in wanted]
        return len(told) == len(wanted)

    await eventually(all_told)
    assert sorted(act.type.removeprefix("assessment.") for act in told) == sorted(wanted)
    assert not any(text in repr(told) for text in ("延期经部里批准", "收费与公布的标准不符"))
    final = next(act for act in told if act.type.endswith("annual-finalized"))
    assert final.data["base_name"] == "基地b1"


async def test_r38_a_mutation_sent_again_takes_effect_once(season: Season) -> None:
    await season.computed()
    deps = season.world.deps
    with acting(Act(MINISTRY, idempotency_key="k1")):
        opened = await commands.open_comments(deps, MINISTRY, year=2024)
        season.at("2024-12-05")
        assert await commands.open_comments(deps, MINISTRY, year=2024) == opened
    season.at("2024-12-24")
    with acting(Act(MINISTRY, idempotency_key="k2")):
        (first,) = await commands.finalize_assessments(deps, MINISTRY, keys=[OWN])
        (again,) = await commands.finalize_assessments(deps, MINISTRY, keys=[OWN])
    assert first.value
    assert again.value == first.value
    assert len(again.value.finals) == 1


async def test_r38_the_rubric_is_public_and_no_other_file_is(season: Season) -> None:
    query = "query($version: String!) { rubric(version: $version) }"
    assert (await season.ask(query, EXPERT, version="2024.1"))["version"] == "2024.1"
    assert await season.ask(query, EXPERT, version="../rules") is None


async def test_r38_how_far_a_year_is_is_the_ministrys_to_know(season: Season) -> None:
    query = "{ assessmentYear(year: 2024) { rubric bases commentUntil publishedAt } }"
    assert await season.ask(query) is None
    await season.graded()
    year = await season.ask(query)
    assert (year["rubric"], year["bases"], year["commentUntil"]) == ("2024.1", 2, "2024-12-23")
    assert await season.ask(query, BASE) == ["FORBIDDEN"]


PROPOSALS = """query($year: Int!, $state: ProposalState) { quotaProposals(year: $year, state: $state) {
  id base { id } year grade factorBp roundLimit limit proposed aboveRound reason assessmentId
  state decidedLimit declineReason } }"""
DECLINE = """mutation($id: ID!, $reason: String!) {
  declineQuotaProposal(id: $id, reason: $reason) { id state declineReason } }"""
ADJUSTED: dict[str, Any] = {"base": "b1", "year": 2025, "before": 10, "limit": 5, "used": 0, "reason": "按年度考核"} | {
    "effective_from": "2024-12-02"
}


async def lowest(season: Season) -> None:
    """The round of 2025 gives ten, and the grade of `b1` in 2024 is the lowest."""
    await season.computed()
    quotas = {"PRINCIPAL": 10}
    await season.tell("catalog.round-opened", "2025", province="00", year=2025, title="2025年培训", quotas=quotas)
    await season.ask(OPEN)
    for item in (await season.assessment())["items"]:
        if item["hundredths"] and item["code"] != "C1":
            await season.ask(ADJUST, id=OWN, code=item["code"], to=0)

    async def told() -> bool:
        return await season.world.deps.store.rounds.find("2025") is not None

    await eventually(told)
    assert await season.ask(PROPOSALS, year=2025) == [], "no grade is final"
    season.at("2024-12-24")
    await season.ask(FINALIZE, ids=[OWN])


async def proposals(season: Season) -> list[tuple[str, str, int | None]]:
    """By proposal its state, and the limit that was given by it."""
    return [(row["id"], row["state"], row["decidedLimit"]) for row in await season.ask(PROPOSALS, year=2025)]


async def test_r39_a_final_grade_proposes_a_quota_and_only_the_catalog_changes_one(season: Season) -> None:
    await lowest(season)
    assert await season.ask(PROPOSALS, year=2025) == [
        {
            "id": "2025/b1/5",
            "base": {"id": "b1"},
            "year": 2025,
            "grade": "UNQUALIFIED",
            "factorBp": 5000,
            "roundLimit": 10,
            "limit": 10,
            "proposed": 5,
            "aboveRound": False,
            "reason": "2024年度考核等次不合格：同类基地10项的50%，建议5项",
            "assessmentId": OWN,
            "state": "PROPOSED",
            "decidedLimit": None,
            "declineReason": None,
        }
    ]
    assert await season.ask(PROPOSALS, year=2026) == [], "that round is not known"
    assert await season.ask(PROPOSALS, BASE, year=2025) == ["FORBIDDEN"]
    await season.tell("catalog.quota-adjusted", "b1:2025", version=2, **ADJUSTED)

    async def followed() -> bool:
        return await proposals(season) == []

    await eventually(followed)
    await season.tell("catalog.quota-adjusted", "b1:2025", version=1, **(ADJUSTED | {"limit": 9}))
    await season.tell("catalog.round-amended", "2025", version=2, province="00", year=2025, quotas={"PRINCIPAL": 20})

    async def amended() -> bool:
        return [row["proposed"] for row in await season.ask(PROPOSALS, year=2025)] == [10]

    await eventually(amended)
    assert [row["limit"] for row in await season.ask(PROPOSALS, year=2025)] == [5], "a late event changes nothing"


@pytest.mark.parametrize(("limit", "state"), [(5, "ADOPTED"), (7, "ADAPTED")])
async def test_r39_an_adjustment_by_a_proposal_decides_it_once(season: Season, limit: int, state: str) -> None:
    """A proposal that nothing proposes decides nothing; what was decided stays decided when another limit follows."""
    await lowest(season)
    unknown = ADJUSTED | {"limit": 9, "proposal": "2025/b1/9"}
    await season.tell("catalog.quota-adjusted", "b1:2025", version=1, **unknown)

    async def given() -> bool:
        return [row["limit"] for row in await season.ask(PROPOSALS, year=2025)] == [9]

    await eventually(given)
    assert await proposals(season) == [("2025/b1/5", "PROPOSED", None)]
    by_proposal = ADJUSTED | {"limit": limit, "proposal": "2025/b1/5"}
    await season.tell("catalog.quota-adjusted", "b1:2025", version=2, **by_proposal)

    async def decided() -> bool:
        return await proposals(season) == [("2025/b1/5", state, limit)]

    await eventually(decided)
    assert await season.ask(DECLINE, id="2025/b1/5", reason="整改已完成") == ["PROPOSAL_DECIDED"]
    await season.tell("catalog.quota-adjusted", "b1:2025", version=3, **(by_proposal | {"limit": 8}))

    async def followed() -> bool:
        stored = await season.world.deps.store.limits.find("b1:2025")
        return stored is not None and [change.limit for change in stored.changes] == [9, limit, 8]

    await eventually(followed)
    assert await proposals(season) == [("2025/b1/5", state, limit)]


async def test_r39_a_limit_that_is_yet_to_come_changes_no_proposal_before_its_day(season: Season) -> None:
    """Nor does one that came to a round from its own amendment stand for an adjustment."""
    await lowest(season)
    for version, limit, since in ((3, 7, "2025-03-01"), (2, 8, "2024-12-02")):
        told = ADJUSTED | {"limit": limit, "effective_from": since}
        await season.tell("catalog.quota-adjusted", "b1:2025", version=version, **told)
    await season.tell("catalog.quota-adjusted", "b1:2025", version=4, **ADJUSTED, follows_round=True)

    async def limits() -> bool:
        stored = await season.world.deps.store.limits.find("b1:2025")
        return stored is not None and [change.limit for change in stored.changes] == [8, 7]

    await eventually(limits)
    for day, limit in (("2025-02-28", 8), ("2025-03-01", 7)):
        season.at(day)
        assert [row["limit"] for row in await season.ask(PROPOSALS, year=2025)] == [limit]


async def test_r39_the_ministry_declines_a_proposal_once_and_may_come_back_to_it(season: Season) -> None:
    await lowest(season)
    for key in ("2025/b1/6", "2025/b9/5", "2026/b1/5", "b1", ""):
        assert await season.ask(DECLINE, id=key, reason="整改已完成") == ["NOT_FOUND"]
    assert await season.ask(DECLINE, BASE, id="2025/b1/5", reason="整改已完成") == ["FORBIDDEN"]
    assert await season.ask(DECLINE, id="2025/b1/5", reason=" ") == ["REASON_MISSING"]
    declined = await season.ask(DECLINE, id="2025/b1/5", reason="整改已完成")
    assert declined == {"id": "2025/b1/5", "state": "DECLINED", "declineReason": "整改已完成"}
    assert await season.ask(DECLINE, id="2025/b1/5", reason="整改已完成") == ["PROPOSAL_DECIDED"]
    assert await season.ask(PROPOSALS, year=2025, state="PROPOSED") == []
    (listed,) = await season.ask(PROPOSALS, year=2025, state="DECLINED")
    assert (listed["proposed"], listed["limit"], listed["declineReason"]) == (5, 10, "整改已完成")

    async def told() -> bool:
        rows = await season.world.deps.store.audit.list(AuditSelection(), PageRequest(100))
        return any(row.act.type == "assessment.quota-proposal-declined" for row in rows)

    await eventually(told)
    await season.tell("catalog.quota-adjusted", "b1:2025", version=1, **(ADJUSTED | {"proposal": "2025/b1/5"}))

    async def adopted() -> bool:
        return await proposals(season) == [("2025/b1/5", "ADOPTED", 5)]

    await eventually(adopted)


async def test_r38_the_command_line_computes_every_score_again(
    season: Season, database: Database, parts: Parts
) -> None:
    environment = {"MONGODB_URL": parts.mongodb_url(ADMIN), "MONGODB_DATABASE": database.name}

    async def recompute() -> Finished:
        return await command("services.assessment", "annual", "recompute", "2024", environment=environment)

    await season.graded()
    equal = await recompute()
    assert (equal.code, "2 assessments" in equal.out) == (0, True), equal.error
    assert "not checked" not in equal.out
    capped = {"$set": {"capped": True}}
    await season.world.deps.store.annual.collection.update_one({"_id": OWN}, capped)
    assert f"{OWN}: share" in (await recompute()).error.split("\n")
    await season.world.deps.store.annual.collection.update_one({"_id": OWN}, {"$set": {"capped": False}})
    changed = {"$set": {"rows.0.counts.done": 0}}
    await season.world.deps.store.evidence.collection.update_one({"_id": f"{OWN}/1/A1"}, changed)
    broken = await recompute()
    assert broken.code == 1
    assert broken.error.split("\n")[:2] == [f"{OWN}: A1: evidence", f"{OWN}: A1: inputs"]


async def test_two_finalizations_at_once_share_the_places_of_the_year(season: Season) -> None:
    """R38: the year is written too, so the second one decides on what the first has left."""
    await season.computed()
    await season.ask(OPEN)
    season.at("2024-12-24")
    before = await season.world.deps.store.annual_years.get("2024")
    await season.ask(FINALIZE, ids=[OWN, THEIRS])
    after = await season.world.deps.store.annual_years.get("2024")
    assert after.version == before.version + 1
    assert after.computed_at - before.computed_at == timedelta(0)


@pytest.mark.parametrize("collection", ["instruments", "findings", "complaints", "proposals", "projects", "annual"])
async def test_r38_what_a_year_is_measured_by_is_found_by_an_index(season: Season, collection: str) -> None:
    found = season.world.deps.store.annual.collection.database[collection].find({"year": 2024})
    assert "COLLSCAN" not in str((await found.explain())["queryPlanner"]["winningPlan"])
