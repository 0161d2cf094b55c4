"""The training window of a round, and what the ministry lets past it (R28)."""

from dataclasses import replace
from datetime import date, datetime

from chassis.errors import Refusal, Unblock
from services.catalog.domain.events import ProjectExtended
from services.catalog.domain.project import Extension, Project, about, note, require_status
from services.catalog.domain.round import Round, require_reason
from services.catalog.domain.vocabulary import PhaseName, ProjectStatus

_LIVE = frozenset(ProjectStatus) - {
    ProjectStatus.FINISHED,
    ProjectStatus.COMPLETED,
    ProjectStatus.REJECTED,
    ProjectStatus.WITHDRAWN,
    ProjectStatus.LAPSED,
    ProjectStatus.CANCELLED,
}


def last_day(project: Project, current: Round) -> date:
    """The last day the project may run to: the window's, or its extension's."""
    closes = current.phase(PhaseName.TRAIN).closes
    return max(closes, project.extension.until) if project.extension else closes


def require_in_window(project: Project, current: Round) -> None:
    """Refuse dates outside the window (R28).

    Raises:
        Refusal: `OUTSIDE_WINDOW`.
    """
    opens, closes = current.phase(PhaseName.TRAIN).opens, last_day(project, current)
    plan = project.plan
    if (plan.starts_on and plan.starts_on < opens) or (plan.ends_on and plan.ends_on > closes):
        raise Refusal(
            "OUTSIDE_WINDOW",
            f"培训须在{opens}至{closes}之间进行，超期须经教师工作司同意延期",
            f"Training runs from {opens} to {closes}; longer only by an extension of the ministry",
            rule="R28",
            unblock=Unblock.MINISTRY,
            opens=opens.isoformat(),
            closes=closes.isoformat(),
        )


def extend(
    project: Project, current: Round, *, until: date, reason: str, now: datetime
) -> tuple[Project, list[ProjectExtended]]:
    """Let one project end after the window (R28).

    Raises:
        Refusal: `WRONG_STATE`, `REASON_MISSING`, or `INVALID_EXTENSION`: not later than now allowed.
    """
    require_reason(reason, "R28")
    require_status(project, _LIVE, "R28")
    if until <= last_day(project, current):
        raise Refusal(
            "INVALID_EXTENSION",
            "延期日期须晚于当前截止日期",
            "An extension must end later than now allowed",
            rule="R28",
            unblock=Unblock.SELF,
            closes=last_day(project, current).isoformat(),
        )
    extended = replace(project, extension=Extension(until, reason, now))
    result = note(extended, by="ministry", now=now, reason=reason)
    return result, [ProjectExtended(**about(result), until=until, reason=reason)]
