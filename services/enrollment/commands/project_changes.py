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
    """End the enrollments that the project's state leaves no way for, each with its seat; may be run again.

    Runs after the commit of the project's new state: whoever signs up from then on sees it, and whoever does so at
    that moment meets it (`Seating.enter`).

    Returns:
        How many it ended.
    """
    total = 0
    # Until nobody is left: a substitution that was under way leaves its successor behind a first look (R26).
    while left := await _left(deps, project_id):
        total += sum([await _end(deps, one.id) for one in left])
    if total:
        deps.wake.set()
    return total


async def _left(deps: Deps, project_id: str) -> list[Enrollment]:
    project = await deps.store.projects.get(project_id)
    ended = _ENDED_BY.get(project.state)
    return await deps.store.enrollments.live(project_id, tuple(ended)) if ended else []


async def _end(deps: Deps, key: str) -> bool:
    async def work(session: Session) -> bool:
        before = await deps.store.enrollments.get(key, session)
        project = await deps.store.projects.get(before.project, session)
        if before.status not in _ENDED_BY.get(project.state, frozenset()):
            return False
        called_off = project.state is ProjectState.CANCELLED
        after, events = _ended(deps, before, project.reason or "", called_off=called_off)
        saved = await deps.store.work.settle(before, after, events, project, session)
        kind = NoticeKind.CANCELLED if called_off else NoticeKind.DECISION
        await deps.store.deliveries.add(feedback(saved, kind, deps.clock.now()), session)
        return True

    return await deps.store.transact(work)


def _ended(deps: Deps, before: Enrollment, reason: str, *, called_off: bool) -> Step:
    now = deps.clock.now()
    if called_off:
        return cancel(before, reason, now)
    return expire(before, now) if before.status is EnrollmentStatus.OFFERED else lapse(before, now)


async def tell_of_amendment(deps: Deps, project_id: str) -> None:
    """Leave a notice for everybody on the way through an amended project; may be run again."""
    project = await deps.store.projects.find(project_id)
    if project is None or project.amended_at is None:
        return
    at = project.amended_at
    for one in await deps.store.enrollments.live(project_id):
        told = replace(one, reason=project.amendment)  # its own is of another matter
        await deps.store.deliveries.add(feedback(told, NoticeKind.AMENDED, at))
    deps.wake.set()
    for mine, other in await deps.store.seating.overlapping(project.id):
        here, elsewhere = await deps.store.enrollments.find_many([mine, other])
        if here and elsewhere:
            await _report(deps, here, elsewhere, at)


async def _report(deps: Deps, here: Enrollment, elsewhere: Enrollment, at: datetime) -> None:
    """Both bases and the school, each about the enrollment that is theirs (R19)."""
    boxes = {base_box(here.base): here, base_box(elsewhere.base): elsewhere, school_box(here.school): here}
    for box, enrollment in boxes.items():
        told = replace(enrollment, reason=None)
        await deps.store.notices.put(notice_to(box, told, NoticeKind.OVERLAP, at))
