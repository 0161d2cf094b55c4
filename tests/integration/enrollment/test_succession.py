"""R3, R20, R27: a school is closed or merged into another one; nothing begins at it, and what was there follows."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from chassis.context import Act, acting
from chassis.principal import Principal, Scope
from chassis.storage.mongo import Conflict
from kernel.refusals import WRONG_STATE
from services.enrollment import commands
from services.enrollment.commands import settle_schools
from services.enrollment.commands.succession import _Succession
from tests.integration.enrollment.lists import COMMIT, JOB, JOBS, entered, someone
from tests.integration.enrollment.season import (
    ADD,
    BASE,
    DECIDE,
    GUANGDONG,
    OTHER_SCHOOL,
    REVISE,
    SCHOOL,
    SIGN_UP,
    SUBMIT,
    Season,
)
from tests.integration.enrollment.test_affiliations import NAMED, WITHDRAW, listed
from tests.integration.enrollment.test_personal_data import refusal, told
from tests.integration.enrollment.test_transfers import ANSWER, LIST, REQUEST, THIRD, kinds, on_file, third
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

CLOSE = 'mutation($code: ID!) { closeSchool(code: $code, reason: "停止办学") { code closedAt mergedInto { code } } }'
MERGE = """mutation($code: ID!, $into: ID!) {
  mergeSchool(code: $code, into: $into, reason: "布局调整") { code closedAt mergedInto { code } } }"""
SHOWN = "query($id: ID!) { enrollment(id: $id) { status rank school { code } project { seats { left } } } }"
DESIGNATE = 'mutation { designatePerson(input: {name: "钱主任", phone: "13900000001"}) { code } }'
TIMES = """query($id: ID!) { enrollment(id: $id) { teacher { school { code }
  affiliations { since until reason school { code } } } } }"""


async def merged(season: Season) -> None:
    """The first school is merged into the third one, and everything has followed."""
    await third(season)
    await season.act(MINISTRY, MERGE, code=SCHOOL.school, into=THIRD.school)
    assert await settle_schools(season.deps) == 1


async def accepted(season: Season, teacher: Principal) -> str:
    """An enrollment of the teacher with a seat."""
    key: str = await season.submitted(teacher, "p1")
    await season.act(BASE, DECIDE, given=[{"id": key, "decision": "ACCEPT"}])
    return key


async def test_r3_a_merged_school_reads_on_the_rosters_that_it_has_handed_in(season: Season) -> None:
    await season.publish()
    shown = await entered(season, [someone(1)], "VALID_ROWS")
    rosters = await season.act(SCHOOL, JOBS)
    (job,) = rosters["nodes"]
    await merged(season)
    assert (await season.act(SCHOOL, JOB, id=job["id"]))["entered"] == shown["entered"] == 1
    assert await season.act(SCHOOL, JOBS) == rosters
    assert await season.act(THIRD, JOB, id=job["id"]) is None
    refused = await refusal(season, SCHOOL, COMMIT, id=job["id"], mode="VALID_ROWS")
    assert refused["code"] == "SCHOOL_CLOSED"


async def test_r3_a_merged_school_hands_persons_and_enrollments_over_with_their_seats(season: Season) -> None:
    await season.publish(capacity=1)
    (teacher, _), (waiting, _) = await on_file(season), await on_file(season)
    seated, signed = await accepted(season, teacher), (await season.act(waiting, SIGN_UP, id="p1"))["id"]
    await merged(season)
    assert await listed(season, SCHOOL) == []
    assert set(await listed(season, THIRD)) == {teacher.person, waiting.person}
    times = (await season.act(MINISTRY, TIMES, id=seated))["teacher"]
    assert times["school"]["code"] == THIRD.school
    before, now = times["affiliations"]
    assert (before["school"]["code"], before["until"]) == (SCHOOL.school, now["since"])
    assert (now["school"]["code"], now["until"]) == (THIRD.school, None)
    for key, status in ((seated, "ACCEPTED"), (signed, "SIGNED_UP")):
        shown = await season.act(MINISTRY, SHOWN, id=key)
        assert (shown["status"], shown["school"]["code"]) == (status, THIRD.school)
    await season.act(THIRD, DESIGNATE)
    (row,) = await season.act(THIRD, SUBMIT, ids=[signed])
    assert row["enrollment"]["status"] == "SUBMITTED"
    (full,) = await season.act(BASE, DECIDE, given=[{"id": signed, "decision": "ACCEPT"}])
    assert full["refusal"]["code"] == "CLASS_FULL"
    assert (await season.act(THIRD, WITHDRAW, id=seated))["status"] == "WITHDRAWN"
    assert [
        event["data"]["former_school"]
        for event in await told(season, "enrollments")
        if event["name"] == "enrollment-inherited"
    ] == [SCHOOL.school] * 2


async def test_r3_everybody_concerned_is_told_of_a_merger(season: Season) -> None:
    teacher, _ = await on_file(season)
    await merged(season)
    for reader in (SCHOOL, THIRD, GUANGDONG, MINISTRY, teacher):
        assert (await kinds(season, reader))[-1] == "SCHOOL_MERGED"
    (notice,) = (await season.act(teacher, "{ myNotices { nodes { message reason } } }"))["nodes"]
    assert notice == {"message": "某职业学校：学校已并入第三职业学校", "reason": "布局调整"}


async def test_r3_a_school_with_something_under_way_is_not_closed_and_says_how_much(season: Season) -> None:
    await season.publish()
    teacher, _ = await on_file(season)
    key = await accepted(season, teacher)
    refused = await refusal(season, MINISTRY, CLOSE, code=SCHOOL.school)
    assert (refused["code"], refused["rule"], refused["unblock"]) == ("SCHOOL_IN_USE", "R3", "SCHOOL")
    assert (refused["count"], refused["enrollments"]) == (1, {"ACCEPTED": 1})
    await season.act(SCHOOL, WITHDRAW, id=key)
    closed = await season.act(MINISTRY, CLOSE, code=SCHOOL.school)
    assert closed["closedAt"]
    assert closed["mergedInto"] is None


async def test_r3_nothing_begins_at_a_school_that_has_ended(season: Season) -> None:
    await season.publish()
    (teacher, _), (_, elsewhere) = await on_file(season), await on_file(season, OTHER_SCHOOL)
    await season.act(MINISTRY, CLOSE, code=SCHOOL.school)
    for who, query, given in (
        (teacher, SIGN_UP, {"id": "p1"}),
        (SCHOOL, DESIGNATE, {}),
        (SCHOOL, ADD, {"rows": [season.person()]}),
        (SCHOOL, REQUEST, {"input": elsewhere}),
        (MINISTRY, MERGE, {"code": OTHER_SCHOOL.school, "into": SCHOOL.school}),
        (MINISTRY, MERGE, {"code": SCHOOL.school, "into": OTHER_SCHOOL.school}),
        (MINISTRY, CLOSE, {"code": SCHOOL.school}),
    ):
        refused = await refusal(season, who, query, **given)
        assert (refused["code"], refused["rule"], refused["unblock"]) == ("SCHOOL_CLOSED", "R3", "MINISTRY")


async def test_r20_persons_of_a_closed_school_leave_it_and_who_was_requested_may_go(season: Season) -> None:
    await third(season)
    (teacher, _), (wanted, asked) = await on_file(season), await on_file(season)
    first = await season.act(OTHER_SCHOOL, REQUEST, input=asked)
    second = await season.act(THIRD, REQUEST, input=asked)
    await season.act(MINISTRY, CLOSE, code=SCHOOL.school)
    await settle_schools(season.deps)
    assert await season.deps.store.teachers.ids_at(SCHOOL.school or "", 9) == []
    left = await season.deps.store.teachers.get(teacher.person or "")
    assert (left.main, left.schools[0].reason) == (None, "停止办学")
    assert await listed(season, OTHER_SCHOOL) == [wanted.person]
    states = {one["id"]: one for one in (await season.act(MINISTRY, LIST))["nodes"]}
    assert states[first["id"]]["state"] == "CONFIRMED"
    assert states[second["id"]]["state"] == "REQUESTED"
    assert states[second["id"]]["formerSchool"]["code"] == OTHER_SCHOOL.school


async def test_r20_requests_of_a_merged_school_are_its_successors(season: Season) -> None:
    await third(season)
    person, asked = await on_file(season, OTHER_SCHOOL)
    request = await season.act(SCHOOL, REQUEST, input=asked)
    _, twice = await on_file(season, OTHER_SCHOOL)
    await season.act(SCHOOL, REQUEST, input=twice)
    await season.act(THIRD, REQUEST, input=twice)
    await season.act(MINISTRY, MERGE, code=SCHOOL.school, into=THIRD.school)
    await settle_schools(season.deps)
    shown = (await season.act(THIRD, LIST))["nodes"]
    assert sorted((one["state"], one["school"]["code"]) for one in shown) == [("REQUESTED", THIRD.school)] * 2
    confirmed = await season.act(OTHER_SCHOOL, ANSWER, id=request["id"], confirm=True)
    assert confirmed["state"] == "CONFIRMED"
    assert await listed(season, THIRD) == [person.person]


async def test_r20_requests_for_persons_of_a_merged_school_are_asked_of_the_successor(season: Season) -> None:
    await third(season)
    (_, asked), (_, moot) = await on_file(season), await on_file(season)
    request = await season.act(OTHER_SCHOOL, REQUEST, input=asked)
    own = await season.act(THIRD, REQUEST, input=moot)
    await season.act(MINISTRY, MERGE, code=SCHOOL.school, into=THIRD.school)
    await settle_schools(season.deps)
    states = {
        one["id"]: (one["state"], one["formerSchool"]["code"]) for one in (await season.act(MINISTRY, LIST))["nodes"]
    }
    assert states == {request["id"]: ("REQUESTED", THIRD.school), own["id"]: ("WITHDRAWN", SCHOOL.school)}


async def test_r3_a_school_is_not_merged_into_itself_nor_ended_while_another_one_follows(season: Season) -> None:
    await third(season)
    into = {"code": SCHOOL.school, "into": SCHOOL.school}
    assert (await refusal(season, MINISTRY, MERGE, **into))["code"] == "INVALID_SCHOOL_MERGER"
    await season.act(MINISTRY, MERGE, code=SCHOOL.school, into=THIRD.school)
    for query, given in ((CLOSE, {}), (MERGE, {"into": OTHER_SCHOOL.school})):
        refused = await refusal(season, MINISTRY, query, code=THIRD.school, **given)
        assert (refused["code"], refused["unblock"]) == ("SCHOOL_MERGER_UNDER_WAY", "SELF")
    assert (await refusal(season, MINISTRY, MERGE, code=THIRD.school, into=SCHOOL.school))["code"] in {
        "SCHOOL_CLOSED",
        "SCHOOL_MERGER_UNDER_WAY",
    }
    await settle_schools(season.deps)
    await season.act(MINISTRY, MERGE, code=THIRD.school, into=OTHER_SCHOOL.school)


async def test_r3_mergers_of_two_schools_into_each_other_at_once_leave_one(season: Season) -> None:
    await third(season)
    both = (SCHOOL.school or "", THIRD.school or ""), (THIRD.school or "", SCHOOL.school or "")
    with acting(Act(MINISTRY)):
        done = await asyncio.gather(
            *(
                commands.merge_school(season.deps, MINISTRY, code=code, into=into, reason="布局调整")
                for code, into in both
            ),
            return_exceptions=True,
        )
    assert sum(isinstance(one, BaseException) for one in done) == 1
    schools = await season.deps.store.schools.find_many([SCHOOL.school or "", THIRD.school or ""])
    assert sum(bool(school and school.closed) for school in schools) == 1


async def test_r27_a_province_ends_and_merges_its_own_schools_only(season: Season) -> None:
    await third(season)
    hunan = Principal("province-43", Scope.PROVINCE, province="43")
    for who, query, given in (
        (hunan, CLOSE, {"code": SCHOOL.school}),
        (GUANGDONG, MERGE, {"code": SCHOOL.school, "into": OTHER_SCHOOL.school}),
        (hunan, MERGE, {"code": OTHER_SCHOOL.school, "into": SCHOOL.school}),
    ):
        assert (await refusal(season, who, query, **given))["code"] == "NOT_FOUND"
    assert (await refusal(season, SCHOOL, CLOSE, code=SCHOOL.school))["code"] == "FORBIDDEN"
    await season.act(GUANGDONG, MERGE, code=SCHOOL.school, into=THIRD.school)


async def test_r3_a_merger_sent_again_under_its_key_is_the_first_one(season: Season) -> None:
    await third(season)
    season.key = "k1"
    first = await season.act(MINISTRY, MERGE, code=SCHOOL.school, into=THIRD.school)
    assert await season.act(MINISTRY, MERGE, code=SCHOOL.school, into=THIRD.school) == first
    document = await season.database["schools"].find_one({"_id": SCHOOL.school})
    assert document
    assert [event["name"] for event in document["events"]].count("school-merged") == 1


async def test_r3_a_merger_that_stops_half_way_goes_on_where_it_was(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.enrollment.commands.succession._WINDOW", 2)
    await season.publish()
    people = [(await on_file(season))[0] for _ in range(5)]
    keys = [await season.submitted(person, "p1") for person in people]
    await third(season)
    await season.act(MINISTRY, MERGE, code=SCHOOL.school, into=THIRD.school)
    whole, calls = type(season.deps.store.teachers).ids_at, 0

    async def dying(self: Any, school: str, limit: int) -> list[str]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise asyncio.CancelledError("the process dies")
        return await whole(self, school, limit)

    with monkeypatch.context() as patch:
        patch.setattr(type(season.deps.store.teachers), "ids_at", dying)
        with pytest.raises(asyncio.CancelledError):
            await settle_schools(season.deps)
    assert len(await listed(season, SCHOOL)) == 3
    assert await settle_schools(season.deps) == 1
    assert await settle_schools(season.deps) == 0
    assert sorted(await listed(season, THIRD)) == sorted(person.person or "" for person in people)
    joined = [event for event in await told(season, "teachers") if event["name"] == "teacher-joined"]
    assert len(joined) == len(people)
    for key in keys:
        assert (await season.act(MINISTRY, NAMED, id=key))["school"]["code"] == THIRD.school


@pytest.mark.parametrize("failure", [WRONG_STATE(rule="R20"), Conflict("busy"), KeyError("t1")])
async def test_r3_a_school_that_cannot_be_settled_holds_up_no_other(
    season: Season, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    person, _ = await on_file(season, OTHER_SCHOOL)
    await third(season)
    for school in (SCHOOL, OTHER_SCHOOL):
        await season.act(MINISTRY, MERGE, code=school.school, into=THIRD.school)
    whole = type(season.deps.store.teachers).ids_at

    async def failing(self: Any, school: str, limit: int) -> list[str]:
        if school == SCHOOL.school:
            raise failure
        return await whole(self, school, limit)

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(type(season.deps.store.teachers), "ids_at", failing)
        assert await settle_schools(season.deps) == 1
    code = {WRONG_STATE.code: WRONG_STATE.code, "Conflict": "BUSY"}.get(
        getattr(failure, "code", type(failure).__name__), "INTERNAL"
    )
    said = [line for line in logs if line["event"] == "ended school not settled"]
    assert [(line["school"], line["code"]) for line in said] == [(SCHOOL.school, code)]
    assert await listed(season, THIRD) == [person.person]
    assert await settle_schools(season.deps) == 1


async def test_r3_what_does_not_move_is_left_and_logged_and_the_next_school_follows(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stuck, _), (person, _) = await on_file(season), await on_file(season, OTHER_SCHOOL)
    await third(season)
    for school in (SCHOOL, OTHER_SCHOOL):
        await season.act(MINISTRY, MERGE, code=school.school, into=THIRD.school)
    whole, asked = _Succession.person, 0

    def staying(self: _Succession, key: str, *given: Any) -> Any:
        nonlocal asked
        if key != stuck.person:
            return whole(self, key, *given)
        asked += 1
        if asked > 5:
            raise asyncio.CancelledError("without end")
        return None

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(_Succession, "person", staying)
        async with asyncio.timeout(20):
            assert await settle_schools(season.deps) == 1
    assert [line["school"] for line in logs if line["event"] == "ended school not settled"] == [SCHOOL.school]
    assert await listed(season, THIRD) == [person.person]
    assert await settle_schools(season.deps) == 1


async def test_r3_r19_sign_ups_at_once_with_a_merger_are_refused_or_follow(season: Season) -> None:
    await season.publish()
    people = [(await on_file(season))[0] for _ in range(8)]
    await third(season)
    codes: set[str] = set()

    async def sign_up(person: Principal) -> str | None:
        try:
            return str((await season.act(person, SIGN_UP, id="p1"))["id"])
        except Refused as refused:
            codes.add(refused.code)
            return None

    merging = season.act(MINISTRY, MERGE, code=SCHOOL.school, into=THIRD.school)
    done = await asyncio.gather(*(sign_up(person) for person in people[:4]), merging, *map(sign_up, people[4:]))
    await settle_schools(season.deps)
    assert codes <= {"SCHOOL_CLOSED"}
    signed = [key for key in done if isinstance(key, str)]
    stored = await season.deps.store.enrollments.find_many(signed)
    assert {enrollment.school for enrollment in stored if enrollment} <= {THIRD.school}
    assert await season.database["enrollments"].count_documents({"school": SCHOOL.school}) == 0


async def test_r3_a_sign_up_that_has_read_the_school_before_its_end_runs_again_and_is_refused(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    await season.publish()
    person, _ = await on_file(season)
    await third(season)
    store = type(season.deps.store.admissions)
    load, ended = store.load, False

    async def ending(self: Any, *given: Any) -> Any:
        nonlocal ended
        admission = await load(self, *given)
        if not ended:
            ended = True
            await season.act(MINISTRY, MERGE, code=SCHOOL.school, into=THIRD.school)
            await settle_schools(season.deps)
        return admission

    monkeypatch.setattr(store, "load", ending)
    signed = await season.act(person, SIGN_UP, id="p1")
    assert (await season.act(MINISTRY, NAMED, id=signed["id"]))["school"]["code"] == THIRD.school


async def test_r23_no_acceptance_is_restored_to_a_school_that_has_ended(season: Season) -> None:
    await season.publish()
    teacher, _ = await on_file(season)
    key = await season.submitted(teacher, "p1")
    await season.act(BASE, DECIDE, given=[{"id": key, "decision": "REJECT", "reason": "专业不符"}])
    await season.act(MINISTRY, CLOSE, code=SCHOOL.school)
    refused = await refusal(season, BASE, REVISE, id=key, decision="ACCEPT", why="更正")
    assert refused["code"] == "SCHOOL_CLOSED"


REOPEN = 'mutation($code: ID!) { reopenSchool(code: $code, reason: "误关") { code closedAt } }'


async def test_r3_a_school_that_was_closed_by_mistake_goes_on_and_its_persons_come_back(season: Season) -> None:
    """Once everybody has left it. It names its designated person anew; whoever is at no school is let in at once."""
    await season.publish()
    teacher, person = await on_file(season)
    assert (await refusal(season, MINISTRY, REOPEN, code=SCHOOL.school))["code"] == "WRONG_STATE"
    await season.act(MINISTRY, CLOSE, code=SCHOOL.school)
    assert (await refusal(season, MINISTRY, REOPEN, code=SCHOOL.school))["code"] == "BUSY"
    assert await settle_schools(season.deps) == 1
    assert await listed(season, SCHOOL) == []
    assert (await refusal(season, SCHOOL, REOPEN, code=SCHOOL.school))["code"] == "FORBIDDEN"
    assert await season.act(GUANGDONG, REOPEN, code=SCHOOL.school) == {"code": SCHOOL.school, "closedAt": None}
    (event,) = [event for event in await told(season, "schools") if event["name"] == "school-reopened"]
    assert event["data"] == {"school": SCHOOL.school, "reason": "误关", "province": "44"}
    for reader in (SCHOOL, GUANGDONG, MINISTRY):
        assert (await kinds(season, reader))[-1] == "SCHOOL_REOPENED"
    assert (await season.deps.store.schools.get(str(SCHOOL.school))).designated is None
    await season.act(SCHOOL, DESIGNATE)
    await season.act(SCHOOL, REQUEST, input=person)
    assert await listed(season, SCHOOL) == [teacher.person]
    assert (await season.act(teacher, SIGN_UP, id="p1"))["id"]


async def test_r3_a_merged_school_and_one_of_another_province_are_not_opened_again(season: Season) -> None:
    await merged(season)
    refused = await refusal(season, MINISTRY, REOPEN, code=SCHOOL.school)
    assert (refused["code"], refused["into"]) == ("SCHOOL_CLOSED", THIRD.school)
    stranger = replace(GUANGDONG, province="51")
    assert (await refusal(season, stranger, REOPEN, code=SCHOOL.school))["code"] == "NOT_FOUND"
