"""R27: a province's queue, replay and live subscription hold its own rows and nobody else's; so do those of others."""

import json
from typing import Any

import aio_pika
import pytest

from chassis.storage.cursor import cursor_of
from deploy.broker.definitions import queue_of
from tests.e2e.test_live import followed
from tests.security.tenants import MINISTRY, PROVINCES, World
from tests.support.eventually import eventually

READERS = (MINISTRY, "base.a", "base.b", "province.a", "province.b", "school.a", "school.b", "school.c")
EVENT = "id sequence type subject province data"
REPLAY = f"""query($after: String) {{ enrollmentEvents(after: $after, first: 100) {{
  pageInfo {{ hasNextPage endCursor }} nodes {{ {EVENT} }} }} }}"""
FOLLOW = f"subscription($after: String) {{ enrollmentEvents(after: $after) {{ {EVENT} }} }}"
WITHDRAW = "mutation($id: ID!) { withdrawSignUp(id: $id) { status } }"


async def replayed(world: World, reader: str) -> list[dict[str, Any]]:
    """A reader's whole log."""
    found: list[dict[str, Any]] = []
    after, more = cursor_of(0), True
    while more:
        page = (await world.clients[reader].ask(REPLAY, after=after))["enrollmentEvents"]
        found += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


def leaks(world: World, reader: str, events: list[Any]) -> dict[str, str]:
    """The secrets of others in what a reader gets, with where."""
    text = [json.dumps(event, ensure_ascii=False) for event in events]
    kept = {value for value, readers in world.secrets.items() if reader not in readers}
    return {value: one for value in kept for one in text if value in one}


@pytest.mark.parametrize("reader", READERS)
async def test_a_log_and_its_subscription_hold_ones_own_only(world: World, reader: str) -> None:
    log = await replayed(world, reader)
    assert log
    assert leaks(world, reader, log) == {}
    live = await followed(world.clients[reader], cursor_of(0), len(log), FOLLOW)
    assert [one["data"]["enrollmentEvents"] for one in live] == log


@pytest.mark.parametrize("tenant", [tenant for tenant, code in PROVINCES.items() if code])
async def test_r27_a_provinces_queue_holds_its_own_only(world: World, tenant: str) -> None:
    code, credited = str(PROVINCES[tenant]), world.ids[f"enrollment.{tenant}1.taught.{tenant}"]
    events: list[dict[str, Any]] = []
    # Nothing is acked, so that whoever looks again finds it again.
    async with await aio_pika.connect(world.provisioner.suite.parts.amqp_url(queue_of(code))) as connection:
        queue = await (await connection.channel()).get_queue(queue_of(code), ensure=False)

        async def complete() -> bool:
            while message := await queue.get(fail=False, timeout=10):
                events.append({"headers": str(message.headers), "data": json.loads(message.body)})
            return any("enrollment.credited" in one["headers"] and credited in one["headers"] for one in events)

        await eventually(complete)
    assert leaks(world, f"province.{tenant}", events) == {}


async def test_r27_a_line_ministrys_school_is_in_no_provinces_log(world: World) -> None:
    own = world.ids["enrollment.c1.project.a"]
    holders = {reader for reader in READERS if own in str(await replayed(world, reader))}
    assert holders == {MINISTRY, "base.a", "school.c"}


async def test_r27_what_happens_elsewhere_reaches_no_live_subscription(world: World) -> None:
    """A neighbour acts first, then somebody of one's own: the next event is the latter."""
    start = (await replayed(world, "province.a"))[-1]["sequence"]
    for person in ("b2", "a2"):
        key = world.ids[f"enrollment.{person}.project.{person[0]}"]
        await world.clients[f"teacher.{person}"].do(WITHDRAW, id=key)
    (live,) = await followed(world.clients["province.a"], cursor_of(start), 1, FOLLOW)
    assert live["data"]["enrollmentEvents"]["subject"] == world.ids["enrollment.a2.project.a"]
