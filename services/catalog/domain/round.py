"""One training round a year: its calendar, quotas, norms, themes, review dimensions and contacts, as data (R1)."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kernel.dates import start_of
from services.catalog.domain.labels import PHASES
from services.catalog.domain.vocabulary import BaseCategory, PhaseName, ProjectKind

_MOST_SEATS = 10_000
_HOURS_OF_A_DAY = 24
_DAYS_OF_A_YEAR = 366
_MOST_FEE = 100_000_000


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
class Step:
    """A line of the round's calendar (R1).

    Attributes:
        code: Unique within the round, such as `ELIGIBILITY`.
        name: In Chinese.
        name_en: In English.
        guard: The phase whose acts it opens and closes; None for a step that is only announced.
        opens: First day; None for a step with a guard, whose days are its phase's.
        closes: Last day, included; likewise.
    """

    code: str
    name: str
    name_en: str
    guard: PhaseName | None = None
    opens: date | None = None
    closes: date | None = None


@dataclass(frozen=True, slots=True)
class DatedStep:
    """A step with its days, from its first to its last, both included."""

    code: str
    name: str
    name_en: str
    guard: PhaseName | None
    opens: date
    closes: date

    @property
    def from_instant(self) -> datetime:
        """The instant it begins: 00:00 of its first day."""
        return start_of(self.opens)

    @property
    def until_instant(self) -> datetime:
        """The first instant it is over: 00:00 of the day after its last."""
        return start_of(self.closes + timedelta(days=1))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLimits:
    """What a plan cannot be, and from where on it is unusual and needs a justification (R7, ADR 34) [D].

    Attributes:
        most_seats: The largest class there can be.
        usual_seats: The largest class that needs no justification.
        most_hours_a_day: Class hours that a teacher can teach, and a class can be taught, on one day.
        usual_hours_a_day: Class hours a day that need no justification.
        usual_idle_days: Days without training between first and last day that need no justification.
        usual_gap_percent: By how much the timetable's sum may differ from the class hours without a justification.
        most_fee: The highest fee, in fen.
    """

    most_seats: int = 1000
    usual_seats: int = 100
    most_hours_a_day: int = 12
    usual_hours_a_day: int = 8
    usual_idle_days: int = 14
    usual_gap_percent: int = 10
    most_fee: int = 10_000_000

    @property
    def sane(self) -> bool:
        """Whether what is usual lies within what is possible, and that within what any round needs."""
        return (
            1 <= self.usual_seats <= self.most_seats <= _MOST_SEATS
            and 1 <= self.usual_hours_a_day <= self.most_hours_a_day <= _HOURS_OF_A_DAY
            and 0 <= self.usual_idle_days <= _DAYS_OF_A_YEAR
            and 0 <= self.usual_gap_percent <= 100  # noqa: PLR2004 - all of it
            and 0 <= self.most_fee <= _MOST_FEE
        )


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


@dataclass(frozen=True, slots=True)
class RoundAmendment:
    """A correction of an open round: when, by whom, why, and of what (R1).

    Attributes:
        changed: The parts that were changed, by the graph's names.
        by: Who acted, as the audit names them.
        norms: The duration norms before, where they were changed: plans handed in until then keep them (R9).
    """

    changed: tuple[str, ...]
    reason: str
    at: datetime
    by: str | None = None
    norms: tuple[DurationNorm, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The round of one year; its id is the year as text.

    Attributes:
        overrides: Every extension, the earliest first.
        opened_at: When it was opened; None in documents that are older than this field.
        steps: The lines of its calendar; empty in documents that are older than this field: then those of its phases.
        amendments: Every correction, the earliest first.
        completion_days: How many days after its end a project is completed at the latest, whatever is still open.
        plan_limits: What plans cannot be, and what needs a justification (R7).
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
    completion_days: int = 90
    amendments: tuple[RoundAmendment, ...] = ()
    steps: tuple[Step, ...] = ()
    plan_limits: PlanLimits = PlanLimits()

    def phase(self, name: PhaseName) -> Phase:
        """The phase of that name, its extensions applied."""
        return next(phase for phase in self.phases if phase.name is name)

    def dated_steps(self) -> tuple[DatedStep, ...]:
        """The lines of its calendar with their days, extensions applied; of its phases where it lists none."""
        listed = self.steps or tuple(Step(name.value, *PHASES[name], guard=name) for name in PhaseName)
        return tuple(self._dated(step) for step in listed)

    def _dated(self, step: Step) -> DatedStep:
        days: Phase | Step = self.phase(step.guard) if step.guard else step
        if days.opens is None or days.closes is None:
            raise LookupError(f"step {step.code} of {self.year} has no days")
        return DatedStep(step.code, step.name, step.name_en, step.guard, days.opens, days.closes)

    def overrides_of(self, name: PhaseName) -> tuple[PhaseOverride, ...]:
        """The extensions of a phase, the earliest first."""
        return tuple(override for override in self.overrides if override.phase is name)

    def is_open(self, name: PhaseName, now: datetime) -> bool:
        """Whether the phase is open at `now`."""
        return self.phase(name).is_open(now)

    def open_phases(self, now: datetime) -> tuple[PhaseName, ...]:
        """The phases open at `now`, in the calendar's order."""
        return tuple(phase.name for phase in self.phases if phase.is_open(now))

    @property
    def quotas_by_category(self) -> dict[str, int]:
        """By category, how many projects a base may have in the round (R11)."""
        return {quota.category.value: quota.limit for quota in self.quotas}

    def quota_of(self, category: BaseCategory) -> int:
        """Projects a base of the category may have (R11)."""
        return next(quota.limit for quota in self.quotas if quota.category is category)

    def norm_of(self, kind: ProjectKind) -> DurationNorm | None:
        """The duration norm of a kind; research and development has none (R9)."""
        return next((norm for norm in self.duration_norms if norm.kind is kind), None)

    def as_of(self, at: datetime) -> "Round":
        """The round with the duration norms that were in force at an instant (R9)."""
        later = (change.norms for change in self.amendments if change.at > at and change.norms is not None)
        return replace(self, duration_norms=next(later, self.duration_norms))

    def themes_of(self, category: BaseCategory) -> tuple[Theme, ...]:
        """The themes of a category (R8)."""
        return tuple(theme for theme in self.themes if theme.category is category)
