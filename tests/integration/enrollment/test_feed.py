"""R27: events from relay to province, with the real consumers, relay and publisher on a real broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractQueue

from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.principal import Principal, Scope
from chassis.runtime.tasks import Role
from services.enrollment.messaging.tasks import tasks
from tests.integration.enrollment.season import (
    BASE,
    CALENDAR,
    GUANGDONG,
    HUNAN,
    OTHER_BASE,
    OTHER_SCHOOL,
    SCHOOL,
    SIGN_UP,
    Season,
    published,
)
from tests.support.eventually import eventually
from tests.support.graph import Refused
from tests.support.principals import MINISTRY
from tests.support.processes import running

EVENTS = """query($after: String, $first: Int!) { enrollmentEvents(after: $after, first: $first) {
  totalCount nodes { id sequence type province } pageInfo { hasNextPage endCursor } } }"""


@asynccontextmanager
async def working(season: Season, url: str) -> AsyncIterator[AbstractChannel]:
    """Everything that runs beside the requests; a channel to look at the queues."""
    work = tasks(season.deps, season.database, url)
    async with running(*work.of(Role.ALL)), await amqp.connect(url, "test") as connection:
        yield await connection.channel()


def envelope(kind: str, subject: str, version: int, data: dict[str, Any], province: str = "44") -> Envelope:
    producer, _, name = kind.partition(".")
    return Envelope(
        id=f"{producer}/{name}:{subject}/{version}/0",
        producer=producer,
        name=name,
        subject=subject,
        version=version,
        at=datetime.now(UTC),
        province=province,
        data=data,
    )


async def consumed(season: Season, key: str) -> None:
    """Wait until the feed has an event and every province but Hunan, whose queue may be away, has it too."""

    async def there() -> bool:
        entries = await season.database["feed"].count_documents({"event.id": key})
        return entries > 0 and set(await season.deps.store.feed.lagging()) <= {"43"}

    await eventually(there)


async def logged(season: Season, count: int, kind: str) -> None:
    """Wait until the logs hold so many events of a kind, and every province's queue has what it is due."""
    feed = season.database["feed"]

    async def there() -> bool:
        seen = await feed.count_documents({"province": "00", "event.producer": "enrollment", "event.name": kind})
        return seen == count and not await season.deps.store.feed.lagging()

    await eventually(there)


async def send(exchange: AbstractExchange, event: Envelope) -> None:
    """Publish an event as its producer does."""
    await exchange.publish(amqp.to_message(event), event.routing_key)


async def ready(channel: AbstractChannel, season: Season) -> AbstractExchange:
    """The exchange, once both queues of the service are consumed: the seed's own events have gone through."""
    await logged(season, 2, "person-designated")
    return await channel.get_exchange(amqp.EVENTS)


async def log_of(season: Season, who: Principal) -> list[dict[str, Any]]:
    """The whole log of a reader, page by page."""
    rows: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = await season.act(who, EVENTS, after=after, first=3)
        rows += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(rows)
            return rows


async def drained(queue: AbstractQueue) -> list[tuple[int, str]]:
    """`(sequence, event id)` of everything in a province's queue."""
    received: list[tuple[int, str]] = []
    while message := await queue.get(fail=False):
        received.append((int(str(message.headers["cloudEvents_sequence"])), str(message.message_id)))
        await message.ack()
    return received


async def test_each_province_gets_its_own_events_and_the_nations_without_a_gap(season: Season, amqp_url: str) -> None:
    async with working(season, amqp_url) as channel:
        exchange = await ready(channel, season)
        publication = envelope("catalog.project-published", "p9", 500, published("p9"))
        for _ in range(3):
            await send(exchange, publication)
        await send(exchange, envelope("catalog.project-drafted", "p8", 1, {"project": "p8"}))
        last = envelope("catalog.round-opened", "2025", 1, {"year": 2025, "calendar": CALENDAR}, "00")
        await send(exchange, last)
        await consumed(season, last.id)
        await eventually(lambda: season.deps.store.projects.find("p9"))
        (hunan,) = await season.teachers(1, OTHER_SCHOOL)
        for teacher in [*await season.teachers(5), hunan]:
            await season.act(teacher, SIGN_UP, id="p9")
        await logged(season, 6, "signed-up")
        logs = {who.province: await log_of(season, who) for who in (GUANGDONG, HUNAN)}
        for code, rows in logs.items():
            assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
            assert len({row["id"] for row in rows}) == len(rows)
            kinds = [row["type"] for row in rows]
            assert (kinds.count("catalog.project-published"), kinds.count("catalog.round-opened")) == (1, 1)
            assert kinds.count("enrollment.signed-up") == (5 if code == "44" else 1)
            assert "catalog.project-drafted" not in kinds
            own = [row for row in rows if row["type"].startswith("enrollment.")]
            assert {row["province"] for row in own} == {code}
            queue = await channel.get_queue(f"province.{code}")
            assert await drained(queue) == [(row["sequence"], row["id"]) for row in rows]
        everything = [row["type"] for row in await log_of(season, MINISTRY)]
        assert (everything.count("enrollment.signed-up"), everything.count("catalog.project-drafted")) == (6, 1)


async def test_a_province_whose_queue_is_away_stops_no_other_and_gets_all_later_in_order(
    season: Season, amqp_url: str
) -> None:
    async with working(season, amqp_url) as channel:
        exchange = await ready(channel, season)
        await channel.queue_delete("province.43")
        first = envelope("catalog.round-opened", "2025", 1, {"year": 2025, "calendar": CALENDAR}, "00")
        await send(exchange, first)
        await consumed(season, first.id)

        async def only_hunan_waits() -> bool:
            return list(await season.deps.store.feed.lagging()) == ["43"]

        await eventually(only_hunan_waits)
        queue = await channel.declare_queue("province.43", durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(amqp.PROVINCES, queue.name)
        await send(exchange, envelope("catalog.round-opened", "2026", 1, {"year": 2026, "calendar": CALENDAR}, "00"))

        async def both_sent() -> bool:
            later = {"province": "43", "event.subject": {"$in": ["2025", "2026"]}}
            there = await season.database["feed"].count_documents(later)
            return there == 2 and not await season.deps.store.feed.lagging()

        await eventually(both_sent)
        sequences = [sequence for sequence, _ in await drained(queue)]
        assert sequences == sorted(sequences)
        assert len(sequences) == 2


async def test_a_project_cancelled_on_the_broker_ends_its_enrollments_and_tells_the_teacher(
    season: Season, amqp_url: str
) -> None:
    async with working(season, amqp_url) as channel:
        exchange = await ready(channel, season)
        await send(exchange, envelope("catalog.project-published", "p9", 500, published("p9")))

        async def project_stored() -> bool:
            return await season.deps.store.projects.find("p9") is not None

        await eventually(project_stored)
        (teacher,) = await season.teachers(1)
        key = (await season.act(teacher, SIGN_UP, id="p9"))["id"]
        cancelled = {"project": "p9", "code": "GP-1", "reason": "场地停用", "by": "base", "base": "base-1"}
        await send(exchange, envelope("catalog.project-cancelled", "p9", 501, cancelled))

        async def ended() -> bool:
            return await season.status(key) == "CANCELLED"

        await eventually(ended)

        async def notified() -> int:
            notices = await season.act(teacher, "query { myNotices { totalCount } }")
            return int(notices["totalCount"])

        assert await eventually(notified) == 1


async def test_each_reader_replays_its_own_part_only(season: Season, amqp_url: str) -> None:
    async with working(season, amqp_url) as channel:
        exchange = await ready(channel, season)
        await send(exchange, envelope("catalog.project-published", "p9", 500, published("p9")))

        async def project_stored() -> bool:
            return await season.deps.store.projects.find("p9") is not None

        await eventually(project_stored)
        (own,), (foreign,) = await season.teachers(1), await season.teachers(1, OTHER_SCHOOL)
        await season.submitted(own, "p9")
        await season.act(foreign, SIGN_UP, id="p9")
        await logged(season, 2, "signed-up")
        await logged(season, 1, "submitted")
    kinds = {who.subject: [row["type"] for row in await log_of(season, who)] for who in (SCHOOL, OTHER_SCHOOL, BASE)}
    assert kinds[SCHOOL.subject][-2:] == ["enrollment.signed-up", "enrollment.submitted"]
    assert kinds[OTHER_SCHOOL.subject][-1] == "enrollment.signed-up"
    assert not {"enrollment.submitted", "catalog.project-published"} & set(kinds[OTHER_SCHOOL.subject])
    assert kinds[BASE.subject] == ["enrollment.submitted"], "what is not submitted is for the school alone"
    assert await log_of(season, OTHER_BASE) == []


async def test_the_feed_is_not_a_teachers(season: Season) -> None:
    teacher = Principal("t", Scope.TEACHER, school="4144100001", person="nobody")
    with pytest.raises(Refused) as refused:
        await season.act(teacher, EVENTS, first=3)
    assert refused.value.code == "FORBIDDEN"
