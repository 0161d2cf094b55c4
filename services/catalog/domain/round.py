"""One training round a year: its calendar, quotas, norms, themes, review dimensions and contacts, as data (R1)."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chassis.errors import Refusal, Unblock
from services.catalog.domain.events import PhaseExtended, PhaseWindow, RoundOpened
from services.catalog.domain.vocabulary import BaseCategory, PhaseName, ProjectKind

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""Every date of the notice is a date there (rules.md)."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase from its first to its last day, both included.

    Attributes:
        name: Which phase.
        opens: First day.
        closes: Last day: “5月6日前” includes the 6th [D].
    """

    name: PhaseName
    opens: date
    closes: date

    @property
    def from_instant(self) -> datetime:
        """The instant it opens: 00:00 of its first day."""
        return start_of(self.opens)

    @property
    def until_instant(self) -> datetime:
        """The first instant it is over: 00:00 of the day after its last."""
        return start_of(self.closes + timedelta(days=1))

    def is_open(self, now: datetime) -> bool:
        """Whether `now` lies in the half-open interval of the phase."""
        return self.from_instant <= now < self.until_instant


@dataclass(frozen=True, slots=True)
class CategoryQuota:
    """How many projects a base of a category may have in the round (R11)."""

    category: BaseCategory
    limit: int


@dataclass(frozen=True, slots=True)
class DurationNorm:
    """Days a kind of project should take, and the least and most that “左右” allows (R9)."""

    kind: ProjectKind
    category: BaseCategory
    days: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme that projects of a category may serve (R8)."""

    code: str
    category: BaseCategory
    name: str


@dataclass(frozen=True, slots=True)
class ReviewDimension:
    """One thing the experts judge (R15)."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A help line, department and numbers, never an official's name (R43)."""

    department: str
    phones: tuple[str, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class PhaseOverride:
    """A later last day that the ministry gave a phase: when, by whom and why (R1).

    Attributes:
        before: The last day until then.
        by: Who acted, as the audit names them.
    """

    phase: PhaseName
    closes: date
    reason: str
    at: datetime
    before: date | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The round of one year; its id is the year as text.

    Attributes:
        overrides: Every extension, the earliest first.
        opened_at: When its calendar was first told.
    """

    id: str
    version: int
    year: int
    title: str
    phases: tuple[Phase, ...]
    quotas: tuple[CategoryQuota, ...]
    duration_norms: tuple[DurationNorm, ...]
    themes: tuple[Theme, ...]
    review_dimensions: tuple[ReviewDimension, ...]
    experts_per_project: int
    contacts: tuple[Contact, ...]
    overrides: tuple[PhaseOverride, ...] = ()
    opened_at: datetime | None = None

    def phase(self, name: PhaseName) -> Phase:
        """The phase of that name, its extensions applied."""
        return next(phase for phase in self.phases if phase.name is name)

    def overrides_of(self, name: PhaseName) -> tuple[PhaseOverride, ...]:
        """The extensions of a phase, the earliest first."""
        return tuple(override for override in self.overrides if override.phase is name)

    def is_open(self, name: PhaseName, now: datetime) -> bool:
        """Whether the phase is open at `now`."""
        return self.phase(name).is_open(now)

    def open_phases(self, now: datetime) -> tuple[PhaseName, ...]:
        """The phases open at `now`, in the calendar's order."""
        return tuple(phase.name for phase in self.phases if phase.is_open(now))

    def quota_of(self, category: BaseCategory) -> int:
        """Projects a base of the category may have (R11)."""
        return next(quota.limit for quota in self.quotas if quota.category is category)

    def norm_of(self, kind: ProjectKind) -> DurationNorm | None:
        """The duration norm of a kind; research and development has none (R9)."""
        return next((norm for norm in self.duration_norms if norm.kind is kind), None)

    def themes_of(self, category: BaseCategory) -> tuple[Theme, ...]:
        """The themes of a category (R8)."""
        return tuple(theme for theme in self.themes if theme.category is category)


def start_of(day: date) -> datetime:
    """00:00 of a day in Asia/Shanghai."""
    return datetime.combine(day, time.min, SHANGHAI)


def today(now: datetime) -> date:
    """The date in Asia/Shanghai at an instant."""
    return now.astimezone(SHANGHAI).date()


def open_round(draft: Round, now: datetime) -> tuple[Round, list[RoundOpened]]:
    """Open a round whose calendar, quotas and themes are in order (R1).

    Raises:
        Refusal: `CALENDAR_NOT_MONOTONIC` or `ROUND_INCOMPLETE`.
    """
    _check_calendar(draft.phases)
    _check_data(draft)
    opened = replace(draft, opened_at=now)
    return opened, [RoundOpened(year=opened.year, title=opened.title, calendar=calendar_of(opened))]


def extend_phase(
    current: Round, phase: PhaseName, closes: date, *, reason: str, by: str, now: datetime
) -> tuple[Round, list[PhaseExtended]]:
    """Give a phase a later last day, reopening it if it is over; what follows is never shifted (R1).

    Raises:
        Refusal: `CALENDAR_NOT_MONOTONIC`: not later than it is, or past what follows, which is extended first;
            `INVALID_EXTENSION`: over before it is given; `REASON_MISSING`.
    """
    require_reason(reason, "R1")
    before = current.phase(phase).closes
    if closes <= before:
        raise _not_monotonic(phase)
    if closes < today(now):
        raise Refusal(
            "INVALID_EXTENSION",
            "延期后的截止日期不得早于今日",
            "An extension must not end before today",
            rule="R1",
            unblock=Unblock.SELF,
            phase=phase.value,
            closes=before.isoformat(),
        )
    phases = tuple(replace(known, closes=closes) if known.name is phase else known for known in current.phases)
    _check_calendar(phases)
    override = PhaseOverride(phase, closes, reason, now, before, by)
    extended = replace(current, phases=phases, overrides=(*current.overrides, override))
    event = PhaseExtended(year=current.year, phase=phase, closes=closes, reason=reason, calendar=calendar_of(extended))
    return extended, [event]


def calendar_of(current: Round) -> dict[str, PhaseWindow]:
    """The phases as events carry them: first and last day by phase name."""
    return {phase.name.value: PhaseWindow(opens=phase.opens, closes=phase.closes) for phase in current.phases}


def require_reason(reason: str, rule: str) -> None:
    """Refuse an act that must be explained and is not.

    Raises:
        Refusal: `REASON_MISSING`.
    """
    if not reason.strip():
        raise Refusal("REASON_MISSING", "必须说明理由", "A reason is required", rule=rule, unblock=Unblock.SELF)


def _check_calendar(phases: tuple[Phase, ...]) -> None:
    names = tuple(phase.name for phase in phases)
    if names != tuple(PhaseName):
        raise _incomplete(sorted(set(PhaseName) - set(names)) or ["phases"])
    for phase in phases:
        if phase.opens > phase.closes:
            raise _not_monotonic(phase.name)
    # The deadlines follow each other, and training starts when the bases have decided.
    deadlines = [(phase.name, phase.closes) for phase in phases]
    deadlines.insert(-1, (phases[-1].name, phases[-1].opens))
    for (name, day), (following, limit) in itertools.pairwise(deadlines):
        if day > limit:
            raise _not_monotonic(name, following=following.value, limit=limit.isoformat())
    for first, second in itertools.pairwise(phases):
        if first.opens > second.opens:
            raise _not_monotonic(second.name)


def _check_data(draft: Round) -> None:
    missing = [f"quotas.{name}" for name in _absent(quota.category for quota in draft.quotas)]
    missing += [f"themes.{name}" for name in _absent(theme.category for theme in draft.themes)]
    if not draft.review_dimensions:
        missing.append("reviewDimensions")
    if not draft.title.strip():
        missing.append("title")
    if draft.experts_per_project < 1 or any(quota.limit < 0 for quota in draft.quotas):
        missing.append("expertsPerProject")
    if missing:
        raise _incomplete(missing)


def _absent(present: Iterable[BaseCategory]) -> list[str]:
    return sorted(set(BaseCategory) - set(present))


def _incomplete(missing: list[str]) -> Refusal:
    return Refusal(
        "ROUND_INCOMPLETE",
        f"年度轮次缺少：{'、'.join(missing)}",
        f"The round lacks: {', '.join(missing)}",
        rule="R1",
        unblock=Unblock.MINISTRY,
        missing=missing,
    )


def _not_monotonic(phase: PhaseName, **details: str) -> Refusal:
    return Refusal(
        "CALENDAR_NOT_MONOTONIC",
        "阶段日期顺序有误",
        "The dates of the phases are out of order",
        rule="R1",
        unblock=Unblock.MINISTRY,
        phase=phase.value,
        **details,
    )
