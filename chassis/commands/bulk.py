"""A command of many rows as one piece of work, with a result for every row (ADR 23).

Rows are loaded together, decided one after the other by the pure domain, and written in one transaction. A row that is
refused leaves nothing behind and costs no other row anything.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import structlog

from chassis.context import Act
from chassis.storage.idempotency import RequestMark
from chassis.storage.mongo import Client, Conflict, is_transient
from chassis.storage.repository import Aggregate, Repository
from chassis.storage.unit_of_work import ATTEMPTS, UnitOfWork, in_unit_of_work
from kernel.errors import Refusal
from kernel.refusals import INTERNAL

A = TypeVar("A")
C = TypeVar("C")
O = TypeVar("O", bound=Aggregate)  # noqa: E741 - the outcome
S = TypeVar("S")
MOST_ROWS = 200
"""The most rows of one transaction."""
_ATTEMPTS_OF_A_HALF = 3  # the whole has had its attempts
_ATTEMPTS_OF_A_ROW = 30  # of forty transactions at once on one document, the unluckiest needed 13
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Generic[C]):
    """One row of a command. Rows of several callers may share a transaction, so each says who acts.

    Attributes:
        key: How the caller identifies the row: an aggregate's id, or the row's index as text.
        command: What is asked, with all that the decision needs besides what is loaded.
        act: Actor and trace, sealed into the row's events.
        request: Of the `Idempotency-Key`, the command's stored name and the row; None without a key.
    """

    key: str
    command: C
    act: Act
    request: RequestMark | None = None


@dataclass(frozen=True, slots=True)
class RowResult(Generic[A]):
    """The result of one row: either what the command leads to, or why the row was refused.

    Attributes:
        key: The row's.
        value: The aggregate after the command; None where the row was refused, or where there was nothing to do.
        refusal: Why nothing of the row was written; None where it was.
    """

    key: str
    value: A | None = None
    refusal: Refusal | None = None


class Batch(ABC, Generic[S, C, A, O]):
    """How rows of one kind are loaded, decided and written.

    Args:
        outcomes: The repository whose documents bear the marks of the rows' requests.
    """

    def __init__(self, outcomes: Repository[O]) -> None:
        self.outcomes = outcomes

    @abstractmethod
    async def load(self, unit: UnitOfWork, rows: Sequence[Row[C]]) -> S:
        """Load what the rows need, in sets and never row by row, the outcomes of earlier requests among it."""

    @abstractmethod
    def decide(self, unit: UnitOfWork, state: S, row: Row[C]) -> A | None:
        """Decide a row on the state that the rows before it have left, and stage what it writes.

        Returns:
            What the row leads to; None where there is nothing to do.

        Raises:
            Refusal: Why the row is refused; the state is then as it was before, and nothing of the row is staged.
        """

    def repeated(self, state: S, row: Row[C], outcome: O) -> A:
        """The value of a row that took effect before, under the same `Idempotency-Key`: the outcome as it is now."""
        del state, row
        return cast("A", outcome)

    def finish(self, unit: UnitOfWork, state: S) -> None:
        """Stage what is written once for all rows, such as counters; nothing by default."""


async def run(
    client: Client, batch: Batch[S, C, A, O], rows: Sequence[Row[C]], *, attempts: int = ATTEMPTS
) -> list[RowResult[A]]:
    """Load together, decide in order, write in one transaction, or in one for every 200 rows.

    Where the rows fail together, by a defect or by conflicts without end, nothing of them is written, and each half of
    them is tried by itself, down to single rows: a row that meets conflicts all the time is `BUSY`, one that meets a
    defect is `INTERNAL`, and the others stand.

    Args:
        client: The service's client.
        batch: How the rows are loaded, decided and written.
        rows: Any number.
        attempts: How often a transaction that meets conflicts is run at most.

    Returns:
        One result per row, in the order of `rows`, whatever happens to a row.

    Raises:
        StorageError: The database is away. What was committed before stands; of the rest nothing was written, or, if it
            went at the commit, all or nothing was. A repeat under the same `Idempotency-Key` does what was not done.
    """
    windows = [rows[start : start + MOST_ROWS] for start in range(0, len(rows), MOST_ROWS)]
    return [result for window in windows for result in await _run_together(client, batch, window, attempts)]


async def run_row(client: Client, batch: Batch[S, C, A, O], row: Row[C]) -> A:
    """Run a single row.

    Args:
        client: The service's client.
        batch: How the row is loaded, decided and written.
        row: The row.

    Returns:
        The row's value.

    Raises:
        Refusal: Why the row is refused; `BUSY` where its conflicts outlast the attempts.
        StorageError: The database is away.
    """
    (result,) = await run(client, batch, [row], attempts=_ATTEMPTS_OF_A_ROW)
    if result.refusal:
        raise result.refusal
    return cast("A", result.value)


async def _run_together(
    client: Client, batch: Batch[S, C, A, O], rows: Sequence[Row[C]], attempts: int
) -> list[RowResult[A]]:
    try:
        return await in_unit_of_work(client, lambda unit: _attempt(unit, batch, rows), attempts=attempts)
    except Exception as error:
        if is_transient(error):
            raise
        if len(rows) == 1:
            return [RowResult(rows[0].key, refusal=_refusal_of(rows[0], error))]
        log.warning("batch is split", rows=len(rows), error=type(error).__name__)
    middle = len(rows) // 2
    halves = (rows[:middle], rows[middle:])
    return [result for half in halves for result in await _run_together(client, batch, half, _ATTEMPTS_OF_A_HALF)]


async def _attempt(unit: UnitOfWork, batch: Batch[S, C, A, O], rows: Sequence[Row[C]]) -> list[RowResult[A]]:
    state = await batch.load(unit, rows)
    results = [_decided(unit, batch, state, row) for row in rows]
    if unit.used_caches and any(result.refusal for result in results):
        raise Conflict("a refusal is never given on cached data")
    batch.finish(unit, state)
    return results


def _decided(unit: UnitOfWork, batch: Batch[S, C, A, O], state: S, row: Row[C]) -> RowResult[A]:
    try:
        earlier = unit.outcome(batch.outcomes, row.request)
        value = batch.decide(unit, state, row) if earlier is None else batch.repeated(state, row, earlier)
    except Refusal as refusal:
        return RowResult(row.key, refusal=refusal)
    return RowResult(row.key, value)


def _refusal_of(row: Row[C], error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    log.error("row failed", row=row.key, exc_info=error)
    return INTERNAL()
