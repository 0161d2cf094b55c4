"""Assessment's part of the graph on a real database: visibility, batches, pages, refusals as data."""

from typing import Any

import pytest

from chassis.principal import Principal
from chassis.storage.mongo import Database
from kernel.dates import today
from services.assessment.domain.vocabulary import ResultOutcome
from tests.integration.assessment.world import (
    BASE,
    EXPERT,
    FOREIGN,
    MINISTRY,
    OTHER_PROVINCE,
    OTHER_SCHOOL,
    OTHER_TEACHER,
    PROVINCE,
    SCHOOL,
    TEACHER,
    World,
)

OWN = (BASE, SCHOOL, TEACHER, PROVINCE, MINISTRY)
STRANGERS = (FOREIGN, OTHER_SCHOOL, OTHER_TEACHER, OTHER_PROVINCE, EXPERT)
ENTITIES = """query($r: [_Any!]!) { _entities(representations: $r) {
  ... on Enrollment { attendanceRate attendedHours dueHours result { outcome score corrections }
    credit { hours status ruleVersion } attendanceHistory { hours reason } resultHistory { outcome correction reason }
    creditHistory { status } draftResult { outcome score } }
  ... on Project { book { state attendees passed noShows unassessed reopened { enrollment { id } until reason } }
    roster(first: 2) { totalCount pageInfo { hasNextPage endCursor } nodes {
    enrollment { id } attended sessions { sessionId present mode } } } } } }"""
ROSTER = """query($r: [_Any!]!, $after: String) { _entities(representations: $r) {
  ... on Project { roster(first: 2, after: $after) { pageInfo { hasNextPage endCursor }
    nodes { enrollment { id } } } } } }"""
ATTEND = """mutation($rows: [AttendanceInput!]!) { recordAttendance(projectId: "p1", rows: $rows) {
  ok sessionId enrollment { id attendanceRate } refusal { code rule unblock message } } }"""
GRADE = """mutation($rows: [ResultInput!]!) { recordResults(projectId: "p1", rows: $rows) {
  ok enrollment { result { outcome } credit { status hours } } refusal { code } } }"""
CONFIRM = "mutation($ids: [ID!]!) { confirmCredits(enrollmentIds: $ids) { ok credit { status } refusal { code } } }"
PUBLISH = 'mutation { publishResults(projectId: "p1") { state passed late } }'
REOPEN = """mutation($input: ReopenInput!) { reopenRecords(projectId: "p1", input: $input) {
  ok enrollment { id } refusal { code } } }"""
REVOKE = 'mutation($id: ID!) { revokeCredit(enrollmentId: $id, reason: "抽检") { status reason } }'


def enrollment(key: Any) -> dict[str, Any]:
    return {"__typename": "Enrollment", "id": key}


PROJECT = {"__typename": "Project", "id": "p1"}


@pytest.mark.parametrize("principal", [*OWN, *STRANGERS], ids=lambda caller: f"{caller.scope}-{caller.subject}")
async def test_each_role_sees_its_own_records_only(world: World, principal: Principal) -> None:
    await world.start("e1")
    await world.attend(("e1", "s1", True))
    data, refused = await world.ask(principal, ENTITIES, r=[enrollment("e1"), PROJECT])
    assert not refused
    record, project = data["_entities"]
    visible = principal in OWN
    assert record["attendanceRate"] == (0.5 if visible else None)
    assert (record["attendedHours"], record["dueHours"]) == ((8, 16) if visible else (None, None))
    assert record["attendanceHistory"] == ([{"hours": 8, "reason": None}] if visible else None)
    assert project["roster"]["totalCount"] == (1 if visible else 0)
    assert (project["book"] is not None) == (principal in (BASE, MINISTRY))


async def test_r30_a_draft_is_shown_to_nobody_but_base_and_ministry_in_the_graph(world: World) -> None:
    """The fields of drafts are theirs by scope; the others know a result once it is published."""
    await world.start("e1")
    await world.attend(("e1", "s1", True), ("e1", "s2", True))
    await world.finish()
    await world.grade("e1", ResultOutcome.PASSED, 90)
    for principal in OWN:
        data, _ = await world.ask(principal, ENTITIES, r=[enrollment("e1"), PROJECT])
        record, project = data["_entities"]
        assert (record["result"], record["credit"], record["resultHistory"]) == (None, None, [])
        if project["book"]:
            assert record["draftResult"] == {"outcome": "PASSED", "score": 90}
            assert (project["book"]["state"], project["book"]["unassessed"]) == ("CLOSING", 0)


async def test_a_hundred_entities_are_one_database_operation_per_kind(world: World, database: Database) -> None:
    await world.start("e1")
    await database.command("profile", 2)
    await world.ask(MINISTRY, ENTITIES, r=[enrollment(f"e{n}") for n in range(100)])
    await database.command("profile", 0)
    operations = await database["system.profile"].count_documents(
        {"op": "query", "ns": {"$regex": "(records|projects)$"}}
    )
    assert operations == 2


async def test_the_roster_pages_by_stable_cursors(world: World) -> None:
    keys = [f"e{n}" for n in range(1, 6)]
    await world.start(*keys)
    seen: list[str] = []
    after, more = None, True
    while more:
        data, _ = await world.ask(BASE, ROSTER, r=[PROJECT], after=after)
        page = data["_entities"][0]["roster"]
        seen += [node["enrollment"]["id"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == keys


async def test_r29_to_r31_mutations_of_each_role(world: World) -> None:
    await world.start("e1")
    rows = [{"enrollmentId": "e1", "sessionId": key, "present": True, "mode": "OFFLINE"} for key in ("s1", "s2", "s9")]
    data, _ = await world.ask(BASE, ATTEND, rows=rows)
    good, _, bad = data["recordAttendance"]
    assert (good["ok"], good["enrollment"]["attendanceRate"], good["refusal"]) == (True, 1, None)
    assert (bad["ok"], bad["refusal"]["code"], bad["refusal"]["rule"]) == (False, "UNKNOWN_SESSION", "R29")
    row = {"enrollmentId": "e1", "outcome": "PASSED", "score": 90}
    data, _ = await world.ask(BASE, GRADE, rows=[row])
    assert data["recordResults"][0]["refusal"] == {"code": "NOT_FINISHED"}
    assert await world.ask(BASE, PUBLISH) == ({"publishResults": None}, ["NOT_FINISHED"])
    await world.finish()
    assert await world.ask(BASE, PUBLISH) == ({"publishResults": None}, ["RESULTS_INCOMPLETE"])
    data, _ = await world.ask(BASE, GRADE, rows=[row])
    (graded,) = data["recordResults"]
    assert graded["enrollment"] == {"result": None, "credit": None}
    data, _ = await world.ask(BASE, PUBLISH)
    assert data["publishResults"] == {"state": "FINAL", "passed": 1, "late": False}
    data, _ = await world.ask(TEACHER, ENTITIES, r=[enrollment("e1")])
    (record,) = data["_entities"]
    assert record["credit"] == {"status": "PENDING", "hours": 16, "ruleVersion": "national-2024-2"}
    data, _ = await world.ask(BASE, GRADE, rows=[row | {"outcome": "FAILED", "reason": "复核"}])
    assert data["recordResults"][0]["refusal"] == {"code": "RECORDS_FINAL"}
    until = today(world.deps.clock.now()).isoformat()
    data, _ = await world.ask(MINISTRY, REOPEN, input={"enrollmentIds": ["e1"], "until": until, "reason": "申诉"})
    assert data["reopenRecords"] == [{"ok": True, "enrollment": {"id": "e1"}, "refusal": None}]
    data, _ = await world.ask(BASE, ENTITIES, r=[PROJECT])
    assert data["_entities"][0]["book"]["reopened"] == [{"enrollment": {"id": "e1"}, "until": until, "reason": "申诉"}]
    data, _ = await world.ask(SCHOOL, CONFIRM, ids=["e1", "e2"])
    assert [(row["ok"], row["credit"], row["refusal"]) for row in data["confirmCredits"]] == [
        (True, {"status": "CONFIRMED"}, None),
        (False, None, {"code": "NOT_FOUND"}),
    ]
    data, _ = await world.ask(MINISTRY, REVOKE, id="e1")
    assert data["revokeCredit"] == {"status": "REVOKED", "reason": "抽检"}


async def test_r29_attendance_in_another_mode_than_the_sessions_is_refused(world: World) -> None:
    await world.start("e1")
    row = {"enrollmentId": "e1", "sessionId": "s1", "present": True}
    answers = [await world.ask(BASE, ATTEND, rows=[each]) for each in (row | {"mode": "ONLINE"}, row)]
    wrong, right = (data["recordAttendance"][0] for data, _ in answers)
    assert (wrong["refusal"]["code"], wrong["refusal"]["rule"], right["ok"]) == ("WRONG_MODE", "R29", True)
    (mark,) = (await world.record("e1")).marks
    assert mark.mode.value == "OFFLINE"


async def test_a_refused_mutation_is_null_with_its_code(world: World) -> None:
    await world.start("e1")
    row = {"enrollmentId": "e1", "sessionId": "s1", "present": True}
    assert await world.ask(FOREIGN, ATTEND, rows=[row]) == ({"recordAttendance": None}, ["FORBIDDEN"])
    assert await world.ask(BASE, ATTEND, rows=[row] * 201) == ({"recordAttendance": None}, ["TOO_MANY_ROWS"])
    assert await world.ask(MINISTRY, REVOKE, id="e1") == ({"revokeCredit": None}, ["NOT_PUBLISHED"])
    assert not (await world.record("e1")).marks


@pytest.mark.parametrize("key", [{"$ne": None}, ["e1"], None, 1.5])
async def test_an_entity_key_that_is_no_text_is_refused(world: World, key: Any) -> None:
    await world.start("e1")
    _, refused = await world.ask(MINISTRY, ENTITIES, r=[enrollment(key)])
    assert refused == ["BAD_ENTITY_KEY"]
