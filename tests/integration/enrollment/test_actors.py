"""R5, R40: who is recorded in a history is who is recorded in the events, from which the audit log is made."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.principal import Principal
from services.enrollment.commands import enter_rosters
from services.enrollment.store import COLLECTIONS
from tests.integration.enrollment.lists import COMMIT, someone, staged
from tests.integration.enrollment.season import (
    ADD,
    BASE,
    DECIDE,
    GUANGDONG,
    OTHER_SCHOOL,
    SCHOOL,
    SIGN_UP,
    SUBMIT,
    SUBSTITUTE,
    TAKE,
    WITHDRAW,
    Season,
)
from tests.integration.enrollment.test_affiliations import CLOSE
from tests.integration.enrollment.test_cut_off import RANK_OWN, SET
from tests.integration.enrollment.test_enrolling import ENROLL
from tests.integration.enrollment.test_personal_data import CORRECT, REVEAL
from tests.integration.enrollment.test_schools import DESIGNATE
from tests.integration.enrollment.test_transfers import ANSWER as ANSWER_TRANSFER
from tests.integration.enrollment.test_transfers import DECIDE as DECIDE_TRANSFER
from tests.integration.enrollment.test_transfers import REQUEST, TAKE_BACK, on_file, third
from tests.integration.enrollment.test_transfers import THIRD as SAME_PROVINCE
from tests.integration.enrollment.test_withdrawals import ANSWER, ASK, DECLINE
from tests.support.principals import MINISTRY

FORMER = replace(SCHOOL, name="旧账号名")
"""The school's own account, whose token names whoever it was made for."""
NEXT = "孙专员"


async def told(season: Season) -> list[dict[str, Any]]:
    """The events of every aggregate, each with what they are kept in."""
    return [
        event | {"collection": name}
        for name in COLLECTIONS
        async for document in season.database[name].find({}, {"events": 1})
        for event in document["events"]
    ]


def recorded(actor: dict[str, Any] | None) -> str:
    """How a history names an actor: a role, or for a school the name under which it acts."""
    if actor is None:
        return "system"
    return str(actor["name"] if actor["scope"] == "school" else actor["scope"])


async def histories(season: Season) -> list[tuple[str, set[str], set[str]]]:
    """Of each enrollment and each request for a person: who is in the history, and who in the events."""
    return [
        (
            document["_id"],
            {change["by"] for change in document["history"]},
            {recorded(event["actor"]) for event in document["events"]},
        )
        for name in ("enrollments", "transfers")
        async for document in season.database[name].find({})
    ]


async def play(season: Season, school: Principal) -> None:
    """Every act of a school, and between them those of teachers, the base, a province and the ministry."""
    await season.publish(capacity=2)
    teachers = await season.teachers(6)
    keys = [(await season.act(teacher, SIGN_UP, id="p1"))["id"] for teacher in teachers]
    await season.act(school, SET, i={"year": 2024, "closesOn": "2024-05-18"})
    await season.act(school, RANK_OWN, p="p1", ids=keys)
    await season.act(school, DECLINE, ids=keys[5:], why="不符合条件")
    await season.act(school, SUBMIT, ids=keys[:4])
    (added,) = await season.act(school, ADD, rows=[season.person()])
    await season.act(school, ENROLL, p="p1", who=[added["teacher"]["id"]], now=True)
    decisions = [{"id": key, "decision": "ACCEPT"} for key in keys[:2]]
    decisions += [{"id": key, "decision": "WAITLIST"} for key in keys[2:4]]
    await season.act(BASE, DECIDE, given=decisions)
    await season.act(teachers[0], ASK, id=keys[0], why="身体原因")
    await season.act(school, ANSWER, id=keys[0], grant=True)
    await season.act(school, TAKE, id=keys[2])
    await season.act(school, WITHDRAW, id=keys[1], why="工作冲突")
    await season.act(school, SUBSTITUTE, id=keys[2], who=teachers[5].person, why="工作冲突")
    given = {"id": teachers[4].person, "version": 1, "input": {"title": "讲师"}}
    await season.act(school, CORRECT, **given)
    await season.act(school, REVEAL, id=teachers[4].person, purpose="核对报到证件")
    await season.act(school, CLOSE, id=teachers[4].person, reason="调离")
    roster = await staged(season, [someone(900)], school)
    await season.act(school, COMMIT, id=roster.id, mode="VALID_ROWS")
    assert await enter_rosters(season.deps, 1) == 1


async def requests(season: Season, school: Principal) -> None:
    """Every act upon requests for persons; what nobody answers is decided by the province, or by the ministry."""
    await third(season)
    for asker in (OTHER_SCHOOL, SAME_PROVINCE):
        _, asked = await on_file(season)
        answered = await season.act(asker, REQUEST, input=asked)
        await season.act(school, ANSWER_TRANSFER, id=answered["id"], confirm=False, reason="教学需要")
        decider = MINISTRY if asker is OTHER_SCHOOL else GUANGDONG
        await season.act(decider, DECIDE_TRANSFER, id=answered["id"], grant=True)
    _, asked = await on_file(season, OTHER_SCHOOL)
    own = await season.act(school, REQUEST, input=asked)
    await season.act(school, TAKE_BACK, id=own["id"])


async def test_r5_r40_the_schools_own_account_acts_in_events_and_histories_under_the_designated_person(
    season: Season,
) -> None:
    await season.act(FORMER, DESIGNATE, i={"name": NEXT, "phone": "13900000001"})
    before = {event["id"] for event in await told(season)}
    await play(season, FORMER)
    await requests(season, FORMER)
    acts = [event for event in await told(season) if event["id"] not in before and event["actor"]]
    schools = [event for event in acts if event["actor"]["subject"] == SCHOOL.subject]
    own = {event["name"] for event in schools if event["actor"]["name"] != NEXT}
    assert own == set(), own
    assert {event["collection"] for event in schools} >= {"enrollments", "teachers", "transfers", "rosters", "reveals"}
    written = await histories(season)
    # What follows by itself, such as the offer of a freed seat, has the one who caused it in the event.
    assert [(by, actors) for _, by, actors in written if not by - {"system"} <= actors] == []
    assert {name for _, by, _ in written for name in by} >= {NEXT, "teacher", "base", "ministry", "province", "system"}


async def test_r5_r40_a_school_without_a_designated_person_acts_under_its_own_name(season: Season) -> None:
    await third(season)
    _, asked = await on_file(season)
    own = await season.act(SAME_PROVINCE, REQUEST, input=asked)
    await season.act(SAME_PROVINCE, TAKE_BACK, id=own["id"])
    name = (await season.deps.store.schools.get(str(SAME_PROVINCE.school))).name
    ((_, by, actors),) = await histories(season)
    assert by == actors == {name}


@pytest.mark.parametrize("account", [FORMER, SCHOOL])
async def test_r5_r40_it_is_the_school_that_names_another_person_and_not_who_is_replaced(
    season: Season, account: Principal
) -> None:
    await season.act(account, DESIGNATE, i={"name": NEXT, "phone": "13900000001"})
    school = await season.deps.store.schools.get(str(SCHOOL.school))
    named = [event for event in await told(season) if event["name"] == "person-designated"]
    (told_last,) = [event for event in named if event["data"]["name"] == NEXT]
    assert told_last["actor"] == {
        "subject": SCHOOL.subject,
        "scope": "school",
        "organization": SCHOOL.organization,
        "name": school.name,
    }
