"""The project, and the table of its transitions (docs/state-machines.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from kernel.errors import Refusal
from kernel.refusals import WRONG_STATE
from services.catalog.domain.base import Organization
from services.catalog.domain.labels import STATUSES
from services.catalog.domain.plan import Advice, Plan
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import BaseCategory, DecisionOutcome, ProjectKind, ProjectStatus

_S = ProjectStatus

TRANSITIONS: Mapping[ProjectStatus, frozenset[ProjectStatus]] = {
    _S.DRAFT: frozenset({_S.SUBMITTED, _S.WITHDRAWN}),
    _S.SUBMITTED: frozenset({_S.UNDER_REVIEW, _S.WITHDRAWN}),
    _S.UNDER_REVIEW: frozenset({_S.RETURNED, _S.REJECTED, _S.APPROVED, _S.WITHDRAWN}),
    _S.RETURNED: frozenset({_S.SUBMITTED, _S.WITHDRAWN, _S.LAPSED, _S.APPROVED, _S.REJECTED}),
    _S.APPROVED: frozenset({_S.PUBLISHED, _S.WITHDRAWN, _S.RETURNED, _S.REJECTED}),
    _S.PUBLISHED: frozenset({_S.RUNNING, _S.FINISHED, _S.SUSPENDED, _S.CANCELLED}),
    _S.RUNNING: frozenset({_S.FINISHED, _S.SUSPENDED, _S.CANCELLED}),
    _S.SUSPENDED: frozenset({_S.PUBLISHED, _S.RUNNING, _S.CANCELLED}),
    _S.FINISHED: frozenset({_S.COMPLETED}),
    _S.COMPLETED: frozenset(),
    _S.REJECTED: frozenset({_S.APPROVED, _S.RETURNED}),
    _S.WITHDRAWN: frozenset(),
    _S.LAPSED: frozenset(),
    _S.CANCELLED: frozenset(),
}
"""Every allowed change of state; any other is refused."""

EDITABLE = frozenset({_S.DRAFT, _S.RETURNED})
"""The states in which the base may change the plan (R7, R13)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The ministry's decision and its reason (R16)."""

    outcome: DecisionOutcome
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Extension:
    """The last day up to which the ministry lets a project run past the window (R28)."""

    until: date
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Design:
    """The part of a project that its base writes."""

    kind: ProjectKind
    plan: Plan


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the project's history.

    Attributes:
        version: The project's version since this change.
        by: The scope that acted, `system` for the lapse of a deadline.
        replaced: The plan before the change, where the change wrote another one (R13, R18).
    """

    version: int
    at: datetime
    by: str
    status: ProjectStatus
    reason: str | None = None
    replaced: Design | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One class of one training design (R12).

    Attributes:
        code: Readable and unique, such as `2024-DQT-007-02`.
        base_name: This and the next four are the base's, as they were when the project was drafted.
        province: Two digits, `00` for a base without one; its events go there.
        series: The id of the design's first class, shared by all its classes.
        cycle: How often it has been submitted.
        experts: Who reviews it in this cycle.
        published_at: Set once; the project is public from then on.
        resumes_to: The state that a suspended project returns to.
        published_late: Whether it was published by override after the publication date; the reason is in the history.
        overran: Whether it ended past its window without an extension (R28).
        theme_names: The round's names of the plan's themes, for the search.
        start_missed: The planned first day that passed without a start, once the base was told of it (R28).
        started_late: Whether it was started after its planned first day; the reason is in the history.
        recorded_afterwards: Whether it was recorded as held after its last day, without having been started.
        finishes_on: The day on which it is finished by itself, once it was told that its last day is over (R28).
    """

    id: str
    version: int
    code: str
    year: int
    base: str
    base_name: str
    category: BaseCategory
    organization: str
    organization_name: str = ""
    province: str
    kind: ProjectKind
    series: str
    status: ProjectStatus = ProjectStatus.DRAFT
    plan: Plan = field(default_factory=Plan)
    warnings: tuple[Advice, ...] = ()
    cycle: int = 0
    experts: tuple[str, ...] = ()
    decision: Decision | None = None
    published_at: datetime | None = None
    published_late: bool = False
    extension: Extension | None = None
    resumes_to: ProjectStatus | None = None
    overran: bool = False
    history: tuple[Change, ...] = ()
    theme_names: tuple[str, ...] = ()
    start_missed: date | None = None
    started_late: bool = False
    recorded_afterwards: bool = False
    finishes_on: date | None = None

    @property
    def holder(self) -> Organization:
        """The organisation that holds its base."""
        return Organization(self.organization, self.organization_name)

    @property
    def begun(self) -> bool:
        """Whether its training has started and is not over, suspended or not (R28)."""
        suspended = self.status is _S.SUSPENDED and self.resumes_to is _S.RUNNING
        return suspended or self.status is _S.RUNNING

    @property
    def awaits_start(self) -> bool:
        """Whether its planned first day has passed without a start, and the base was told of it (R28)."""
        return self.status is _S.PUBLISHED and self.start_missed is not None

    @property
    def finished_at(self) -> datetime | None:
        """When its training was last said to be over; None while it is not."""
        return next((entry.at for entry in reversed(self.history) if entry.status is _S.FINISHED), None)

    @property
    def design(self) -> Design:
        """The part that its base wrote."""
        return Design(self.kind, self.plan)


def move(
    project: Project,
    to: ProjectStatus,
    *,
    rule: str | None,
    actor: str,
    now: datetime,
    reason: str | None = None,
) -> Project:
    """Change the project's state and add the change to its history.

    Args:
        project: The project.
        to: The new state.
        rule: The rule that a refusal names; None where no rule of the notice speaks of the change.
        actor: The scope that acts, `system` for a deadline.
        now: Domain time, aware.
        reason: Why, where a reason is needed.

    Raises:
        Refusal: `WRONG_STATE`: the table has no such transition.
    """
    if to not in TRANSITIONS[project.status]:
        raise wrong_state(project, rule)
    return note(replace(project, status=to), actor=actor, now=now, reason=reason)


def note(
    project: Project, *, actor: str, now: datetime, reason: str | None = None, replaced: Design | None = None
) -> Project:
    """Add an entry to the history.

    Args:
        project: The project after the change.
        actor: The scope that acts, `system` for a deadline.
        now: Domain time, aware.
        reason: Why, where a reason is needed.
        replaced: The plan before the change, where the change wrote another one (R13, R18).
    """
    entry = Change(project.version + 1, now, actor, project.status, reason, replaced)
    return replace(project, history=(*project.history, entry))


def norms_of(project: Project, current: Round) -> Round:
    """The round whose norms the project is held to: as it was when the plan was first handed in (R1, R9).

    Amended norms are for drafts.
    """
    handed_in = next((entry.at for entry in project.history if entry.status is _S.SUBMITTED), None)
    return current.as_of(handed_in) if handed_in else current


def require_status(project: Project, allowed: frozenset[ProjectStatus], rule: str) -> None:
    """Refuse an act in a state that does not allow it.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if project.status not in allowed:
        raise wrong_state(project, rule)


def wrong_state(project: Project, rule: str | None) -> Refusal:
    """The refusal of an act that the project's state does not allow."""
    zh, en = STATUSES[project.status]
    return WRONG_STATE(detail=(f"项目为“{zh}”状态", f"The project is {en}"), rule=rule, status=project.status.value)


def about(project: Project) -> dict[str, Any]:
    """The fields that every event of the project has."""
    return {
        "project": project.id,
        "code": project.code,
        "base": project.base,
        "organization": project.organization,
        "year": project.year,
        "province": project.province,
    }
