"""R29: a base follows live who comes to a session; whoever goes on after a cursor misses nobody."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

import pytest

from chassis.graph import SubgraphContext
from chassis.principal import Principal
from chassis.storage.cursor import cursor_of
from services.assessment.commands import check_in
from services.assessment.commands.attendance import AttendanceMark, record_attendance
from services.assessment.graph.schema import schema
from tests.integration.assessment.test_check_ins import running_class, shown
from tests.integration.assessment.world import (
    BASE,
    FOREIGN,
    MINISTRY,
    OTHER_TEACHER,
    SCHOOL,
    TEACHER,
    World,
)
from tests.support.eventually import eventually
from tests.support.processes import running

LIVE = """subscription($session: ID!, $after: String) {
  checkIns(projectId: "p1", sessionId: $session, after: $after) {
    cursor enrollment { id } statement { present hours source at } checkedIn attendees } }"""


async def follow(
    world: World, who: Principal = BASE, after: str | None = None, session: str = "s1"
) -> AsyncGenerator[Any, None]:
    """The results of the subscription, as the subgraph's stream gives them."""
    context = SubgraphContext(world.deps, who)
    variables = {"after": after, "session": session}
    results = await schema.stream(LIVE, variable_values=variables, context_value=context)
    async with aclosing(cast("AsyncGenerator[Any, None]", results)):
        async for result in results:
            yield result


async def take(results: AsyncGenerator[Any, None], count: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    async for result in results:
        assert not result.errors, result.errors
        rows.append(result.data["checkIns"])
        if len(rows) == count:
            break
    return rows


def brief(row: dict[str, Any]) -> tuple[str, bool, str, int, int]:
    statement = row["statement"]
    return row["enrollment"]["id"], statement["present"], statement["source"], row["checkedIn"], row["attendees"]


async def absent(world: World, key: str, session: str = "s1") -> None:
    (result,) = await record_attendance(
        world.deps, BASE, project="p1", rows=[AttendanceMark(key, session, present=False, mode=None)]
    )
    assert result.refusal is None


async def test_r29_a_base_sees_who_is_there_and_then_who_comes(world: World) -> None:
    await running_class(world, "e1", "e2")
    await check_in(world.deps, TEACHER, code=await shown(world))
    async with running(world.deps.store.record_changes.watch), aclosing(follow(world)) as live:
        assert [brief(row) for row in await take(live, 1)] == [("e1", True, "CHECK_IN", 1, 2)]
        coming = asyncio.ensure_future(take(live, 2))
        await eventually(lambda: bool(world.deps.store.record_changes._readers))
        await check_in(world.deps, OTHER_TEACHER, code=await shown(world))
        await absent(world, "e1")
        found = [brief(row) for row in await coming]
    assert [row[:3] for row in found] == [("e2", True, "CHECK_IN"), ("e1", False, "BASE")]
    assert found[-1][3:] == (1, 2), "whom the base has marked absent has not come"
    assert not world.deps.store.record_changes._readers, "a reader that has left is forgotten"


async def test_r29_whoever_goes_on_after_a_cursor_gets_what_came_since(world: World) -> None:
    """Of the seconds before it something may come twice, since it may have been written later."""
    await running_class(world, "e1", "e2")
    await check_in(world.deps, TEACHER, code=await shown(world))
    await check_in(world.deps, OTHER_TEACHER, code=await shown(world))
    async with aclosing(follow(world)) as live:
        first, second = await take(live, 2)
    await absent(world, "e1")
    async with aclosing(follow(world, after=second["cursor"])) as live:
        found = [brief(row)[:3] for row in await take(live, 2)]
    assert found == [("e1", True, "CHECK_IN"), ("e1", False, "BASE")]
    async with aclosing(follow(world, after=first["cursor"])) as live:
        assert [brief(row)[0] for row in await take(live, 2)] == ["e2", "e1"]


async def test_r29_statements_of_other_sessions_are_not_among_them(world: World) -> None:
    await running_class(world, "e1")
    await check_in(world.deps, TEACHER, code=await shown(world))
    async with running(world.deps.store.record_changes.watch), aclosing(follow(world, session="s0")) as live:
        first = asyncio.ensure_future(take(live, 1))
        await eventually(lambda: bool(world.deps.store.record_changes._readers))
        await absent(world, "e1", session="s0")
        assert [brief(row)[:3] for row in await first] == [("e1", False, "BASE")]


@pytest.mark.parametrize("who", [FOREIGN, SCHOOL, MINISTRY, TEACHER])
async def test_r29_only_the_base_of_the_class_follows(world: World, who: Principal) -> None:
    await running_class(world, "e1")
    assert await code_of(follow(world, who)) == "FORBIDDEN"


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        cursor_of(1),
        *(
            cursor_of(at, "e1", 0)
            for at in (
                "yesterday",
                "2024-06-03T09:00:00",
                "0001-01-01T00:00:00+08:00",
                "0001-01-01T00:00:01+00:00",
                "9999-12-31T23:59:59-08:00",
            )
        ),
    ],
)
async def test_r29_what_is_no_cursor_of_it_and_no_session_is_refused(world: World, cursor: str) -> None:
    await running_class(world, "e1")
    assert await code_of(follow(world, after=cursor)) == "BAD_CURSOR"
    assert await code_of(follow(world, session="s9")) == "UNKNOWN_SESSION"


async def code_of(live: AsyncGenerator[Any, None]) -> str:
    async with aclosing(live):
        result = await anext(live)
    return str(result.errors[0].original_error.code)
