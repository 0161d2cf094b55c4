"""The notices that assessment's events of evaluations leave (R34–R36)."""

from collections.abc import Mapping
from datetime import timedelta

from chassis.events import Envelope
from chassis.messaging.inbox import Handler
from chassis.storage.mongo import Session
from chassis.storage.unit_of_work import UnitOfWork
from kernel.dates import today
from services.enrollment.commands import Deps
from services.enrollment.domain.evaluation_news import of_evaluation
from services.enrollment.domain.notifications import Facts, NoticeKind
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
            until=today(until - timedelta(microseconds=1)) if until else None,
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

    return {name: Handler(EvaluationNews, tell) for name in _KINDS}
