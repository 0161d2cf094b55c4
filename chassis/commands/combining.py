"""Group commit: rows that arrive while a transaction runs are in the next one (ADR 24)."""

import asyncio
import contextvars
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from chassis.commands.bulk import MOST_ROWS, Row, RowResult
from chassis.runtime.telemetry import LANE_BUSY, LANE_ROWS, LANE_WAITING, joint_span
from kernel.refusals import BUSY, RETRY_AFTER_SECONDS

A = TypeVar("A")
C = TypeVar("C")
_MOST_WAITING = 1_000
_OLDEST_SECONDS = 2.0
_RESERVED = 20


class _Waiting(Generic[C, A]):
    """A row in the queue, with the future of its result and the time at which it came."""

    __slots__ = ("at", "result", "row")

    def __init__(self, row: Row[C]) -> None:
        self.row = row
        self.result: asyncio.Future[RowResult[A]] = asyncio.get_running_loop().create_future()
        self.at = time.monotonic()


class Combiner(Generic[C, A]):
    """The lane of a process: one transaction at a time, of all rows that wait, in order of arrival.

    A lone caller waits for nobody. Two hundred at once on one class are two transactions that do not meet, where two
    hundred transactions would conflict. Lanes of several processes may conflict; then one of them runs its rows again.

    Args:
        service: The service's name, for metrics.
        run: Runs a batch; returns a result per row, in the order of the rows.
        most_waiting: How many rows of callers may wait.
    """

    def __init__(
        self,
        service: str,
        run: Callable[[Sequence[Row[C]]], Awaitable[list[RowResult[A]]]],
        most_waiting: int = _MOST_WAITING,
    ) -> None:
        self._run = run
        self._most_waiting = most_waiting
        self._callers: deque[_Waiting[C, A]] = deque()
        self._background: deque[_Waiting[C, A]] = deque()
        self._lane: asyncio.Task[None] | None = None
        self._rows = LANE_ROWS.labels(service)
        self._gauge = LANE_WAITING.labels(service)
        self._busy = LANE_BUSY.labels(service)

    @property
    def waiting(self) -> int:
        """How many rows wait for the next transaction."""
        return len(self._callers) + len(self._background)

    async def submit(self, row: Row[C]) -> A | None:
        """Wait for the result of a single row.

        Raises:
            Refusal: What the row is refused for, or `BUSY`.
            StorageError: The database is away.
        """
        (result,) = await self.submit_all([row])
        if result.refusal:
            raise result.refusal
        return result.value

    async def submit_all(self, rows: Sequence[Row[C]], *, background: bool = False) -> list[RowResult[A]]:
        """Wait for the results of rows. A caller who leaves does not stop them.

        Args:
            rows: Rows of one command, decided in this order.
            background: For timers and sweeps: a batch takes them after the callers' rows, at least some each time, and
                they are never refused as `BUSY` here.

        Returns:
            One result per row, in the order of `rows`.

        Raises:
            Refusal: `BUSY`: too many rows wait, or one waits for too long; no row was taken.
            StorageError: The database is away.
        """
        if not background:
            self._require_room(len(rows))
        waiting = [_Waiting[C, A](row) for row in rows]
        (self._background if background else self._callers).extend(waiting)
        self._gauge.inc(len(waiting))
        if self._lane is None:
            # In a context of its own, or every later row would be written in the name of the first caller.
            self._lane = asyncio.get_running_loop().create_task(self._drain(), context=contextvars.Context())
        results = await asyncio.gather(*(row.result for row in waiting), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [result for result in results if not isinstance(result, BaseException)]

    async def close(self) -> None:
        """Wait until no row waits; the process's database is closed after that."""
        while self._lane:
            await asyncio.wait([self._lane])

    def _require_room(self, count: int) -> None:
        waits = time.monotonic() - self._callers[0].at if self._callers else 0.0
        if (self._callers and len(self._callers) + count > self._most_waiting) or waits > _OLDEST_SECONDS:
            self._busy.inc(count)
            raise BUSY(retryAfter=RETRY_AFTER_SECONDS)

    async def _drain(self) -> None:
        try:
            while batch := self._next():
                self._rows.observe(len(batch))
                self._gauge.dec(len(batch))
                await self._answer(batch)
        finally:
            self._lane = None

    def _next(self) -> list[_Waiting[C, A]]:
        room = MOST_ROWS - min(len(self._background), _RESERVED)
        batch = [self._callers.popleft() for _ in range(min(len(self._callers), room))]
        batch += [self._background.popleft() for _ in range(min(len(self._background), MOST_ROWS - len(batch)))]
        return batch

    async def _answer(self, batch: Sequence[_Waiting[C, A]]) -> None:
        try:
            with joint_span((waiting.row.act.traceparent for waiting in batch), "lane"):
                results = await self._run([waiting.row for waiting in batch])
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            for waiting in batch:
                if not waiting.result.done():
                    waiting.result.set_exception(error)
        else:
            for waiting, result in zip(batch, results, strict=True):
                if not waiting.result.done():
                    waiting.result.set_result(result)
