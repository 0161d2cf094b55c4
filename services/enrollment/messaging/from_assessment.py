"""What assessment's events make of enrolments (R29–R31); an enrolment that has gone another way stays there."""

from collections.abc import Callable, Mapping
from typing import Any

from chassis.events import Envelope
from chassis.messaging.inbox import Effect, Handler
from chassis.storage.mongo import Session
from services.enrollment.commands import Deps
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.results import Followed, assess, attend, credit, miss, revoke
from services.enrollment.messaging.inbound import (
    AttendanceRecorded,
    CreditConfirmed,
    CreditRevoked,
    NoShowRecorded,
    ResultRecorded,
)

_Rule = Callable[[Enrollment, Any], Followed]


def assessment_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of assessment's events that concern an enrolment."""
    now = deps.clock.now
    rules: dict[str, tuple[type[Any], _Rule]] = {
        "attendance-recorded": (AttendanceRecorded, lambda one, event: attend(one, now(), present=event.present)),
        "no-show-recorded": (NoShowRecorded, lambda one, _: miss(one, now())),
        "result-recorded": (ResultRecorded, lambda one, event: assess(one, event.outcome, now())),
        "credit-confirmed": (CreditConfirmed, lambda one, _: credit(one, now())),
        "credit-revoked": (CreditRevoked, lambda one, event: revoke(one, event.reason, now())),
    }
    return {f"assessment.{name}": Handler(model, _effect(deps, rule)) for name, (model, rule) in rules.items()}


def _effect(deps: Deps, rule: _Rule) -> Effect:
    async def effect(event: Any, _: Envelope, session: Session) -> None:
        before = await deps.store.enrollments.find(event.enrollment, session)
        followed = rule(before, event) if before else None
        if followed:
            await deps.store.enrollments.save(*followed, session=session)

    return effect
