"""The only place where plain numbers of teachers and phones of contacts leave the vault, as a recorded act (R41)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_rows, require_scope
from chassis.context import current_act
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.unit_of_work import UnitOfWork, in_unit_of_work
from kernel.refusals import NOT_FOUND
from kernel.reveals import Purpose
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import require_still_designated
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.refusals import NOT_ACCEPTED
from services.enrollment.domain.reveal import Reveal, reveal
from services.enrollment.domain.reveal import reveal_contacts as record_contacts
from services.enrollment.domain.school import School
from services.enrollment.domain.teacher import Teacher
from services.enrollment.domain.vocabulary import LIVE
from services.enrollment.store import Visibility, own_province


@dataclass(frozen=True, slots=True, repr=False)
class Revealed:
    """A teacher's plain numbers, and the record of the act that shows them."""

    act: Reveal
    teacher: Teacher
    id_number: str
    mobile: str
    email: str | None


async def reveal_teacher(deps: Deps, principal: Principal, *, key: str, purpose: str) -> Revealed:
    """Show a teacher's numbers to the teacher, the school, a base that has accepted the teacher, or the ministry.

    A school that the teacher has left sees them while an enrollment that it has made is under way (R20).

    The record and its event are stored before anything is opened. A repeat is recorded again, even under the same
    `Idempotency-Key`, for the numbers are shown again.

    Args:
        deps: The service's dependencies.
        principal: Who wants to see them.
        key: The teacher's id.
        purpose: What for, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `NOT_ACCEPTED`, `INVALID_PURPOSE` or
            `TOO_MANY_REVEALS`.
    """
    teacher, at = await _within_reach(deps, principal, key)
    act, events = reveal(
        new_id(),
        teacher,
        Purpose.of(purpose),
        deps.clock.now(),
        by=principal.subject,
        scope=principal.scope.value,
        organization=principal.organization,
        at=at,
    )
    await deps.store.reveals.counts.spend(principal.subject, datetime.now(UTC))
    await deps.store.reveals.repository.insert(act, events)
    return _opened(deps, act, teacher)


async def reveal_teachers(
    deps: Deps, principal: Principal, *, project_id: str, keys: Sequence[str] | None, purpose: str
) -> list[RowResult[Revealed]]:
    """Show the numbers of a class to its base, of its own teachers in it to a school, or to the ministry (R41).

    A school that a person has left sees them while the enrollment that it has made is under way (R20).

    One purpose for all; every person has a record and an event of his or her own, all stored before anything is opened.

    Args:
        deps: The service's dependencies.
        principal: Who wants to see them.
        project_id: The project.
        keys: Ids of teachers; None for all who have a seat.
        purpose: What for, as it was typed.

    Returns:
        A row a teacher; one who is not in the class, as far as the caller may see it, is `NOT_FOUND`.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND` for the project, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `INVALID_PURPOSE`,
            `TOO_MANY_ROWS` or `TOO_MANY_REVEALS`; nobody is revealed then.
    """
    require_scope(principal, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY)
    await require_still_designated(deps, principal)
    why, store = Purpose.of(purpose), deps.store
    project = await store.projects.get(project_id)
    if principal.scope is Scope.BASE and project.base not in principal.bases:
        raise NOT_FOUND(kind="project", id=project_id)
    seated = await store.enrollments.class_of(project_id, Visibility.of(principal))
    met = list(dict.fromkeys(enrollment.teacher for enrollment in seated))
    teachers = {teacher.id: teacher for teacher in await store.teachers.find_many(met) if teacher}
    reachable = {
        enrollment.teacher: (enrollment.school, enrollment.province)
        for enrollment in seated
        if enrollment.teacher in teachers and _may_see(principal, enrollment, teachers[enrollment.teacher])
    }
    wanted = require_rows(list(reachable) if keys is None else list(dict.fromkeys(keys)), "ids", rule="R41")
    reached = [teachers[key] for key in wanted if key in reachable]
    now = deps.clock.now()
    acts = {
        teacher.id: reveal(
            new_id(),
            teacher,
            why,
            now,
            by=principal.subject,
            scope=principal.scope.value,
            organization=principal.organization,
            at=reachable[teacher.id],
        )
        for teacher in reached
    }
    if acts:
        await store.reveals.counts.spend(principal.subject, datetime.now(UTC), len(acts))

        async def record(unit: UnitOfWork) -> None:
            for act, events in acts.values():
                unit.insert(store.reveals.repository, act, events, act=current_act())
            await unit.flush()

        await in_unit_of_work(store.client, record)
    return [
        RowResult(key, _opened(deps, acts[key][0], teachers[key]))
        if key in acts
        else RowResult(key, refusal=NOT_FOUND(kind="teacher", id=key))
        for key in wanted
    ]


@dataclass(frozen=True, slots=True, repr=False)
class RevealedContact:
    """A school's designated person with the phone in plain (R5, R41)."""

    school: School
    name: str
    phone: str
    email: str | None


async def reveal_contacts(
    deps: Deps, principal: Principal, *, codes: Sequence[str], purpose: str
) -> list[RowResult[RevealedContact]]:
    """Show the phones of the designated persons of schools to those who work with them (R5, R41).

    A base sees those of schools that have submitted to it, a province those of its schools, a school its own, the
    ministry all. The list that was read is one act with its purpose.

    Args:
        deps: The service's dependencies.
        principal: Who wants to see them.
        codes: Of the schools.
        purpose: What for, as it was typed.

    Returns:
        A row a school; `NOT_FOUND` for one that the caller does not work with, or that has named nobody.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND` for the caller's school, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`,
            `INVALID_PURPOSE`, `TOO_MANY_ROWS` or `TOO_MANY_REVEALS`; nothing is shown then.
    """
    require_scope(principal, Scope.SCHOOL, Scope.BASE, Scope.PROVINCE, Scope.MINISTRY)
    await require_still_designated(deps, principal)
    why, store = Purpose.of(purpose), deps.store
    wanted = require_rows(list(dict.fromkeys(codes)), "codes", rule="R41")
    schools = {school.id: school for school in await store.schools.find_many(wanted) if school and school.designated}
    reached = await _worked_with(deps, principal, schools)
    shown = tuple(code for code in wanted if code in reached)
    if shown:
        act, events = record_contacts(
            new_id(),
            shown,
            why,
            deps.clock.now(),
            by=principal.subject,
            scope=principal.scope.value,
            organization=principal.organization,
        )
        await store.reveals.counts.spend(principal.subject, datetime.now(UTC), len(shown))
        await store.reveals.contacts.insert(act, events)
    return [
        RowResult(code, _contact(deps, schools[code]))
        if code in reached
        else RowResult(code, refusal=NOT_FOUND(kind="school", id=code))
        for code in wanted
    ]


async def _worked_with(deps: Deps, principal: Principal, schools: Mapping[str, School]) -> set[str]:
    """Those of the schools whose designated person the caller may call."""
    match principal.scope:
        case Scope.BASE:
            return await deps.store.enrollments.schools_met(list(schools), Visibility.of(principal))
        case Scope.PROVINCE:
            own = own_province(principal)
            return {code for code, school in schools.items() if own and school.province == own}
        case Scope.SCHOOL:
            return {code for code in schools if code == principal.school}
        case _:
            return set(schools)


def _contact(deps: Deps, school: School) -> RevealedContact:
    person = school.designated
    assert person  # noqa: S101 - schools without one were left out
    return RevealedContact(school, person.name, deps.vault.open(person.phone_sealed), person.email)


def _opened(deps: Deps, act: Reveal, teacher: Teacher) -> Revealed:
    vault = deps.vault
    return Revealed(
        act,
        teacher,
        vault.open(teacher.id_number.sealed),
        vault.open(teacher.mobile.sealed),
        vault.open(teacher.email.sealed) if teacher.email else None,
    )


_At = tuple[str, str]
"""The code of a school and its province."""


def _may_see(principal: Principal, enrollment: Enrollment, teacher: Teacher) -> bool:
    """Whether numbers are shown for an enrollment that the principal may see; a school's ends with its share (R20)."""
    if principal.scope is not Scope.SCHOOL:
        return True
    return enrollment.status in LIVE or teacher.at(principal.school or "") is not None


async def _within_reach(deps: Deps, principal: Principal, key: str) -> tuple[Teacher, _At | None]:
    """The teacher, and the school as whose teacher the principal sees the person; None for the main one."""
    require_scope(principal, Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY)
    school = await require_still_designated(deps, principal)
    teacher = await deps.store.teachers.get(key)
    enrollments = deps.store.enrollments
    at: _At | None = None
    if school:
        reached = bool(teacher.at(school.id)) or await enrollments.under_way(key, school.id)
        at = school.id, school.province
    elif principal.scope is Scope.BASE:
        at = await enrollments.admitted(key, principal.bases)
        reached = at is not None
        if not reached and await enrollments.teachers_met([key], Visibility.of(principal)):
            raise NOT_ACCEPTED()
    else:
        reached = principal.scope is Scope.MINISTRY or principal.person == key
    if not reached:
        raise NOT_FOUND(kind="teacher", id=key)
    return teacher, at
