"""The training window of a round, and a project's extension beyond it (R28)."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from kernel.dates import today
from kernel.errors import Refusal
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

    An extension is replaced by a later or an earlier one, down to the window's end, but neither before today nor before
    the planned last day.

    The event of a project that is not published has the province `00`, so that no province learns of it (R15, R17).

    Args:
        project: The project, not finished.
        current: Its round.
        until: The new last day, included.
        reason: Why.
        now: Domain time, aware.

    Raises:
        Refusal: `WRONG_STATE`, or `INVALID_EXTENSION`: the day is allowed already, too early or too late.
    """
    require_status(project, _LIVE, "R28")
    closes = last_day(project, current)
    if until == closes or not _least_end(project, current, now) <= until <= date(current.year + 1, 12, 31):
        raise _invalid_extension(project, current, now)
    extended = replace(project, extension=Extension(until, reason.text, now), finishes_on=None)
    result = note(extended, actor="ministry", now=now, reason=reason.text)
    province = project.province if project.published_at else NATIONWIDE
    return result, [ProjectExtended(**about(result) | {"province": province}, until=until, reason=reason.text)]


def _least_end(project: Project, current: Round, now: datetime) -> date:
    """The first day up to which an extension may let a project run."""
    closes = current.phase(PhaseName.TRAIN).closes
    if project.extension is None:
        return closes + timedelta(days=1)
    return max(closes, today(now), project.plan.ends_on or closes)


def _invalid_extension(project: Project, current: Round, now: datetime) -> Refusal:
    least, last_year, closes = _least_end(project, current, now), current.year + 1, last_day(project, current)
    zh, en = f"须在{least}及以后，且不晚于{last_year}年末", f"it is {least} or later, and in {last_year} at the latest"
    if project.extension:
        zh, en = f"现已延至{closes}；{zh}", f"it is extended to {closes}; {en}"
    return INVALID_EXTENSION(detail=(zh, en), closes=closes.isoformat())
