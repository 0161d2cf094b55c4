"""What assessment's events do to enrollments (R29–R31)."""

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

_Step = Callable[[Enrollment, Any], Followed]
"""A step of the domain: `(enrollment, event)` to what changes, or None where the event comes late or twice."""


def assessment_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of assessment's events that concern an enrollment, by event type."""
    now = deps.clock.now

    def record_attendance(enrollment: Enrollment, event: AttendanceRecorded) -> Followed:
        return attend(enrollment, now(), present=event.present)

    def record_no_show(enrollment: Enrollment, _: NoShowRecorded) -> Followed:
        return miss(enrollment, now())

    def record_result(enrollment: Enrollment, event: ResultRecorded) -> Followed:
        return assess(enrollment, event.outcome, now())

    def confirm_credit(enrollment: Enrollment, _: CreditConfirmed) -> Followed:
        return credit(enrollment, now())

    def revoke_credit(enrollment: Enrollment, event: CreditRevoked) -> Followed:
        return revoke(enrollment, event.reason, now())

    return {
        "assessment.attendance-recorded": Handler(AttendanceRecorded, _effect(deps, record_attendance)),
        "assessment.no-show-recorded": Handler(NoShowRecorded, _effect(deps, record_no_show)),
        "assessment.result-recorded": Handler(ResultRecorded, _effect(deps, record_result)),
        "assessment.credit-confirmed": Handler(CreditConfirmed, _effect(deps, confirm_credit)),
        "assessment.credit-revoked": Handler(CreditRevoked, _effect(deps, revoke_credit)),
    }


def _effect(deps: Deps, step: _Step) -> Effect:
    """Load the event's enrollment, take the step, and save; nothing where the enrollment is unknown or unchanged."""

    async def effect(event: Any, _: Envelope, session: Session) -> None:
        enrollment = await deps.store.enrollments.find(event.enrollment, session)
        change = step(enrollment, event) if enrollment else None
        if change:
            await deps.store.enrollments.save(*change, session=session)

    return effect
