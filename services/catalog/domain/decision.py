"""The ministry decides on a reviewed plan and publishes what it approved (R16, R17)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.catalog.domain.declaration import phase_closed
from services.catalog.domain.events import (
    ProjectApproved,
    ProjectPublished,
    ProjectRejected,
    ProjectReturned,
    PublishedSession,
)
from services.catalog.domain.plan import Plan, Session
from services.catalog.domain.project import Decision, Project, about, move
from services.catalog.domain.refusals import PUBLICATION_LATE, REVIEWS_MISSING
from services.catalog.domain.review import Review
from services.catalog.domain.round import Round, require_reason
from services.catalog.domain.vocabulary import DecisionOutcome, PhaseName, ProjectStatus

Decided = ProjectApproved | ProjectReturned | ProjectRejected
_MINISTRY = "ministry"
_OUTCOMES: dict[DecisionOutcome, tuple[ProjectStatus, type[Decided]]] = {
    DecisionOutcome.APPROVE: (ProjectStatus.APPROVED, ProjectApproved),
    DecisionOutcome.RETURN: (ProjectStatus.RETURNED, ProjectReturned),
    DecisionOutcome.REJECT: (ProjectStatus.REJECTED, ProjectRejected),
}


def decide(
    project: Project,
    current: Round,
    reviews: Sequence[Review],
    *,
    outcome: DecisionOutcome,
    reason: str,
    now: datetime,
) -> tuple[Project, list[Decided]]:
    """Approve, return or reject, with a reason; the experts advise, so their reviews come first (R14, R16).

    Raises:
        Refusal: `WRONG_STATE`, `REASON_MISSING`, `REVIEWS_MISSING`, or `PHASE_CLOSED`: a plan returned after
            review has closed could not be handed in again (R13).
    """
    require_reason(reason, "R16")
    status, event = _OUTCOMES[outcome]
    decided = move(project, status, rule="R16", by=_MINISTRY, now=now, reason=reason)
    handed_in = [one for one in reviews if one.submitted_at and one.cycle == project.cycle]
    if len(handed_in) < current.experts_per_project:
        raise REVIEWS_MISSING(submitted=len(handed_in), least=current.experts_per_project)
    if outcome is DecisionOutcome.RETURN and now >= current.phase(PhaseName.REVIEW).until_instant:
        raise phase_closed(PhaseName.REVIEW, current, "R13")
    result = replace(decided, decision=Decision(outcome, reason, now))
    return result, [event(**about(result), reason=reason)]


def publish(
    project: Project, current: Round, *, override: str | None, now: datetime
) -> tuple[Project, list[ProjectPublished]]:
    """Publish an approved project; after the publication date only by an override with a reason (R17).

    Raises:
        Refusal: `WRONG_STATE` or `PUBLICATION_LATE`.
    """
    published = move(project, ProjectStatus.PUBLISHED, rule="R17", by=_MINISTRY, now=now, reason=override)
    late = now >= current.phase(PhaseName.REVIEW).until_instant
    if late and not (override or "").strip():
        raise PUBLICATION_LATE(closes=current.phase(PhaseName.REVIEW).closes.isoformat())
    result = replace(published, published_at=now, published_late=late)
    return result, [_published(result, override)]


def sessions_of(timetable: Sequence[Session]) -> tuple[PublishedSession, ...]:
    """The timetable as events carry it."""
    return tuple(
        PublishedSession(id=one.id, title=one.title, date=one.date, hours=one.hours, mode=one.mode) for one in timetable
    )


def _published(project: Project, override: str | None) -> ProjectPublished:
    plan = project.plan
    return ProjectPublished(
        **about(project),
        **_complete(plan),
        base_name=project.base_name,
        category=project.category,
        kind=project.kind,
        audience=plan.audience,
        venue_province=plan.venue.province if plan.venue else None,
        sessions=sessions_of(plan.timetable),
        faculty=tuple(member.name for member in plan.faculty),
        series=project.series,
        late=project.published_late,
        override=override,
    )


def _complete(plan: Plan) -> dict[str, Any]:
    names = ("title", "starts_on", "ends_on", "days", "class_hours", "capacity", "mode", "major_category", "fee")
    return {name: getattr(plan, name) for name in names}
