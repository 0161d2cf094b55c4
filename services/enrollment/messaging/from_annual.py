"""The notices that assessment's events of annual assessments leave (R38)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chassis.events import Envelope
from chassis.messaging.inbox import Handler
from chassis.storage.mongo import Session
from chassis.storage.unit_of_work import UnitOfWork
from services.enrollment.commands import Deps
from services.enrollment.domain.annual_news import of_assessment
from services.enrollment.domain.notifications import AnnualStep, Facts

_STEPS = {
    "annual-comments-opened": AnnualStep.OPENED,
    "annual-commented": AnnualStep.COMMENTED,
    "annual-item-adjusted": AnnualStep.ADJUSTED,
    "annual-appealed": AnnualStep.APPEALED,
    "quota-proposal-declined": AnnualStep.PROPOSAL_DECLINED,
}


@dataclass(frozen=True, kw_only=True)
class AssessmentMoved:
    """Assessment's events about a base's annual assessment.

    Attributes:
        until: The last day for comments.
        appeal_until: The last day for an appeal.
        version: How often a grade was made final.
        limit: The limit in force of a quota that was proposed to be another.
    """

    base: str
    year: int
    base_name: str | None = None
    until: date | None = None
    appeal_until: date | None = None
    grade: str | None = None
    version: int = 1
    upheld: bool = False
    reason: str | None = None
    limit: int | None = None


def annual_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of assessment's events that somebody is told of, by event type."""

    async def effect(event: AssessmentMoved, envelope: Envelope, session: Session) -> None:
        facts = Facts(
            annual_step=_step(envelope.name, event),
            base_name=event.base_name,
            year=event.year,
            until=event.until or event.appeal_until,
            grade=event.grade,
            limit=event.limit,
        )
        now = deps.clock.now()
        unit = UnitOfWork(session)
        told = of_assessment(event.base, facts, reason=event.reason, at=now, event=envelope.id)
        deps.store.notices.stage(told, unit)
        await unit.flush()

    names = [*_STEPS, "annual-finalized", "annual-appeal-decided"]
    return {f"assessment.{name}": Handler(AssessmentMoved, effect) for name in names}


def _step(name: str, event: AssessmentMoved) -> AnnualStep:
    match name:
        case "annual-finalized":
            return AnnualStep.FINAL if event.version == 1 else AnnualStep.FINAL_ANEW
        case "annual-appeal-decided":
            return AnnualStep.UPHELD if event.upheld else AnnualStep.DISMISSED
        case _:
            return _STEPS[name]
