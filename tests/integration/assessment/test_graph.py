"""Assessment's part of the graph on a real database: visibility, batches, pages, refusals as data."""

from typing import Any

import pytest

from chassis.principal import Principal
from chassis.storage.mongo import Database
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
  ... on Enrollment { attendanceRate result { outcome score corrections } credit { hours status ruleVersion } }
  ... on Project { roster(first: 2) { totalCount pageInfo { hasNextPage endCursor } nodes {
    enrollment { id } attended sessions { sessionId present mode } } } } } }"""
ROSTER = """query($r: [_Any!]!, $after: String) { _entities(representations: $r) {
  ... on Project { roster(first: 2, after: $after) { pageInfo { hasNextPage endCursor }
    nodes { enrollment { id } } } } } }"""
ATTEND = """mutation($rows: [AttendanceInput!]!) { recordAttendance(projectId: "p1", rows: $rows) {
  ok sessionId enrollment { id attendanceRate } refusal { code rule unblock message } } }"""
GRADE = """mutation($rows: [ResultInput!]!) { recordResults(projectId: "p1", rows: $rows) {
  ok enrollment { result { outcome } credit { status hours } } refusal { code } } }"""
CONFIRM = "mutation($ids: [ID!]!) { confirmCredits(enrollmentIds: $ids) { ok credit { status } refusal { code } } }"
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
    assert project["roster"]["totalCount"] == (1 if visible else 0)


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
    rows = [{"enrollmentId": "e1", "sessionId": key, "present": True, "mode": "OFFLINE"} for key in ("s1", "s9")]
    data, _ = await world.ask(BASE, ATTEND, rows=rows)
    good, bad = data["recordAttendance"]
    assert (good["ok"], good["enrollment"]["attendanceRate"], good["refusal"]) == (True, 0.5, None)
    assert (bad["ok"], bad["refusal"]["code"], bad["refusal"]["rule"]) == (False, "UNKNOWN_SESSION", "R29")
    data, _ = await world.ask(BASE, GRADE, rows=[{"enrollmentId": "e1", "outcome": "PASSED", "score": 90}])
    (graded,) = data["recordResults"]
    assert graded["enrollment"] == {"result": {"outcome": "PASSED"}, "credit": {"status": "PENDING", "hours": 56}}
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
    data, _ = await world.ask(BASE, ATTEND, rows=[row | {"mode": "ONLINE"}, row])
    wrong, right = data["recordAttendance"]
    assert (wrong["refusal"]["code"], wrong["refusal"]["rule"], right["ok"]) == ("WRONG_MODE", "R29", True)
    (mark,) = (await world.record("e1")).marks
    assert mark.mode.value == "OFFLINE"


async def test_a_refused_mutation_is_null_with_its_code(world: World) -> None:
    await world.start("e1")
    row = {"enrollmentId": "e1", "sessionId": "s1", "present": True}
    assert await world.ask(FOREIGN, ATTEND, rows=[row]) == ({"recordAttendance": None}, ["FORBIDDEN"])
    assert await world.ask(BASE, ATTEND, rows=[row] * 201) == ({"recordAttendance": None}, ["TOO_MANY_ROWS"])
    assert await world.ask(MINISTRY, REVOKE, id="e1") == ({"revokeCredit": None}, ["NOT_PASSED"])
    assert not (await world.record("e1")).marks


@pytest.mark.parametrize("key", [{"$ne": None}, ["e1"], None, 1.5])
async def test_an_entity_key_that_is_no_text_is_refused(world: World, key: Any) -> None:
    await world.start("e1")
    _, refused = await world.ask(MINISTRY, ENTITIES, r=[enrollment(key)])
    assert refused == ["BAD_ENTITY_KEY"]
