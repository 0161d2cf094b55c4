"""R27: the live subscription gives what replay gives, in the same order; a slow reader holds up nobody."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

from chassis.graph import SubgraphContext
from chassis.principal import Principal, Scope
from chassis.storage.cursor import cursor_of
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.enrollment.graph.schema import schema
from services.enrollment.store import Feed, Reading
from services.enrollment.store.feed import Tail
from tests.integration.enrollment.season import BASE, GUANGDONG, HUNAN, OTHER_BASE, SCHOOL, Season
from tests.integration.enrollment.test_feed_worker import event, read_by
from tests.support.eventually import eventually
from tests.support.operations import watched
from tests.support.principals import MINISTRY
from tests.support.processes import running

LIVE = "subscription($after: String) { enrollmentEvents(after: $after) { sequence id cursor type } }"


async def grow(feed: Feed, *numbers: int) -> None:
    await (await feed.writer()).append([read_by(event(number)) for number in numbers])


async def follow(season: Season, who: Principal, after: str | None = None) -> AsyncGenerator[Any, None]:
    """The results of a subscription, as the subgraph's stream gives them."""
    context = SubgraphContext(season.deps, who)
    results = await schema.stream(LIVE, variable_values={"after": after}, context_value=context)
    async with aclosing(cast("AsyncGenerator[Any, None]", results)):
        async for result in results:
            yield result


async def take(results: AsyncGenerator[Any, None], count: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    async for result in results:
        assert not result.errors, result.errors
        rows.append(result.data["enrollmentEvents"])
        if len(rows) == count:
            break
    return rows


async def test_a_province_follows_its_log_from_now_on_beside_a_reader_that_has_stopped(season: Season) -> None:
    watching = asyncio.ensure_future(season.deps.store.tail.watch())
    feed = season.deps.store.feed
    await grow(feed, *range(1, 8))
    stopped, hunan, nation = (follow(season, who) for who in (GUANGDONG, HUNAN, MINISTRY))
    async with aclosing(stopped), aclosing(hunan), aclosing(nation):
        waiting = [asyncio.ensure_future(take(live, count)) for live, count in ((hunan, 3), (nation, 5), (stopped, 1))]
        await eventually(lambda: len(season.deps.store.tail._readers) == 3)
        await grow(feed, 10, 13, 14, 15, 16)
        own, national, _ = await asyncio.gather(*waiting)
    assert [row["id"] for row in own] == [event(number).id for number in (10, 13, 14)]
    assert [row["sequence"] for row in national] == [8, 9, 10, 11, 12]
    assert season.deps.store.tail._readers == {}, "a reader that has left is forgotten"
    watching.cancel()


async def test_a_change_stream_is_open_only_while_there_are_readers(season: Season, parts: Parts) -> None:
    async with watched(parts.mongodb_url(ADMIN), season.database.name) as (database, operations):
        tail = Tail(Feed(database))
        async with running(tail.watch):
            await database["feed"].find_one()  # what runs beside the reader below has had its turn
            assert operations.seen == [("find", "feed")]
            entries = tail.follow(Reading("44", {}), None)
            async with aclosing(entries):
                entry = asyncio.ensure_future(anext(entries))
                await eventually(lambda: ("aggregate", "feed") in operations.seen)
                await grow(season.deps.store.feed, *range(1, 4))
                await entry
            await eventually(lambda: ("killCursors", "feed") in operations.seen)


async def test_a_reader_goes_on_after_its_cursor_and_reads_what_replay_reads(season: Season) -> None:
    await grow(season.deps.store.feed, *range(1, 30))
    query = "query { enrollmentEvents(first: 100) { nodes { sequence id cursor type } } }"
    replayed = (await season.act(GUANGDONG, query))["nodes"]
    live = follow(season, GUANGDONG, replayed[4]["cursor"])
    async with aclosing(live):
        assert await take(live, len(replayed) - 5) == replayed[5:]


async def test_only_own_events_are_followed(season: Season) -> None:
    await grow(season.deps.store.feed, *range(1, 10))
    for who in (SCHOOL, BASE, OTHER_BASE):
        live = follow(season, who, cursor(0))
        async with aclosing(live):
            first = asyncio.ensure_future(take(live, 1))
            await eventually(lambda: len(season.deps.store.tail._readers) == 1)
            done, _ = await asyncio.wait([first], timeout=0.3)
            assert not done
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
    teacher = Principal("t", Scope.TEACHER, school="4144100001", person="nobody")
    refused = follow(season, teacher)
    async with aclosing(refused):
        result = await anext(refused)
    assert result.errors[0].original_error.code == "FORBIDDEN"


def cursor(sequence: int) -> str:
    return cursor_of(sequence)
