"""Results, recorded and corrected by the base that holds the project (R30)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from chassis.commands.bulk import RowResult
from chassis.principal import Principal
from services.assessment.commands.bulk import RecordRow, change_records
from services.assessment.commands.deps import Deps
from services.assessment.commands.guards import own_project
from services.assessment.domain import record as records
from services.assessment.domain.record import Record
from services.assessment.domain.vocabulary import ResultOutcome


@dataclass(frozen=True, slots=True)
class ResultMark:
    """One row of a list of results.

    Attributes:
        enrollment: The enrollment's id.
        outcome: Passed, failed or incomplete.
        score: 0 to 100; None when incomplete.
    """

    enrollment: str
    outcome: ResultOutcome
    score: int | None


async def record_results(
    deps: Deps, principal: Principal, *, project: str, rows: Sequence[ResultMark]
) -> list[RowResult[Record]]:
    """Record or correct results, row by row (R30).

    Args:
        deps: The service's dependencies.
        principal: The base that holds the project.
        project: The project's id.
        rows: One result each.

    Returns:
        A result per row, in the order of `rows`: the record as it is now, or why the row was refused.

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN` for the project. A row that is refused stops no other.
    """
    trained = await own_project(deps, principal, project, "R30")
    now = deps.clock.now()
    record_rows = [
        RecordRow(
            row.enrollment,
            row,
            partial(records.assess, project=trained, outcome=row.outcome, score=row.score, rules=deps.rules, now=now),
        )
        for row in rows
    ]
    return await change_records(deps, principal, "record_results", record_rows, project)
