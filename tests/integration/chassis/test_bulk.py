"""A command of many rows is one piece of work with a result for every row, on a real database (ADR 23)."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import AsyncMongoClient
from structlog.testing import capture_logs

from chassis.commands.bulk import Row, run_row
from chassis.storage.mongo import Database, Document, StorageError
from chassis.storage.unit_of_work import UnitOfWork
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from kernel.errors import Refusal
from tests.integration.chassis.accounts import BOB, DEFECT, POISON, STUCK, Account, Moves, State, codes, move
from tests.support.operations import watched

KEYS = ("a", "b", "c")


@pytest.fixture
async def moves(database: Database) -> Moves:
    """Three accounts with ten each."""
    prepared = Moves(database)
    await prepared.prepare(*KEYS)
    return prepared


async def test_rows_are_loaded_decided_and_written_together(moves: Moves, parts: Parts) -> None:
    url, name = parts.mongodb_url(ADMIN), moves.counters.database.name
    async with watched(url, name) as (database, operations):
        results = await Moves(database).run([move("a", -4), move("b", 5), move("a", -6)])
    assert [(result.key, result.value) for result in results] == [
        ("a", Account("a", 2, 6)),
        ("b", Account("b", 2, 15)),
        ("a", Account("a", 3, 0)),
    ]
    assert operations.seen == [("find", "accounts"), ("update", "accounts"), ("update", "counters")]
    assert operations.commits == 1
    assert await moves.balances() == {"a": 0, "b": 15, "c": 10, "all": -5}


async def test_no_rows_are_no_transaction(moves: Moves) -> None:
    assert await moves.run([]) == []
    assert moves.loads == 0


async def test_more_than_two_hundred_rows_are_several_transactions(moves: Moves, parts: Parts) -> None:
    async with watched(parts.mongodb_url(ADMIN), moves.counters.database.name) as (database, operations):
        results = await Moves(database).run([move("a", 1)] * 401)
    assert codes(results) == list(range(11, 412))
    assert operations.commits == 3


async def test_a_single_row_has_its_value_or_raises_its_refusal(moves: Moves) -> None:
    assert await run_row(moves.client, moves, move("a", -4)) == Account("a", 2, 6)
    with pytest.raises(Refusal) as refused:
        await run_row(moves.client, moves, move("a", -7))
    assert refused.value.code == "WRONG_STATE"


async def test_a_refusal_in_the_middle_costs_no_other_row_anything(moves: Moves) -> None:
    results = await moves.run([move("a", -4), move("missing", 1), move("b", -11), move("a", -7), move("c", 1)])
    assert codes(results) == [6, "NOT_FOUND", "WRONG_STATE", "WRONG_STATE", 11]
    assert [result.key for result in results] == ["a", "missing", "b", "a", "c"]
    assert await moves.balances() == {"a": 6, "b": 10, "c": 11, "all": -3}
    assert moves.loads == 1


async def test_a_defect_is_internal_for_its_row_is_logged_and_leaves_nothing_of_it(moves: Moves) -> None:
    with capture_logs() as logs:
        results = await moves.run([move("a", 1), move("b", DEFECT), move("b", 2), move("c", 3)])
    assert codes(results) == [11, "INTERNAL", 12, 13]
    assert await moves.balances() == {"a": 11, "b": 12, "c": 13, "all": 6}
    (logged,) = [entry for entry in logs if entry["event"] == "row failed"]
    assert (logged["row"], type(logged["exc_info"])) == ("b", ZeroDivisionError)


async def test_a_row_that_the_database_refuses_is_found_by_halves(moves: Moves, parts: Parts) -> None:
    await moves.counters.database.command("collMod", "accounts", validator={"balance": {"$ne": POISON}})
    rows = [move(KEYS[place % 2], 1) for place in range(8)]
    rows[3] = move("c", POISON - 10)
    with capture_logs() as logs:
        async with watched(parts.mongodb_url(ADMIN), moves.counters.database.name) as (database, operations):
            results = await Moves(database).run(rows)
    assert codes(results) == [11, 11, 12, "INTERNAL", 13, 12, 14, 13]
    assert await moves.balances() == {"a": 14, "b": 13, "c": 10, "all": 7}
    assert [entry["rows"] for entry in logs if entry["event"] == "batch is split"] == [8, 4, 2]
    assert operations.commits == 3


async def test_a_row_that_meets_conflicts_without_end_is_busy_and_the_others_stand(moves: Moves) -> None:
    await moves.outcomes.insert(Account(STUCK, 1, 10))
    results = await moves.run([move("a", 1), move(STUCK, 1), move("c", 1)])
    assert codes(results) == [11, "BUSY", 11]
    assert results[1].refusal
    assert results[1].refusal.details == {"retryAfter": 1}
    assert await moves.balances() == {"a": 11, "b": 10, "c": 11, STUCK: 10, "all": 2}


async def test_a_repeat_in_a_later_batch_is_answered_with_the_outcome_as_it_is_now(moves: Moves) -> None:
    assert codes(await moves.run([move("a", -4, mark="k1"), move("b", -11, mark="k2")])) == [6, "WRONG_STATE"]
    assert codes(await moves.run([move("a", -1)])) == [5]
    again = await moves.run([move("a", -4, mark="k1"), move("b", -10, mark="k2")])
    assert codes(again) == [5, 0], "a refused row has left no mark"
    assert await moves.balances() == {"a": 5, "b": 0, "c": 10, "all": -15}


async def test_a_repeat_inside_one_batch_takes_no_second_effect(moves: Moves) -> None:
    results = await moves.run([move("a", -4, mark="k1"), move("a", -1), move("a", -4, mark="k1")])
    assert [result.value for result in results] == [Account("a", 2, 6), Account("a", 3, 5), Account("a", 3, 5)]
    assert await moves.balances() == {"a": 5, "b": 10, "c": 10, "all": -5}


async def test_other_input_under_a_used_key_is_refused_in_the_same_batch_and_later(moves: Moves) -> None:
    first = await moves.run([move("a", -4, mark="k1"), move("a", -5, mark="k1"), move("b", 1)])
    assert codes(first) == [6, "IDEMPOTENCY_KEY_REUSED", 11]
    assert codes(await moves.run([move("b", -4, mark="k1")])) == ["IDEMPOTENCY_KEY_REUSED"]
    assert await moves.balances() == {"a": 6, "b": 11, "c": 10, "all": -3}


async def test_each_event_bears_its_rows_actor_and_trace(moves: Moves) -> None:
    await moves.run([move("a", 1), move("a", 2, BOB)])
    document = await moves.outcomes.collection.find_one({"_id": "a"})
    assert document
    assert [
        (event["data"]["amount"], event["actor"]["subject"], event["traceparent"]) for event in document["events"]
    ] == [
        (1, "alice", "00-a"),
        (2, "bob", "00-b"),
    ]


class Cached(Moves):
    """The same, that may begin with a stale copy of the accounts."""

    stale: State

    async def load(self, unit: UnitOfWork, rows: Sequence[Row[int]]) -> State:
        if not unit.may_use_caches:
            return await super().load(unit, rows)
        self.loads += 1
        unit.used_caches = True
        return State(dict(self.stale.accounts))


@pytest.mark.parametrize(
    ("cached", "amount", "loads", "code"),
    [
        pytest.param(Account("a", 1, 10), -4, 1, 6, id="a fresh copy is taken as it is"),
        pytest.param(Account("a", 1, 3), -4, 2, 6, id="a refusal is asked again of the database"),
        pytest.param(Account("a", 7, 99), -4, 2, 6, id="an acceptance on a stale copy is none"),
        pytest.param(Account("a", 1, 10), -11, 2, "WRONG_STATE", id="what is refused on fresh data stays so"),
    ],
)
async def test_a_stale_copy_accepts_and_refuses_nothing(
    database: Database, cached: Account, amount: int, loads: int, code: Any
) -> None:
    moves = Cached(database)
    await moves.prepare("a")
    moves.stale = State({"a": cached})
    assert codes(await moves.run([move("a", amount)])) == [code]
    assert moves.loads == loads


async def test_a_database_that_is_away_is_no_defect_of_a_row() -> None:
    async with AsyncMongoClient[Document]("mongodb://127.0.0.1:1/", serverSelectionTimeoutMS=50) as away:
        with pytest.raises(StorageError):
            await Moves(away["tests"]).run([move("a", 1), move("b", 1)])


ROW = st.builds(
    move,
    st.sampled_from([*KEYS, "missing"]),
    st.sampled_from([-7, -3, 1, 2, DEFECT]),
    mark=st.sampled_from([None, None, "k1", "k2"]),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=8), cuts=st.sets(st.integers(1, 7)))
async def test_any_split_into_batches_gives_the_same_results_and_documents(
    database: Database, rows: list[Row[int]], cuts: set[int]
) -> None:
    seen = []
    for places in ([], sorted(cuts)):
        for name in ("accounts", "counters"):
            await database[name].delete_many({})
        moves = Moves(database)
        await moves.prepare(*KEYS)
        batches = [rows[start:end] for start, end in pairwise([0, *places, len(rows)])]
        results = [result for batch in batches for result in await moves.run(batch)]
        outcomes = [(result.key, result.value, code) for result, code in zip(results, codes(results), strict=True)]
        seen.append((outcomes, await documents(moves)))
    assert seen[0] == seen[1]


async def documents(moves: Moves) -> list[Document]:
    """Every document there is, without the times of its events."""
    database = moves.counters.database
    rows = [row for name in ("accounts", "counters") for row in await database[name].find(sort=[("_id", 1)]).to_list()]
    return [row | {"events": [{**event, "at": None} for event in row.get("events", ())]} for row in rows]
