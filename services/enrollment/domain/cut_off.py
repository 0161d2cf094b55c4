"""A school's own, earlier deadline for its teachers' sign-ups (R21)."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo

from kernel.dates import today
from services.enrollment.domain.events import InnerCutOffSet
from services.enrollment.domain.project import ENROL, Phase, Round
from services.enrollment.domain.refusals import CUT_OFF_NOT_EARLIER, CUT_OFF_PAST, INNER_CUT_OFF_PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOffs:
    """The inner cut-offs of a school and a year; a last day is included (R1).

    Attributes:
        id: See `key_of`.
        closes_on: The last day for the whole year.
        projects: The last day of single projects, which goes before the year's.
    """

    id: str
    version: int
    school: str
    year: int
    province: str
    closes_on: date | None = None
    projects: dict[str, date] = field(default_factory=dict)

    def of(self, project: str) -> date | None:
        """The last day of a project's sign-ups; None where the school has set none."""
        return self.projects.get(project, self.closes_on)


def key_of(school: str, year: int) -> str:
    """The id of a school's cut-offs of a year."""
    return f"{school}-{year}"


def closing(day: date, zone: tzinfo | None) -> datetime:
    """The instant at which a last day is over: the next midnight of the zone."""
    return datetime.combine(day + timedelta(days=1), time(), zone)


def set_cut_off(
    cut_offs: CutOffs, project: str | None, closes_on: date | None, calendar: Round, now: datetime
) -> tuple[CutOffs, list[InnerCutOffSet]]:
    """Set a school's last day of sign-ups, or take it back, also when the one before has passed (R21).

    Args:
        cut_offs: The school's cut-offs of the year.
        project: The id of the project it is for; None for the whole year.
        closes_on: The last day, included; None takes it back.
        calendar: The round, with the national deadline.
        now: Domain time.

    Raises:
        Refusal: `CUT_OFF_NOT_EARLIER`: it would not lie before the national deadline; `CUT_OFF_PAST`: sign-ups would be
            closed already. Both name the days between which it may lie.
    """
    if closes_on:
        _require_within(closes_on, calendar.calendar[ENROL], now)
    if project is None:
        changed = replace(cut_offs, closes_on=closes_on)
    else:
        others = {key: day for key, day in cut_offs.projects.items() if key != project}
        changed = replace(cut_offs, projects=others | ({project: closes_on} if closes_on else {}))
    event = InnerCutOffSet(
        school=cut_offs.school, year=cut_offs.year, project=project, closes_on=closes_on, province=cut_offs.province
    )
    return changed, [event]


def _require_within(closes_on: date, phase: Phase, now: datetime) -> None:
    earliest = max(today(now), today(phase.opens_at))
    latest = today(phase.closes_at) - timedelta(days=2)  # the phase closes as the day after its last one begins
    if earliest <= closes_on <= latest:
        return
    kind = CUT_OFF_NOT_EARLIER if closes_on > latest else CUT_OFF_PAST
    raise kind(earliest=earliest.isoformat(), latest=latest.isoformat())


def require_before(cut_offs: CutOffs | None, project: str, now: datetime) -> None:
    """Refuse a teacher's sign-up after the last day that the school has set (R21).

    Raises:
        Refusal: `INNER_CUT_OFF_PASSED`.
    """
    last = cut_offs.of(project) if cut_offs else None
    if last and closing(last, now.tzinfo) <= now:
        raise INNER_CUT_OFF_PASSED(closedOn=last.isoformat())
