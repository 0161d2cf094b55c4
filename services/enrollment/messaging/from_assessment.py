"""What assessment's events do to enrollments (R29–R31)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.messaging.inbox import Handler, Row
from chassis.storage.mongo import Session
from chassis.storage.unit_of_work import UnitOfWork
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

_STEPS: Mapping[type, Callable[[Enrollment, Any, datetime], Followed]] = {
    AttendanceRecorded: lambda enrollment, event, now: attend(enrollment, now, present=event.present),
    NoShowRecorded: lambda enrollment, _, now: miss(enrollment, now),
    ResultRecorded: lambda enrollment, event, now: assess(enrollment, event.outcome, now),
    CreditConfirmed: lambda enrollment, _, now: credit(enrollment, now),
    CreditRevoked: lambda enrollment, event, now: revoke(enrollment, event.reason, now),
}
"""By event, the step of the domain: `(enrollment, event, now)`."""


def assessment_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of assessment's events that concern an enrollment, by event type."""

    async def follow(rows: Sequence[Row], session: Session) -> None:
        """Take the events' steps; nothing where the enrollment is unknown, or the event late or repeated."""
        repository, unit = deps.store.enrollments, UnitOfWork(session)
        loaded = await unit.load(repository, [row.event.enrollment for row in rows])
        enrollments = {enrollment.id: enrollment for enrollment in loaded}
        for row in rows:
            enrollment = enrollments.get(row.event.enrollment)
            change = _STEPS[type(row.event)](enrollment, row.event, deps.clock.now()) if enrollment else None
            if change:
                after, events = change
                enrollments[after.id] = unit.save(repository, after, events, act=row.act)
        await unit.flush()

    return {
        "assessment.attendance-recorded": Handler(AttendanceRecorded, many=follow),
        "assessment.no-show-recorded": Handler(NoShowRecorded, many=follow),
        "assessment.result-recorded": Handler(ResultRecorded, many=follow),
        "assessment.credit-confirmed": Handler(CreditConfirmed, many=follow),
        "assessment.credit-revoked": Handler(CreditRevoked, many=follow),
    }
