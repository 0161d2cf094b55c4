"""A training that is put off: who lapsed on the first day that was given up comes back (R18, R23, R25)."""

from dataclasses import replace
from datetime import datetime

from services.enrollment.domain.enrollment import REVIVED, SYSTEM, Enrollment, Step, about, event_of_state, step
from services.enrollment.domain.events import Revived
from services.enrollment.domain.project import Project, has_begun, midnight_of
from services.enrollment.domain.vocabulary import EnrollmentStatus, ProjectState, ReasonCode

_S = EnrollmentStatus


def is_put_off(project: Project, now: datetime) -> bool:
    """Whether the first day of a project was moved, and the new one has not come."""
    standing = project.state in {ProjectState.PUBLISHED, ProjectState.SUSPENDED}
    return bool(project.given_up) and standing and not has_begun(project, now)


def revive(enrollment: Enrollment, project: Project, now: datetime) -> Step | None:
    """Bring an enrollment back that ended only because a first day came which was given up (R18).

    Ranks and the instant of the submission have stayed, so whoever waited has the old place in line. An offer that the
    first day cut short is a place on the waiting list again, at its head.

    Args:
        enrollment: The enrollment before.
        project: Its project, with the days that were given up.
        now: Domain time.

    Returns:
        The step; None where it has not ended by such a day, or the new first day has come.
    """
    to = _before_the_day(enrollment, project)
    if to not in REVIVED.get(enrollment.status, ()) or not is_put_off(project, now):
        return None
    moved = step(enrollment, to, by=SYSTEM, now=now, reason=project.amendment)
    revived = replace(moved, offer_expires_at=None)
    return revived, [event_of_state(revived), Revived(**about(revived), ended=enrollment.status, status=to)]


def _before_the_day(enrollment: Enrollment, project: Project) -> EnrollmentStatus:
    """The state that it was in when the first day came; its own where it has not ended by that."""
    if enrollment.reason_code is ReasonCode.PROJECT_STARTED and len(enrollment.history) > 1:
        return enrollment.history[-2].status
    cut_short = enrollment.offer_expires_at in {midnight_of(day) for day in project.given_up}
    return _S.WAITLISTED if enrollment.reason_code is ReasonCode.OFFER_EXPIRED and cut_short else enrollment.status
