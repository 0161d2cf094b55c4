"""The catalog's events; each has a province, and none has personal data (R41)."""

from dataclasses import dataclass
from datetime import date

from services.catalog.domain.vocabulary import Audience, BaseCategory, Mode, PhaseName, ProjectKind, ProjectStatus

NATIONWIDE = "00"
"""The province of an event that concerns all of them."""


@dataclass(frozen=True, kw_only=True)
class PhaseWindow:
    """First and last day of a phase, both included (R1)."""

    opens: date
    closes: date


@dataclass(frozen=True, kw_only=True)
class StepWindow:
    """A line of the round's calendar, both days included; `guard` is the phase that it opens, if it opens one (R1)."""

    code: str
    name: str
    guard: PhaseName | None
    opens: date
    closes: date


@dataclass(frozen=True, kw_only=True)
class RoundOpened:
    """A year's round is open; `calendar` by phase name, `steps` with those that open no phase (R1).

    Attributes:
        quotas: By category of bases, how many projects a base may have (R11).
    """

    year: int
    title: str
    calendar: dict[str, PhaseWindow]
    steps: tuple[StepWindow, ...] = ()
    quotas: dict[str, int] | None = None
    province: str = NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class RoundAmended:
    """Parts of an open round were corrected; `calendar` is the whole one, as it stands (R1).

    Attributes:
        changed: The parts, by the graph's names.
        parts_before: Each of them as it was, as JSON.
        parts_after: Each of them as it is, as JSON.
        bases: Ids of the bases that are to be told: those that stand, where their plans are looked at in another way.
        quotas: By category of bases, how many projects a base may have, as it stands (R11).
    """

    year: int
    title: str
    changed: tuple[str, ...]
    reason: str
    parts_before: dict[str, str]
    parts_after: dict[str, str]
    calendar: dict[str, PhaseWindow]
    steps: tuple[StepWindow, ...] = ()
    bases: tuple[str, ...] = ()
    quotas: dict[str, int] | None = None
    province: str = NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class PhaseExtended:
    """A phase got a later last day; `calendar` is the whole new one (R1)."""

    year: int
    phase: PhaseName
    closes: date
    reason: str
    calendar: dict[str, PhaseWindow]
    steps: tuple[StepWindow, ...] = ()
    province: str = NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class BaseRegistered:
    """A training base is on file (R2)."""

    base: str
    name: str
    category: BaseCategory
    organization: str
    organization_name: str
    province: str


@dataclass(frozen=True, kw_only=True)
class ContactsRevealed:
    """Somebody saw how to call the team of a base, for a stated purpose (R6, R40, R41)."""

    base: str
    purpose: str
    province: str = NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class BaseRenamed:
    """A base got another name (R2).

    Attributes:
        former: Its name until then.
    """

    base: str
    name: str
    former: str
    reason: str
    province: str


@dataclass(frozen=True, kw_only=True)
class OrganizationRenamed:
    """An organisation that holds bases or sends experts got another name (R3).

    Attributes:
        former: Its name until then.
        bases: Those that it holds.
    """

    organization: str
    name: str
    former: str
    bases: tuple[str, ...]
    reason: str
    province: str = NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class BaseExtended:
    """A base is valid up to a later day (R2).

    Attributes:
        ended: Its last day until then.
        valid_until: Its last day now; None for no end.
    """

    base: str
    ended: date
    valid_until: date | None
    reason: str
    province: str


@dataclass(frozen=True, kw_only=True)
class BaseRecategorized:
    """A base without projects was registered under a wrong category (R2).

    Attributes:
        mistaken: The wrong one.
    """

    base: str
    mistaken: BaseCategory
    category: BaseCategory
    reason: str
    province: str


@dataclass(frozen=True, kw_only=True)
class BaseClosed:
    """A base was closed; nobody acts for it any more (R2)."""

    base: str
    organization: str
    reason: str
    province: str


@dataclass(frozen=True, kw_only=True)
class BaseReopened:
    """A base that was closed by mistake is open again, and its organisation acts for it (R2)."""

    base: str
    organization: str
    reason: str
    province: str


@dataclass(frozen=True, kw_only=True)
class BaseAmended:
    """What is on file of a base was set right (R2).

    Attributes:
        changed: Names of what changed: `majorCategories`, `province`, `provinceReason`, `validFrom`.
        former_province: Where it was until then; `00` for none.
        province_reason: Why it is in another province than its organisation's code says.
    """

    base: str
    changed: tuple[str, ...]
    major_categories: tuple[int, ...]
    valid_from: date
    former_province: str
    province_reason: str | None
    reason: str
    province: str


@dataclass(frozen=True, kw_only=True)
class BaseMerged:
    """A base was merged into another, which acts for it from now on (R2).

    Attributes:
        into: The successor.
        into_organization: Code of the organisation that holds the successor.
    """

    base: str
    organization: str
    into: str
    into_organization: str
    reason: str
    province: str


@dataclass(frozen=True, kw_only=True)
class BaseTeamSet:
    """A base named its contacts, counted per duty; who they are stays with the catalog (R6, R41)."""

    base: str
    design: int
    declaration: int
    delivery: int
    province: str


@dataclass(frozen=True, kw_only=True)
class QuotaAdjusted:
    """The ministry changed a base's quota of a round (R39).

    Attributes:
        proposal: Id of the proposal of assessment that this decides; None where it follows from none.
        follows_round: Whether it is the round's own limit that was amended, which an adjustment goes before.
    """

    base: str
    year: int
    before: int
    limit: int
    used: int
    reason: str
    effective_from: date
    province: str
    base_name: str | None = None
    proposal: str | None = None
    follows_round: bool = False


@dataclass(frozen=True, kw_only=True)
class QuotaReconciled:
    """An operator had a wrong count of used quota set right (R11)."""

    base: str
    year: int
    before: int
    used: int
    province: str


@dataclass(frozen=True, kw_only=True)
class ExpertRegistered:
    """A reviewer is on file (R14)."""

    expert: str
    organization: str
    organization_name: str
    province: str = NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class ExpertCorrected:
    """What is on file of a reviewer was corrected (R14); the name stays with the catalog (R41).

    Attributes:
        changed: Names of what changed: `name`, `organization`, `fields`.
    """

    expert: str
    organization: str
    organization_name: str
    changed: tuple[str, ...]
    reason: str
    province: str = NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class ExpertReinstated:
    """A reviewer who had withdrawn may be assigned again (R14)."""

    expert: str
    organization: str
    reason: str
    province: str = NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class ExpertWithdrawn:
    """A reviewer reviews no more (R14).

    Attributes:
        open: How many reviews the expert leaves unwritten, which must be reassigned.
    """

    expert: str
    open: int
    reason: str
    province: str = NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class ReviewSubmitted:
    """An expert handed in a review (R15); the verdicts stay with the catalog until the decision."""

    review: str
    project: str
    expert: str
    province: str


@dataclass(frozen=True, kw_only=True)
class ProjectEvent:
    """What every event of a project says.

    Attributes:
        project: Its id.
        code: Its readable code.
        base: The id of its base.
        organization: Code of the base's organisation.
        year: Its round.
        province: The base's province.
    """

    project: str
    code: str
    base: str
    organization: str
    year: int
    province: str


@dataclass(frozen=True, kw_only=True)
class ProjectDrafted(ProjectEvent):
    """A base began a plan, or added a class to a series (R7, R12)."""

    kind: ProjectKind
    series: str | None


@dataclass(frozen=True, kw_only=True)
class ProjectSubmitted(ProjectEvent):
    """A complete plan was handed in and took its quota (R7, R11)."""

    cycle: int


@dataclass(frozen=True, kw_only=True)
class ProjectReviewStarted(ProjectEvent):
    """Experts were assigned (R14)."""

    experts: tuple[str, ...]
    title: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProjectReturned(ProjectEvent):
    """The ministry wants the plan revised (R16); `correction` where it replaces another decision."""

    reason: str
    title: str | None = None
    correction: bool = False


@dataclass(frozen=True, kw_only=True)
class ProjectRejected(ProjectEvent):
    """The ministry refused the plan; its quota is free again (R11, R16); `correction` where it replaces a decision."""

    reason: str
    title: str | None = None
    correction: bool = False


@dataclass(frozen=True, kw_only=True)
class ProjectApproved(ProjectEvent):
    """The ministry approved the plan (R16); `correction` where it replaces another decision."""

    reason: str
    title: str | None = None
    correction: bool = False


@dataclass(frozen=True, kw_only=True)
class PublishedSession:
    """A session of the timetable (R29)."""

    id: str
    title: str
    date: date
    hours: int
    mode: Mode | None


@dataclass(frozen=True)
class PublishedTeacher:
    """One who teaches, under a key that stays the same within the project (R34)."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ProjectPublished(ProjectEvent):
    """A project is open to the public, with what enrollment and assessment need of it (R17).

    Attributes:
        venue_province: Where it is held; None when online.
        major_category: Ordinal 1–19.
        fee: In fen.
        late: Whether it was published by override after the publication date.
        override: The reason of the override.
        faculty_members: Who teaches, each under a key of the project.
    """

    base_name: str
    category: BaseCategory
    kind: ProjectKind
    title: str
    starts_on: date
    ends_on: date
    days: int
    class_hours: int
    capacity: int
    audience: tuple[Audience, ...]
    mode: Mode
    major_category: int
    fee: int
    venue_province: str | None
    sessions: tuple[PublishedSession, ...]
    faculty: tuple[str, ...]
    series: str | None
    late: bool
    override: str | None = None
    faculty_members: tuple[PublishedTeacher, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProjectAmended(ProjectEvent):
    """Venue, dates or faculty changed after publication (R18); the new values, all of them.

    Attributes:
        days: Of training.
    """

    changed: tuple[str, ...]
    reason: str
    starts_on: date
    ends_on: date
    venue: str | None
    venue_province: str | None
    sessions: tuple[PublishedSession, ...]
    faculty: tuple[str, ...]
    faculty_members: tuple[PublishedTeacher, ...] = ()
    days: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProjectStarted(ProjectEvent):
    """The training began (R28).

    Attributes:
        late: Whether it began after its planned first day.
        reason: Why it began late.
    """

    late: bool = False
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class StartMissed(ProjectEvent):
    """A project's planned first day has passed, and its base has not said that the training began (R28).

    Attributes:
        title: The project's.
        starts_on: The planned first day.
        ends_on: The last day up to which it may still be started.
    """

    title: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, kw_only=True)
class FinishMissed(ProjectEvent):
    """A project's planned last day has passed, and nobody has said that the training is over (R28).

    Attributes:
        ends_on: The planned last day.
        until: The day on which it is finished by itself, if nobody says so before.
    """

    title: str
    ends_on: date
    until: date


@dataclass(frozen=True, kw_only=True)
class ProjectFinished(ProjectEvent):
    """The training ended; `overrun` when past its window without an extension (R28).

    Attributes:
        recorded_afterwards: Whether it had not been started: its base recorded after the last day that it was held.
        reason: Why it was recorded afterwards.
        finished_on: The day on which it was said to be over, in Asia/Shanghai.
        by: Who said so: the scope `base` or `ministry`; `system` where nobody did in time.
    """

    overrun: bool
    recorded_afterwards: bool = False
    reason: str | None = None
    finished_on: date | None = None
    by: str = "base"


@dataclass(frozen=True, kw_only=True)
class ProjectCompleted(ProjectEvent):
    """Everything after the training is done: the results are published, or the round's days for it are over.

    Attributes:
        settled: Whether the results are published, and nothing else of the training is awaited (R30).
    """

    settled: bool = False


@dataclass(frozen=True, kw_only=True)
class ProjectWithdrawn(ProjectEvent):
    """The base took its plan back before publication (R11)."""

    reason: str
    released: bool


@dataclass(frozen=True, kw_only=True)
class ProjectLapsed(ProjectEvent):
    """A returned plan was not handed in again in time; its quota is free again (R13)."""


@dataclass(frozen=True, kw_only=True)
class ProjectCancelled(ProjectEvent):
    """A published project will not be held; it counts in the annual assessment (R33).

    Attributes:
        not_held: Whether its last day had passed, and its base recorded that it was not held.
    """

    reason: str
    by: str
    not_held: bool = False


@dataclass(frozen=True, kw_only=True)
class ProjectSuspended(ProjectEvent):
    """The ministry stopped a project for now."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class ProjectResumed(ProjectEvent):
    """A suspended project goes on where it stopped."""

    status: ProjectStatus


@dataclass(frozen=True, kw_only=True)
class ProjectExtended(ProjectEvent):
    """The ministry lets a project end after the window (R28); its province is `00` until it is published.

    Attributes:
        until: The last day on which the training may end.
    """

    until: date
    reason: str
