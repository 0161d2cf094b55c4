"""The notices that assessment's events of evaluations leave (R34–R36)."""

from collections.abc import Mapping, Sequence

from chassis.events import Envelope
from chassis.messaging.inbox import Handler
from chassis.storage.mongo import Session
from chassis.storage.unit_of_work import UnitOfWork
from services.enrollment.commands import Deps
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.evaluation_news import OpenEvaluation, last_day, of_evaluation, of_latecomers
from services.enrollment.domain.notifications import Facts, Notice, NoticeKind, trainee_box
from services.enrollment.messaging.inbound import EvaluationNews

_KINDS = {
    "assessment.evaluation-opened": NoticeKind.EVALUATION,
    "assessment.evaluation-reminded": NoticeKind.EVALUATION_REMINDER,
    "assessment.evaluation-published": NoticeKind.EVALUATION_RESULT,
    "assessment.evaluation-suppressed": NoticeKind.EVALUATION_RESULT,
}


def evaluation_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of assessment's events of a questionnaire, by event type."""

    async def tell(event: EvaluationNews, envelope: Envelope, session: Session) -> None:
        kind, until = _KINDS[envelope.type], event.closes_at
        facts = Facts(
            questionnaire=event.kind,
            until=last_day(until) if until else None,
            list_day=event.list_day,
            short_code=event.short_code,
            cause=event.cause,
        )
        notices = of_evaluation(
            kind,
            facts,
            await deps.store.enrollments.attended(event.project, session),
            project=event.project,
            base=event.base if kind is NoticeKind.EVALUATION_RESULT else None,
            at=deps.clock.now(),
            event=envelope.id,
        )
        unit = UnitOfWork(session)
        deps.store.notices.stage(notices, unit)
        await unit.flush()
        await _remember(deps, event, envelope, session)

    return {name: Handler(EvaluationNews, tell) for name in _KINDS}


async def _remember(deps: Deps, event: EvaluationNews, envelope: Envelope, session: Session) -> None:
    """Whether the questionnaire is open, for those who are marked as attendees later."""
    kind = _KINDS[envelope.type]
    if kind is NoticeKind.EVALUATION and event.closes_at:
        opened = OpenEvaluation(
            id=envelope.subject,
            project=event.project,
            kind=event.kind,
            closes_at=event.closes_at,
            list_day=event.list_day,
            short_code=event.short_code,
            event=envelope.id,
        )
        await deps.store.open_evaluations.put(opened, session)
    elif kind is NoticeKind.EVALUATION_RESULT:
        await deps.store.open_evaluations.remove(envelope.subject, session)


async def latecomers_told(deps: Deps, late: Sequence[Enrollment], session: Session) -> list[Notice]:
    """What is open, to those who are marked as attendees only now (R34, R35).

    Args:
        deps: The service's dependencies.
        late: Their enrollments.
        session: The transaction under way.
    """
    if not late:
        return []
    now = deps.clock.now()
    opened = await deps.store.open_evaluations.of([enrollment.project for enrollment in late], now, session)
    if not opened:
        return []
    boxes = [trainee_box(enrollment.teacher) for enrollment in late]
    told = await deps.store.notices.contents(boxes, NoticeKind.EVALUATION, session)
    return of_latecomers(opened, late, now, told)
