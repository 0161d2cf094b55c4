"""What a project's start, end or amendment changes in its enrollments (R18, R19, R33)."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from kernel.dates import today
from kernel.errors import Refusal
from services.enrollment.commands.admissions import lane_row, require_done
from services.enrollment.commands.decisions import missed_deadlines
from services.enrollment.commands.deps import Deps
from services.enrollment.domain.admission import Admission, Command
from services.enrollment.domain.enrollment import Enrollment, cancel, lapse
from services.enrollment.domain.notifications import (
    Facts,
    Notice,
    NoticeKind,
    base_box,
    feedback,
    notice_to,
    school_box,
    trainee_box,
)
from services.enrollment.domain.postponement import is_put_off, revive
from services.enrollment.domain.project import has_begun, has_come, midnight_of
from services.enrollment.domain.vocabulary import (
    LIVE,
    NOT_YET_ACCEPTED,
    WITHOUT_SEAT,
    EnrollmentStatus,
    ProjectState,
)
from services.enrollment.domain.waitlist import expire
from services.enrollment.domain.withdrawal import lapse_request

_WINDOW = 200
_ENDED_BY = {
    ProjectState.CANCELLED: LIVE,
    ProjectState.RUNNING: NOT_YET_ACCEPTED,
    ProjectState.FINISHED: NOT_YET_ACCEPTED,
}


async def sweep(deps: Deps, project_id: str) -> int:
    """Close the open enrollments of a cancelled or started project and free their seats (R33). Idempotent.

    Who is accepted stays so when it starts, and a request to leave that nobody has answered lapses (R26).

    It runs after the commit of the project's new state: a sign-up that begins later sees the new state, and one that is
    under way conflicts with the commit (`Seating.guard`).

    Returns:
        How many enrollments were closed.

    Raises:
        Conflict: The database is too busy; what is left is closed by the next call.
    """
    total = 0
    # Repeated until none is left: a substitution under way may add its successor after the first read (R26).
    while still_open := await _still_open(deps, project_id):
        rows = [
            lane_row(None, key, Command(decide=partial(_end, key=key), enrollments=(key,), fresh=True))
            for key in still_open
        ]
        total += require_done(await deps.lane.submit_all(rows, background=True))
    return total


async def _still_open(deps: Deps, project_id: str) -> list[str]:
    project = await deps.store.projects.get(project_id)
    ended = _ENDED_BY.get(project.state)
    if not ended:
        return []
    begun = project.state is not ProjectState.CANCELLED
    return await deps.store.enrollments.ids_of(project_id, ended, or_asking_to_leave=begun)


def _end(admission: Admission, key: str) -> Enrollment | None:
    before = admission.enrollment(key)
    project = admission.project(before.project)
    if before.status not in _ENDED_BY.get(project.state, frozenset()):
        return _lapse_request(admission, before)
    if project.state is ProjectState.CANCELLED:
        ended = admission.settle(before, cancel(before, project.reason or "", admission.now))
        admission.feed_back(ended, NoticeKind.CANCELLED)
        return ended
    leave = expire if before.status is EnrollmentStatus.OFFERED else lapse
    ended = admission.settle(before, leave(before, admission.now))
    admission.feed_back(ended)
    return ended


def _lapse_request(admission: Admission, before: Enrollment) -> Enrollment | None:
    step = lapse_request(before, admission.now) if has_begun(admission.project(before.project), admission.now) else None
    if step is None:
        return None
    kept = admission.settle(before, step)
    reason = kept.withdrawal_request.reason if kept.withdrawal_request else None
    boxes = (trainee_box(kept.teacher), school_box(kept.school))
    lapsed = partial(notice_to, kind=NoticeKind.WITHDRAWAL_LAPSED, at=admission.now, reason=reason)
    admission.tell([lapsed(box, kept) for box in boxes])
    return kept


async def lapse_requests_at_start(deps: Deps) -> int:
    """Lapse the requests to leave that nobody has answered once the planned first day has come (R26). Idempotent.

    From then on the school may not grant them, whether or not the base has started the project.

    Returns:
        How many requests lapsed.

    Raises:
        Conflict: The database is too busy; what is left lapses with the next call.
    """

    def end(admission: Admission, key: str) -> Enrollment | None:
        return _lapse_request(admission, admission.enrollment(key))

    store, now = deps.store, deps.clock.now()
    asked = await store.projects.find_many(await store.enrollments.projects_to_leave())
    begun = [project.id for project in asked if project and has_begun(project, now)]
    total = 0
    while begun and (asking := await store.enrollments.asking_to_leave(begun, _WINDOW)):
        rows = [
            lane_row(None, key, Command(decide=partial(end, key=key), enrollments=(key,), fresh=True)) for key in asking
        ]
        done = require_done(await deps.lane.submit_all(rows, background=True))
        total += done
        if not done:
            break
    return total


async def lapse_at_start(deps: Deps) -> int:
    """Lapse who waits without a seat once the planned first day has come, whether or not it was started (R23, R28).

    Nobody lapses while the base may still decide, which it may on the day on which training opens. Open offers end at
    the same instant, by their own expiry (R25). Idempotent.

    Returns:
        How many enrollments lapsed.

    Raises:
        Conflict: The database is too busy; what is left lapses with the next call.
    """

    def end(admission: Admission, key: str) -> Enrollment | None:
        before = admission.enrollment(key)
        project = admission.project(before.project)
        if before.status not in WITHOUT_SEAT or not has_come(project, admission.round_of(project), admission.now):
            return None
        lapsed = admission.settle(before, lapse(before, admission.now))
        admission.feed_back(lapsed)
        return lapsed

    decided = [year async for year, _ in missed_deadlines(deps)]
    begun = {
        "state": ProjectState.PUBLISHED,
        "year": {"$in": decided},
        "starts_on": {"$lte": today(deps.clock.now()).isoformat()},
    }
    projects = [project.id for project in await deps.store.projects.query(begun)]
    total = 0
    while projects and (waiting := await deps.store.enrollments.without_seat(projects, _WINDOW)):
        rows = [
            lane_row(None, key, Command(decide=partial(end, key=key), enrollments=(key,), fresh=True))
            for key in waiting
        ]
        done = require_done(await deps.lane.submit_all(rows, background=True))
        total += done
        if not done:
            break
    return total


async def revive_lapsed(deps: Deps, project_id: str) -> int:
    """Bring those back who lapsed on a first day that was put off, with their places in line (R18, R25). Idempotent.

    Who cannot come back, for the school has ended or another enrollment has taken the place, is told so, and why; so
    are school and base.

    Returns:
        How many came back.

    Raises:
        Conflict: The database is too busy; what is left comes back with the next call.
    """

    def back(admission: Admission, key: str) -> Enrollment | None:
        before = admission.enrollment(key)
        project = admission.project(before.project)
        step = revive(before, project, admission.now)
        if step is None:
            return None
        try:
            admission.enter(before.school)
            admission.require_first(before.teacher, before.project)
        except Refusal as refusal:
            boxes = (trainee_box(before.teacher), school_box(before.school), base_box(before.base))
            at, why = project.amended_at or admission.now, Facts(cause=refusal.code)
            admission.tell(
                notice_to(box, before, NoticeKind.NOT_REVIVED, at, reason=project.amendment, facts=why) for box in boxes
            )
            return None
        revived = admission.settle(before, step)
        admission.feed_back(revived, NoticeKind.REVIVED)
        return revived

    project = await deps.store.projects.find(project_id)
    if project is None or not is_put_off(project, deps.clock.now()):
        return 0
    ended = await deps.store.enrollments.ended_by_start(project_id, map(midnight_of, project.given_up))
    rows = [
        lane_row(
            None,
            key,
            Command(decide=partial(back, key=key), enrollments=(key,), takes_seats=True, revives=True, fresh=True),
        )
        for key in ended
    ]
    return require_done(await deps.lane.submit_all(rows, background=True)) if rows else 0


async def tell_of_amendment(deps: Deps, project_id: str) -> None:
    """Notify the enrolled, and both bases and the school of a date conflict (R18, R19). Idempotent."""
    project = await deps.store.projects.find(project_id)
    if project is None or project.amended_at is None:
        return
    at = project.amended_at
    deliveries = [
        delivery
        for enrollment in await deps.store.enrollments.live(project_id)
        # The amendment's reason, not that of the enrollment's own state.
        for delivery in feedback(replace(enrollment, reason=project.amendment), NoticeKind.AMENDED, at)
    ]
    await deps.store.deliveries.add(deliveries)
    deps.wake.set()
    pairs = await deps.store.seating.overlapping(project.id)
    loaded = await deps.store.enrollments.find_many([key for pair in pairs for key in pair])
    enrollments = {enrollment.id: enrollment for enrollment in loaded if enrollment}
    reports = [
        report
        for here, elsewhere in pairs
        if here in enrollments and elsewhere in enrollments
        for report in _reports(enrollments[here], enrollments[elsewhere], at)
    ]
    await deps.store.notices.put(reports)


def _reports(here: Enrollment, elsewhere: Enrollment, at: datetime) -> list[Notice]:
    """The notices of a date conflict to both bases and the school, each of the enrollment that it may see (R19)."""
    boxes = {base_box(here.base): here, base_box(elsewhere.base): elsewhere, school_box(here.school): here}
    return [
        notice_to(box, replace(enrollment, reason=None), NoticeKind.OVERLAP, at) for box, enrollment in boxes.items()
    ]
