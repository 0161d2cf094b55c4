"""R24: however attempts fail, die, come late or meet each other, every delivery ends in the inbox, once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.storage.mongo import StorageError
from services.enrollment.commands import deliver_pending
from services.enrollment.domain.vocabulary import DeliveryState
from services.enrollment.store import Store
from tests.integration.enrollment.season import SCHOOL, Season

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
    found = await season.database["notices"].find().to_list()
    boxes = Counter((one["to"], one["enrollment"], one["status"]) for one in found)
    assert set(boxes.values()) == {1}
