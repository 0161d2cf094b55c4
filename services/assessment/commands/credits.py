"""Credits: confirmed by the school, revoked by the ministry (R31)."""

from collections.abc import Sequence
from functools import partial

from chassis.principal import Principal, Scope
from kernel.errors import Refusal
from kernel.refusals import FORBIDDEN
from services.assessment.commands.bulk import Outcome, RecordRow, change_each
from services.assessment.commands.deps import Deps
from services.assessment.domain import record as records
from services.assessment.domain.record import Record


async def confirm_credits(deps: Deps, principal: Principal, *, enrollments: Sequence[str]) -> list[Outcome]:
    """Confirm the credits of the school's own teachers, row by row (R31).

    Raises:
        Refusal: `FORBIDDEN` for anybody but a school.
    """
    if principal.scope is not Scope.SCHOOL:
        raise FORBIDDEN(rule="R31")
    now = deps.clock.now()
    said = [RecordRow(key, None, partial(records.confirm_credit, now=now)) for key in enrollments]
    return await change_each(deps, principal, "confirm_credits", said)


async def revoke_credit(deps: Deps, principal: Principal, *, enrollment: str, reason: str) -> Record:
    """Take a confirmed credit back (R31).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `NOT_PASSED`, `CREDIT_NOT_CONFIRMED`, `REASON_MISSING`.
    """
    if principal.scope is not Scope.MINISTRY:
        raise FORBIDDEN(rule="R31")
    decision = partial(records.revoke_credit, reason=reason, now=deps.clock.now())
    (outcome,) = await change_each(deps, principal, "revoke_credit", [RecordRow(enrollment, reason, decision)])
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome
