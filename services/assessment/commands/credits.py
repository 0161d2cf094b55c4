"""Credits: confirmed by the school, revoked and restored by the ministry (R31)."""

from collections.abc import Sequence
from functools import partial

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_scope
from chassis.principal import Principal, Scope
from kernel.free_text import Reason
from services.assessment.commands.bulk import RecordRow, change_records
from services.assessment.commands.deps import Deps
from services.assessment.domain import record as records
from services.assessment.domain.project import Project
from services.assessment.domain.record import Change, Record


async def confirm_credits(deps: Deps, principal: Principal, *, enrollments: Sequence[str]) -> list[RowResult[Record]]:
    """Confirm the credits of the school's own teachers, row by row (R31).

    Args:
        deps: The service's dependencies.
        principal: The school.
        enrollments: Ids of the enrollments.

    Returns:
        A result per enrollment, in the order of `enrollments`.

    Raises:
        Refusal: `FORBIDDEN` for anybody but a school.
    """
    require_scope(principal, Scope.SCHOOL, rule="R31")
    projects, now = await _projects_of(deps, principal, enrollments), deps.clock.now()

    def confirm(record: Record) -> Change:
        return records.confirm_credit(record, projects.get(record.project), now)

    rows = [RecordRow(enrollment, None, confirm) for enrollment in enrollments]
    return await change_records(deps, principal, "confirm_credits", rows)


async def revoke_credit(deps: Deps, principal: Principal, *, enrollment: str, reason: Reason) -> Record:
    """Take a confirmed credit back (R31).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        enrollment: The enrollment's id.
        reason: Why; goes into the event and the audit log.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `NOT_PASSED`, `CREDIT_NOT_CONFIRMED`, `BUSY`.
    """
    require_scope(principal, Scope.MINISTRY, rule="R31")
    revoke = partial(records.revoke_credit, reason=reason, now=deps.clock.now())
    return _only(await change_records(deps, principal, "revoke_credit", [RecordRow(enrollment, reason.text, revoke)]))


async def restore_credit(deps: Deps, principal: Principal, *, enrollment: str, reason: Reason) -> Record:
    """Give back a credit that was revoked by mistake (R31).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        enrollment: The enrollment's id.
        reason: Why; goes into the event and the audit log.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `NOT_PASSED`, `CREDIT_NOT_REVOKED`, `BUSY`.
    """
    require_scope(principal, Scope.MINISTRY, rule="R31")
    restore = partial(records.restore_credit, reason=reason, now=deps.clock.now())
    return _only(await change_records(deps, principal, "restore_credit", [RecordRow(enrollment, reason.text, restore)]))


async def _projects_of(deps: Deps, principal: Principal, enrollments: Sequence[str]) -> dict[str, Project]:
    """The projects of these enrollments' records, by id."""
    visible = await deps.store.records.visible(enrollments, principal)
    keys = sorted({record.project for record in visible.values()})
    return {project.id: project for project in await deps.store.projects.find_many(keys) if project}


def _only(results: Sequence[RowResult[Record]]) -> Record:
    """The record that a command of one row leads to.

    Raises:
        Refusal: What the row is refused for.
    """
    (result,) = results
    if result.value is None:
        raise result.refusal or AssertionError("a row has either a value or a refusal")
    return result.value
