"""The only place where a teacher's plain numbers leave the vault, as a recorded act (R41)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.commands.guards import require_scope
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from kernel.refusals import NOT_FOUND
from services.enrollment.commands.deps import Deps
from services.enrollment.domain.refusals import NOT_ACCEPTED
from services.enrollment.domain.reveal import Purpose, Reveal, reveal
from services.enrollment.domain.teacher import Teacher
from services.enrollment.store import Visibility


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

    The record and its event are stored before anything is opened. A repeat is recorded again, even under the same
    `Idempotency-Key`, for the numbers are shown again.

    Args:
        deps: The service's dependencies.
        principal: Who wants to see them.
        key: The teacher's id.
        purpose: What for, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `NOT_ACCEPTED`, `INVALID_PURPOSE` or `TOO_MANY_REVEALS`.
    """
    teacher = await _within_reach(deps, principal, key)
    act, events = reveal(
        new_id(),
        teacher,
        Purpose.of(purpose),
        deps.clock.now(),
        by=principal.subject,
        scope=principal.scope.value,
        organization=principal.organization,
    )
    await deps.store.reveals.spend(principal.subject, datetime.now(UTC))
    await deps.store.reveals.repository.insert(act, events)
    vault = deps.vault
    return Revealed(
        act,
        teacher,
        vault.open(teacher.id_number.sealed),
        vault.open(teacher.mobile.sealed),
        vault.open(teacher.email.sealed) if teacher.email else None,
    )


async def _within_reach(deps: Deps, principal: Principal, key: str) -> Teacher:
    require_scope(principal, Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY)
    teacher = await deps.store.teachers.get(key)
    enrollments = deps.store.enrollments
    match principal.scope:
        case Scope.TEACHER:
            reached = principal.person == key
        case Scope.SCHOOL:
            reached = principal.school == teacher.school
        case Scope.BASE:
            reached = await enrollments.admitted(key, principal.bases)
            if not reached and await enrollments.teachers_met([key], Visibility.of(principal)):
                raise NOT_ACCEPTED()
        case _:
            reached = True
    if not reached:
        raise NOT_FOUND(kind="teacher", id=key)
    return teacher
