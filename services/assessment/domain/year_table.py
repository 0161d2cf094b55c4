"""The ministry's table of a year: what was held of what was published, and what came of it (R42)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from services.assessment.domain.vocabulary import FindingState, InstrumentKind, ProjectPhase, Severity

Fact = TypeVar("Fact", "Published", "Found")
HELD = frozenset({ProjectPhase.FINISHED, ProjectPhase.COMPLETED})


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What the table counts of a published project.

    Attributes:
        id: Its id.
        category: The category of its base; None where an earlier release has stored the project.
        province: Two-digit code of the base's province.
        phase: Its phase.
        base: The id of its base.
    """

    id: str
    category: str | None
    province: str
    phase: ProjectPhase
    base: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of the attendees of a project, by number.

    Attributes:
        attendees: All whose enrollment stands.
        passed: By the published result in force; so are the following.
        failed: Who has failed.
        incomplete: Who has not completed the training.
        credited: Whose credit is confirmed.
    """

    attendees: int = 0
    passed: int = 0
    failed: int = 0
    incomplete: int = 0
    credited: int = 0


@dataclass(frozen=True, slots=True)
class Published:
    """A published evaluation of a project.

    Attributes:
        project: Its id.
        kind: Which questionnaire.
        counted: The valid answer sheets.
        mean_hundredths: Their mean; None where it is not shown.
    """

    project: str
    kind: InstrumentKind
    counted: int
    mean_hundredths: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of a project of the year.

    Attributes:
        project: Its id.
        severity: How grave.
        state: How far its rectification is.
    """

    project: str
    severity: Severity
    state: FindingState


@dataclass(frozen=True, slots=True)
class YearFacts:
    """What a year's table is counted from.

    Attributes:
        projects: The projects published in the year.
        outcomes: By project.
        evaluations: The published ones.
        inspected: The ids of the projects that were drawn, and not replaced.
        findings: What inspections have found.
        quotas: What the round gives a base, by category; none where catalog has not told it.
        limits: By base what the ministry has given it instead (R39).
    """

    projects: Sequence[ProjectFacts]
    outcomes: Mapping[str, Outcomes]
    evaluations: Sequence[Published]
    inspected: frozenset[str]
    findings: Sequence[Found]
    quotas: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)

    def limit_of(self, project: ProjectFacts) -> int | None:
        """How many projects the base of a project may have; None where that is not known."""
        return self.limits.get(project.base, self.quotas.get(project.category or ""))


@dataclass(slots=True)
class Quota:
    """The quotas of the bases that have published projects (R11, R39).

    Attributes:
        limits: By base its limit; None where it is not known.
    """

    limits: dict[str, int | None] = field(default_factory=dict)

    @property
    def bases(self) -> int:
        """How many bases they are."""
        return len(self.limits)

    @property
    def limit(self) -> int | None:
        """How many projects they may have together; None where that is not known of all of them."""
        known = [limit for limit in self.limits.values() if limit is not None]
        return sum(known) if len(known) == len(self.limits) else None


@dataclass(slots=True)
class Mean:
    """A mean over answer sheets, of which every published evaluation adds its own."""

    sheets: int = 0
    sum: int = 0

    def add(self, evaluation: Published) -> None:
        """Add the sheets of an evaluation, unless its mean is not shown (R36)."""
        if evaluation.mean_hundredths is not None:
            self.sheets += evaluation.counted
            self.sum += evaluation.counted * evaluation.mean_hundredths

    @property
    def hundredths(self) -> int | None:
        """Rounded half up; None where nothing was added."""
        return (2 * self.sum + self.sheets) // (2 * self.sheets) if self.sheets else None


@dataclass(slots=True)
class Row:
    """The counts of one category in one province.

    Attributes:
        category: The category of the bases; None for projects stored by an earlier release.
        province: Two-digit code of the bases' province; `00` where it is not known.
        published: Projects.
        running: Those of them that run now; likewise the following.
        held: Those that are over.
        cancelled: Those that were cancelled.
        attendees: Of all of them together.
        passed: By the published result.
        failed: Likewise.
        incomplete: Likewise.
        credited: Whose credit is confirmed.
        satisfaction: Of the published satisfaction surveys.
        teaching: Of the published evaluations of teaching.
        inspected: Projects that were inspected.
        findings: How many by severity.
        open_findings: How many are not closed.
        quota: Of the bases; what is published is used for good (R11).
    """

    category: str | None
    province: str
    published: int = 0
    running: int = 0
    held: int = 0
    cancelled: int = 0
    attendees: int = 0
    passed: int = 0
    failed: int = 0
    incomplete: int = 0
    credited: int = 0
    satisfaction: Mean = field(default_factory=Mean)
    teaching: Mean = field(default_factory=Mean)
    inspected: int = 0
    findings: dict[Severity, int] = field(default_factory=lambda: dict.fromkeys(Severity, 0))
    open_findings: int = 0
    quota: Quota = field(default_factory=Quota)

    @property
    def assessed(self) -> int:
        """Who has a published result."""
        return self.passed + self.failed + self.incomplete

    @property
    def pass_rate(self) -> float | None:
        """Share of those with a published result who have passed, 0 to 1; None where nobody has one."""
        return round(self.passed / self.assessed, 4) if self.assessed else None


def table_of(facts: YearFacts) -> list[Row]:
    """The rows, by category and province; a category in a province without projects has none."""
    rows: dict[tuple[str, str], Row] = {}
    of_project: dict[str, Row] = {}
    for project in facts.projects:
        place = (project.category or "", project.province)
        row = of_project[project.id] = rows.setdefault(place, Row(project.category, project.province))
        _add(row, project, facts.outcomes.get(project.id, Outcomes()))
        row.inspected += project.id in facts.inspected
        row.quota.limits[project.base] = facts.limit_of(project)
    for evaluation, row in _with_rows(facts.evaluations, of_project):
        (row.teaching if evaluation.kind is InstrumentKind.TEACHING else row.satisfaction).add(evaluation)
    for finding, row in _with_rows(facts.findings, of_project):
        row.findings[finding.severity] += 1
        row.open_findings += finding.state is not FindingState.CLOSED
    return [rows[place] for place in sorted(rows)]


def _add(row: Row, project: ProjectFacts, outcomes: Outcomes) -> None:
    row.published += 1
    row.running += project.phase is ProjectPhase.RUNNING
    row.held += project.phase in HELD
    row.cancelled += project.phase is ProjectPhase.CANCELLED
    row.attendees += outcomes.attendees
    row.passed += outcomes.passed
    row.failed += outcomes.failed
    row.incomplete += outcomes.incomplete
    row.credited += outcomes.credited


def _with_rows(facts: Iterable[Fact], rows: Mapping[str, Row]) -> Iterable[tuple[Fact, Row]]:
    """Each fact with the row of its project; what is of a project of another year is left out."""
    return ((fact, rows[fact.project]) for fact in facts if fact.project in rows)
