"""Other services' events as enrollment reads them: only the fields that it needs (tolerant reader)."""

from dataclasses import dataclass
from datetime import date, datetime

from services.enrollment.domain.vocabulary import Audience, BaseCategory, Outcome, ProjectState


@dataclass(frozen=True, kw_only=True)
class Days:
    """First and last day of a phase, both included."""

    opens: date
    closes: date


@dataclass(frozen=True, kw_only=True)
class BaseRenamed:
    """`catalog.base-renamed`: the name that a base has from now on."""

    base: str
    name: str


@dataclass(frozen=True, kw_only=True)
class StepDays:
    """First and last day of a step, both included; its code says which it is."""

    code: str
    opens: date
    closes: date


@dataclass(frozen=True, kw_only=True)
class RoundCalendar:
    """`catalog.round-opened`, `catalog.phase-extended`, `catalog.round-amended`: the whole calendar, by phase name.

    Attributes:
        steps: All steps of the round; none in events of earlier releases.
    """

    year: int
    calendar: dict[str, Days]
    steps: tuple[StepDays, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProjectPublished:
    """`catalog.project-published`."""

    project: str
    code: str
    title: str
    base: str
    base_name: str
    organization: str
    province: str
    year: int
    starts_on: date
    ends_on: date
    capacity: int
    audience: tuple[Audience, ...]
    category: BaseCategory


@dataclass(frozen=True, kw_only=True)
class ProjectAmended:
    """`catalog.project-amended`."""

    project: str
    starts_on: date
    ends_on: date
    reason: str


@dataclass(frozen=True, kw_only=True)
class ProjectMoved:
    """The catalog's events that only change a project's state."""

    project: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProjectResumed:
    """`catalog.project-resumed`: the state in which the project goes on."""

    project: str
    status: ProjectState


@dataclass(frozen=True, kw_only=True)
class AttendanceRecorded:
    """`assessment.attendance-recorded`."""

    enrollment: str
    present: bool
    attended: int | None = None


@dataclass(frozen=True, kw_only=True)
class NoShowRecorded:
    """`assessment.no-show-recorded`."""

    enrollment: str


@dataclass(frozen=True, kw_only=True)
class ResultRecorded:
    """`assessment.result-recorded`."""

    enrollment: str
    outcome: Outcome
    correction: int = 0
    credit_hours: int | None = None


@dataclass(frozen=True, kw_only=True)
class ResultsDue:
    """`assessment.results-due`: a base has not published its results."""

    project: str
    base: str
    due_on: date
    overdue: bool


@dataclass(frozen=True, kw_only=True)
class CreditConfirmed:
    """`assessment.credit-confirmed`."""

    enrollment: str
    hours: int


@dataclass(frozen=True, kw_only=True)
class CreditRevoked:
    """`assessment.credit-revoked`."""

    enrollment: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class CreditRestored:
    """`assessment.credit-restored`."""

    enrollment: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class EvaluationNews:
    """Assessment's events of a questionnaire: opened, reminded, published or suppressed (R34–R36)."""

    project: str
    base: str
    kind: str
    closes_at: datetime | None = None
    list_day: str | None = None
    short_code: str | None = None
    cause: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProjectNews:
    """What notices say of a project, from any of the catalog's events about one; those of earlier releases say less."""

    project: str
    base: str
    code: str
    title: str | None = None
    reason: str | None = None
    experts: tuple[str, ...] = ()
    until: date | None = None
    overrun: bool = False


@dataclass(frozen=True, kw_only=True)
class RoundAmended:
    """`catalog.round-amended`, for the bases that are told of it; none in events of earlier releases."""

    year: int
    changed: tuple[str, ...] = ()
    reason: str = ""
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class QuotaAdjusted:
    """`catalog.quota-adjusted`."""

    base: str
    year: int
    before: int
    limit: int
    reason: str
    province: str
    base_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class OwnAccepted:
    """`enrollment.accepted`: somebody has a seat."""

    enrollment: str


@dataclass(frozen=True, kw_only=True)
class OwnTeacherCorrected:
    """`enrollment.teacher-corrected`: which fields of a person on file say something else now."""

    teacher: str
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CertificateMoved:
    """`assessment.certificate-issued` and `assessment.certificate-revoked`: whose certificate it is."""

    enrollment: str
