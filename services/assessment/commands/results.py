"""Results: drafted by the base, published by it, corrected while the ministry has reopened a record (R30)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_different, require_scope
from chassis.principal import Principal, Scope
from kernel.free_text import Reason
from services.assessment.commands.bulk import RecordRow, change_records
from services.assessment.commands.deps import Deps
from services.assessment.commands.guards import own_project
from services.assessment.domain import result as results
from services.assessment.domain.record import Record
from services.assessment.domain.vocabulary import ResultOutcome


@dataclass(frozen=True, slots=True)
class Outcome:
    """What somebody's training has come to.

    Attributes:
        enrollment: The enrollment's id.
        outcome: Passed, failed or incomplete.
        score: 0 to 100; None when incomplete.
    """

    enrollment: str
    outcome: ResultOutcome
    score: int | None


@dataclass(frozen=True, slots=True)
class ResultMark(Outcome):
    """One row of a list of results.

    Attributes:
        reason: Why a published result is corrected, or why somebody fails who has reached all marks; as typed.
    """

    reason: str | None = None

    @property
    def content(self) -> Any:
        """What the mark of the request holds; without a reason it is what it was before there was any."""
        outcome = Outcome(self.enrollment, self.outcome, self.score)
        return outcome if self.reason is None else (outcome, self.reason)


async def record_results(
    deps: Deps, principal: Principal, *, project: str, rows: Sequence[ResultMark]
) -> list[RowResult[Record]]:
    """Draft results, or correct published ones of reopened records, row by row (R30).

    Args:
        deps: The service's dependencies.
        principal: The base that holds the project.
        project: The project's id.
        rows: One result each.

    Returns:
        A result per row, in the order of `rows`: the record as it is now, or why the row was refused.

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN` for the project, `REPEATED_ROWS` for one attendee twice. A row that is
            refused stops no other.
    """
    trained = await own_project(deps, principal, project, "R30")
    require_different([row.enrollment for row in rows], "rows", rule="R30")
    now = deps.clock.now()
    record_rows = [
        RecordRow(
            row.enrollment,
            row.content,
            partial(
                results.assess,
                project=trained,
                outcome=row.outcome,
                score=row.score,
                reason=row.reason,
                rules=deps.rules,
                now=now,
            ),
        )
        for row in rows
    ]
    return await change_records(deps, principal, "record_results", record_rows, project)


async def reopen_records(
    deps: Deps, principal: Principal, *, project: str, enrollments: Sequence[str], until: date, reason: Reason
) -> list[RowResult[Record]]:
    """Open locked records of a published class to corrections, row by row (R30).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        project: The project's id.
        enrollments: Ids of the enrollments.
        until: The last day for corrections, included; 30 days from today at most.
        reason: Why; goes into the events and the audit log.

    Returns:
        A result per enrollment, in the order of `enrollments`.

    Raises:
        Refusal: `FORBIDDEN` for anybody but the ministry, `NOT_FOUND` for the project.
    """
    require_scope(principal, Scope.MINISTRY, rule="R30")
    await deps.store.projects.get(project)
    reopen = partial(results.reopen, until=until, reason=reason, now=deps.clock.now())
    rows = [RecordRow(enrollment, [until, reason.text], reopen) for enrollment in enrollments]
    return await change_records(deps, principal, "reopen_records", rows, project)
