"""Sign-ups: the teacher's own, and what the school makes of them (R19–R22, R26)."""

from collections.abc import Sequence

from chassis.idempotency import repeatable
from chassis.ids import new_id
from chassis.mongo import DuplicateKey, Session
from chassis.principal import Principal, Scope
from services.enrollment.commands.office import Office, Row, each, open_project, own_enrollment, require_scope
from services.enrollment.commands.schools import own_school
from services.enrollment.commands.sweeping import sweep
from services.enrollment.commands.waiting import pass_on
from services.enrollment.domain import enrollment as enrolments
from services.enrollment.domain.cut_off import key_of, require_before
from services.enrollment.domain.machine import Enrollment, wrong_state
from services.enrollment.domain.project import ENROL, require_not_started
from services.enrollment.domain.school import require_designated
from services.enrollment.domain.seats import second_sign_up


@repeatable("enrollments")
async def sign_up(office: Office, principal: Principal, *, project_id: str) -> Enrollment:
    """Sign up for a published project while enrolment is open (R19).

    Raises:
        Refusal: `NOT_FOUND`, `PROJECT_NOT_OPEN`, `PHASE_CLOSED`, `INNER_CUT_OFF_PASSED` or `SECOND_SIGN_UP`.
    """
    require_scope(principal, Scope.TEACHER)
    teacher = await office.store.teachers.get(principal.person or "")
    project = await open_project(office, project_id, phase=ENROL, rule="R19")
    now = office.clock.now()
    require_before(await office.store.cut_offs.find(key_of(teacher.school, project.year)), project.id, now)
    signed, events = enrolments.sign_up(new_id(), teacher, project, now)
    try:
        stored = await office.store.enrollments.insert(signed, events)
    except DuplicateKey as error:
        raise second_sign_up(project_id) from error
    # The project may have been called off between the look and the write; then the sweep has missed this one.
    return await office.store.enrollments.get(stored.id) if await sweep(office, project_id) else stored


@repeatable("enrollments")
async def withdraw_sign_up(office: Office, principal: Principal, *, key: str) -> Enrollment:
    """Take the own sign-up back, before the school has submitted it.

    Raises:
        Refusal: `NOT_FOUND` or `WRONG_STATE`.
    """
    found = await own_enrollment(office, principal, Scope.TEACHER, key)
    withdrawn, events = enrolments.withdraw_sign_up(found, office.clock.now())
    return await office.store.enrollments.save(withdrawn, events)


async def decline_sign_ups(office: Office, principal: Principal, *, keys: Sequence[str], reason: str) -> list[Row]:
    """Decline sign-ups of the own school with a reason (R21).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND` or `TOO_MANY_ROWS`.
    """
    school = await own_school(office, principal)
    by = school.designated.name if school.designated else school.name

    async def act(key: str) -> Enrollment:
        found = await own_enrollment(office, principal, Scope.SCHOOL, key)
        declined, events = enrolments.decline(found, reason, by, office.clock.now())
        return await office.store.enrollments.save(declined, events)

    return await each(office, principal, keys, act, command="decline_sign_ups", given=reason)


async def rank_sign_ups(office: Office, principal: Principal, *, project_id: str, keys: Sequence[str]) -> list[Row]:
    """Rank the own school's candidates for a project, in the order given (R21).

    Raises:
        Refusal: `FORBIDDEN` or `TOO_MANY_ROWS`.
    """
    require_scope(principal, Scope.SCHOOL)
    places = {key: place for place, key in enumerate(keys, start=1)}

    async def act(key: str) -> Enrollment:
        found = await own_enrollment(office, principal, Scope.SCHOOL, key)
        if found.project != project_id:
            raise wrong_state(found, "R21")
        ranked, events = enrolments.rank(found, places[key])
        return await office.store.enrollments.save(ranked, events)

    return await each(office, principal, keys, act, command="rank_sign_ups", given="|".join([project_id, *keys]))


async def submit_enrollments(office: Office, principal: Principal, *, keys: Sequence[str]) -> list[Row]:
    """Hand sign-ups in to the bases, under the designated person, until enrolment closes (R5, R22).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `DESIGNATED_PERSON_MISSING` or `TOO_MANY_ROWS`.
    """
    by = require_designated(await own_school(office, principal))

    async def act(key: str) -> Enrollment:
        found = await own_enrollment(office, principal, Scope.SCHOOL, key)
        await open_project(office, found.project, phase=ENROL, rule="R22")
        submitted, events = enrolments.submit(found, by, office.clock.now())
        return await office.store.enrollments.save(submitted, events)

    return await each(office, principal, keys, act, command="submit_enrollments")


@repeatable("enrollments")
async def withdraw_enrollment(office: Office, principal: Principal, *, key: str, reason: str) -> Enrollment:
    """Withdraw a submitted enrolment before the training starts; its seat goes to the next in line (R25, R26).

    Raises:
        Refusal: `NOT_FOUND`, `WRONG_STATE`, `REASON_MISSING` or `PROJECT_NOT_OPEN`.
    """
    school = await own_school(office, principal)
    by = school.designated.name if school.designated else school.name

    async def work(session: Session) -> Enrollment:
        before = await own_enrollment(office, principal, Scope.SCHOOL, key, session)
        project = await office.store.projects.get(before.project, session)
        require_not_started(project, "R26")
        after, events = enrolments.withdraw(before, reason, by, office.clock.now())
        withdrawn = await office.store.settle(before, after, events, project, session)
        await pass_on(office, before, project, session)
        return withdrawn

    ended = await office.store.transact(work)
    office.wake.set()
    return ended
