"""The way of every command, timer and sweep that may move a seat: rows on the lane of the process (ADR 23, ADR 24).

A row is decided by a function of the command, on an `Admission` that holds what was loaded for all rows of the batch.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog

from chassis.clock import Clock
from chassis.commands import bulk
from chassis.commands.bulk import Batch, Row, RowResult
from chassis.commands.combining import Combiner
from chassis.context import current_act
from chassis.principal import Principal
from chassis.storage.idempotency import request_mark
from chassis.storage.mongo import Conflict
from chassis.storage.unit_of_work import UnitOfWork
from kernel.refusals import BUSY
from services.enrollment.domain.admission import Admission, Command
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.refusals import DESIGNATED_PERSON_MISSING, NO_LONGER_DESIGNATED, SCHOOL_CLOSED
from services.enrollment.domain.school import acts_as
from services.enrollment.store import Store

log = structlog.get_logger()
_OF_THE_SCHOOL = frozenset({DESIGNATED_PERSON_MISSING.code, NO_LONGER_DESIGNATED.code, SCHOOL_CLOSED.code})
EnrollmentRow = Row[Command]
"""A row whose command decides on an admission."""


class AdmissionBatch(Batch[Admission, Command, Enrollment, Enrollment]):
    """Rows about enrollments, loaded, decided and written together.

    Attributes:
        left_feedback: Whether an attempt has left deliveries (R24); the sender is then woken, at worst for nothing.

    Args:
        store: The service's collections.
        clock: Domain time; it is read once a batch.
        offer_time: Validity of an offer (R25).
    """

    def __init__(self, store: Store, clock: Clock, offer_time: timedelta) -> None:
        super().__init__(store.enrollments)
        self._store = store
        self._clock = clock
        self._offer_time = offer_time
        self.left_feedback = False

    async def load(self, unit: UnitOfWork, rows: Sequence[EnrollmentRow]) -> Admission:
        """Load what the commands of the rows name."""
        marks = [row.request for row in rows if row.request]
        commands = [row.command for row in rows]
        return await self._store.admissions.load(unit, commands, marks, self._clock.now(), self._offer_time)

    def decide(self, unit: UnitOfWork, state: Admission, row: EnrollmentRow) -> Enrollment | None:
        """Let the command decide, and stage its steps; a school's are recorded as its histories have them (R5)."""
        with state.row() as steps:
            outcome = row.command.decide(state)
        school = row.command.school
        act = row.act.under(acts_as(state.school(school))) if school else row.act
        self._store.admissions.store_steps(unit, steps, act, outcome.id if outcome else None, row.request)
        return outcome

    def finish(self, unit: UnitOfWork, state: Admission) -> None:
        """Stage seats, accepted dates, feedback and guards."""
        self._store.admissions.store_rest(unit, state)
        self.left_feedback |= bool(state.deliveries)

    async def run(self, rows: Sequence[EnrollmentRow]) -> list[RowResult[Enrollment]]:
        """Run the rows as one piece of work (`chassis.commands.bulk.run`)."""
        return await bulk.run(self._store.client, self, rows)


def lane_row(
    principal: Principal | None, key: str, command: Command, *, name: str | None = None, content: Any = None
) -> EnrollmentRow:
    """A row of the current request, or of a timer or consumer.

    Args:
        principal: Who acts; None for a timer or a consumer.
        key: The enrollment's id, or what else identifies the row for its caller.
        command: What is asked.
        name: The command's name and the row's inside stored idempotency marks; it is data. None where no repeat is to
            be recognised.
        content: The row's input, for the stored digest.
    """
    mark = request_mark("enrollments", principal, name, content) if principal and name else None
    return Row(key=key, command=command, act=current_act(), request=mark)


async def submit(lane: Combiner[Command, Enrollment], row: EnrollmentRow) -> Enrollment:
    """Wait for the enrollment that a single row leads to.

    Raises:
        Refusal: What the row is refused for, or `BUSY`.
        StorageError: The database is away.
    """
    outcome = await lane.submit(row)
    assert outcome  # noqa: S101 - a row that is not refused has led to one
    return outcome


def raise_for_school(results: list[RowResult[Enrollment]]) -> list[RowResult[Enrollment]]:
    """The results of a school's command, unless the school itself may not act: that refuses the command, not a row.

    Raises:
        Refusal: `DESIGNATED_PERSON_MISSING`, `NO_LONGER_DESIGNATED` or `SCHOOL_CLOSED`, or `NOT_FOUND` for the school.
    """
    for result in results:
        refusal = result.refusal
        if refusal and (refusal.code in _OF_THE_SCHOOL or refusal.details.get("kind") == "school"):
            raise refusal
    return results


def require_done(results: Sequence[RowResult[Any]]) -> int:
    """How many rows had something to do; for rows of the system, which no rule refuses.

    Raises:
        Conflict: A row is `BUSY`; whoever called tries again later.
        Refusal: Nothing was done, and a row is refused all the same: a defect.
    """
    refusals = [result.refusal for result in results if result.refusal]
    for result in results:
        if result.refusal:
            log.error("a row of the system is refused", row=result.key, code=result.refusal.code)
    if any(refusal.code == BUSY.code for refusal in refusals):
        raise Conflict("rows of the system met conflicts without end")
    done = sum(result.value is not None for result in results)
    if refusals and not done:
        raise refusals[0]
    return done
