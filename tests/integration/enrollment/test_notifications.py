"""R24: however attempts fail, die, come late or meet each other, every delivery ends in the inbox, once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.storage.mongo import StorageError
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.enrollment.commands import Deps, deliver_pending
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.notification_texts import Letter
from services.enrollment.domain.notifications import Delivery, NoticeKind, feedback
from services.enrollment.domain.vocabulary import DeliveryChannel, DeliveryFault, DeliveryState, EnrollmentStatus
from services.enrollment.store import Store
from tests.integration.enrollment.season import SCHOOL, Season
from tests.support.operations import Operations, watched

FULL = 200
_PAST = datetime.fromtimestamp(0, UTC)
FED_BACK = """query($id: ID!) { enrollment(id: $id) { fedBackAt
  feedback { state status attempts deliveredAt } } }"""
STEP = st.sampled_from(
    ["fine", "storage fails", "dies before the notice", "dies after the notice", "stalls until others have tried"]
)


class Died(Exception):  # noqa: N818 - what happened
    """The process that tried died."""


@contextmanager
def faulty(store: Store, script: list[str]) -> Iterator[None]:
    """The store, whose attempts go as the script says; where it ends all is fine."""
    put = store.notices.put
    stalled: list[asyncio.Event] = []

    async def put_notice(*given: Any) -> None:
        for one in stalled:
            one.set()
        step = script.pop(0) if script else "fine"
        if step == "storage fails":
            raise StorageError(step)
        if step == "dies before the notice":
            raise Died(step)
        await put(*given)
        if step == "dies after the notice":
            raise Died(step)
        if step == "stalls until others have tried":
            await _time_passes(store)  # its claim is over
            stalled.append(asyncio.Event())
            await _wait(stalled[-1])

    store.notices.put = put_notice  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        store.notices.put = put  # type: ignore[method-assign]


async def _wait(event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(0.05):
            await event.wait()
    except TimeoutError:
        return


async def _time_passes(store: Store) -> None:
    """Every pause and every claim is over."""
    await store.deliveries.collection.update_many({"state": "PENDING"}, {"$set": {"due": _PAST}})


async def _work(season: Season) -> None:
    try:
        await deliver_pending(season.deps)
    except Died:
        return


async def check(season: Season, keys: list[str]) -> None:
    """Nothing counts as delivered that is not in its box; a decision is fed back when both are, and not before."""
    notices = Counter([one["_id"] async for one in season.database["notices"].find()])
    for one in await season.deps.store.deliveries.query({}):
        assert one.state is not DeliveryState.FAILED
        assert one.state is DeliveryState.PENDING or notices[one.id] == 1
    for key in keys:
        found = await season.act(SCHOOL, FED_BACK, id=key)
        states = [one["state"] for one in found["feedback"]]
        assert bool(found["fedBackAt"]) == (states == ["DELIVERED", "DELIVERED"])


async def replicas(season: Season, count: int) -> None:
    """That many processes look at once."""
    await asyncio.gather(*(_work(season) for _ in range(count)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.tuples(st.integers(1, 3), st.lists(STEP, max_size=6)), min_size=1, max_size=5))
async def test_every_delivery_ends_in_its_inbox_once_and_a_decision_is_fed_back_when_both_have(
    season: Season, rounds: list[tuple[int, list[str]]]
) -> None:
    project = await season.publish(f"p{season.versions}")
    keys = [await season.submitted(teacher, project) for teacher in await season.teachers(2)]
    await season.decide(keys[0], "WAITLIST")
    for at, (count, script) in enumerate(rounds):
        with faulty(season.deps.store, list(script)):
            await replicas(season, count)
        await check(season, keys)
        await _time_passes(season.deps.store)
        if at == 0:  # another decision comes while the first may be on its way still
            await season.decide(keys[1])
    await _time_passes(season.deps.store)
    await replicas(season, 2)
    await check(season, keys)
    assert await season.deps.store.deliveries.query({"state": "PENDING"}) == []
    found = await season.database["notices"].find({"enrollment": {"$ne": None}}).to_list()
    boxes = Counter((one["to"], one["enrollment"], one["status"]) for one in found)
    assert set(boxes.values()) == {1}


class Silent:
    """A mailer that nobody hears of, for deliveries that leave mail."""

    async def send(self, _: Letter) -> None:
        """Send nothing."""


@pytest.fixture
async def counted(season: Season, parts: Parts) -> AsyncIterator[tuple[Deps, Operations]]:
    """The season's deps on a client whose operations are counted."""
    async with watched(parts.mongodb_url(ADMIN), season.database.name) as (database, operations):
        yield Deps(Store(database), season.deps.clock, season.deps.vault), operations


async def leave(season: Season, count: int) -> list[Delivery]:
    """That many deliveries about enrollments of their own, to be made."""
    now = season.deps.clock.now()
    deliveries = [
        delivery
        for number in range(count // 2)
        for delivery in feedback(
            Enrollment(
                id=f"e{number:04}",
                version=1,
                project="p1",
                base="b1",
                teacher=f"t{number}",
                school=str(SCHOOL.school),
                province="44",
                year=2024,
                status=EnrollmentStatus.ACCEPTED,
                live=True,
                signed_up_at=now,
            ),
            NoticeKind.DECISION,
            now,
        )
    ]
    await season.deps.store.deliveries.add(deliveries)
    return deliveries


async def test_two_hundred_deliveries_take_four_operations(season: Season, counted: tuple[Deps, Operations]) -> None:
    deps, operations = counted
    await leave(season, FULL)
    assert await deliver_pending(deps) == FULL
    made = [("find", "deliveries"), ("update", "deliveries"), ("update", "notices"), ("update", "deliveries")]
    assert operations.seen == [*made, ("find", "deliveries")]  # the last finds none


async def test_deliveries_that_leave_mail_take_as_many_operations_for_ten_people_as_for_one(
    season: Season, counted: tuple[Deps, Operations]
) -> None:
    deps, operations = counted
    deps = replace(deps, mailer=Silent())
    project = await season.publish()
    costs = []
    for count in (1, 10):
        for teacher in await season.teachers(count, email="wang@example.cn"):
            await season.decide(await season.submitted(teacher, project), "WAITLIST")
        operations.clear()
        assert await deliver_pending(deps) == 2 * count
        costs.append(operations.cost.operations)
    assert costs == [9, 9]
    mails = await season.deps.store.deliveries.query({"channel": "EMAIL"})
    assert len(mails) == 11


async def test_replicas_that_deliver_at_once_make_each_delivery_once(season: Season) -> None:
    deliveries = await leave(season, 3 * FULL)
    made = await asyncio.gather(*(deliver_pending(season.deps) for _ in range(3)))
    assert sum(made) == len(deliveries)
    stored = await season.deps.store.deliveries.query({})
    assert {(one.state, one.attempts, one.version) for one in stored} == {(DeliveryState.DELIVERED, 1, 3)}
    assert await season.database["notices"].count_documents({}) == len(deliveries)


async def test_who_claims_what_another_has_just_claimed_gets_the_rest(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leave(season, 10)
    store, now = season.deps.store.deliveries, datetime.now(UTC)
    until, update_many = now + timedelta(minutes=1), store.collection.update_many
    faster: list[Delivery] = []

    async def too_late(*arguments: Any) -> Any:
        monkeypatch.setattr(store.collection, "update_many", update_many)
        faster.extend(await store.claim(DeliveryChannel.INBOX, now, until, 4))
        return await update_many(*arguments)

    monkeypatch.setattr(store.collection, "update_many", too_late)
    slower = await store.claim(DeliveryChannel.INBOX, now, until, 10)
    assert sorted(len(claimed) for claimed in (faster, slower)) == [4, 6]
    assert len({delivery.id for delivery in (*faster, *slower)}) == 10
    assert {delivery.attempts for delivery in slower} == {1}
    assert await store.claim(DeliveryChannel.INBOX, now, until, 10) == []


async def test_a_delivery_that_the_database_refuses_holds_up_no_other(season: Season) -> None:
    deliveries = await leave(season, FULL)
    refused = deliveries[77].id
    await season.database.command("collMod", "notices", validator={"_id": {"$ne": refused}})
    assert await deliver_pending(season.deps) == FULL - 1
    (waiting,) = await season.deps.store.deliveries.query({"state": "PENDING"})
    assert (waiting.id, waiting.attempts, waiting.fault) == (refused, 1, DeliveryFault.STORAGE)
    assert waiting.due
    assert waiting.due > datetime.now(UTC)
    await season.database.command("collMod", "notices", validator={})
    await _time_passes(season.deps.store)
    assert await deliver_pending(season.deps) == 1
    await check(season, [])
