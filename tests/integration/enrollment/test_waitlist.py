"""R23, R25, R26: freed seats go down the waiting list in order, or to a colleague; the undecided go to the ministry."""

import asyncio
from datetime import timedelta

import pytest

from services.enrollment.commands import expire_offers, offer_after_suspension, offer_free_seats
from tests.integration.enrollment.ledger import Ledger
from tests.integration.enrollment.season import (
    BASE,
    OTHER_BASE,
    OTHER_SCHOOL,
    RANK,
    SCHOOL,
    SIGN_UP,
    SUBMIT,
    SUBSTITUTE,
    TAKE,
    WITHDRAW,
    Season,
)
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

RANK_OWN = "mutation($p: ID!, $ids: [ID!]!) { rankSignUps(projectId: $p, ids: $ids) { ok } }"
ENROLL = "mutation($p: ID!, $ids: [ID!]!) { enrollTeachers(projectId: $p, teacherIds: $ids) { ok } }"
ESCALATIONS = "{ escalations(year: 2024) { totalCount nodes { id status } } }"


async def full_class(season: Season, waiting: int, capacity: int = 1) -> tuple[list[str], list[str]]:
    """A class without a seat left, and who waits for one."""
    project = await season.publish(capacity=capacity)
    keys = [await season.submitted(teacher, project) for teacher in await season.teachers(capacity + waiting)]
    for key in keys[:capacity]:
        assert (await season.decide(key))["ok"]
    for key in keys[capacity:]:
        assert (await season.decide(key, "WAITLIST"))["ok"]
    return keys[:capacity], keys[capacity:]


async def withdraw(season: Season, key: str) -> None:
    await season.act(SCHOOL, WITHDRAW, id=key, why="工作冲突")


async def states(season: Season, keys: list[str]) -> list[str]:
    return [await season.status(key) for key in keys]


async def test_r25_a_freed_seat_is_offered_to_the_first_in_line_and_held_for_them(season: Season) -> None:
    (held,), waiting = await full_class(season, waiting=3)
    await withdraw(season, held)
    assert await states(season, waiting) == ["OFFERED", "WAITLISTED", "WAITLISTED"]
    assert await season.seats() == {"capacity": 1, "accepted": 0, "offered": 1, "waitlisted": 2, "left": 0}
    taken = await season.act(SCHOOL, TAKE, id=waiting[0])
    assert taken["status"] == "ACCEPTED"
    assert await season.seats() == {"capacity": 1, "accepted": 1, "offered": 0, "waitlisted": 2, "left": 0}


async def test_r25_an_offer_nobody_takes_moves_on_until_the_list_is_empty(season: Season) -> None:
    (held,), waiting = await full_class(season, waiting=2)
    await withdraw(season, held)
    assert await expire_offers(season.deps) == 0
    season.later(hours=49)
    with pytest.raises(Refused) as refused:
        await season.act(SCHOOL, TAKE, id=waiting[0])
    assert (refused.value.code, refused.value.extensions["rule"]) == ("OFFER_EXPIRED", "R25")
    assert await expire_offers(season.deps) == 1
    assert await states(season, waiting) == ["EXPIRED", "OFFERED"]
    await withdraw(season, waiting[1])
    assert await states(season, waiting) == ["EXPIRED", "WITHDRAWN"]
    assert await season.seats() == {"capacity": 1, "accepted": 0, "offered": 0, "waitlisted": 0, "left": 1}


async def test_r25_an_offer_ends_at_the_latest_when_the_training_starts(season: Season) -> None:
    (held,), (waiting,) = await full_class(season, waiting=1)
    season.at("2024-07-07T09:00")
    await withdraw(season, held)
    offered = await season.deps.store.enrollments.get(waiting)
    assert offered.offer_expires_at
    assert offered.offer_expires_at.astimezone(season.deps.clock.now().tzinfo).isoformat() == (
        "2024-07-08T00:00:00+08:00"
    )


async def test_r25_an_open_offer_does_not_outlive_the_start(season: Season) -> None:
    (held,), waiting = await full_class(season, waiting=2)
    await withdraw(season, held)
    await season.hear("catalog.project-started", "p1", {"project": "p1"})
    assert await states(season, waiting) == ["EXPIRED", "LAPSED"]


async def test_r25_the_bases_ranking_goes_before_the_order_of_submission(season: Season) -> None:
    (held,), waiting = await full_class(season, waiting=3)
    await season.act(BASE, RANK, id="p1", ids=[waiting[2], waiting[1]])
    await withdraw(season, held)
    assert await states(season, waiting) == ["WAITLISTED", "WAITLISTED", "OFFERED"]


async def test_r22_without_rows_the_guards_of_project_and_school_are_kept_all_the_same(season: Season) -> None:
    """No project is told to who may not act on it, and none that is unknown is answered."""
    await season.publish()
    cases = [
        *((base, RANK, {"id": project}) for base, project in ((OTHER_BASE, "p1"), (BASE, "x"), (OTHER_BASE, "x"))),
        *((SCHOOL, mutation, {"p": "x"}) for mutation in (RANK_OWN, ENROLL)),
    ]
    for who, mutation, given in cases:
        with pytest.raises(Refused) as refused:
            await season.act(who, mutation, **given, ids=[])
        assert (refused.value.code, refused.value.extensions["kind"]) == ("NOT_FOUND", "project"), (who, mutation)
    assert await season.act(BASE, RANK, id="p1", ids=[]) == {"id": "p1"}
    assert await season.act(SCHOOL, RANK_OWN, p="p1", ids=[]) == []


async def test_r25_a_ranking_that_names_a_stranger_ranks_nobody(season: Season) -> None:
    (held,), waiting = await full_class(season, waiting=2)
    for ids, base in (([waiting[1], held], BASE), ([waiting[1], "nobody"], BASE), ([waiting[1]], OTHER_BASE)):
        with pytest.raises(Refused):
            await season.act(base, RANK, id="p1", ids=ids)
    kept = await season.deps.store.enrollments.find_many(waiting)
    assert [one.waiting_rank for one in kept if one] == [None, None]


async def test_r25_seats_freed_at_once_are_offered_to_as_many_in_order(season: Season) -> None:
    held, waiting = await full_class(season, waiting=6, capacity=4)
    await asyncio.gather(*(withdraw(season, key) for key in held))
    assert await states(season, waiting) == ["OFFERED"] * 4 + ["WAITLISTED"] * 2
    season.later(hours=49)
    await asyncio.gather(*(expire_offers(season.deps) for _ in range(4)))
    assert await states(season, waiting) == ["EXPIRED"] * 4 + ["OFFERED"] * 2
    assert await season.seats() == {"capacity": 4, "accepted": 0, "offered": 2, "waitlisted": 0, "left": 2}


async def test_r24_an_offer_reaches_the_trainee_and_the_school(season: Season) -> None:
    (held,), (waiting,) = await full_class(season, waiting=1)
    await withdraw(season, held)
    told = await season.deps.store.deliveries.by_enrollment([waiting])
    offers = [one for one in told[waiting] if one.status == "OFFERED"]
    assert {one.recipient.value for one in offers} == {"TRAINEE", "SCHOOL"}


async def test_r19_an_offer_is_not_taken_by_somebody_accepted_elsewhere_at_the_time(season: Season) -> None:
    await season.publish("p1", capacity=1)
    await season.publish("p2", base="base-2")
    first, second = await season.teachers(2)
    held, waiting = await season.submitted(first, "p1"), await season.submitted(second, "p1")
    await season.decide(held)
    await season.decide(waiting, "WAITLIST")
    assert (await season.decide(await season.submitted(second, "p2"), base=OTHER_BASE))["ok"]
    await withdraw(season, held)
    with pytest.raises(Refused) as refused:
        await season.act(SCHOOL, TAKE, id=waiting)
    assert refused.value.code == "OVERLAPPING_ACCEPTANCE"
    assert await season.status(waiting) == "OFFERED"


async def test_r26_a_substitute_takes_the_seat_and_the_time_in_one_step(season: Season) -> None:
    (held,), (waiting,) = await full_class(season, waiting=1)
    (colleague,) = await season.teachers(1)
    admitted = await season.act(SCHOOL, SUBSTITUTE, id=held, who=colleague.person, why="工作调动")
    assert (admitted["status"], admitted["teacher"]["id"]) == ("ACCEPTED", colleague.person)
    assert await states(season, [held, waiting]) == ["SUBSTITUTED", "WAITLISTED"]
    assert await season.seats() == {"capacity": 1, "accepted": 1, "offered": 0, "waitlisted": 1, "left": 0}
    times = await season.database["persons"].find({"accepted": {"$ne": []}}).to_list()
    assert [one["_id"] for one in times] == [colleague.person]


async def test_r26_a_substitute_is_a_free_colleague_and_nobody_else(season: Season) -> None:
    (held, accepted), (waiting,) = await full_class(season, waiting=1, capacity=2)
    colleague = await season.deps.store.enrollments.get(accepted)
    (stranger,) = await season.teachers(1, OTHER_SCHOOL)
    (busy,) = await season.teachers(1)
    await season.publish("p2", base="base-2")
    assert (await season.decide(await season.submitted(busy, "p2"), base=OTHER_BASE))["ok"]
    own = await season.deps.store.enrollments.get(held)
    for who, code in (
        (stranger.person, "NOT_A_COLLEAGUE"),
        (own.teacher, "NOT_A_COLLEAGUE"),
        (colleague.teacher, "SECOND_SIGN_UP"),
        (busy.person, "OVERLAPPING_ACCEPTANCE"),
        ("nobody", "NOT_FOUND"),
    ):
        with pytest.raises(Refused) as refused:
            await season.act(SCHOOL, SUBSTITUTE, id=held, who=who, why="工作调动")
        assert refused.value.code == code
    assert await states(season, [held, waiting]) == ["ACCEPTED", "WAITLISTED"]


async def test_r26_a_substitution_said_again_is_answered_with_the_colleagues_enrollment(season: Season) -> None:
    (held,), _ = await full_class(season, waiting=0)
    (colleague,) = await season.teachers(1)
    season.key = "k1"
    first, again = [
        await season.act(SCHOOL, SUBSTITUTE, id=held, who=colleague.person, why="工作调动") for _ in range(2)
    ]
    assert first == again
    assert again["teacher"]["id"] == colleague.person
    assert await season.seats() == {"capacity": 1, "accepted": 1, "offered": 0, "waitlisted": 0, "left": 0}


async def test_r25_a_seat_freed_while_the_project_is_suspended_is_offered_once_it_is_published_again(
    season: Season,
) -> None:
    (held,), (waiting,) = await full_class(season, waiting=1)
    await season.hear("catalog.project-suspended", "p1", {"project": "p1", "reason": "抽检"})
    await withdraw(season, held)
    season.at("2024-05-25T00:00")
    assert await offer_free_seats(season.deps) == 0
    assert await states(season, [held, waiting]) == ["WITHDRAWN", "WAITLISTED"]
    await season.hear("catalog.project-resumed", "p1", {"project": "p1", "status": "PUBLISHED"})
    assert await states(season, [waiting]) == ["OFFERED"]
    assert await offer_free_seats(season.deps) == 0


async def test_r25_seats_freed_while_the_project_is_suspended_go_down_the_line_at_once_when_it_is_resumed(
    season: Season,
) -> None:
    """Admission is still open: no timer offers seats then."""
    held, waiting = await full_class(season, waiting=3, capacity=2)
    await season.hear("catalog.project-suspended", "p1", {"project": "p1", "reason": "抽检"})
    for key in held:
        await withdraw(season, key)
    await season.hear("catalog.project-resumed", "p1", {"project": "p1", "status": "PUBLISHED"})
    assert await states(season, waiting) == ["OFFERED", "OFFERED", "WAITLISTED"]
    assert await offer_after_suspension(season.deps, "p1") == 0  # a redelivery offers nothing more
    (await Ledger(season).picture()).is_consistent()


async def seats_left_and_waiting(season: Season) -> list[str]:
    """A class with a free seat whose base has put two on the waiting list."""
    await season.publish(capacity=1)
    keys = [await season.submitted(teacher, "p1") for teacher in await season.teachers(2)]
    for key in keys:
        assert (await season.decide(key, "WAITLIST"))["ok"]
    return keys


async def test_r25_a_base_accepts_the_first_of_its_waiting_list_where_a_seat_is_free(season: Season) -> None:
    first, second = await seats_left_and_waiting(season)
    assert (await season.decide(first))["ok"]
    assert await states(season, [first, second]) == ["ACCEPTED", "WAITLISTED"]
    assert (await season.decide(second))["refusal"]["code"] == "CLASS_FULL"
    assert await season.seats() == {"capacity": 1, "accepted": 1, "offered": 0, "waitlisted": 1, "left": 0}
    (await Ledger(season).picture()).is_consistent()


async def test_r25_who_is_accepted_out_of_order_is_accepted_with_a_reason(season: Season) -> None:
    first, second = await seats_left_and_waiting(season)
    refusal = (await season.decide(second))["refusal"]
    assert (refusal["code"], refusal["rule"]) == ("REASON_MISSING", "R25")
    assert await states(season, [first, second]) == ["WAITLISTED", "WAITLISTED"]
    row = await season.decide(second, reason="该校无其他名额")
    assert (row["ok"], row["enrollment"]["status"], row["enrollment"]["reason"]) == (
        True,
        "ACCEPTED",
        "该校无其他名额",
    )


async def test_r25_a_base_rejects_who_waits_and_the_line_moves_up(season: Season) -> None:
    (held,), (first, second) = await full_class(season, waiting=2)
    assert (await season.decide(first, "WAITLIST"))["refusal"]["code"] == "WRONG_STATE"
    assert (await season.decide(first, "REJECT", reason="条件不符"))["ok"]
    assert (await season.seats())["waitlisted"] == 1
    await withdraw(season, held)
    assert await states(season, [first, second]) == ["REJECTED", "OFFERED"]
    (await Ledger(season).picture()).is_consistent()


@pytest.mark.parametrize("state", ["SIGNED_UP", "SUBMITTED", "WAITLISTED", "OFFERED"])
async def test_r26_a_substitute_gives_up_an_own_place_in_the_same_class(season: Season, state: str) -> None:
    """Who waited for a seat takes over a colleague's; an offer that this sets free goes to the next."""
    (held, leaver), (own, following) = await full_class(season, waiting=2, capacity=2)
    colleague = (await season.deps.store.enrollments.get(own)).teacher
    if state in {"SIGNED_UP", "SUBMITTED"}:
        (person,) = await season.teachers(1)
        colleague, own = person.person or "", (await season.act(person, SIGN_UP, id="p1"))["id"]
        if state == "SUBMITTED":
            await season.act(SCHOOL, SUBMIT, ids=[own])
    elif state == "OFFERED":
        await withdraw(season, leaver)
    assert await season.status(own) == state
    successor = await season.act(SCHOOL, SUBSTITUTE, id=held, who=colleague, why="工作调动")
    assert successor["status"] == "ACCEPTED"
    assert await states(season, [held, own]) == ["SUBSTITUTED", "WITHDRAWN"]
    assert await season.status(following) == ("OFFERED" if state == "OFFERED" else "WAITLISTED")
    (await Ledger(season).picture()).is_consistent()


async def test_r21_r22_the_schools_ranking_decides_within_one_submission(season: Season) -> None:
    """Ranks c, b, a; sent as a, b, c: the line is c, b, a."""
    await season.publish(capacity=1)
    holder, *teachers = await season.teachers(4)
    held = await season.submitted(holder, "p1")
    assert (await season.decide(held))["ok"]
    keys = [(await season.act(teacher, SIGN_UP, id="p1"))["id"] for teacher in teachers]
    await season.act(SCHOOL, RANK_OWN, p="p1", ids=keys[::-1])
    await season.act(SCHOOL, SUBMIT, ids=keys)
    for key in keys:
        assert (await season.decide(key, "WAITLIST"))["ok"]
    await withdraw(season, held)
    assert await states(season, keys) == ["WAITLISTED", "WAITLISTED", "OFFERED"]


async def test_r21_r25_a_ranking_that_names_somebody_twice_ranks_nobody(season: Season) -> None:
    _, waiting = await full_class(season, waiting=2)
    twice = [waiting[1], waiting[1], waiting[0]]
    for principal, query, rule in ((SCHOOL, RANK_OWN, "R21"), (BASE, RANK, "R25")):
        variables = {"p": "p1"} if query is RANK_OWN else {"id": "p1"}
        with pytest.raises(Refused) as refused:
            await season.act(principal, query, ids=twice, **variables)
        assert (refused.value.code, refused.value.extensions["rule"]) == ("REPEATED_ROWS", rule)
        assert refused.value.extensions["id"] == waiting[1]
    stored = await season.deps.store.enrollments.find_many(waiting)
    assert [(enrollment.rank, enrollment.waiting_rank) for enrollment in stored if enrollment] == [(None, None)] * 2


async def test_r25_offers_of_a_suspended_project_wait_for_it_and_have_their_whole_time_then(season: Season) -> None:
    (held,), waiting = await full_class(season, waiting=2)
    await withdraw(season, held)
    await season.hear("catalog.project-suspended", "p1", {"project": "p1", "reason": "抽检"})
    season.later(hours=49)
    with pytest.raises(Refused) as refused:
        await season.act(SCHOOL, TAKE, id=waiting[0])
    assert (refused.value.code, refused.value.extensions["unblock"]) == ("PROJECT_NOT_OPEN", "MINISTRY")
    assert await expire_offers(season.deps) == 0
    assert await states(season, waiting) == ["OFFERED", "WAITLISTED"]
    await season.hear("catalog.project-resumed", "p1", {"project": "p1", "status": "PUBLISHED"})
    assert await expire_offers(season.deps) == 0
    told = [one.expires_at for one in (await season.deps.store.deliveries.by_enrollment([waiting[0]]))[waiting[0]]]
    renewed = (await season.deps.store.enrollments.get(waiting[0])).offer_expires_at
    assert renewed
    assert renewed > season.deps.clock.now() + timedelta(hours=47)
    assert told[-2:] == [renewed] * 2
    season.later(hours=49)
    assert await expire_offers(season.deps) == 1
    assert await states(season, waiting) == ["EXPIRED", "OFFERED"]


async def test_r25_offers_that_are_held_up_hold_up_no_others(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.enrollment.commands.waitlist._WINDOW", 1)
    (held,), (paused,) = await full_class(season, waiting=1)
    await withdraw(season, held)
    await season.publish("p2", code="GP-2", capacity=1, starts_on="2024-08-01", ends_on="2024-08-05")
    keys = [await season.submitted(teacher, "p2") for teacher in await season.teachers(2)]
    for key, decision in zip(keys, ("ACCEPT", "WAITLIST"), strict=True):
        assert (await season.decide(key, decision))["ok"]
    season.later(minutes=1)
    await withdraw(season, keys[0])
    await season.hear("catalog.project-suspended", "p1", {"project": "p1", "reason": "抽检"})
    season.later(hours=49)
    assert await expire_offers(season.deps) == 1
    assert await states(season, [paused, keys[1]]) == ["OFFERED", "EXPIRED"]


@pytest.mark.parametrize("start", ["it runs and is suspended", "its first day has come"])
async def test_r26_nobody_leaves_a_training_that_has_begun(season: Season, start: str) -> None:
    (held,), _ = await full_class(season, waiting=0)
    (colleague,) = await season.teachers(1)
    if start == "it runs and is suspended":
        await season.hear("catalog.project-started", "p1", {"project": "p1"})
        await season.hear("catalog.project-suspended", "p1", {"project": "p1", "reason": "抽检"})
    else:
        season.at("2024-07-08T00:00")
    for act, given in ((WITHDRAW, {}), (SUBSTITUTE, {"who": colleague.person})):
        with pytest.raises(Refused) as refused:
            await season.act(SCHOOL, act, id=held, why="工作冲突", **given)
        assert (refused.value.code, refused.value.extensions["rule"]) == ("PROJECT_NOT_OPEN", "R26")
    assert await season.status(held) == "ACCEPTED"


async def test_r26_only_the_own_school_substitutes(season: Season) -> None:
    (held,), _ = await full_class(season, waiting=0)
    (theirs,) = await season.teachers(1, OTHER_SCHOOL)
    with pytest.raises(Refused) as refused:
        await season.act(OTHER_SCHOOL, SUBSTITUTE, id=held, who=theirs.person, why="工作调动")
    assert refused.value.code == "NOT_FOUND"


async def test_r23_what_is_undecided_when_admission_closes_is_the_ministrys_to_see(season: Season) -> None:
    await season.publish()
    decided, undecided = [await season.submitted(teacher, "p1") for teacher in await season.teachers(2)]
    await season.decide(decided)
    assert (await season.act(MINISTRY, ESCALATIONS))["nodes"] == []
    season.at("2024-05-25T00:00")
    escalated = await season.act(MINISTRY, ESCALATIONS)
    assert escalated == {"totalCount": 1, "nodes": [{"id": undecided, "status": "SUBMITTED"}]}
    assert (await season.decide(undecided))["refusal"]["code"] == "PHASE_CLOSED"
