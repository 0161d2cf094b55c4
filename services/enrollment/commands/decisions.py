"""Decisions on enrollments, and the escalation of those that no base has decided in time (R23)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_different, require_rows, require_scope
from chassis.principal import Principal, Scope
from kernel.free_text import Reason
from services.enrollment.commands.admissions import lane_row, require_done
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import own_enrollment
from services.enrollment.domain import enrollment as enrollments
from services.enrollment.domain.admission import Admission, Command
from services.enrollment.domain.enrollment import Enrollment, missed_deadline, require_missed
from services.enrollment.domain.project import ADMIT, require_open
from services.enrollment.domain.vocabulary import EnrollmentDecision

_WINDOW = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on one enrollment, as it was sent.

    Attributes:
        enrollment: The enrollment's id.
        reason: Why, as it was typed.
    """

    enrollment: str
    decision: EnrollmentDecision
    reason: str | None = None


async def decide_enrollments(
    deps: Deps, principal: Principal, decisions: Sequence[Decision]
) -> list[RowResult[Enrollment]]:
    """Decide on enrollments, each row by itself: the base until admission closes, after that the ministry (R23).

    Raises:
        Refusal: `FORBIDDEN`, `TOO_MANY_ROWS`, `REPEATED_ROWS` or `BUSY`; why a row is refused is in the row.
    """
    require_scope(principal, Scope.BASE, Scope.MINISTRY)
    require_rows(decisions, rule="R22")
    require_different([decision.enrollment for decision in decisions], rule="R23")
    overrides = principal.scope is Scope.MINISTRY

    def decide(admission: Admission, decision: Decision) -> Enrollment:
        before = own_enrollment(admission, principal, decision.enrollment)
        if overrides:
            _require_escalated(admission, before)
        else:
            admission.project_in_phase(before.project, ADMIT, "R23")
        reason = Reason.optional(decision.reason)
        step = enrollments.decide(
            before,
            decision.decision,
            reason,
            admission.now,
            overrides=overrides,
            passes_over=decision.decision is EnrollmentDecision.ACCEPT and admission.passes_over(before),
        )
        decided = admission.settle(before, step)
        admission.feed_back(decided)
        return decided

    rows = [
        lane_row(
            principal,
            decision.enrollment,
            Command(
                decide=partial(decide, decision=decision),
                enrollments=(decision.enrollment,),
                takes_seats=decision.decision is not EnrollmentDecision.REJECT,
                fresh=overrides,  # a deadline that was extended must not be taken for missed
            ),
            name=f"_decide|{decision.enrollment}",
            content=((), {"key": decision.enrollment, "given": decision}),
        )
        for decision in decisions
    ]
    return await deps.lane.submit_all(rows)


def _require_escalated(admission: Admission, enrollment: Enrollment) -> None:
    """Refuse the ministry while the base can still decide.

    Raises:
        Refusal: `PROJECT_NOT_OPEN` or `NOT_ESCALATED`.
    """
    project = admission.project(enrollment.project)
    require_open(project, "R23")
    require_missed(admission.round_of(project), admission.now)


async def escalate_undecided(deps: Deps) -> int:
    """Escalate the enrollments that no base has decided in time (R23). Idempotent.

    Returns:
        How many were escalated.

    Raises:
        Conflict: The database is too busy; what is left is escalated by the next call.
    """

    def escalate(admission: Admission, key: str) -> Enrollment | None:
        before = admission.enrollment(key)
        deadline = missed_deadline(admission.round_of(admission.project(before.project)), admission.now)
        step = enrollments.escalate(before, deadline, admission.now) if deadline else None
        return admission.settle(before, step) if step else None

    total = 0
    async for year, deadline in missed_deadlines(deps):
        while undecided := await deps.store.enrollments.undecided(year, deadline, _WINDOW):
            rows = [
                lane_row(None, key, Command(decide=partial(escalate, key=key), enrollments=(key,), fresh=True))
                for key in undecided
            ]
            done = require_done(await deps.lane.submit_all(rows, background=True))
            total += done
            if not done:
                break
    return total


async def missed_deadlines(deps: Deps) -> AsyncIterator[tuple[int, datetime]]:
    """The rounds whose deadline for decisions has passed: year and deadline (R23)."""
    for calendar in await deps.store.rounds.query({}):
        if deadline := missed_deadline(calendar, deps.clock.now()):
            yield int(calendar.id), deadline
