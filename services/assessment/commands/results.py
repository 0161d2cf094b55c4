"""Results, row by row (R30)."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.principal import Principal
from services.assessment.commands.bulk import Decision, Outcome, RecordRow, change_each
from services.assessment.commands.deps import Deps
from services.assessment.commands.guards import own_project
from services.assessment.domain import record as records
from services.assessment.domain.vocabulary import ResultOutcome


@dataclass(frozen=True, slots=True)
class ResultMark:
    """One row of a list of results."""

    enrollment: str
    outcome: ResultOutcome
    score: int | None


async def record_results(
    deps: Deps, principal: Principal, *, project: str, rows: Sequence[ResultMark]
) -> list[Outcome]:
    """Record or correct results, row by row (R30).

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN` for the project; what a row does wrong is that row's outcome.
    """
    held = await own_project(deps, principal, project, "R30")
    now = deps.clock.now()

    def decide(row: ResultMark) -> Decision:
        return lambda record: records.assess(
            record, held, outcome=row.outcome, score=row.score, rules=deps.rules, now=now
        )

    said = [RecordRow(row.enrollment, row, decide(row)) for row in rows]
    return await change_each(deps, principal, "record_results", said, project)
