"""Decisions on enrollments, and the escalation of those that no base has decided in time (R23)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_rows, require_scope
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import Session
from kernel.errors import Refusal
from kernel.free_text import Reason
from services.enrollment.commands.bulk import attempt
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import own_enrollment, project_in_phase
from services.enrollment.domain.enrollment import Enrollment, decide, escalate, missed_deadline, require_missed
from services.enrollment.domain.notifications import NoticeKind, feedback
from services.enrollment.domain.project import ADMIT, Project, require_open
from services.enrollment.domain.vocabulary import EnrollmentDecision

_WINDOW = 100


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
        Refusal: `FORBIDDEN` or `TOO_MANY_ROWS`; why a row is refused is in the row.
    """
    require_scope(principal, Scope.BASE, Scope.MINISTRY)
    require_rows(decisions, rule="R22")
    results = [
        await attempt(decision.enrollment, _decide(deps, principal, key=decision.enrollment, given=decision))
        for decision in decisions
    ]
    deps.wake.set()
    return results


@idempotent("enrollments", name="_decide", row="key")
async def _decide(deps: Deps, principal: Principal, *, key: str, given: Decision) -> Enrollment:
    async def work(session: Session) -> Enrollment:
        before = await own_enrollment(deps, principal, principal.scope, key, session)
        overrides, now = principal.scope is Scope.MINISTRY, deps.clock.now()
        if overrides:
            project = await _escalated_project(deps, before.project, session)
        else:
            project = await project_in_phase(deps, before.project, phase=ADMIT, rule="R23", session=session)
        after, events = decide(before, given.decision, Reason.optional(given.reason), now, overrides=overrides)
        saved = await deps.store.work.settle(before, after, events, project, session)
        await deps.store.deliveries.add(feedback(saved, NoticeKind.DECISION, now), session)
        return saved

    return await deps.store.transact(work)


async def _escalated_project(deps: Deps, key: str, session: Session) -> Project:
    """The project of a decision that the ministry makes, once its base can no longer decide.

    Raises:
        Refusal: `PROJECT_NOT_OPEN` or `NOT_ESCALATED`.
    """
    project = await deps.store.projects.get(key, session)
    require_open(project, "R23")
    require_missed(await deps.store.rounds.find(str(project.year), session), deps.clock.now())
    return project


async def escalate_undecided(deps: Deps) -> int:
    """Escalate the enrollments that no base has decided in time (R23). Idempotent.

    Returns:
        How many were escalated.
    """
    total = 0
    async for year, deadline in missed_deadlines(deps):
        while undecided := await deps.store.enrollments.undecided(year, deadline, _WINDOW):
            done = sum([await _escalate(deps, enrollment, deadline) for enrollment in undecided])
            total += done
            if not done:
                break
    return total


async def missed_deadlines(deps: Deps) -> AsyncIterator[tuple[int, datetime]]:
    """The rounds whose deadline for decisions has passed: year and deadline (R23)."""
    for calendar in await deps.store.rounds.query({}):
        if deadline := missed_deadline(calendar, deps.clock.now()):
            yield int(calendar.id), deadline


async def _escalate(deps: Deps, undecided: Enrollment, deadline: datetime) -> bool:
    step = escalate(undecided, deadline, deps.clock.now())
    if step is None:
        return False
    try:
        await deps.store.enrollments.save(*step)
    except Refusal:
        return False  # the school, the ministry or another replica was faster
    return True
