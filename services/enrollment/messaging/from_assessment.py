"""What assessment's events do to enrollments (R29–R31), and whom they tell of the rest (R34–R38)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.events import Envelope
from chassis.messaging.inbox import Handler, Row
from chassis.storage.mongo import Session
from chassis.storage.unit_of_work import UnitOfWork
from services.enrollment.commands import Deps
from services.enrollment.domain import news
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.news import Occasion
from services.enrollment.domain.notifications import Facts, Notice, NoticeKind
from services.enrollment.domain.results import Followed, assess, attend, credit, miss, restore, revoke
from services.enrollment.messaging.from_annual import annual_handlers
from services.enrollment.messaging.from_evaluations import evaluation_handlers, latecomers_told
from services.enrollment.messaging.from_inspections import inspection_handlers
from services.enrollment.messaging.inbound import (
    AttendanceRecorded,
    CreditConfirmed,
    CreditRestored,
    CreditRevoked,
    NoShowRecorded,
    ResultRecorded,
    ResultsDue,
)

_STEPS: Mapping[type, Callable[[Enrollment, Any, datetime], Followed]] = {
    AttendanceRecorded: lambda enrollment, event, now: attend(
        enrollment, now, present=event.present, attended=event.attended
    ),
    NoShowRecorded: lambda enrollment, _, now: miss(enrollment, now),
    ResultRecorded: lambda enrollment, event, now: assess(enrollment, event.outcome, now),
    CreditConfirmed: lambda enrollment, _, now: credit(enrollment, now),
    CreditRevoked: lambda enrollment, event, now: revoke(enrollment, event.reason, now),
    CreditRestored: lambda enrollment, event, now: restore(enrollment, event.reason, now),
}
"""By event, the step of the domain: `(enrollment, event, now)`."""


def _news_of(row: Row, enrollment: Enrollment, now: datetime) -> list[Notice]:
    """Whom the event is told to besides (R29–R31)."""
    match row.event:
        case NoShowRecorded():
            return news.of_no_show(enrollment, now)
        case ResultRecorded(outcome=outcome, correction=correction, credit_hours=hours):
            event = row.envelope.id
            result = news.of_result(enrollment, outcome, now, event, corrected=correction > 0)
            return result + (news.of_credit_to_confirm(enrollment, hours, now, event) if hours else [])
        case CreditConfirmed(hours=hours):
            return news.of_credit(enrollment, hours, now)
        case CreditRevoked(reason=reason):
            return news.of_revocation(enrollment, reason, now)
        case CreditRestored(reason=reason):
            return news.of_restoration(enrollment, reason, now)
        case _:
            return []


def assessment_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of assessment's events that enrollment takes in, by event type."""

    async def follow(rows: Sequence[Row], session: Session) -> None:
        """Take the events' steps; nothing where the enrollment is unknown, or the event late or repeated."""
        repository, unit = deps.store.enrollments, UnitOfWork(session)
        loaded = await unit.load(repository, [row.event.enrollment for row in rows])
        enrollments = {enrollment.id: enrollment for enrollment in loaded}
        now = deps.clock.now()
        notices: list[Notice] = []
        came: dict[str, Enrollment] = {}
        for row in rows:
            enrollment = enrollments.get(row.event.enrollment)
            if enrollment is None:
                continue
            if change := _STEPS[type(row.event)](enrollment, row.event, now):
                after, events = change
                enrollment = enrollments[after.id] = unit.save(repository, after, events, act=row.act)
                if isinstance(row.event, AttendanceRecorded) and enrollment.attended:
                    came[enrollment.id] = enrollment
            if change or isinstance(row.event, ResultRecorded):  # a corrected score may be the same outcome
                notices += _news_of(row, enrollment, now)
        notices += await latecomers_told(deps, list(came.values()), session)
        deps.store.notices.stage(notices, unit)
        await unit.flush()

    async def results_due(event: ResultsDue, envelope: Envelope, session: Session) -> None:
        """Remind the base in its inbox."""
        unit = UnitOfWork(session)
        occasion = Occasion(
            kind=NoticeKind.RESULTS_DUE,
            project=event.project,
            base=event.base,
            at=deps.clock.now(),
            version=envelope.order,
            facts=Facts(until=event.due_on, overdue=event.overdue),
        )
        deps.store.notices.stage(news.of_results_due(occasion), unit)
        await unit.flush()

    return {
        "assessment.results-due": Handler(ResultsDue, results_due),
        "assessment.attendance-recorded": Handler(AttendanceRecorded, many=follow),
        "assessment.no-show-recorded": Handler(NoShowRecorded, many=follow),
        "assessment.result-recorded": Handler(ResultRecorded, many=follow),
        "assessment.credit-confirmed": Handler(CreditConfirmed, many=follow),
        "assessment.credit-revoked": Handler(CreditRevoked, many=follow),
        "assessment.credit-restored": Handler(CreditRestored, many=follow),
        **annual_handlers(deps),
        **inspection_handlers(deps),
        **evaluation_handlers(deps),
    }
