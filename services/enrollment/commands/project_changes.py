"""What a project's start, end or amendment changes in its enrollments (R18, R19, R33)."""

from dataclasses import replace
from datetime import datetime

from chassis.storage.mongo import Session
from services.enrollment.commands.deps import Deps
from services.enrollment.domain.enrollment import Enrollment, Step, cancel, lapse
from services.enrollment.domain.notifications import NoticeKind, base_box, feedback, notice_to, school_box
from services.enrollment.domain.vocabulary import LIVE, EnrollmentStatus, ProjectState
from services.enrollment.domain.waitlist import expire

_LEFT_AT_START = frozenset(
    {
        EnrollmentStatus.SIGNED_UP,
        EnrollmentStatus.SUBMITTED,
        EnrollmentStatus.WAITLISTED,
        EnrollmentStatus.OFFERED,
    }
)
_ENDED_BY = {
    ProjectState.CANCELLED: LIVE,
    ProjectState.RUNNING: _LEFT_AT_START,
    ProjectState.FINISHED: _LEFT_AT_START,
}


async def sweep(deps: Deps, project_id: str) -> int:
    """Close the open enrollments of a cancelled or started project and free their seats (R33). Idempotent.

    It runs after the commit of the project's new state: a sign-up that begins later sees the new state, and one that is
    under way conflicts with the commit (`Seating.enter`).

    Returns:
        How many enrollments were closed.
    """
    total = 0
    # Repeated until none is left: a substitution under way may add its successor after the first read (R26).
    while still_open := await _still_open(deps, project_id):
        total += sum([await _end(deps, enrollment.id) for enrollment in still_open])
    if total:
        deps.wake.set()
    return total


async def _still_open(deps: Deps, project_id: str) -> list[Enrollment]:
    project = await deps.store.projects.get(project_id)
    ended = _ENDED_BY.get(project.state)
    return await deps.store.enrollments.live(project_id, tuple(ended)) if ended else []


async def _end(deps: Deps, key: str) -> bool:
    async def work(session: Session) -> bool:
        before = await deps.store.enrollments.get(key, session)
        project = await deps.store.projects.get(before.project, session)
        if before.status not in _ENDED_BY.get(project.state, frozenset()):
            return False
        cancelled = project.state is ProjectState.CANCELLED
        after, events = _ended(deps, before, project.reason or "", cancelled=cancelled)
        saved = await deps.store.work.settle(before, after, events, project, session)
        kind = NoticeKind.CANCELLED if cancelled else NoticeKind.DECISION
        await deps.store.deliveries.add(feedback(saved, kind, deps.clock.now()), session)
        return True

    return await deps.store.transact(work)


def _ended(deps: Deps, before: Enrollment, reason: str, *, cancelled: bool) -> Step:
    now = deps.clock.now()
    if cancelled:
        return cancel(before, reason, now)
    return expire(before, now) if before.status is EnrollmentStatus.OFFERED else lapse(before, now)


async def tell_of_amendment(deps: Deps, project_id: str) -> None:
    """Notify the enrolled, and both bases and the school of a date conflict (R18, R19). Idempotent."""
    project = await deps.store.projects.find(project_id)
    if project is None or project.amended_at is None:
        return
    at = project.amended_at
    for enrollment in await deps.store.enrollments.live(project_id):
        about_amendment = replace(enrollment, reason=project.amendment)  # not the reason of the enrollment's own state
        await deps.store.deliveries.add(feedback(about_amendment, NoticeKind.AMENDED, at))
    deps.wake.set()
    for here_id, elsewhere_id in await deps.store.seating.overlapping(project.id):
        here, elsewhere = await deps.store.enrollments.find_many([here_id, elsewhere_id])
        if here and elsewhere:
            await _report(deps, here, elsewhere, at)


async def _report(deps: Deps, here: Enrollment, elsewhere: Enrollment, at: datetime) -> None:
    """Notify both bases and the school of a date conflict, each of the enrollment that it may see (R19)."""
    boxes = {base_box(here.base): here, base_box(elsewhere.base): elsewhere, school_box(here.school): here}
    for box, enrollment in boxes.items():
        without_reason = replace(enrollment, reason=None)
        await deps.store.notices.put(notice_to(box, without_reason, NoticeKind.OVERLAP, at))
