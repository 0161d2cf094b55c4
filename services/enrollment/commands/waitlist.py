"""The waiting list: its order, the offers of free seats, and substitution (R25, R26)."""

from collections.abc import Sequence
from functools import partial

from chassis.commands.guards import require_different, require_rows, require_scope
from chassis.context import current_act
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.mongo import Session
from chassis.storage.unit_of_work import UnitOfWork
from kernel.free_text import Reason
from kernel.refusals import NOT_FOUND
from services.enrollment.commands.admissions import lane_row, require_done, submit
from services.enrollment.commands.decisions import missed_deadlines
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import name_of_designated, own_enrollment
from services.enrollment.domain.admission import Admission, Command
from services.enrollment.domain.enrollment import Enrollment, end_by_school, missed_deadline, wrong_state
from services.enrollment.domain.notifications import Facts, NoticeKind, feedback
from services.enrollment.domain.project import Project, require_not_started, require_open
from services.enrollment.domain.refusals import SECOND_SIGN_UP
from services.enrollment.domain.seats import Seats
from services.enrollment.domain.vocabulary import NOT_YET_ACCEPTED, EnrollmentStatus, ProjectState
from services.enrollment.domain.waitlist import (
    expire,
    hand_over,
    offer_ends,
    offer_is_over,
    rank_waiting,
    renew,
    substitute,
    take_offer,
)

_WINDOW = 200


async def offer_free_seats(deps: Deps) -> int:
    """Offer the seats that are still free when admission has closed to those who wait, in order (R25). Idempotent.

    Until admission closes, the base gives its free seats itself. A seat that an enrollment frees is not left for this:
    the transaction that frees it offers it.

    Returns:
        How many offers were made.

    Raises:
        Conflict: The database is too busy; what is left is offered by the next call.
    """
    if not [year async for year, _ in missed_deadlines(deps)]:
        return 0
    return await _offer_seats(deps, await deps.store.seating.seats_to_offer(), after_deadline=True)


async def offer_after_suspension(deps: Deps, project_id: str) -> int:
    """Offer the free seats of a project that is resumed down the line: meanwhile none was offered (R25). Idempotent.

    Returns:
        How many offers were made.

    Raises:
        Conflict: The database is too busy; what is left is offered by the next call.
    """
    return await _offer_seats(deps, await deps.store.seating.seats_to_offer(project_id), after_deadline=False)


async def _offer_seats(deps: Deps, free: Sequence[Seats], *, after_deadline: bool) -> int:
    """Offer free seats, a row each; with `after_deadline` only where admission is over."""

    def offer(admission: Admission, project_id: str) -> Enrollment | None:
        project = admission.project(project_id)
        if after_deadline and missed_deadline(admission.round_of(project), admission.now) is None:
            return None
        return admission.offer_seat(project)

    rows = [
        lane_row(None, seats.id, Command(decide=partial(offer, project_id=seats.id), lines=(seats.id,), fresh=True))
        for seats in free
        for _ in range(min(seats.left, seats.waitlisted))
    ]
    return require_done(await deps.lane.submit_all(rows, background=True))


async def renew_offers(deps: Deps, project: Project, session: Session) -> None:
    """Renew the open offers of a project that is resumed, and send feedback about them (R24, R25).

    Args:
        deps: The service's dependencies.
        project: The project after it was resumed.
        session: The transaction.
    """
    now = deps.clock.now()
    until = offer_ends(project, deps.offer_time, now)
    if project.state is not ProjectState.PUBLISHED or until <= now:
        return
    unit, store = UnitOfWork(session), deps.store
    offers = {"project": project.id, "status": EnrollmentStatus.OFFERED}
    for offered in await unit.load(store.enrollments, also=[offers]):
        renewed = unit.save(store.enrollments, *renew(offered, until), act=current_act())
        store.deliveries.stage(feedback(renewed, NoticeKind.DECISION, now), unit)
    await unit.flush()


async def accept_offer(deps: Deps, principal: Principal, *, key: str) -> Enrollment:
    """Take an offered seat for a candidate of the caller's school (R25).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `WRONG_STATE`, `OFFER_EXPIRED`,
            `PROJECT_NOT_OPEN`, `DESIGNATED_PERSON_MISSING`, `OVERLAPPING_ACCEPTANCE` or `BUSY`.
    """
    require_scope(principal, Scope.SCHOOL)

    def decide(admission: Admission) -> Enrollment:
        by = name_of_designated(admission, principal)
        before = own_enrollment(admission, principal, key)
        project = admission.project(before.project)
        require_open(project, "R25")
        require_not_started(project, admission.now, "R25")
        accepted = admission.settle(before, take_offer(before, by, admission.now))
        admission.feed_back(accepted)
        return accepted

    command = Command(decide=decide, enrollments=(key,), school=principal.school, takes_seats=True)
    return await submit(deps.lane, lane_row(principal, key, command, name="accept_offer|", content=((), {"key": key})))


async def rank_waitlist(deps: Deps, principal: Principal, *, project_id: str, keys: Sequence[str]) -> None:
    """Order the waiting list of a project of the caller's base (R25).

    Args:
        deps: The service's dependencies.
        principal: An account of the base.
        project_id: The project.
        keys: Ids of enrollments in their new order; those not named follow in the order of submission.

    Raises:
        Refusal: `FORBIDDEN`, `TOO_MANY_ROWS`, `REPEATED_ROWS`, `NOT_FOUND`, `WRONG_STATE` or `BUSY`; nothing is ranked
            then.
    """
    require_scope(principal, Scope.BASE)
    require_different(require_rows(keys, "ids", rule="R22"), "ids", rule="R25")
    places = {key: place for place, key in enumerate(keys, start=1)}

    def decide(admission: Admission) -> None:
        if admission.project(project_id).base not in principal.bases:
            raise NOT_FOUND(kind="project", id=project_id)
        for key in places:
            enrollment = own_enrollment(admission, principal, key)
            if enrollment.project != project_id or enrollment.status is not EnrollmentStatus.WAITLISTED:
                raise wrong_state(enrollment, "R25")
        for enrollment in admission.waiting_list(project_id):
            place = places.get(enrollment.id)
            if enrollment.base in principal.bases and enrollment.waiting_rank != place:
                admission.settle(enrollment, rank_waiting(enrollment, place))

    command = Command(decide=decide, enrollments=tuple(places), lines=(project_id,))
    await deps.lane.submit(lane_row(principal, project_id, command))


async def substitute_teacher(deps: Deps, principal: Principal, *, key: str, teacher_id: str, reason: str) -> Enrollment:
    """Give an accepted teacher's seat to a colleague before the training starts, in one transaction (R26).

    An enrollment that the school has made of the colleague in the project ends, where it has led to no acceptance yet,
    such as a place on the waiting list; one that another school has made stands in the way.

    Args:
        deps: The service's dependencies.
        principal: An account of the school.
        key: The id of the accepted enrollment.
        teacher_id: The colleague.
        reason: Why, as it was typed.

    Returns:
        The colleague's enrollment.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `WRONG_STATE`, `REASON_MISSING`,
            `INVALID_REASON`, `PROJECT_NOT_OPEN`, `NOT_A_COLLEAGUE`, `SECOND_SIGN_UP`, `OVERLAPPING_ACCEPTANCE`,
            `DESIGNATED_PERSON_MISSING` or `BUSY`.
    """
    require_scope(principal, Scope.SCHOOL)
    successor_id = new_id()

    def give_way(admission: Admission, before: Enrollment, by: str, why: Reason) -> None:
        """End the colleague's own enrollment in the project that has led to no acceptance yet; never another school's.

        Raises:
            Refusal: `SECOND_SIGN_UP`: another school of the colleague has made it, and it is that school's to end.
        """
        own = admission.live_enrollment(teacher_id, before.project)
        if own and own.school != before.school:
            raise SECOND_SIGN_UP(project=before.project)
        if own and own.status in NOT_YET_ACCEPTED:
            ended = admission.settle(own, end_by_school(own, why, by, admission.now))
            admission.feed_back(ended)
            admission.offer_freed_seat(own)

    def decide(admission: Admission) -> Enrollment:
        by = name_of_designated(admission, principal)
        teacher = admission.teacher(teacher_id)
        before = own_enrollment(admission, principal, key)
        project, now = admission.project(before.project), admission.now
        require_not_started(project, now, "R26")
        why = Reason.of(reason, "R26")
        ending = substitute(before, why, by, now, successor=successor_id)
        beginning = hand_over(before, teacher, project, by, now, key=successor_id)
        give_way(admission, before, by, why)
        ended, successor = admission.settle(before, ending), admission.create(beginning)
        admission.tell_base(ended, NoticeKind.SUBSTITUTED, Facts(successor=teacher_id))
        for enrollment in (ended, successor):
            admission.feed_back(enrollment)
        return successor

    command = Command(
        decide=decide, enrollments=(key,), teachers=(teacher_id,), school=principal.school, frees_seats=True
    )
    content = (), {"key": key, "teacher_id": teacher_id, "reason": reason}
    return await submit(deps.lane, lane_row(principal, key, command, name="substitute_teacher|", content=content))


async def expire_offers(deps: Deps) -> int:
    """End every expired offer, and offer its seat to the next candidate (R25). Idempotent.

    While a project is suspended, its offers can be neither taken nor lost. Once it has begun or is cancelled, `sweep`
    ends them.

    Returns:
        How many offers were ended.

    Raises:
        Conflict: The database is too busy; what is left is ended by the next call.
    """

    def end(admission: Admission, key: str) -> Enrollment | None:
        before = admission.enrollment(key)
        is_open = admission.project(before.project).state is ProjectState.PUBLISHED
        if before.status is not EnrollmentStatus.OFFERED or not is_open or not offer_is_over(before, admission.now):
            return None  # the school has taken it, or another process has ended it
        ended = admission.settle(before, expire(before, admission.now))
        admission.feed_back(ended)
        admission.offer_freed_seat(before)
        return ended

    total, skipped = 0, set[str]()
    while overdue := await deps.store.enrollments.overdue_offers(deps.clock.now(), _WINDOW, besides=sorted(skipped)):
        rows = [
            lane_row(None, key, Command(decide=partial(end, key=key), enrollments=(key,), frees_seats=True, fresh=True))
            for key in overdue
        ]
        results = await deps.lane.submit_all(rows, background=True)
        total += require_done(results)
        skipped.update(result.key for result in results if result.value is None)
    return total
