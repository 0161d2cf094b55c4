"""Group commit: rows that wait share the next transaction, on a real database (ADR 24)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from chassis.commands import combining
from chassis.commands.bulk import Row, RowResult
from chassis.commands.combining import Combiner
from chassis.context import Act, acting, current_act
from chassis.storage.mongo import Database
from kernel.errors import Refusal
from tests.integration.chassis.accounts import ALICE, BOB, DEFECT, Account, Moves, codes, move
from tests.support.eventually import eventually


class Lane:
    """A combiner of moves whose transactions wait at a gate.

    Args:
        moves: How rows are run.
        most_waiting: How many rows of callers may wait.
    """

    def __init__(self, moves: Moves, most_waiting: int = 1_000) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.batches: list[list[Row[int]]] = []
        self.acts: list[Act] = []
        self.failures: list[Exception] = []
        self.combiner = Combiner[int, Account]("tests", self._run, most_waiting)
        self._moves = moves

    async def _run(self, rows: Sequence[Row[int]]) -> list[RowResult[Account]]:
        self.batches.append(list(rows))
        self.acts.append(current_act())
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop()
        return await self._moves.run(rows)

    @property
    def sizes(self) -> list[int]:
        """How many rows each batch has had."""
        return [len(rows) for rows in self.batches]

    async def hold(self) -> "asyncio.Future[Account | None]":
        """Close the gate behind a first row, which then runs; what is submitted now has to wait."""
        self.gate.clear()
        first = asyncio.ensure_future(self.combiner.submit(move("a", 1)))
        await eventually(lambda: self.batches)
        return first

    async def waiting(self, *calls: "asyncio.Future[Any]", rows: int) -> None:
        """Wait until so many rows wait."""
        queues = (self.combiner._callers, self.combiner._background)
        await eventually(lambda: sum(map(len, queues)) == rows or any(call.done() for call in calls))
        assert not [call for call in calls if call.done()]


@pytest.fixture
async def moves(database: Database) -> Moves:
    """Two accounts with ten each."""
    prepared = Moves(database)
    await prepared.prepare("a", "b")
    return prepared


@pytest.fixture
async def lane(moves: Moves) -> AsyncIterator[Lane]:
    """A lane of this process."""
    opened = Lane(moves)
    yield opened
    opened.gate.set()
    await opened.combiner.close()


async def test_a_lone_caller_waits_for_nobody(lane: Lane) -> None:
    assert await lane.combiner.submit(move("a", 1)) == Account("a", 2, 11)
    assert await lane.combiner.submit(move("a", 1)) == Account("a", 3, 12)
    assert lane.sizes == [1, 1]


async def test_what_arrives_while_a_transaction_runs_joins_the_next(lane: Lane, moves: Moves) -> None:
    first = await lane.hold()
    others = [asyncio.ensure_future(lane.combiner.submit(move("b", number))) for number in range(1, 6)]
    await lane.waiting(*others, rows=5)
    lane.gate.set()
    assert await first == Account("a", 2, 11)
    assert await asyncio.gather(*others) == [
        Account("b", 2, 11),
        Account("b", 3, 13),
        Account("b", 4, 16),
        Account("b", 5, 20),
        Account("b", 6, 25),
    ]
    assert lane.sizes == [1, 5]
    assert moves.loads == 2


async def test_a_refused_row_is_its_callers_alone(lane: Lane) -> None:
    first = await lane.hold()
    calls = [
        asyncio.ensure_future(lane.combiner.submit(row)) for row in (move("a", -99), move("b", DEFECT), move("b", 1))
    ]
    await lane.waiting(*calls, rows=3)
    lane.gate.set()
    answers = await asyncio.gather(first, *calls, return_exceptions=True)
    assert [answer.code if isinstance(answer, Refusal) else answer for answer in answers] == [
        Account("a", 2, 11),
        "WRONG_STATE",
        "INTERNAL",
        Account("b", 2, 11),
    ]


async def test_the_rows_of_a_bulk_come_back_in_their_order(lane: Lane) -> None:
    results = await lane.combiner.submit_all([move("b", 1), move("missing", 1), move("a", 1), move("b", -99)])
    assert [result.key for result in results] == ["b", "missing", "a", "b"]
    assert codes(results) == [11, "NOT_FOUND", 11, "WRONG_STATE"]
    assert await lane.combiner.submit_all([]) == []


async def test_a_full_lane_refuses_at_the_door_before_anything_is_done(moves: Moves) -> None:
    lane = Lane(moves, most_waiting=3)
    first = await lane.hold()
    waiting = [asyncio.ensure_future(lane.combiner.submit(move("a", 1))) for _ in range(2)]
    await lane.waiting(*waiting, rows=2)
    with pytest.raises(Refusal) as refused:
        await lane.combiner.submit_all([move("b", 1), move("b", 1)])
    assert (refused.value.code, refused.value.details) == ("BUSY", {"retryAfter": 1})
    lane.gate.set()
    await asyncio.gather(first, *waiting)
    await lane.combiner.close()
    assert await moves.balances() == {"a": 13, "b": 10, "all": 3}


async def test_a_bulk_that_is_larger_than_the_lane_is_taken_when_nobody_waits(moves: Moves) -> None:
    lane = Lane(moves, most_waiting=3)
    assert codes(await lane.combiner.submit_all([move("a", 1)] * 5)) == [11, 12, 13, 14, 15]


async def test_a_lane_in_which_somebody_has_waited_too_long_refuses_at_the_door(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await lane.hold()
    second = asyncio.ensure_future(lane.combiner.submit(move("a", 1)))
    await lane.waiting(second, rows=1)
    monkeypatch.setattr(combining, "_OLDEST_SECONDS", -1.0)
    with pytest.raises(Refusal) as refused:
        await lane.combiner.submit(move("b", 1))
    assert refused.value.code == "BUSY"
    lane.gate.set()
    assert [await first, await second] == [Account("a", 2, 11), Account("a", 3, 12)]


async def test_a_caller_who_leaves_stops_nobody(lane: Lane, moves: Moves) -> None:
    first = await lane.hold()
    leaving = asyncio.ensure_future(lane.combiner.submit_all([move("a", 1), move("a", 1)]))
    staying = asyncio.ensure_future(lane.combiner.submit(move("b", 1)))
    await lane.waiting(leaving, staying, rows=3)
    first.cancel()
    leaving.cancel()
    lane.gate.set()
    assert await staying == Account("b", 2, 11)
    await lane.combiner.close()
    assert (first.cancelled(), leaving.cancelled()) == (True, True)
    assert await moves.balances() == {"a": 13, "b": 11, "all": 4}


async def test_each_event_bears_its_own_callers_actor_and_trace(lane: Lane, moves: Moves) -> None:
    with acting(ALICE):
        first = await lane.hold()
    others = [asyncio.ensure_future(lane.combiner.submit(move("a", 1, act))) for act in (BOB, ALICE, Act())]
    await lane.waiting(*others, rows=3)
    lane.gate.set()
    await asyncio.gather(first, *others)
    document = await moves.outcomes.collection.find_one({"_id": "a"})
    assert document
    actors = [event["actor"] and event["actor"]["subject"] for event in document["events"]]
    assert actors == ["alice", "bob", "alice", None]
    assert [event["traceparent"] for event in document["events"]] == ["00-a", "00-b", "00-a", None]
    assert lane.acts == [Act(), Act()], "the lane itself acts for nobody"


async def test_background_rows_are_not_starved_by_callers(lane: Lane) -> None:
    first = await lane.hold()
    calls = [
        asyncio.ensure_future(lane.combiner.submit_all([move("b", 1)] * 100, background=True)),
        *(asyncio.ensure_future(lane.combiner.submit_all([move("a", 1)] * 100)) for _ in range(3)),
    ]
    await lane.waiting(*calls, rows=400)
    lane.gate.set()
    await asyncio.gather(first, *calls)
    counts = [(len(rows), sum(row.key == "b" for row in rows)) for rows in lane.batches]
    assert counts == [(1, 0), (200, 20), (200, 80)]


async def test_background_rows_hold_up_no_caller_and_are_never_refused(moves: Moves) -> None:
    lane = Lane(moves, most_waiting=3)
    first = await lane.hold()
    behind = asyncio.ensure_future(lane.combiner.submit_all([move("b", 1)] * 500, background=True))
    await lane.waiting(behind, rows=500)
    caller = asyncio.ensure_future(lane.combiner.submit(move("a", 1)))
    await lane.waiting(caller, rows=501)
    lane.gate.set()
    assert await caller == Account("a", 3, 12)
    assert not behind.done()
    assert lane.batches[1][0].key == "a"
    await asyncio.gather(first, behind)
    assert lane.sizes == [1, 200, 200, 101]


async def test_a_failure_is_told_to_all_who_wait_for_it_and_the_lane_goes_on(lane: Lane, moves: Moves) -> None:
    first = await lane.hold()
    others = [asyncio.ensure_future(lane.combiner.submit(move("b", 1))) for _ in range(2)]
    await lane.waiting(*others, rows=2)
    lane.failures = [ConnectionError("second batch"), ConnectionError("first batch")]
    lane.gate.set()
    answers = await asyncio.gather(first, *others, return_exceptions=True)
    assert [str(answer) for answer in answers] == ["first batch", "second batch", "second batch"]
    assert await lane.combiner.submit(move("a", 1)) == Account("a", 2, 11)
    assert await moves.balances() == {"a": 11, "b": 10, "all": 1}


async def test_closing_waits_until_no_row_waits(lane: Lane, moves: Moves) -> None:
    first = await lane.hold()
    second = asyncio.ensure_future(lane.combiner.submit(move("b", 1)))
    await lane.waiting(second, rows=1)
    closing = asyncio.ensure_future(lane.combiner.close())
    impatient = asyncio.ensure_future(lane.combiner.close())
    await asyncio.wait([closing, impatient], timeout=0)
    assert not closing.done()
    impatient.cancel()
    lane.gate.set()
    await closing
    assert await moves.balances() == {"a": 11, "b": 11, "all": 2}
    assert [await first, await second] == [Account("a", 2, 11), Account("b", 2, 11)]


async def test_lanes_of_several_processes_lose_no_row(database: Database, moves: Moves) -> None:
    lanes = [Lane(Moves(database)) for _ in range(3)]
    calls = [lane.combiner.submit(move(key, 1)) for _ in range(20) for lane in lanes for key in ("a", "b")]
    assert all(await asyncio.gather(*calls))
    assert await moves.balances() == {"a": 70, "b": 70, "all": 120}
