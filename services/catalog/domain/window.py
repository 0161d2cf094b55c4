"""The training window of a round, and a project's extension beyond it (R28)."""

from dataclasses import replace
from datetime import date, datetime

from kernel.free_text import Reason
from services.catalog.domain.events import NATIONWIDE, ProjectExtended
from services.catalog.domain.project import Extension, Project, about, note, require_status
from services.catalog.domain.refusals import INVALID_EXTENSION, OUTSIDE_WINDOW
from services.catalog.domain.round import Round
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
    days = {"startsOn": project.plan.starts_on, "endsOn": project.plan.ends_on}
    outside = [name for name, day in days.items() if day and not opens <= day <= closes]
    if outside:
        raise OUTSIDE_WINDOW(opens=opens.isoformat(), closes=closes.isoformat(), fields=outside)


def extend(
    project: Project, current: Round, *, until: date, reason: Reason, now: datetime
) -> tuple[Project, list[ProjectExtended]]:
    """Let one project end after the window, in the round's year or the one after (R28).

    The event of a project that is not published has the province `00`, so that no province learns of it (R15, R17).

    Args:
        project: The project, not finished.
        current: Its round.
        until: The new last day, included.
        reason: Why.
        now: Domain time, aware.

    Raises:
        Refusal: `WRONG_STATE`, or `INVALID_EXTENSION`: not later than now allowed, or too late.
    """
    require_status(project, _LIVE, "R28")
    closes = last_day(project, current)
    if until <= closes or until.year > current.year + 1:
        last_year = current.year + 1
        words = (
            f"须晚于{closes}，且不晚于{last_year}年末",
            f"it must be after {closes}, and in {last_year} at the latest",
        )
        raise INVALID_EXTENSION(detail=words, closes=closes.isoformat())
    extended = replace(project, extension=Extension(until, reason.text, now), finishes_on=None)
    result = note(extended, actor="ministry", now=now, reason=reason.text)
    province = project.province if project.published_at else NATIONWIDE
    return result, [ProjectExtended(**about(result) | {"province": province}, until=until, reason=reason.text)]
