"""What a project's end or start does to those still on the way (R33; rules.md, State machines)."""

from chassis.mongo import Session
from services.enrollment.commands.office import Office
from services.enrollment.domain.delivery import NoticeKind, feedback
from services.enrollment.domain.enrollment import Step, cancel, lapse
from services.enrollment.domain.machine import Enrollment
from services.enrollment.domain.vocabulary import LIVE, EnrollmentStatus, ProjectState
from services.enrollment.domain.waiting import expire

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


async def sweep(office: Office, project_id: str) -> int:
    """End the enrolments that the project's state leaves no way for, each with its seat; may be run again.

    Runs after the commit of the project's new state: whoever signs up from then on sees it.

    Returns:
        How many it ended.
    """
    project = await office.store.projects.get(project_id)
    ended = _ENDED_BY.get(project.state, frozenset())
    if not ended:
        return 0
    left = await office.store.live_enrollments(project_id, tuple(ended))
    for one in left:
        await _end(office, one.id)
    if left:
        office.wake.set()
    return len(left)


async def _end(office: Office, key: str) -> None:
    async def work(session: Session) -> None:
        before = await office.store.enrollments.get(key, session)
        project = await office.store.projects.get(before.project, session)
        if before.status not in _ENDED_BY.get(project.state, frozenset()):
            return
        called_off = project.state is ProjectState.CANCELLED
        after, events = _ended(office, before, project.reason or "", called_off=called_off)
        saved = await office.store.settle(before, after, events, project, session)
        kind = NoticeKind.CANCELLED if called_off else NoticeKind.DECISION
        await office.store.add_deliveries(feedback(saved, kind, office.clock.now()), session)

    await office.store.transact(work)


def _ended(office: Office, before: Enrollment, reason: str, *, called_off: bool) -> Step:
    now = office.clock.now()
    if called_off:
        return cancel(before, reason, now)
    return expire(before, now) if before.status is EnrollmentStatus.OFFERED else lapse(before, now)
