"""R20: a teacher moves school, or works part-time at a second one; whoever is concerned has a say and is told."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from chassis.context import Act, acting
from chassis.principal import Principal, Scope
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.enrollment import commands
from services.enrollment.commands import Deps, WantedTeacher, escalate_transfers
from services.enrollment.domain.vocabulary import Employment, EnrollmentStatus, TransferKind, TransferState
from services.enrollment.graph.schema import schema
from services.enrollment.store import Store
from tests.integration.enrollment.season import ADD, BASE, GUANGDONG, OTHER_SCHOOL, SCHOOL, SIGN_UP, Season
from tests.integration.enrollment.test_affiliations import CLOSE, NAMED, WITHDRAW, listed
from tests.integration.enrollment.test_me import WAITS
from tests.integration.enrollment.test_personal_data import CORRECT, REVEAL, WHY, refusal, told
from tests.support.graph import ask
from tests.support.operations import watched
from tests.support.principals import MINISTRY

SHOWN = """id state kind reason personName dueAt school { code } formerSchool { code } teacher { id }
  history { state by reason }"""
REQUEST = f"mutation($input: TransferInput!) {{ requestTeacher(input: $input) {{ {SHOWN} }} }}"
ANSWER = f"""mutation($id: ID!, $confirm: Boolean!, $reason: String) {{
  answerTransfer(id: $id, confirm: $confirm, reason: $reason) {{ {SHOWN} }} }}"""
DECIDE = f"""mutation($id: ID!, $grant: Boolean!) {{
  decideTransfer(id: $id, grant: $grant, reason: "逾期未答复") {{ {SHOWN} }} }}"""
TAKE_BACK = f'mutation($id: ID!) {{ withdrawTransfer(id: $id, reason: "不再需要") {{ {SHOWN} }} }}'
LIST = f"query($states: [TransferState!]) {{ transfers(states: $states) {{ totalCount nodes {{ {SHOWN} }} }} }}"
NOTICES = "{ myNotices { nodes { kind message reason enrollment { id } project { id } } } }"
HUNAN = Principal("province-43", Scope.PROVINCE, province="43")
THIRD = Principal("school-3", Scope.SCHOOL, organization="4144100003", school="4144100003", name="孙主任")


async def on_file(season: Season, school: Principal = SCHOOL, **more: Any) -> tuple[Principal, dict[str, Any]]:
    """A teacher, and what is typed to request the person."""
    row = season.person(**more)
    (added,) = await season.act(school, ADD, rows=[row])
    key = added["teacher"]["id"]
    person = Principal(f"account-{key}", Scope.TEACHER, school=school.school, person=key)
    asked = {"idNumber": row["idNumber"], "name": row["name"], "employment": "FULL_TIME", "kind": "TRANSFER"}
    return person, asked | {"reason": "人才引进"}


def wanted(asked: Mapping[str, Any]) -> WantedTeacher:
    """What was typed, as the command takes it."""
    return WantedTeacher(
        id_number=asked["idNumber"],
        name=asked["name"],
        employment=Employment(asked["employment"]),
        reason=asked["reason"],
        kind=TransferKind(asked["kind"]),
    )


async def third(season: Season) -> None:
    """A third school, in the first one's province."""
    given = {"code": THIRD.school, "name": "第三职业学校", "province": "44"}
    await season.act(MINISTRY, "mutation($i: SchoolInput!) { registerSchool(input: $i) { code } }", i=given)


async def kinds(season: Season, reader: Principal) -> list[str]:
    """What the reader's notices are about, the oldest first."""
    return [one["kind"] for one in reversed((await season.act(reader, NOTICES))["nodes"])]


async def test_r20_a_teacher_moves_when_the_former_school_confirms(season: Season) -> None:
    await season.publish()
    teacher, asked = await on_file(season)
    enrolled = await season.submitted(teacher, "p1")
    request = await season.act(OTHER_SCHOOL, REQUEST, input=asked)
    assert (request["state"], request["personName"], request["teacher"]) == ("REQUESTED", asked["name"], None)
    assert await listed(season, OTHER_SCHOOL) == []
    seen = (await season.act(SCHOOL, LIST))["nodes"][0]
    assert (seen["id"], seen["teacher"]["id"], seen["school"]["code"]) == (
        request["id"],
        teacher.person,
        OTHER_SCHOOL.school,
    )
    confirmed = await season.act(SCHOOL, ANSWER, id=request["id"], confirm=True)
    assert (confirmed["state"], confirmed["history"][-1]["by"]) == ("CONFIRMED", "赵主任")
    assert (await listed(season, SCHOOL), await listed(season, OTHER_SCHOOL)) == ([], [teacher.person])
    assert await kinds(season, OTHER_SCHOOL) == ["TRANSFER_REQUESTED", "TRANSFER_CONFIRMED"]
    assert (await kinds(season, teacher))[-2:] == ["TRANSFER_REQUESTED", "TRANSFER_CONFIRMED"]
    assert (await kinds(season, SCHOOL))[-2:] == ["TRANSFER_REQUESTED", "TRANSFER_CONFIRMED"]
    assert (await season.act(SCHOOL, NAMED, id=enrolled))["school"]["code"] == SCHOOL.school
    assert (await refusal(season, OTHER_SCHOOL, WITHDRAW, id=enrolled))["code"] == "NOT_FOUND"
    assert (await season.act(SCHOOL, WITHDRAW, id=enrolled))["status"] == "WITHDRAWN"
    signed = await season.act(teacher, SIGN_UP, id="p1")
    assert (await season.act(OTHER_SCHOOL, NAMED, id=signed["id"]))["school"]["code"] == OTHER_SCHOOL.school
    assert await season.act(SCHOOL, NAMED, id=signed["id"]) is None


async def test_r20_every_step_is_an_event_without_name_or_number(season: Season) -> None:
    teacher, asked = await on_file(season)
    request = await season.act(OTHER_SCHOOL, REQUEST, input=asked)
    await season.act(SCHOOL, ANSWER, id=request["id"], confirm=True)
    events = [*await told(season, "transfers"), *await told(season, "teachers")]
    assert [event["name"] for event in events] == [
        "teacher-requested",
        "teacher-request-answered",
        "teacher-added",
        "teacher-joined",
        "teacher-left",
    ]
    assert [event["actor"]["subject"] for event in events[:2]] == [OTHER_SCHOOL.subject, SCHOOL.subject]
    joined, left = events[-2:]
    assert (joined["data"]["main_school"], left["data"]["main_school"]) == (OTHER_SCHOOL.school, OTHER_SCHOOL.school)
    said = str(events)
    assert asked["name"] not in said
    assert asked["idNumber"] not in said
    assert asked["reason"] not in said
    assert teacher.person
    assert teacher.person in said


async def test_r20_r27_a_move_is_read_by_its_schools_without_the_others_and_by_no_province(season: Season) -> None:
    await third(season)
    _, asked = await on_file(season)
    request = await season.act(THIRD, REQUEST, input=asked | {"kind": "PART_TIME"})
    await season.act(SCHOOL, ANSWER, id=request["id"], confirm=True)
    moves = await season.act(OTHER_SCHOOL, REQUEST, input=asked)
    await season.act(SCHOOL, ANSWER, id=moves["id"], confirm=True)
    await season.feed()
    query = "{ enrollmentEvents { nodes { type data } } }"
    seen = {
        reader: (await season.act(reader, query))["nodes"] for reader in (SCHOOL, OTHER_SCHOOL, THIRD, GUANGDONG, HUNAN)
    }
    types = {
        reader: [
            kind for event in seen[reader] if (kind := event["type"].removeprefix("enrollment.")).startswith("teacher")
        ]
        for reader in seen
    }
    own = ["teacher-requested", "teacher-request-answered", "teacher-joined"]
    assert {reader: sorted(types[reader]) for reader in (OTHER_SCHOOL, THIRD)} == {
        OTHER_SCHOOL: sorted(own),
        THIRD: sorted(own),
    }
    assert sorted(types[SCHOOL]) == ["teacher-added", "teacher-left"]
    assert {kind for reader in (GUANGDONG, HUNAN) for kind in types[reader]} <= {"teacher-added"}
    assert str(OTHER_SCHOOL.school) not in str(seen[SCHOOL]) + str(seen[THIRD])
    (joined,) = [event for event in seen[OTHER_SCHOOL] if event["type"].endswith("teacher-joined")]
    assert joined["data"]["main_school"] == OTHER_SCHOOL.school
    (part_time,) = [event for event in seen[THIRD] if event["type"].endswith("teacher-joined")]
    assert not {"main_school", "main_province"} & set(part_time["data"])


async def test_r20_part_time_work_is_added_and_the_first_school_keeps_the_teacher(season: Season) -> None:
    teacher, asked = await on_file(season)
    request = await season.act(OTHER_SCHOOL, REQUEST, input=asked | {"kind": "PART_TIME", "employment": "PART_TIME"})
    await season.act(SCHOOL, ANSWER, id=request["id"], confirm=True)
    assert await listed(season, SCHOOL) == await listed(season, OTHER_SCHOOL) == [teacher.person]
    again = await refusal(season, OTHER_SCHOOL, REQUEST, input=asked | {"kind": "PART_TIME"})
    assert (again["code"], again["field"], again["unblock"]) == ("TEACHER_EXISTS", "idNumber", "SELF")
    whole = await season.act(OTHER_SCHOOL, REQUEST, input=asked)
    await season.act(SCHOOL, ANSWER, id=whole["id"], confirm=True)
    assert (await listed(season, SCHOOL), await listed(season, OTHER_SCHOOL)) == ([], [teacher.person])


async def test_r20_r41_a_wrong_pair_is_refused_in_one_way_whatever_is_wrong(season: Season) -> None:
    _, asked = await on_file(season)
    unknown = season.person()["idNumber"]
    refusals = [
        await refusal(season, OTHER_SCHOOL, REQUEST, input=asked | given)
        for given in ({"name": "另一人"}, {"idNumber": unknown}, {"idNumber": unknown, "name": "另一人"})
    ]
    assert [one["code"] for one in refusals] == ["PERSON_UNKNOWN"] * 3
    assert refusals[0] == refusals[1] == refusals[2]
    assert await season.database["transfers"].count_documents({}) == 0


async def test_r20_a_refusal_needs_a_reason_and_the_ministry_may_still_grant(season: Season) -> None:
    teacher, asked = await on_file(season)
    key = (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"]
    assert (await refusal(season, SCHOOL, ANSWER, id=key, confirm=False))["code"] == "REASON_MISSING"
    refused = await season.act(SCHOOL, ANSWER, id=key, confirm=False, reason="聘期未满")
    assert (refused["state"], refused["history"][-1]["reason"]) == ("REFUSED", "聘期未满")
    assert (await kinds(season, teacher))[-1] == "TRANSFER_REFUSED"
    assert (await refusal(season, SCHOOL, ANSWER, id=key, confirm=True))["code"] == "WRONG_STATE"
    assert (await season.act(MINISTRY, DECIDE, id=key, grant=True))["state"] == "GRANTED"
    assert await listed(season, OTHER_SCHOOL) == [teacher.person]


async def test_r20_a_refused_request_is_not_granted_after_the_teacher_has_moved_to_a_school_never_asked(
    season: Season,
) -> None:
    await third(season)
    teacher, asked = await on_file(season)
    old = (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"]
    await season.act(SCHOOL, ANSWER, id=old, confirm=False, reason="聘期未满")
    moved = (await season.act(THIRD, REQUEST, input=asked))["id"]
    await season.act(SCHOOL, ANSWER, id=moved, confirm=True)
    stale = await refusal(season, MINISTRY, DECIDE, id=old, grant=True)
    assert (stale["code"], stale["rule"], stale["unblock"]) == ("TEACHER_MOVED", "R20", "SCHOOL")
    assert (await listed(season, THIRD), await listed(season, OTHER_SCHOOL)) == ([teacher.person], [])


async def test_r20_a_refused_request_is_not_granted_while_a_newer_one_of_the_school_waits(season: Season) -> None:
    teacher, asked = await on_file(season)
    old = (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"]
    await season.act(SCHOOL, ANSWER, id=old, confirm=False, reason="聘期未满")
    newer = (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"]
    assert (await refusal(season, MINISTRY, DECIDE, id=old, grant=True))["code"] == "TRANSFER_PENDING"
    assert await listed(season, SCHOOL) == [teacher.person]
    await season.act(SCHOOL, ANSWER, id=newer, confirm=True)
    assert await listed(season, OTHER_SCHOOL) == [teacher.person]


async def test_r20_an_escalated_request_gives_the_school_where_the_teacher_is_now_its_whole_time(
    season: Season,
) -> None:
    await third(season)
    _, asked = await on_file(season)
    one = (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"]
    two = (await season.act(THIRD, REQUEST, input=asked))["id"]
    season.later(days=10)
    assert await escalate_transfers(season.deps) == 2
    await season.act(MINISTRY, DECIDE, id=one, grant=True)
    (waiting,) = (await season.act(THIRD, LIST, states=["REQUESTED"]))["nodes"]
    assert (waiting["id"], waiting["formerSchool"]["code"]) == (two, OTHER_SCHOOL.school)
    steps = [(step["state"], step["by"]) for step in (await season.act(OTHER_SCHOOL, LIST))["nodes"][1]["history"]]
    assert steps[1:] == [("ESCALATED", "system"), ("REQUESTED", "system")]
    assert (await refusal(season, MINISTRY, DECIDE, id=two, grant=True))["code"] == "WRONG_STATE"
    season.later(days=9)
    assert await escalate_transfers(season.deps) == 0
    season.later(days=1)
    assert await escalate_transfers(season.deps) == 1


async def test_the_ministrys_list_of_requests_by_state_is_read_from_an_index(season: Season) -> None:
    _, asked = await on_file(season)
    await season.act(OTHER_SCHOOL, REQUEST, input=asked)
    where = {"state": {"$in": ["ESCALATED", "REFUSED"]}}
    plan = str((await season.database["transfers"].find(where).sort("_id", 1).limit(21).explain())["queryPlanner"])
    winning = plan[plan.index("winningPlan") :]
    assert "'indexName': 'state'" in winning


async def test_r20_after_ten_days_the_ministry_decides_between_provinces(season: Season) -> None:
    teacher, asked = await on_file(season)
    key = (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"]
    season.later(days=9, hours=23)
    assert await escalate_transfers(season.deps) == 0
    assert (await refusal(season, MINISTRY, DECIDE, id=key, grant=True))["code"] == "WRONG_STATE"
    season.later(hours=2)
    assert await escalate_transfers(season.deps) == 1
    assert await escalate_transfers(season.deps) == 0
    assert await kinds(season, MINISTRY) == ["TRANSFER_ESCALATED"]
    for province in (GUANGDONG, HUNAN):
        assert (await refusal(season, province, DECIDE, id=key, grant=True))["code"] == "FORBIDDEN"
        seen = [(one["id"], one["personName"]) for one in (await season.act(province, LIST))["nodes"]]
        assert seen == [(key, None)], "a province reads no names (R41)"
    for reader in (MINISTRY, SCHOOL, OTHER_SCHOOL, teacher):
        seen = [(one["id"], one["personName"]) for one in (await season.act(reader, LIST))["nodes"]]
        assert seen == [(key, asked["name"])]
    assert (await season.act(MINISTRY, DECIDE, id=key, grant=False))["state"] == "DENIED"
    assert await listed(season, SCHOOL) == [teacher.person]


async def test_r20_a_request_waits_for_the_school_and_then_for_who_may_decide(season: Season) -> None:
    await third(season)
    _, asked = await on_file(season)
    _, other = await on_file(season)
    within = await season.act(THIRD, REQUEST, input=asked)
    between = await season.act(OTHER_SCHOOL, REQUEST, input=other)
    waits = (await season.act(SCHOOL, WAITS))["todo"]
    assert [(one["kind"], one["count"], one["rule"], one["closesAt"]) for one in waits] == [
        ("ANSWER_TRANSFER", 2, "R20", within["dueAt"])
    ]
    for reader in (OTHER_SCHOOL, MINISTRY, GUANGDONG, HUNAN):
        assert (await season.act(reader, WAITS))["todo"] == []
    season.later(days=10)
    await escalate_transfers(season.deps)
    for reader, count in ((SCHOOL, 0), (MINISTRY, 1), (GUANGDONG, 1), (HUNAN, 0)):
        waits = (await season.act(reader, WAITS))["todo"]
        assert [(one["kind"], one["count"]) for one in waits] == [("DECIDE_TRANSFER", 1)][:count]
    await season.act(GUANGDONG, DECIDE, id=within["id"], grant=True)
    await season.act(MINISTRY, DECIDE, id=between["id"], grant=True)
    for reader in (MINISTRY, GUANGDONG):
        assert (await season.act(reader, WAITS))["todo"] == []


async def test_r20_r27_notices_of_requests_name_teacher_and_school_and_to_a_province_the_school_alone(
    season: Season,
) -> None:
    await third(season)
    teacher, asked = await on_file(season)
    await season.act(THIRD, REQUEST, input=asked)
    season.later(days=10)
    await escalate_transfers(season.deps)
    for reader, whom in ((SCHOOL, f"教师{asked['name']}"), (THIRD, f"教师{asked['name']}"), (teacher, "您")):
        said = [one["message"] for one in (await season.act(reader, NOTICES))["nodes"] if "TRANSFER" in one["kind"]]
        assert len(said) == 2
        assert all(text.startswith(f"第三职业学校申请调入或聘用{whom}：") for text in said)
    (told_province,) = (await season.act(GUANGDONG, NOTICES))["nodes"]
    assert told_province["message"].startswith("第三职业学校申请调入或聘用教师：")
    stored = await season.database["notices"].find({"kind": "TRANSFER_REQUESTED"}).to_list()
    assert asked["name"] not in str(stored)


async def test_r20_what_waits_is_counted_by_one_operation_from_an_index(season: Season, parts: Parts) -> None:
    async with watched(parts.mongodb_url(ADMIN), season.database.name) as (database, operations):
        deps = Deps(Store(database), season.deps.clock, season.deps.vault)
        for reader in (SCHOOL, GUANGDONG, MINISTRY):
            operations.clear()
            await ask(schema, deps, Act(reader), WAITS)
            seen = [command for command in operations.seen if command[1] == "transfers"]
            assert seen == [("aggregate", "transfers")]
    between = {"$expr": {"$ne": ["$province", "$former_province"]}}
    for where in (
        {"former": SCHOOL.school, "state": "REQUESTED"},
        {"state": "ESCALATED", "province": "44", "former_province": "44"},
        {"state": "ESCALATED", "$or": [between, {"province": "00"}]},
    ):
        plan = await season.database["transfers"].find(where).explain()
        assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"]), where


async def test_r20_within_a_province_the_province_decides(season: Season) -> None:
    await third(season)
    teacher, asked = await on_file(season)
    key = (await season.act(THIRD, REQUEST, input=asked))["id"]
    season.later(days=10)
    await escalate_transfers(season.deps)
    assert (await kinds(season, GUANGDONG), await kinds(season, MINISTRY)) == (["TRANSFER_ESCALATED"], [])
    assert (await refusal(season, HUNAN, DECIDE, id=key, grant=True))["code"] == "NOT_FOUND"
    assert (await season.act(GUANGDONG, DECIDE, id=key, grant=True))["state"] == "GRANTED"
    assert await listed(season, THIRD) == [teacher.person]


async def test_r20_who_is_at_no_school_comes_back_at_once(season: Season) -> None:
    teacher, asked = await on_file(season)
    await season.act(SCHOOL, CLOSE, id=teacher.person, reason="辞职")
    got = await season.act(OTHER_SCHOOL, REQUEST, input=asked)
    assert (got["state"], got["formerSchool"], got["history"][-1]["by"]) == ("CONFIRMED", None, "system")
    assert await listed(season, OTHER_SCHOOL) == [teacher.person]


async def test_r20_a_live_request_twice_is_one_also_at_the_same_moment(season: Season) -> None:
    _, asked = await on_file(season)
    with acting(Act(OTHER_SCHOOL)):
        got = await asyncio.gather(
            *(commands.request_teacher(season.deps, OTHER_SCHOOL, wanted=wanted(asked)) for _ in range(5))
        )
    assert len({one.id for one in got}) == 1
    assert await season.database["transfers"].count_documents({}) == 1
    other_kind = await refusal(season, OTHER_SCHOOL, REQUEST, input=asked | {"kind": "PART_TIME"})
    assert other_kind["code"] == "TRANSFER_PENDING"


async def test_r20_of_two_schools_that_request_a_person_the_second_asks_the_first_then(season: Season) -> None:
    await third(season)
    teacher, asked = await on_file(season)
    one = (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"]
    two = (await season.act(THIRD, REQUEST, input=asked))["id"]
    await season.act(SCHOOL, ANSWER, id=one, confirm=True)
    (waiting,) = (await season.act(THIRD, LIST, states=["REQUESTED"]))["nodes"]
    assert (waiting["id"], waiting["formerSchool"]["code"]) == (two, OTHER_SCHOOL.school)
    assert (await refusal(season, SCHOOL, ANSWER, id=two, confirm=True))["code"] == "NOT_FOUND"
    await season.act(OTHER_SCHOOL, ANSWER, id=two, confirm=True)
    assert [await listed(season, school) for school in (SCHOOL, OTHER_SCHOOL, THIRD)] == [[], [], [teacher.person]]


@pytest.mark.parametrize("attempt", range(3))
async def test_r20_a_move_and_a_request_at_the_same_moment_leave_no_request_to_a_former_school(
    season: Season, attempt: int
) -> None:
    await third(season)
    teacher, asked = await on_file(season)
    one = (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"]
    here, there = season.deps, replace(season.deps)
    answer = asyncio.create_task(_answered(here, one))
    request = asyncio.create_task(_requested(there, asked))
    await asyncio.gather(answer, request)
    kept = await season.deps.store.teachers.get(str(teacher.person))
    (waiting,) = await season.deps.store.transfers.query({"state": TransferState.REQUESTED})
    assert (kept.school, waiting.former) == (OTHER_SCHOOL.school, OTHER_SCHOOL.school), attempt


async def test_r20_a_correction_of_the_number_meanwhile_changes_nothing_of_the_request(season: Season) -> None:
    teacher, asked = await on_file(season)
    key = (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"]
    fresh = season.person()["idNumber"]
    await season.act(SCHOOL, CORRECT, id=teacher.person, version=1, input={"idNumber": fresh})
    await season.act(SCHOOL, ANSWER, id=key, confirm=True)
    assert await listed(season, OTHER_SCHOOL) == [teacher.person]
    assert (await refusal(season, SCHOOL, REQUEST, input=asked))["code"] == "PERSON_UNKNOWN"


async def test_r20_a_school_cannot_close_a_person_whom_another_one_requests(season: Season) -> None:
    teacher, asked = await on_file(season)
    key = (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"]
    assert (await refusal(season, SCHOOL, CLOSE, id=teacher.person, reason="离职"))["code"] == "TRANSFER_PENDING"
    taken_back = await season.act(OTHER_SCHOOL, TAKE_BACK, id=key)
    assert (taken_back["state"], taken_back["history"][-1]["reason"]) == ("WITHDRAWN", "不再需要")
    assert (await kinds(season, SCHOOL))[-1] == "TRANSFER_WITHDRAWN"
    await season.act(SCHOOL, CLOSE, id=teacher.person, reason="离职")


async def test_r20_an_accepted_trainee_stays_the_former_schools_and_the_new_one_sees_no_numbers_of_it(
    season: Season,
) -> None:
    await season.publish()
    teacher, asked = await on_file(season)
    key = await season.submitted(teacher, "p1")
    await season.decide(key)
    request = (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"]
    await season.act(SCHOOL, ANSWER, id=request, confirm=True)
    kept = await season.deps.store.enrollments.get(key)
    assert (kept.school, kept.status) == (SCHOOL.school, EnrollmentStatus.ACCEPTED)
    for reader in (SCHOOL, OTHER_SCHOOL, BASE):
        assert await season.act(reader, REVEAL, id=teacher.person, purpose=WHY)


@pytest.mark.parametrize("query", [ANSWER, TAKE_BACK])
async def test_r20_who_is_no_party_sees_and_answers_nothing(season: Season, query: str) -> None:
    await third(season)
    _, asked = await on_file(season)
    key = (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"]
    assert (await season.act(THIRD, LIST))["totalCount"] == 0
    given: Mapping[str, Any] = {"confirm": True} if query == ANSWER else {}
    assert (await refusal(season, THIRD, query, id=key, **given))["code"] == "NOT_FOUND"


async def test_r20_a_repeat_under_one_key_answers_with_the_same_request(season: Season) -> None:
    _, asked = await on_file(season)
    season.key = "again"
    first = await season.act(OTHER_SCHOOL, REQUEST, input=asked)
    season.key = None
    await season.act(SCHOOL, ANSWER, id=first["id"], confirm=False, reason="聘期未满")
    season.key = "again"
    assert (await season.act(OTHER_SCHOOL, REQUEST, input=asked))["id"] == first["id"]
    assert await season.database["transfers"].count_documents({}) == 1


async def _answered(deps: Deps, key: str) -> None:
    with acting(Act(SCHOOL)):
        await commands.answer_transfer(deps, SCHOOL, key=key, confirm=True)


async def _requested(deps: Deps, asked: Mapping[str, Any]) -> None:
    with acting(Act(THIRD)):
        await commands.request_teacher(deps, THIRD, wanted=wanted(asked))
