"""Sign-ups of teachers, and what their school does with them: decline, rank, submit, withdraw (R19–R22, R26)."""

from collections.abc import Sequence

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_scope
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import DuplicateKey, Session
from kernel.free_text import Reason
from services.enrollment.commands.bulk import each
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import own_enrollment, own_school, project_in_phase
from services.enrollment.commands.waitlist import offer_freed_seat
from services.enrollment.domain import enrollment as enrollments
from services.enrollment.domain.cut_off import key_of, require_before
from services.enrollment.domain.enrollment import Enrollment, wrong_state
from services.enrollment.domain.notifications import NoticeKind, base_box, feedback, notice_to
from services.enrollment.domain.project import ENROL, require_not_started
from services.enrollment.domain.refusals import SECOND_SIGN_UP
from services.enrollment.domain.school import acts_as, require_designated
from services.enrollment.domain.seats import holds_seat


@idempotent("enrollments", name="sign_up")
async def sign_up(deps: Deps, principal: Principal, *, project_id: str) -> Enrollment:
    """Sign the calling teacher up for a published project while enrollment is open (R19).

    Raises:
        Refusal: `NOT_FOUND`, `PROJECT_NOT_OPEN`, `PHASE_CLOSED`, `INNER_CUT_OFF_PASSED` or `SECOND_SIGN_UP`.
    """
    require_scope(principal, Scope.TEACHER)
    teacher = await deps.store.teachers.get(principal.person or "")
    key = new_id()

    async def work(session: Session) -> Enrollment:
        project = await project_in_phase(deps, project_id, phase=ENROL, rule="R19", session=session)
        now, own = deps.clock.now(), key_of(teacher.school, project.year)
        require_before(await deps.store.cut_offs.find(own, session), project.id, now)
        signed, events = enrollments.sign_up(key, teacher, project, now)
        stored = await deps.store.enrollments.insert(signed, events, session)
        await deps.store.seating.enter(project.id, teacher.id, session)
        return stored

    try:
        return await deps.store.transact(work)
    except DuplicateKey as error:
        raise SECOND_SIGN_UP(project=project_id) from error


@idempotent("enrollments", name="withdraw_sign_up")
async def withdraw_sign_up(deps: Deps, principal: Principal, *, key: str) -> Enrollment:
    """Withdraw the caller's own sign-up before the school has submitted it (R19).

    Raises:
        Refusal: `NOT_FOUND` or `WRONG_STATE`.
    """
    signed_up = await own_enrollment(deps, principal, Scope.TEACHER, key)
    withdrawn, events = enrollments.withdraw_sign_up(signed_up, deps.clock.now())
    return await deps.store.enrollments.save(withdrawn, events)


async def decline_sign_ups(
    deps: Deps, principal: Principal, *, keys: Sequence[str], reason: str
) -> list[RowResult[Enrollment]]:
    """Decline sign-ups of the caller's school, each row by itself (R21).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND` or `TOO_MANY_ROWS`.
    """
    by = acts_as(await own_school(deps, principal))

    async def act(key: str) -> Enrollment:
        async def work(session: Session) -> Enrollment:
            signed_up, now = await own_enrollment(deps, principal, Scope.SCHOOL, key, session), deps.clock.now()
            saved = await deps.store.enrollments.save(
                *enrollments.decline(signed_up, Reason.of(reason, "R21"), by, now), session
            )
            await deps.store.deliveries.add(feedback(saved, NoticeKind.DECISION, now), session)
            return saved

        return await deps.store.transact(work)

    rows = await each(deps, principal, keys, act, command="decline_sign_ups", shared_input=reason)
    deps.wake.set()
    return rows


async def rank_sign_ups(
    deps: Deps, principal: Principal, *, project_id: str, keys: Sequence[str]
) -> list[RowResult[Enrollment]]:
    """Rank the candidates of the caller's school for a project, in the order of `keys` (R21).

    Raises:
        Refusal: `FORBIDDEN` or `TOO_MANY_ROWS`.
    """
    require_scope(principal, Scope.SCHOOL)
    places = {key: place for place, key in enumerate(keys, start=1)}

    async def act(key: str) -> Enrollment:
        candidate = await own_enrollment(deps, principal, Scope.SCHOOL, key)
        if candidate.project != project_id:
            raise wrong_state(candidate, "R21")
        ranked, events = enrollments.rank(candidate, places[key])
        return await deps.store.enrollments.save(ranked, events)

    return await each(deps, principal, keys, act, command="rank_sign_ups", shared_input="|".join([project_id, *keys]))


async def submit_enrollments(deps: Deps, principal: Principal, *, keys: Sequence[str]) -> list[RowResult[Enrollment]]:
    """Submit sign-ups to the bases under the designated person's name, until enrollment closes (R5, R22).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `DESIGNATED_PERSON_MISSING` or `TOO_MANY_ROWS`.
    """
    by = require_designated(await own_school(deps, principal))

    async def act(key: str) -> Enrollment:
        signed_up = await own_enrollment(deps, principal, Scope.SCHOOL, key)
        await project_in_phase(deps, signed_up.project, phase=ENROL, rule="R22")
        submitted, events = enrollments.submit(signed_up, by, deps.clock.now())
        return await deps.store.enrollments.save(submitted, events)

    return await each(deps, principal, keys, act, command="submit_enrollments")


@idempotent("enrollments", name="withdraw_enrollment")
async def withdraw_enrollment(deps: Deps, principal: Principal, *, key: str, reason: str) -> Enrollment:
    """Withdraw a submitted enrollment before the training starts; a seat it held is offered at once (R25, R26).

    Raises:
        Refusal: `NOT_FOUND`, `WRONG_STATE`, `REASON_MISSING` or `PROJECT_NOT_OPEN`.
    """
    by = acts_as(await own_school(deps, principal))

    async def work(session: Session) -> Enrollment:
        before = await own_enrollment(deps, principal, Scope.SCHOOL, key, session)
        project = await deps.store.projects.get(before.project, session)
        now = deps.clock.now()
        require_not_started(project, now, "R26")
        after, events = enrollments.withdraw(before, Reason.of(reason, "R26"), by, now)
        withdrawn = await deps.store.work.settle(before, after, events, project, session)
        await deps.store.deliveries.add(feedback(withdrawn, NoticeKind.DECISION, now), session)
        if holds_seat(before.status):
            notice = notice_to(base_box(withdrawn.base), withdrawn, NoticeKind.DECISION, now)
            await deps.store.notices.put(notice, session)
        await offer_freed_seat(deps, before, project, session)
        return withdrawn

    ended = await deps.store.transact(work)
    deps.wake.set()
    return ended
