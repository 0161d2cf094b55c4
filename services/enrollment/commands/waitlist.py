"""The waiting list: its order, the offers of free seats, and substitution (R25, R26)."""

from collections.abc import Sequence

from chassis.commands.guards import require_rows, require_scope
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import DuplicateKey, Session
from kernel.errors import Refusal
from kernel.free_text import Reason
from services.enrollment.commands.decisions import missed_deadlines
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import own_enrollment, own_school
from services.enrollment.domain.enrollment import Enrollment, wrong_state
from services.enrollment.domain.notifications import NoticeKind, feedback
from services.enrollment.domain.project import Project, require_not_started, require_open
from services.enrollment.domain.refusals import SECOND_SIGN_UP
from services.enrollment.domain.school import require_designated
from services.enrollment.domain.seats import holds_seat
from services.enrollment.domain.vocabulary import EnrollmentStatus, ProjectState
from services.enrollment.domain.waitlist import (
    expire,
    hand_over,
    offer,
    offer_ends,
    offer_is_over,
    rank_waiting,
    renew,
    substitute,
    take_offer,
)

_WINDOW = 100


async def offer_free_seats(deps: Deps) -> int:
    """Offer the seats that are still free when admission has closed to those who wait, in order (R25). Idempotent.

    Until admission closes, the base gives its free seats itself. A seat that an enrollment frees is not left for this:
    the transaction that frees it offers it.

    Returns:
        How many offers were made.
    """
    total = 0
    years = {year async for year, _ in missed_deadlines(deps)}
    for key in await deps.store.seating.projects_to_offer() if years else ():
        while await _offer_next(deps, key, years):
            total += 1
    if total:
        deps.wake.set()
    return total


async def _offer_next(deps: Deps, key: str, years: set[int]) -> bool:
    async def work(session: Session) -> bool:
        project = await deps.store.projects.get(key, session)
        return project.year in years and await offer_seat(deps, project, session)

    try:
        return await deps.store.transact(work)
    except Refusal:
        return False  # no seat is left


async def offer_freed_seat(deps: Deps, before: Enrollment, project: Project, session: Session) -> None:
    """Offer the seat that an enrollment has freed, in the transaction that frees it (R25).

    Args:
        deps: The service's dependencies.
        before: The enrollment as it was before the step; if it held no seat, none is offered.
        project: Its project.
        session: The transaction of the step.
    """
    if holds_seat(before.status):
        await offer_seat(deps, project, session)


async def offer_seat(deps: Deps, project: Project, session: Session) -> bool:
    """Offer a free seat to the first candidate on the waiting list (R25).

    No offer is made where nobody waits, or where the project is not published or has begun.

    Args:
        deps: The service's dependencies.
        project: The project.
        session: The transaction.

    Returns:
        Whether an offer was made.

    Raises:
        Refusal: `CLASS_FULL`: no seat is free.
    """
    now = deps.clock.now()
    until = offer_ends(project, deps.offer_time, now)
    if project.state is not ProjectState.PUBLISHED or until <= now:
        return False
    waiting = await deps.store.enrollments.waiting_list(project.id, session)
    if not waiting:
        return False
    offered, events = offer(waiting[0], until, now)
    saved = await deps.store.work.settle(waiting[0], offered, events, project, session)
    await deps.store.deliveries.add(feedback(saved, NoticeKind.DECISION, now), session)
    return True


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
    for offered in await deps.store.enrollments.live(project.id, (EnrollmentStatus.OFFERED,), session):
        renewed, events = renew(offered, until)
        saved = await deps.store.enrollments.save(renewed, events, session)
        await deps.store.deliveries.add(feedback(saved, NoticeKind.DECISION, now), session)


@idempotent("enrollments", name="accept_offer")
async def accept_offer(deps: Deps, principal: Principal, *, key: str) -> Enrollment:
    """Take an offered seat for a candidate of the caller's school (R25).

    Raises:
        Refusal: `NOT_FOUND`, `WRONG_STATE`, `OFFER_EXPIRED`, `PROJECT_NOT_OPEN`, `DESIGNATED_PERSON_MISSING` or
            `OVERLAPPING_ACCEPTANCE`.
    """
    by = require_designated(await own_school(deps, principal))

    async def work(session: Session) -> Enrollment:
        before = await own_enrollment(deps, principal, Scope.SCHOOL, key, session)
        project = await deps.store.projects.get(before.project, session)
        now = deps.clock.now()
        require_open(project, "R25")
        require_not_started(project, now, "R25")
        after, events = take_offer(before, by, now)
        saved = await deps.store.work.settle(before, after, events, project, session)
        await deps.store.deliveries.add(feedback(saved, NoticeKind.DECISION, now), session)
        return saved

    accepted = await deps.store.transact(work)
    deps.wake.set()
    return accepted


async def rank_waitlist(deps: Deps, principal: Principal, *, project_id: str, keys: Sequence[str]) -> None:
    """Order the waiting list of a project of the caller's base (R25).

    Args:
        deps: The service's dependencies.
        principal: An account of the base.
        project_id: The project.
        keys: Ids of enrollments in their new order; those not named follow in the order of submission.

    Raises:
        Refusal: `FORBIDDEN`, `TOO_MANY_ROWS`, `NOT_FOUND` or `WRONG_STATE`; nothing is ranked then.
    """
    require_scope(principal, Scope.BASE)
    require_rows(keys, rule="R22")
    places = {key: place for place, key in enumerate(keys, start=1)}

    async def work(session: Session) -> None:
        for key in places:
            enrollment = await own_enrollment(deps, principal, Scope.BASE, key, session)
            if enrollment.project != project_id or enrollment.status is not EnrollmentStatus.WAITLISTED:
                raise wrong_state(enrollment, "R25")
        for enrollment in await deps.store.enrollments.waiting_list(project_id, session):
            place = places.get(enrollment.id)
            if enrollment.base in principal.bases and enrollment.waiting_rank != place:
                ranked, events = rank_waiting(enrollment, place)
                await deps.store.enrollments.save(ranked, events, session)

    await deps.store.transact(work)


@idempotent("enrollments", name="substitute_teacher")
async def substitute_teacher(deps: Deps, principal: Principal, *, key: str, teacher_id: str, reason: str) -> Enrollment:
    """Give an accepted teacher's seat to a colleague before the training starts, in one transaction (R26).

    Args:
        deps: The service's dependencies.
        principal: An account of the school.
        key: The id of the accepted enrollment.
        teacher_id: The colleague.
        reason: Why, as it was typed.

    Returns:
        The colleague's enrollment.

    Raises:
        Refusal: `NOT_FOUND`, `WRONG_STATE`, `REASON_MISSING`, `PROJECT_NOT_OPEN`, `NOT_A_COLLEAGUE`,
            `SECOND_SIGN_UP`, `OVERLAPPING_ACCEPTANCE` or `DESIGNATED_PERSON_MISSING`.
    """
    by = require_designated(await own_school(deps, principal))
    teacher = await deps.store.teachers.get(teacher_id)
    successor_id = new_id()

    async def work(session: Session) -> Enrollment:
        before = await own_enrollment(deps, principal, Scope.SCHOOL, key, session)
        project = await deps.store.projects.get(before.project, session)
        now = deps.clock.now()
        require_not_started(project, now, "R26")
        ended, events = substitute(before, Reason.of(reason, "R26"), by, now, successor=successor_id)
        successor, created = hand_over(before, teacher, project, by, now, key=successor_id)
        admitted = await deps.store.work.hand_over(before, (ended, events), (successor, created), project, session)
        for enrollment in (ended, admitted):
            await deps.store.deliveries.add(feedback(enrollment, NoticeKind.DECISION, now), session)
        return admitted

    try:
        admitted = await deps.store.transact(work)
    except DuplicateKey as error:
        project = (await own_enrollment(deps, principal, Scope.SCHOOL, key)).project
        raise SECOND_SIGN_UP(project=project) from error
    deps.wake.set()
    return admitted


async def expire_offers(deps: Deps) -> int:
    """End every expired offer, and offer its seat to the next candidate (R25). Idempotent.

    While a project is suspended, its offers can be neither taken nor lost. Once it has begun or is cancelled, `sweep`
    ends them.

    Returns:
        How many offers were ended.
    """
    ended, skipped = 0, set[str]()
    while overdue := await deps.store.enrollments.overdue_offers(deps.clock.now(), _WINDOW, besides=sorted(skipped)):
        left = [offered.id for offered in overdue if not await _expire(deps, offered.id)]
        ended += len(overdue) - len(left)
        skipped.update(left)
    if ended:
        deps.wake.set()
    return ended


async def _expire(deps: Deps, key: str) -> bool:
    async def work(session: Session) -> bool:
        before = await deps.store.enrollments.get(key, session)
        now = deps.clock.now()
        if before.offer_expires_at is None or not offer_is_over(before, now):
            return False
        project = await deps.store.projects.get(before.project, session)
        if project.state is not ProjectState.PUBLISHED:
            return False
        after, events = expire(before, now)
        saved = await deps.store.work.settle(before, after, events, project, session)
        await deps.store.deliveries.add(feedback(saved, NoticeKind.DECISION, now), session)
        await offer_freed_seat(deps, before, project, session)
        return True

    try:
        return await deps.store.transact(work)
    except Refusal:
        return False  # the school has taken it, or another process has ended it
