"""The notices that assessment's events of random inspections leave (R37)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.events import Envelope
from chassis.messaging.inbox import Handler
from chassis.storage.mongo import Session
from chassis.storage.unit_of_work import UnitOfWork
from services.enrollment.commands import Deps
from services.enrollment.domain.inspection_news import of_finding, of_sample
from services.enrollment.domain.notifications import InspectionStep, Notice

_NONE = "NONE"


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """`assessment.inspection-drawn`."""

    title: str
    sample: dict[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """`assessment.inspection-replaced`."""

    title: str
    replacement: str


@dataclass(frozen=True, kw_only=True)
class Extended:
    """`assessment.inspection-extended`."""

    title: str
    projects: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FindingMoved:
    """Assessment's events about a finding."""

    project: str
    base: str
    severity: str
    due_on: date | None = None
    reason: str | None = None
    overdue: bool = False


def inspection_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of assessment's events that somebody is told of, by event type."""

    async def told(keys: Sequence[str], title: str, envelope: Envelope, *, drawn: bool = False) -> list[Notice]:
        projects = await deps.store.projects.find_many(keys)
        bases = {project.id: project.base for project in projects if project}
        ministry = len(keys) if drawn else None
        return of_sample(bases, title, deps.clock.now(), envelope.id, ministry=ministry)

    async def notices(event: Any, envelope: Envelope) -> list[Notice]:
        match event:
            case Drawn(title=title, sample=sample):
                keys = [project for projects in sample.values() for project in projects]
                return await told(keys, title, envelope, drawn=True)
            case Replaced(title=title, replacement=replacement):
                return await told([replacement], title, envelope)
            case Extended(title=title, projects=projects):
                return await told(projects, title, envelope)
            case FindingMoved():
                step = _step(envelope.name, event)
                if step is None:
                    return []
                return of_finding(
                    step,
                    project=event.project,
                    base=event.base,
                    due_on=event.due_on,
                    reason=event.reason,
                    at=deps.clock.now(),
                    event=envelope.id,
                )
        return []

    async def effect(event: Any, envelope: Envelope, session: Session) -> None:
        unit = UnitOfWork(session)
        deps.store.notices.stage(await notices(event, envelope), unit)
        await unit.flush()

    return {
        "assessment.inspection-drawn": Handler(Drawn, effect),
        "assessment.inspection-replaced": Handler(Replaced, effect),
        "assessment.inspection-extended": Handler(Extended, effect),
        "assessment.finding-recorded": Handler(FindingMoved, effect),
        "assessment.finding-closed": Handler(FindingMoved, effect),
        "assessment.finding-withdrawn": Handler(FindingMoved, effect),
        "assessment.rectification-reported": Handler(FindingMoved, effect),
        "assessment.rectification-returned": Handler(FindingMoved, effect),
        "assessment.rectification-due": Handler(FindingMoved, effect),
    }


def _step(name: str, event: FindingMoved) -> InspectionStep | None:
    """What the event says of the finding; None where it was said by the event before it."""
    clean = event.severity == _NONE
    match name:
        case "finding-recorded":
            return InspectionStep.CLEAN if clean else InspectionStep.FOUND
        case "finding-closed":
            return None if clean else InspectionStep.CLOSED
        case "finding-withdrawn":
            return InspectionStep.WITHDRAWN
        case "rectification-reported":
            return InspectionStep.REPORTED
        case "rectification-returned":
            return InspectionStep.RETURNED
        case _:
            return InspectionStep.OVERDUE if event.overdue else InspectionStep.DUE
