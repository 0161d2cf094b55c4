"""The waiting list: its order, offers, substitution (R25, R26)."""

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
    is_over,
    offer,
    offer_ends,
    rank_waiting,
    renew,
    substitute,
    succeed,
    take_offer,
)

_WINDOW = 100


async def offer_free_seats(deps: Deps) -> int:
    """Offer what seats are free when the bases may no longer fill them by themselves, in order (R25).

    Until then a free seat is the base's to give; a freed one is offered at once, by whatever frees it.

    Returns:
        How many it offered.
    """
    total = 0
    years = {year async for year, _ in missed_deadlines(deps)}
    for key in await deps.store.seating.wanted() if years else ():
        while await _offer(deps, key, years):
            total += 1
    if total:
        deps.wake.set()
    return total


async def _offer(deps: Deps, key: str, years: set[int]) -> bool:
    async def work(session: Session) -> bool:
        project = await deps.store.projects.get(key, session)
        return project.year in years and await offer_next(deps, project, session)

    try:
        return await deps.store.transact(work)
    except Refusal:
        return False  # no seat is left


async def pass_on(deps: Deps, before: Enrollment, project: Project, session: Session) -> None:
    """Offer the seat that `before` held to the next in line, in the transaction that frees it (R25)."""
    if holds_seat(before.status):
        await offer_next(deps, project, session)


async def offer_next(deps: Deps, project: Project, session: Session) -> bool:
    """Offer a free seat to the next in line, if somebody waits, the project is published and has not begun (R25).

    Raises:
        Refusal: `CLASS_FULL`: no seat is free.
    """
    now = deps.clock.now()
    until = offer_ends(project, deps.offer_time, now)
    if project.state is not ProjectState.PUBLISHED or until <= now:
        return False
    line = await deps.store.enrollments.waiting_list(project.id, session)
    if not line:
        return False
    offered, events = offer(line[0], until, now)
    saved = await deps.store.work.settle(line[0], offered, events, project, session)
    await deps.store.deliveries.add(feedback(saved, NoticeKind.DECISION, now), session)
    return True


async def renew_offers(deps: Deps, project: Project, session: Session) -> None:
    """Give the open offers of a project that is resumed their whole time anew, and tell of it (R24, R25)."""
    now = deps.clock.now()
    until = offer_ends(project, deps.offer_time, now)
    if project.state is not ProjectState.PUBLISHED or until <= now:
        return
    for one in await deps.store.enrollments.live(project.id, (EnrollmentStatus.OFFERED,), session):
        renewed, events = renew(one, until)
        saved = await deps.store.enrollments.save(renewed, events, session)
        await deps.store.deliveries.add(feedback(saved, NoticeKind.DECISION, now), session)


@idempotent("enrollments", name="accept_offer")
async def accept_offer(deps: Deps, principal: Principal, *, key: str) -> Enrollment:
    """Take the seat that is offered to one of the own school's candidates (R25).

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
    """Order the own waiting list; whoever is not named follows in the order of submission (R25).

    Raises:
        Refusal: `FORBIDDEN`, `TOO_MANY_ROWS`, `NOT_FOUND` or `WRONG_STATE`; nothing is ranked then.
    """
    require_scope(principal, Scope.BASE)
    require_rows(keys)
    places = {key: place for place, key in enumerate(keys, start=1)}

    async def work(session: Session) -> None:
        for key in places:
            found = await own_enrollment(deps, principal, Scope.BASE, key, session)
            if found.project != project_id or found.status is not EnrollmentStatus.WAITLISTED:
                raise wrong_state(found, "R25")
        for one in await deps.store.enrollments.waiting_list(project_id, session):
            if one.base in principal.bases and one.waiting_rank != places.get(one.id):
                ranked, events = rank_waiting(one, places.get(one.id))
                await deps.store.enrollments.save(ranked, events, session)

    await deps.store.transact(work)


@idempotent("enrollments", name="substitute_teacher")
async def substitute_teacher(deps: Deps, principal: Principal, *, key: str, teacher_id: str, reason: str) -> Enrollment:
    """Pass an accepted person's seat on to a colleague before the training starts, both or neither (R26).

    Returns:
        The colleague's enrollment.

    Raises:
        Refusal: `NOT_FOUND`, `WRONG_STATE`, `REASON_MISSING`, `PROJECT_NOT_OPEN`, `NOT_A_COLLEAGUE`,
            `SECOND_SIGN_UP`, `OVERLAPPING_ACCEPTANCE` or `DESIGNATED_PERSON_MISSING`.
    """
    by = require_designated(await own_school(deps, principal))
    teacher = await deps.store.teachers.get(teacher_id)
    fresh = new_id()

    async def work(session: Session) -> Enrollment:
        before = await own_enrollment(deps, principal, Scope.SCHOOL, key, session)
        project = await deps.store.projects.get(before.project, session)
        now = deps.clock.now()
        require_not_started(project, now, "R26")
        ended, events = substitute(before, Reason.of(reason, "R26"), by, now, successor=fresh)
        successor, born = succeed(before, teacher, project, by, now, key=fresh)
        admitted = await deps.store.work.succeed(before, (ended, events), (successor, born), project, session)
        for one in (ended, admitted):
            await deps.store.deliveries.add(feedback(one, NoticeKind.DECISION, now), session)
        return admitted

    try:
        admitted = await deps.store.transact(work)
    except DuplicateKey as error:
        project = (await own_enrollment(deps, principal, Scope.SCHOOL, key)).project
        raise SECOND_SIGN_UP(project=project) from error
    deps.wake.set()
    return admitted


async def expire_offers(deps: Deps) -> int:
    """End every offer whose time is over, and offer its seat to the next; may be run anywhere, any time (R25).

    While a project is suspended its offers can be neither taken nor lost; once it has begun or is called off, the sweep
    ends them.

    Returns:
        How many ended.
    """
    ended, passed = 0, set[str]()
    while overdue := await deps.store.enrollments.overdue_offers(deps.clock.now(), _WINDOW, besides=sorted(passed)):
        left = [one.id for one in overdue if not await _expire(deps, one.id)]
        ended += len(overdue) - len(left)
        passed.update(left)
    if ended:
        deps.wake.set()
    return ended


async def _expire(deps: Deps, key: str) -> bool:
    async def work(session: Session) -> bool:
        before = await deps.store.enrollments.get(key, session)
        now = deps.clock.now()
        if before.offer_expires_at is None or not is_over(before, now):
            return False
        project = await deps.store.projects.get(before.project, session)
        if project.state is not ProjectState.PUBLISHED:
            return False
        after, events = expire(before, now)
        saved = await deps.store.work.settle(before, after, events, project, session)
        await deps.store.deliveries.add(feedback(saved, NoticeKind.DECISION, now), session)
        await pass_on(deps, before, project, session)
        return True

    try:
        return await deps.store.transact(work)
    except Refusal:
        return False  # the school, or another process, was faster
