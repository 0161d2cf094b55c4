"""R19, R22, R23, R25, R26: many callers at once on one class, in one process and in two (ADR 23, ADR 24)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chassis.clock import Clock
from chassis.principal import Principal
from chassis.storage.mongo import StorageError, connect
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.enrollment.commands import deliver_pending
from services.enrollment.store import Store
from tests.integration.enrollment.ledger import Ledger
from tests.integration.enrollment.season import (
    BASE,
    DECIDE,
    RANK,
    SCHOOL,
    SIGN_UP,
    SUBMIT,
    SUBSTITUTE,
    TAKE,
    WITHDRAW,
    Season,
)
from tests.support.eventually import eventually
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

NOTICES = "query { myNotices { nodes { status } } }"


@pytest.fixture
async def other(season: Season, parts: Parts) -> AsyncIterator[Season]:
    """Another process of the service: a connection, caches and a lane of its own, on the same database and clock."""
    client = connect(parts.mongodb_url(ADMIN))
    store = Store(client[season.database.name])
    yield replace(season, deps=replace(season.deps, store=store, clock=Clock(season.clock_file)))
    await client.close()


async def people(season: Season, count: int) -> list[Principal]:
    return [person for start in range(0, count, 100) for person in await season.teachers(min(100, count - start))]


async def submitted(season: Season, teachers: Sequence[Principal], project: str = "p1") -> list[str]:
    """Enrollments of the teachers that wait for a decision."""
    signed = await asyncio.gather(*(season.act(teacher, SIGN_UP, id=project) for teacher in teachers))
    keys = [enrollment["id"] for enrollment in signed]
    for start in range(0, len(keys), 200):
        assert all(row["ok"] for row in await season.act(SCHOOL, SUBMIT, ids=keys[start : start + 200]))
    return keys


async def decided(season: Season, keys: Iterable[str], decision: str) -> list[str]:
    rows = await season.act(BASE, DECIDE, given=[{"id": key, "decision": decision} for key in keys])
    assert all(row["ok"] for row in rows), rows
    return [row["id"] for row in rows]


def codes(rows: Iterable[dict[str, Any]]) -> Counter[str]:
    return Counter("ok" if row["ok"] else row["refusal"]["code"] for row in rows)


async def outcomes(acts: Iterable[Awaitable[dict[str, Any]]]) -> Counter[str]:
    """How single mutations ended: the state of the enrollment, or the code of the refusal."""
    answers = await asyncio.gather(*acts, return_exceptions=True)
    return Counter(answer.code if isinstance(answer, Refused) else answer["status"] for answer in answers)  # type: ignore[index]


@pytest.mark.parametrize("processes", [1, 2])
async def test_r23_of_220_acceptances_at_once_as_many_as_there_are_seats_take_effect(
    season: Season, other: Season, processes: int
) -> None:
    await season.publish(capacity=40)
    keys = await submitted(season, await people(season, 220))
    sides = (season, other)
    rows = await asyncio.gather(*(sides[place % processes].decide(key) for place, key in enumerate(keys)))
    assert codes(rows) == {"ok": 40, "CLASS_FULL": 180}
    (await Ledger(season).picture()).is_consistent()


@pytest.mark.parametrize("processes", [1, 2])
async def test_r25_of_80_withdrawals_at_once_each_frees_a_seat_for_who_waits(
    season: Season, other: Season, processes: int
) -> None:
    await season.publish(capacity=80)
    keys = await submitted(season, await people(season, 120))
    accepted, waiting = keys[:80], keys[80:]
    await decided(season, accepted, "ACCEPT")
    await decided(season, waiting, "WAITLIST")
    sides = (season, other)
    acts = (sides[at % processes].act(SCHOOL, WITHDRAW, id=key, why="冲突") for at, key in enumerate(accepted))
    assert await outcomes(acts) == {"WITHDRAWN": 80}
    assert {await season.status(key) for key in waiting} == {"OFFERED"}
    assert (await season.seats())["left"] == 40
    (await Ledger(season).picture()).is_consistent()


async def test_r23_three_bulk_decisions_at_once_answer_every_row(season: Season) -> None:
    await season.publish(capacity=300)
    keys = await submitted(season, await people(season, 300))
    await asyncio.gather(*(decided(season, keys[start : start + 100], "ACCEPT") for start in (0, 100, 200)))
    assert (await season.seats())["accepted"] == 300
    (await Ledger(season).picture()).is_consistent()


async def test_r24_two_steps_of_one_batch_are_both_fed_back(season: Season) -> None:
    """The last seat is taken back while the next person is put on the waiting list: the person learns of both."""
    await season.publish(capacity=1)
    holder, waiting = await season.teachers(2)
    held, key = await submitted(season, [holder, waiting])
    await decided(season, [held], "ACCEPT")
    await asyncio.gather(season.decide(key, "WAITLIST"), season.act(SCHOOL, WITHDRAW, id=held, why="冲突"))
    assert await season.status(key) == "OFFERED"
    await deliver_pending(season.deps)
    notices = (await season.act(waiting, NOTICES))["nodes"]
    assert {notice["status"] for notice in notices} == {"WAITLISTED", "OFFERED"}


async def test_a_repeat_inside_one_batch_gets_the_outcome_of_the_first(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    season.key = "k1"
    signed = await asyncio.gather(*(season.act(teacher, SIGN_UP, id="p1") for _ in range(6)))
    assert len({enrollment["id"] for enrollment in signed}) == 1
    bulks = await asyncio.gather(*(season.act(SCHOOL, SUBMIT, ids=[signed[0]["id"]]) for _ in range(3)))
    assert {(row["ok"], row["enrollment"]["version"]) for (row,) in bulks} == {(True, 2)}


async def test_r23_two_decisions_on_one_enrollment_are_one_too_many(season: Season) -> None:
    await season.publish()
    (key,) = await submitted(season, await season.teachers(1))
    twice = [{"id": key, "decision": decision} for decision in ("WAITLIST", "ACCEPT")]
    with pytest.raises(Refused) as refused:
        await season.act(BASE, DECIDE, given=twice)
    assert (refused.value.code, refused.value.extensions["rule"]) == ("REPEATED_ROWS", "R23")
    assert await season.status(key) == "SUBMITTED"


async def test_a_key_that_comes_with_other_input_in_the_same_batch_is_refused(season: Season) -> None:
    await season.publish()
    (key,) = await submitted(season, await season.teachers(1))
    season.key = "k1"
    first, second = await asyncio.gather(season.decide(key), season.decide(key, "WAITLIST"))
    assert (first["ok"], second["refusal"]["code"]) == (True, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize("processes", [1, 2])
async def test_r19_of_sign_ups_of_one_person_at_once_one_takes_effect(
    season: Season, other: Season, processes: int
) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    sides = (season, other)
    acts = (sides[place % processes].act(teacher, SIGN_UP, id="p1") for place in range(8))
    assert await outcomes(acts) == {"SIGNED_UP": 1, "SECOND_SIGN_UP": 7}


async def test_a_refused_row_leaves_nothing_of_itself(season: Season) -> None:
    """A substitution fails on its second half, the colleague's dates, after the first has freed the seat in memory."""
    await season.publish("p1", capacity=1)
    await season.publish("p2", base="base-1")
    holder, colleague = await season.teachers(2)
    (here,) = await submitted(season, [holder])
    (there,) = await submitted(season, [colleague], "p2")
    await decided(season, [here, there], "ACCEPT")
    before = await Ledger(season).documents()
    substitution = season.act(SCHOOL, SUBSTITUTE, id=here, who=colleague.person, why="工作调动")
    answers: Any = await asyncio.gather(substitution, season.decide(there), return_exceptions=True)
    assert isinstance(answers[0], Refused)
    assert (answers[0].code, answers[1]["refusal"]["code"]) == ("OVERLAPPING_ACCEPTANCE", "WRONG_STATE")
    assert await Ledger(season).documents() == before


async def test_a_caller_who_leaves_stops_nobody(season: Season) -> None:
    await season.publish()
    keys = await submitted(season, await season.teachers(3))
    acts = [asyncio.ensure_future(season.decide(key)) for key in keys]
    await eventually(lambda: season.deps.lane.waiting > 0, every=0)
    acts[1].cancel()
    results = await asyncio.gather(*acts, return_exceptions=True)
    assert isinstance(results[1], asyncio.CancelledError)
    await season.deps.lane.close()
    assert [await season.status(key) for key in keys] == ["ACCEPTED"] * 3


async def test_r40_each_row_of_a_batch_bears_its_own_actor(season: Season) -> None:
    await season.publish()
    teachers = await season.teachers(5)
    await asyncio.gather(*(season.act(teacher, SIGN_UP, id="p1") for teacher in teachers))
    rows = await season.database["enrollments"].find({}).to_list()
    assert {(row["teacher"], row["events"][0]["actor"]["subject"]) for row in rows} == {
        (teacher.person, teacher.subject) for teacher in teachers
    }


async def test_a_cached_project_that_was_suspended_elsewhere_accepts_nobody(season: Season, other: Season) -> None:
    await season.publish()
    first, second, third = await season.teachers(3)
    await other.act(first, SIGN_UP, id="p1")  # the other process has the project in memory from now on
    await season.hear("catalog.project-suspended", "p1", {"project": "p1", "reason": "核查"})
    with pytest.raises(Refused) as refused:
        await other.act(second, SIGN_UP, id="p1")
    assert refused.value.code == "PROJECT_NOT_OPEN"
    await season.hear("catalog.project-resumed", "p1", {"project": "p1", "status": "PUBLISHED"})
    assert (await other.act(third, SIGN_UP, id="p1"))["status"] == "SIGNED_UP"


async def test_r1_a_cached_calendar_never_refuses_what_an_extension_allows(season: Season, other: Season) -> None:
    await season.publish()
    first, second = await season.teachers(2)
    (key,) = await submitted(other, [first])
    season.at("2024-05-26T09:00")
    extended = {
        "ENROL": {"opens": "2024-04-01", "closes": "2024-05-30"},
        "ADMIT": {"opens": "2024-04-01", "closes": "2024-05-31"},
    }
    await season.hear("catalog.phase-extended", "2024", {"year": 2024, "calendar": extended})
    row = await other.decide(key, base=MINISTRY, reason="逾期未决")
    assert row["refusal"]["code"] == "NOT_ESCALATED"
    assert (await other.decide(key))["ok"]
    assert (await other.act(second, SIGN_UP, id="p1"))["status"] == "SIGNED_UP"


async def test_a_full_lane_refuses_at_the_door_and_a_repeat_takes_effect(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    await season.publish()
    keys = await submitted(season, await season.teachers(4))
    monkeypatch.setattr(season.deps.lane, "_most_waiting", 2)
    answers = await asyncio.gather(*(season.decide(key) for key in keys), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert {(refusal.code, refusal.extensions["retryAfter"]) for refusal in refused} == {("BUSY", 1)}
    assert len(refused) == 2
    rows = await asyncio.gather(*(season.decide(key) for key in keys[2:]))
    assert codes(rows) == {"ok": 2}


async def test_a_primary_that_steps_down_in_the_middle_loses_no_row_and_doubles_none(season: Season) -> None:
    """Whoever is not told that it is done repeats under the same key, until everybody is."""
    await season.publish(capacity=100)
    keys = await submitted(season, await people(season, 100))
    season.key = "k1"
    client, stepped_down = season.deps.store.client, list[bool]()

    async def step_down() -> None:
        await eventually(lambda: season.deps.lane.waiting > 0, every=0)
        with suppress(StorageError):  # the connection may break before the answer
            await client.admin.command("replSetStepDown", 1, force=True)
        stepped_down.append(True)

    async def is_done(key: str) -> bool:
        try:
            row = await season.decide(key)
        except Refused as refused:
            assert refused.code in {"BUSY", "UNAVAILABLE"}, refused  # noqa: PT017 - any other is a defect
            return False
        return bool(row["ok"])

    await asyncio.gather(step_down(), *(eventually(partial(is_done, key)) for key in keys))
    assert stepped_down
    assert (await season.seats())["accepted"] == 100
    assert {(await season.deps.store.enrollments.get(key)).version for key in keys} == {3}
    (await Ledger(season).picture()).is_consistent()


async def test_everybody_at_once_on_one_class_and_two_processes(season: Season, other: Season) -> None:
    """Sign-ups, submissions, decisions, withdrawals, offers, substitutions and rankings cross; all counts hold."""
    await season.publish(capacity=10)
    teachers = await people(season, 60)
    keys = await submitted(season, teachers[:50])
    accepted, waiting = keys[:10], keys[10:30]
    await decided(season, accepted, "ACCEPT")
    await decided(season, waiting, "WAITLIST")
    ledger = Ledger(season)
    watching = asyncio.ensure_future(ledger.watch())
    await asyncio.gather(
        *(other.act(SCHOOL, WITHDRAW, id=key, why="冲突") for key in accepted[:6]),
        *(season.decide(key) for key in keys[30:50]),
        *(other.act(teacher, SIGN_UP, id="p1") for teacher in teachers[50:]),
        *(season.act(SCHOOL, TAKE, id=key) for key in waiting[:8]),
        *(
            season.act(SCHOOL, SUBSTITUTE, id=key, who=teacher.person, why="调动")
            for key, teacher in zip(accepted[6:8], teachers[55:57], strict=True)
        ),
        other.act(BASE, RANK, id="p1", ids=waiting[::-1]),
        return_exceptions=True,
    )
    watching.cancel()
    assert not ledger.overfull
    (await ledger.picture()).is_consistent()


@pytest.mark.parametrize("together", [False, True])
async def test_r25_whoever_is_waitlisted_in_the_same_batch_passes_nobody_over_without_a_reason(
    season: Season, together: bool
) -> None:
    await season.publish(capacity=2)
    *_, last = keys = sorted(await submitted(season, await season.teachers(3)))  # of one submission: in order of id
    await decided(season, keys[:2], "WAITLIST")
    waitlisting, acceptance = season.decide(last, "WAITLIST"), season.decide(last)
    rows = await asyncio.gather(waitlisting, acceptance) if together else [await waitlisting, await acceptance]
    assert codes(rows) == {"ok": 1, "REASON_MISSING": 1}
