"""R5, R21, R22, R23: in a round with 参训资格审核 and 学员资格复核 schools confirm, and bases return (ADR 33)."""

from typing import Any

import pytest

from chassis.principal import Principal
from services.enrollment.commands import deliver_pending, enter_rosters, escalate_undecided, lapse_at_start
from tests.integration.enrollment.lists import COMMIT, line_of, staged
from tests.integration.enrollment.season import (
    BASE,
    CALENDAR,
    OTHER_BASE,
    OTHER_SCHOOL,
    SCHOOL,
    SIGN_UP,
    SUBMIT,
    Season,
)
from tests.integration.enrollment.test_enrolling import enroll
from tests.integration.enrollment.test_me import todo
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

FULL = """id ok enrollment { id status reason submittedAt eligibility { confirmedAt by }
  history { status by reason } } refusal { code rule unblock details }"""
CONFIRM = f"""mutation($ids: [ID!]!, $ok: Boolean!, $why: String) {{
  confirmEligibility(ids: $ids, ok: $ok, reason: $why) {{ {FULL} }} }}"""
RETURN = f"mutation($ids: [ID!]!, $why: String!) {{ returnEnrollments(ids: $ids, reason: $why) {{ {FULL} }} }}"
SHOWN = "query($id: ID!) { enrollment(id: $id) { id status eligibility { by } } }"
NOTICES = "{ myNotices { nodes { kind message reason enrollment { id } } } }"
STEPS = [
    {"code": "ENROL", "name": "学员报名", "guard": "ENROL", "opens": "2024-04-01", "closes": "2024-05-20"},
    {"code": "ELIGIBILITY", "name": "参训资格审核", "guard": None, "opens": "2024-04-01", "closes": "2024-05-18"},
    {"code": "RECHECK", "name": "学员资格复核", "guard": None, "opens": "2024-05-06", "closes": "2024-05-26"},
]
WHY = "任教专业与项目不符"


@pytest.fixture
async def rounds(season: Season) -> Season:
    """The round of 2024 with project `p1`, and beside it one with both steps, by the same days, with project `p25`."""
    opened = {"year": 2025, "calendar": CALENDAR, "steps": STEPS}
    await season.hear("catalog.round-opened", "2025", opened)
    await season.publish("p1")
    await season.publish("p25", code="GP-25", year=2025)
    return season


async def signed_up(season: Season, project: str = "p25", *, count: int = 1) -> tuple[list[Principal], list[str]]:
    """Teachers, and their sign-ups."""
    teachers = await season.teachers(count)
    return teachers, [(await season.act(teacher, SIGN_UP, id=project))["id"] for teacher in teachers]


async def confirm(season: Season, *keys: str, ok: bool = True, why: str | None = None, by: Principal = SCHOOL) -> Any:
    return await season.act(by, CONFIRM, ids=keys, ok=ok, why=why)


async def submit(season: Season, *keys: str) -> list[str | None]:
    """The code of each row's refusal; None for one that is submitted."""
    return [row["refusal"] and row["refusal"]["code"] for row in await season.act(SCHOOL, SUBMIT, ids=keys)]


async def handed_in(season: Season) -> tuple[Principal, str]:
    """A sign-up that is confirmed and submitted."""
    (teacher,), (key,) = await signed_up(season)
    assert (await confirm(season, key))[0]["ok"]
    assert await submit(season, key) == [None]
    return teacher, key


async def send_back(season: Season, *keys: str, why: str = WHY, by: Principal = BASE) -> Any:
    return await season.act(by, RETURN, ids=keys, why=why)


def codes(rows: Any) -> list[str | None]:
    return [row["refusal"] and row["refusal"]["code"] for row in rows]


async def names_of_events(season: Season, key: str) -> list[str]:
    document = await season.database["enrollments"].find_one({"_id": key})
    assert document
    return [event["name"] for event in document["events"]]


async def test_r22_what_is_not_confirmed_is_not_submitted_and_what_is_confirmed_is(rounds: Season) -> None:
    _, (first, second) = await signed_up(rounds, count=2)
    (confirmed,) = await confirm(rounds, first)
    assert confirmed["enrollment"]["status"] == "SIGNED_UP"
    assert confirmed["enrollment"]["eligibility"]["by"] == "赵主任"
    assert confirmed["enrollment"]["eligibility"]["confirmedAt"]
    done, left = await rounds.act(SCHOOL, SUBMIT, ids=[first, second])
    assert done["enrollment"]["status"] == "SUBMITTED"
    refusal = left["refusal"]
    assert (refusal["code"], refusal["rule"], refusal["unblock"]) == ("ELIGIBILITY_UNCONFIRMED", "R22", "SCHOOL")
    assert await rounds.status(second) == "SIGNED_UP"
    assert await names_of_events(rounds, first) == ["signed-up", "eligibility-confirmed", "submitted"]


async def test_r22_a_round_without_the_step_submits_as_before_and_takes_no_confirmation(rounds: Season) -> None:
    _, (key,) = await signed_up(rounds, "p1")
    for ok, why in ((True, None), (False, WHY)):
        (row,) = await confirm(rounds, key, ok=ok, why=why)
        assert (row["refusal"]["code"], row["refusal"]["unblock"]) == ("STEP_NOT_IN_ROUND", "MINISTRY")
    assert await rounds.status(key) == "SIGNED_UP"
    assert await submit(rounds, key) == [None]
    assert (await rounds.act(BASE, SHOWN, id=key))["eligibility"] is None


async def test_r21_who_is_not_eligible_is_declined_with_a_reason(rounds: Season) -> None:
    (teacher, _), (key, other) = await signed_up(rounds, count=2)
    assert codes(await confirm(rounds, key, ok=False)) == ["REASON_MISSING"]
    await confirm(rounds, other)  # a confirmation is no promise: before the submission it may still be denied
    rows = await confirm(rounds, key, other, ok=False, why=WHY)
    assert [(row["enrollment"]["status"], row["enrollment"]["reason"]) for row in rows] == [("DECLINED", WHY)] * 2
    await deliver_pending(rounds.deps)
    (notice,) = (await rounds.act(teacher, NOTICES))["nodes"]
    assert (notice["reason"], notice["enrollment"]) == (WHY, {"id": key})


async def test_r5_only_the_persons_own_school_confirms_under_its_designated_person(rounds: Season) -> None:
    (teacher,), (key,) = await signed_up(rounds)
    with pytest.raises(Refused) as refused:
        await confirm(rounds, key, by=teacher)
    assert refused.value.code == "FORBIDDEN"
    assert codes(await confirm(rounds, key, by=OTHER_SCHOOL)) == ["NOT_FOUND"]
    await rounds.database["schools"].update_one({"_id": SCHOOL.school}, {"$set": {"designated": None}})
    with pytest.raises(Refused) as refused:
        await confirm(rounds, key)
    assert refused.value.code == "DESIGNATED_PERSON_MISSING"


async def test_r22_a_confirmation_stays_as_it_was_made_and_a_submitted_one_takes_none(rounds: Season) -> None:
    _, (key,) = await signed_up(rounds)
    (before,) = await confirm(rounds, key)
    rounds.later(hours=1)
    (again,) = await confirm(rounds, key)
    assert again["enrollment"]["eligibility"] == before["enrollment"]["eligibility"]
    assert await names_of_events(rounds, key) == ["signed-up", "eligibility-confirmed"]
    await submit(rounds, key)
    assert codes(await confirm(rounds, key)) == ["WRONG_STATE"]


async def test_r22_confirmations_end_with_the_steps_last_day_and_confirmed_ones_are_still_submitted(
    rounds: Season,
) -> None:
    (_, late), (first, second) = await signed_up(rounds, count=2)
    await confirm(rounds, first)
    rounds.at("2024-05-19T00:00")
    (row,) = await confirm(rounds, second)
    assert (row["refusal"]["code"], row["refusal"]["details"]["phase"]) == ("PHASE_CLOSED", "ELIGIBILITY")
    assert codes(await enroll(rounds, [str(late.person)], now=True, project="p25")) == ["PHASE_CLOSED"]
    assert await submit(rounds, first, second) == [None, "ELIGIBILITY_UNCONFIRMED"]
    assert (await confirm(rounds, second, ok=False, why=WHY))[0]["enrollment"]["status"] == "DECLINED"


async def test_r22_entering_a_person_to_submit_is_the_confirmation_also_of_an_own_sign_up(rounds: Season) -> None:
    (own,), (key,) = await signed_up(rounds)
    (fresh,) = await rounds.teachers(1)
    rows = await enroll(rounds, [str(own.person), str(fresh.person)], now=True, project="p25")
    assert [row["enrollment"]["status"] for row in rows] == ["SUBMITTED", "SUBMITTED"]
    for row in rows:
        assert (await rounds.act(BASE, SHOWN, id=row["enrollment"]["id"]))["eligibility"] == {"by": "赵主任"}
    assert await names_of_events(rounds, key) == ["signed-up", "ranked", "eligibility-confirmed", "submitted"]


async def test_r22_entering_without_submitting_confirms_nothing(rounds: Season) -> None:
    (teacher,) = await rounds.teachers(1)
    (row,) = await enroll(rounds, [str(teacher.person)], project="p25")
    assert await submit(rounds, row["enrollment"]["id"]) == ["ELIGIBILITY_UNCONFIRMED"]


async def test_r22_a_roster_confirms_whom_it_submits_and_only_in_the_round_that_asks(rounds: Season) -> None:
    (own,), (key,) = await signed_up(rounds)
    (other,), (plain,) = await signed_up(rounds, "p1")
    roster = await staged(rounds, [await line_of(rounds, own, 项目编号="GP-25"), await line_of(rounds, other)])
    await rounds.act(SCHOOL, COMMIT, id=roster.id, mode="ALL_OR_NOTHING")
    await enter_rosters(rounds.deps, 1)
    assert (await rounds.act(BASE, SHOWN, id=key)) == {
        "id": key,
        "status": "SUBMITTED",
        "eligibility": {"by": "赵主任"},
    }
    assert (await rounds.act(BASE, SHOWN, id=plain)) == {"id": plain, "status": "SUBMITTED", "eligibility": None}


async def test_r23_a_returned_enrollment_goes_back_with_its_reason_and_without_its_confirmation(
    rounds: Season,
) -> None:
    teacher, key = await handed_in(rounds)
    assert codes(await send_back(rounds, key, why=" ")) == ["REASON_MISSING"]
    (row,) = await send_back(rounds, key)
    found = row["enrollment"]
    assert (found["status"], found["reason"], found["eligibility"]) == ("SIGNED_UP", WHY, None)
    assert found["history"][-1] == {"status": "SIGNED_UP", "by": "base", "reason": WHY}
    await deliver_pending(rounds.deps)
    for who in (teacher, SCHOOL):
        (notice,) = (await rounds.act(who, NOTICES))["nodes"]
        assert (notice["kind"], notice["reason"], notice["enrollment"]) == ("ENROLLMENT_RETURNED", WHY, {"id": key})
        assert notice["message"].endswith("基地复核学员资格后将报名退回学校，更正后须重新提交")
    assert await submit(rounds, key) == ["ELIGIBILITY_UNCONFIRMED"]
    assert (await rounds.seats("p25"))["left"] == 10
    assert (await rounds.decide(key))["refusal"]["code"] == "WRONG_STATE"


async def test_r23_a_base_returns_only_what_was_submitted_to_it_in_a_round_with_the_step(rounds: Season) -> None:
    _, key = await handed_in(rounds)
    (plain_teacher,) = await rounds.teachers(1)
    plain = await rounds.submitted(plain_teacher, "p1")
    assert codes(await send_back(rounds, key, by=OTHER_BASE)) == ["NOT_FOUND"]
    assert codes(await send_back(rounds, key, plain)) == [None, "STEP_NOT_IN_ROUND"]
    assert codes(await send_back(rounds, key)) == ["WRONG_STATE"]
    assert await rounds.status(plain) == "SUBMITTED"
    for who in (SCHOOL, MINISTRY):
        with pytest.raises(Refused) as refused:
            await send_back(rounds, plain, by=who)
        assert refused.value.code == "FORBIDDEN"


async def test_r22_r23_a_returned_one_is_submitted_again_after_enrolment_until_the_steps_last_day(
    rounds: Season,
) -> None:
    _, key = await handed_in(rounds)
    _, (fresh,) = await signed_up(rounds)
    await confirm(rounds, fresh)
    rounds.at("2024-05-22T09:00")
    assert await todo(rounds, SCHOOL) == {}
    await send_back(rounds, key)
    due = (await todo(rounds, SCHOOL))["SUBMIT"]
    assert (due["count"], due["closesAt"]) == (1, "2024-05-27T00:00:00+08:00")
    rounds.at("2024-05-26T23:59")
    assert (await confirm(rounds, key))[0]["ok"]
    assert await submit(rounds, key, fresh) == [None, "PHASE_CLOSED"]
    assert await todo(rounds, SCHOOL) == {}


async def test_r22_r23_a_returned_one_may_be_entered_again_by_name_or_by_roster_after_enrolment(
    rounds: Season,
) -> None:
    (one, first), (other, second) = await handed_in(rounds), await handed_in(rounds)
    rounds.at("2024-05-22T09:00")
    await send_back(rounds, first, second)
    (row,) = await enroll(rounds, [str(one.person)], now=True, project="p25")
    assert row["enrollment"]["status"] == "SUBMITTED"
    roster = await staged(rounds, [await line_of(rounds, other, 项目编号="GP-25")])
    await rounds.act(SCHOOL, COMMIT, id=roster.id, mode="ALL_OR_NOTHING")
    await enter_rosters(rounds.deps, 1)
    assert (await rounds.act(BASE, SHOWN, id=second)) == {
        "id": second,
        "status": "SUBMITTED",
        "eligibility": {"by": "赵主任"},
    }


async def test_r25_the_place_in_the_line_is_that_of_the_new_submission(rounds: Season) -> None:
    (_, returned), (_, other) = await handed_in(rounds), await handed_in(rounds)
    await send_back(rounds, returned)
    rounds.later(hours=1)
    await confirm(rounds, returned)
    await submit(rounds, returned)
    found = {key: await rounds.deps.store.enrollments.get(key) for key in (returned, other)}
    assert found[returned].submitted_at > found[other].submitted_at  # type: ignore[operator]
    assert found[returned].returned_at is None
    assert found[returned].reason is None


async def test_r23_after_the_steps_last_day_nothing_is_returned_and_what_was_lapses_at_the_planned_start(
    rounds: Season,
) -> None:
    (_, returned), (_, kept) = await handed_in(rounds), await handed_in(rounds)
    await send_back(rounds, returned)
    rounds.at("2024-05-27T00:00")
    (row,) = await send_back(rounds, kept)
    assert (row["refusal"]["code"], row["refusal"]["details"]["phase"]) == ("PHASE_CLOSED", "RECHECK")
    assert codes(await confirm(rounds, returned)) == ["PHASE_CLOSED"]
    assert await submit(rounds, returned) == ["PHASE_CLOSED"]
    await lapse_at_start(rounds.deps)
    assert await rounds.status(returned) == "SIGNED_UP"
    rounds.at("2024-07-08T00:00")
    await lapse_at_start(rounds.deps)
    assert await rounds.status(returned) == "LAPSED"


async def test_r23_an_escalated_one_that_is_returned_and_submitted_again_is_escalated_anew(rounds: Season) -> None:
    _, key = await handed_in(rounds)
    rounds.at("2024-05-25T09:00")
    assert await escalate_undecided(rounds.deps) == 1
    await send_back(rounds, key)
    assert (await rounds.deps.store.enrollments.get(key)).escalated_at is None
    assert await escalate_undecided(rounds.deps) == 0
    await confirm(rounds, key)
    assert await submit(rounds, key) == [None]
    assert await escalate_undecided(rounds.deps) == 1


@pytest.mark.parametrize("kind", ["catalog.round-amended", "catalog.phase-extended"])
async def test_r1_a_round_that_gets_the_steps_later_asks_for_them_from_then_on(rounds: Season, kind: str) -> None:
    _, (key,) = await signed_up(rounds, "p1")
    await rounds.hear(kind, "2024", {"year": 2024, "calendar": CALENDAR, "steps": STEPS})
    assert await submit(rounds, key) == ["ELIGIBILITY_UNCONFIRMED"]
    await rounds.hear(kind, "2024", {"year": 2024, "calendar": CALENDAR, "steps": STEPS[:1]})
    assert await submit(rounds, key) == [None]


async def test_r1_a_stored_round_without_steps_has_none(rounds: Season) -> None:
    await rounds.database["rounds"].update_one({"_id": "2024"}, {"$unset": {"steps": ""}})
    (stored,) = [found for found in await rounds.deps.store.rounds.query({}) if found.id == "2024"]
    assert stored.steps == {}
    _, (key,) = await signed_up(rounds, "p1")
    assert await submit(rounds, key) == [None]


async def test_a_repeated_request_confirms_and_returns_once(rounds: Season) -> None:
    _, (key,) = await signed_up(rounds)
    rounds.key = "confirm-1"
    first = await confirm(rounds, key)
    assert await confirm(rounds, key) == first
    rounds.key = None
    await submit(rounds, key)
    rounds.key = "return-1"
    assert codes(await send_back(rounds, key)) == [None]
    assert codes(await send_back(rounds, key)) == [None]
    assert (await names_of_events(rounds, key)).count("returned") == 1
