"""Decisions of bases, and what no base has decided in time (R23)."""

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
from services.enrollment.commands.guards import open_project, own_enrollment
from services.enrollment.domain.enrollment import Enrollment, decide, escalate, missed_deadline, require_missed
from services.enrollment.domain.notifications import NoticeKind, feedback
from services.enrollment.domain.project import ADMIT, Project, require_open
from services.enrollment.domain.vocabulary import EnrollmentDecision

_WINDOW = 100


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided on one enrollment."""

    enrollment: str
    decision: EnrollmentDecision
    reason: str | None = None


async def decide_enrollments(
    deps: Deps, principal: Principal, decisions: Sequence[Decision]
) -> list[RowResult[Enrollment]]:
    """Decide on enrollments of the own bases until admission closes; then the ministry decides what is left (R23).

    Raises:
        Refusal: `FORBIDDEN` or `TOO_MANY_ROWS`; why a row is refused is in the row.
    """
    require_scope(principal, Scope.BASE, Scope.MINISTRY)
    require_rows(decisions)
    rows = [await attempt(one.enrollment, _decide(deps, principal, key=one.enrollment, given=one)) for one in decisions]
    deps.wake.set()
    return rows


@idempotent("enrollments", name="_decide", row="key")
async def _decide(deps: Deps, principal: Principal, *, key: str, given: Decision) -> Enrollment:
    async def work(session: Session) -> Enrollment:
        before = await own_enrollment(deps, principal, principal.scope, key, session)
        overrides, now = principal.scope is Scope.MINISTRY, deps.clock.now()
        if overrides:
            project = await _escalated_project(deps, before.project, session)
        else:
            project = await open_project(deps, before.project, phase=ADMIT, rule="R23", session=session)
        after, events = decide(before, given.decision, Reason.optional(given.reason), now, overrides=overrides)
        saved = await deps.store.work.settle(before, after, events, project, session)
        await deps.store.deliveries.add(feedback(saved, NoticeKind.DECISION, now), session)
        return saved

    return await deps.store.transact(work)


async def _escalated_project(deps: Deps, key: str, session: Session) -> Project:
    """A project that its base can no longer decide on.

    Raises:
        Refusal: `PROJECT_NOT_OPEN` or `NOT_ESCALATED`.
    """
    project = await deps.store.projects.get(key, session)
    require_open(project, "R23")
    require_missed(await deps.store.rounds.find(str(project.year), session), deps.clock.now())
    return project


async def escalate_undecided(deps: Deps) -> int:
    """Escalate what no base has decided in time; may be run anywhere, any time, and does it once (R23).

    Returns:
        How many it escalated.
    """
    total = 0
    async for year, deadline in missed_deadlines(deps):
        while undecided := await deps.store.enrollments.undecided(year, deadline, _WINDOW):
            done = sum([await _escalate(deps, one, deadline) for one in undecided])
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
