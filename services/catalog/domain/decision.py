"""The ministry decides on a reviewed plan and publishes what it approved (R16, R17)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from typing import Any

from kernel.dates import today
from kernel.errors import Unblock
from kernel.free_text import Reason
from kernel.refusals import WRONG_STATE
from services.catalog.domain.declaration import phase_closed
from services.catalog.domain.events import (
    ProjectApproved,
    ProjectPublished,
    ProjectRejected,
    ProjectReturned,
    PublishedSession,
)
from services.catalog.domain.faculty import faculty_members
from services.catalog.domain.plan import Plan, Session
from services.catalog.domain.project import Decision, Project, about, move, require_status
from services.catalog.domain.refusals import NOTHING_CHANGED, PLAN_OVER, PUBLICATION_LATE, REVIEWS_MISSING
from services.catalog.domain.review import Review
from services.catalog.domain.round import Round
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
    reason: Reason,
    now: datetime,
) -> tuple[Project, list[Decided]]:
    """Approve, return or reject a plan, after its experts have submitted their reviews (R14, R16).

    Args:
        project: The project, under review.
        current: Its round.
        reviews: The reviews of its present experts.
        outcome: What the ministry decides.
        reason: Why.
        now: Domain time, aware.

    Raises:
        Refusal: `WRONG_STATE`, `REVIEWS_MISSING`, or `PHASE_CLOSED`: a plan returned after
            review has closed could not be handed in again (R13).
    """
    require_status(project, frozenset({ProjectStatus.UNDER_REVIEW}), "R16")
    handed_in = [review for review in reviews if review.submitted_at and review.cycle == project.cycle]
    if len(handed_in) < current.experts_per_project:
        raise REVIEWS_MISSING(submitted=len(handed_in), least=current.experts_per_project)
    return _decided(project, current, outcome, reason, now)


def revise(
    project: Project, current: Round, *, outcome: DecisionOutcome, reason: Reason, now: datetime
) -> tuple[Project, list[Decided]]:
    """Put another decision in the place of the one in force, until the plan is published (R16, ADR 67).

    The history keeps both. What is approved is what was reviewed, and may still be published.

    Args:
        project: The project, approved, returned or rejected.
        current: Its round.
        outcome: What the ministry decides now.
        reason: Why.
        now: Domain time, aware.

    Raises:
        Refusal: `WRONG_STATE`: not decided on, published, or rewritten by its base since the review; `NOTHING_CHANGED`;
            `PLAN_OVER`; or `PHASE_CLOSED`, as for a decision.
    """
    require_status(project, frozenset(status for status, _ in _OUTCOMES.values()), "R16")
    if project.status is _OUTCOMES[outcome][0]:
        raise NOTHING_CHANGED(rule="R16")
    if outcome is DecisionOutcome.APPROVE:
        since = takewhile(lambda entry: entry.status is not ProjectStatus.UNDER_REVIEW, reversed(project.history))
        if any(entry.replaced for entry in since):
            words = (
                "基地已修改被退回的方案，须重新提交评审",
                "The base has rewritten the plan, which is reviewed anew",
            )
            raise WRONG_STATE(detail=words, rule="R16", unblock=Unblock.BASE, status=project.status.value)
        _require_to_come(project.plan, now)
    return _decided(project, current, outcome, reason, now, correction=True)


def _decided(
    project: Project,
    current: Round,
    outcome: DecisionOutcome,
    reason: Reason,
    now: datetime,
    *,
    correction: bool = False,
) -> tuple[Project, list[Decided]]:
    if outcome is DecisionOutcome.RETURN and now >= current.phase(PhaseName.REVIEW).until_instant:
        raise phase_closed(PhaseName.REVIEW, current, "R13")
    status, event = _OUTCOMES[outcome]
    decided = move(project, status, rule="R16", actor=_MINISTRY, now=now, reason=reason.text)
    result = replace(decided, decision=Decision(outcome, reason.text, now))
    return result, [event(**about(result), reason=reason.text, title=result.plan.title, correction=correction)]


def publish(
    project: Project, current: Round, *, override: Reason | None, now: datetime
) -> tuple[Project, list[ProjectPublished]]:
    """Publish an approved project; after the publication date only by an override with a reason (R17).

    Not once its training should have begun: enrollment is over by then (R1), so nobody could take part.

    Args:
        project: The project, approved.
        current: Its round.
        override: Why it is published late; None where it is not.
        now: Domain time, aware.

    Raises:
        Refusal: `WRONG_STATE`, `PLAN_OVER` or `PUBLICATION_LATE`.
    """
    reason = override.text if override else None
    published = move(project, ProjectStatus.PUBLISHED, rule="R17", actor=_MINISTRY, now=now, reason=reason)
    _require_to_come(project.plan, now)
    late = now >= current.phase(PhaseName.REVIEW).until_instant
    if late and override is None:
        raise PUBLICATION_LATE(closes=current.phase(PhaseName.REVIEW).closes.isoformat())
    result = replace(published, published_at=now, published_late=late)
    return result, [_published(result, reason)]


def sessions_of(timetable: Sequence[Session]) -> tuple[PublishedSession, ...]:
    """The timetable as events carry it."""
    return tuple(
        PublishedSession(id=session.id, title=session.title, date=session.date, hours=session.hours, mode=session.mode)
        for session in timetable
    )


def _require_to_come(plan: Plan, now: datetime) -> None:
    days = {"startsOn": plan.starts_on, "endsOn": plan.ends_on}
    if over := [name for name, day in days.items() if day and day < today(now)]:
        raise PLAN_OVER(fields=over, startsOn=str(plan.starts_on), endsOn=str(plan.ends_on))


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
        faculty_members=faculty_members(project),
    )


def _complete(plan: Plan) -> dict[str, Any]:
    names = ("title", "starts_on", "ends_on", "days", "class_hours", "capacity", "mode", "major_category", "fee")
    return {name: getattr(plan, name) for name in names}
