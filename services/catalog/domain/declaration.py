"""A base declares: draft, change, submit, withdraw; what is not handed in again in time lapses (R6–R13)."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kernel.dates import today
from kernel.errors import Refusal
from kernel.refusals import PHASE_CLOSED
from services.catalog.domain.base import Base, require_team, require_valid
from services.catalog.domain.events import (
    ProjectDrafted,
    ProjectEvent,
    ProjectLapsed,
    ProjectSubmitted,
    ProjectWithdrawn,
)
from services.catalog.domain.labels import PHASES, REVIEW_CLOSED
from services.catalog.domain.plan import (
    Plan,
    Session,
    Venue,
    advice_on,
    check_given,
    require_complete,
    require_justified,
    shift_sessions,
)
from services.catalog.domain.project import EDITABLE, Project, about, move, note, require_status, wrong_state
from services.catalog.domain.quota import delta
from services.catalog.domain.refusals import INVALID_KIND
from services.catalog.domain.round import Round, require_reason
from services.catalog.domain.vocabulary import KINDS, BaseCategory, PhaseName, ProjectKind, ProjectStatus
from services.catalog.domain.window import require_in_window

_BASE = "base"
_SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPlan:
    """What a further class of a design has of its own (R12); None keeps the first one's."""

    starts_on: date
    ends_on: date
    capacity: int | None = None
    venue: Venue | None = None
    timetable: tuple[Session, ...] | None = None


def kind_for(category: BaseCategory, kind: ProjectKind | None) -> ProjectKind:
    """The kind that was asked for, or the only one the category has.

    Raises:
        Refusal: `INVALID_KIND`: none given where there are several, or one of another category.
    """
    kinds = KINDS[category]
    if kind is None and len(kinds) == 1:
        return kinds[0]
    if kind is None or kind not in kinds:
        raise INVALID_KIND(kinds=[allowed.value for allowed in kinds])
    return kind


def draft(
    base: Base, current: Round, *, key: str, code: str, kind: ProjectKind | None, plan: Plan, now: datetime
) -> tuple[Project, list[ProjectDrafted]]:
    """Begin a plan, as partial as one likes (R7).

    Raises:
        Refusal: `INVALID_KIND`, `UNKNOWN_THEME` or `INVALID_PLAN`.
    """
    begun = Project(
        id=key,
        version=0,
        code=code,
        year=current.year,
        base=base.id,
        base_name=base.name,
        category=base.category,
        organization=base.organization.code,
        organization_name=base.organization.name,
        province=base.routing_province,
        kind=kind_for(base.category, kind),
        series=key,
    )
    written = _with_plan(begun, base, current, plan)
    noted = replace(note(written, by=_BASE, now=now), version=1)
    return noted, [ProjectDrafted(**about(noted), kind=noted.kind, series=noted.series)]


def update(
    project: Project, base: Base, current: Round, *, kind: ProjectKind | None, plan: Plan, now: datetime
) -> tuple[Project, list[ProjectEvent]]:
    """Write a draft or a returned plan anew; nobody is told before it is submitted (R7, R13).

    What was handed in before stays in the history, however often the returned plan is written over.

    Raises:
        Refusal: `WRONG_STATE`, `INVALID_KIND`, `UNKNOWN_THEME` or `INVALID_PLAN`.
    """
    require_status(project, EDITABLE, "R7")
    changed = replace(project, kind=kind_for(base.category, kind or project.kind))
    written = _with_plan(changed, base, current, plan)
    if project.status is ProjectStatus.RETURNED and written.design != project.design:
        written = _rewritten(project, written, now)
    return written, []


def _rewritten(project: Project, written: Project, now: datetime) -> Project:
    """A returned plan's one entry of its rewriting, which a further one takes over."""
    last = project.history[-1]
    if last.replaced is None:
        return note(written, by=_BASE, now=now, replaced=project.design)
    before = replace(written, history=project.history[:-1])
    return note(before, by=_BASE, now=now, replaced=last.replaced)


def submit(project: Project, base: Base, current: Round, now: datetime) -> tuple[Project, list[ProjectSubmitted]]:
    """Hand in a complete plan; the caller takes the quota in the same transaction (R6, R7, R11, R13).

    Raises:
        Refusal: `WRONG_STATE`, `PHASE_CLOSED`, `BASE_NOT_VALID`, `TEAM_MISSING`, `PLAN_INCOMPLETE`,
            `UNKNOWN_THEME`, `INVALID_PLAN`, `JUSTIFICATION_MISSING` or `OUTSIDE_WINDOW`.
    """
    handed_in = move(project, ProjectStatus.SUBMITTED, rule="R13", by=_BASE, now=now)
    _require_time(project, current, now)
    require_valid(base, today(now))
    require_team(base)
    require_complete(project.plan)
    checked = _with_plan(handed_in, base, current, project.plan)
    require_justified(checked.plan, checked.warnings)
    require_in_window(checked, current)
    result = replace(checked, cycle=project.cycle + 1, experts=(), decision=None)
    return result, [ProjectSubmitted(**about(result), cycle=result.cycle)]


def withdraw(project: Project, reason: str, now: datetime) -> tuple[Project, list[ProjectWithdrawn]]:
    """Take a plan back before publication; its quota is free again (R11).

    Raises:
        Refusal: `WRONG_STATE` or `REASON_MISSING`.
    """
    require_reason(reason, "R11")
    result = move(project, ProjectStatus.WITHDRAWN, rule="R11", by=_BASE, now=now, reason=reason)
    released = delta(project.status, result.status) < 0
    return result, [ProjectWithdrawn(**about(result), reason=reason, released=released)]


def is_overdue(project: Project, current: Round, now: datetime) -> bool:
    """Whether a returned plan can no longer be handed in again (R13)."""
    return project.status is ProjectStatus.RETURNED and is_over(current, now)


def is_over(current: Round, now: datetime) -> bool:
    """Whether review is closed, so that nothing returned can be handed in again (R13)."""
    return now >= current.phase(PhaseName.REVIEW).until_instant


def lapse(project: Project, current: Round, now: datetime) -> tuple[Project, list[ProjectLapsed]]:
    """Let a returned plan go once review is closed; its quota is free again (R13) [D].

    Raises:
        Refusal: `WRONG_STATE`: it is not returned, or there is still time.
    """
    lapsed = move(project, ProjectStatus.LAPSED, rule="R13", by=_SYSTEM, now=now, reason=REVIEW_CLOSED)
    if not is_overdue(project, current, now):
        raise wrong_state(project, "R13")
    return lapsed, [ProjectLapsed(**about(lapsed))]


def add_class(
    source: Project, base: Base, current: Round, *, key: str, code: str, given: ClassPlan, now: datetime
) -> tuple[Project, list[ProjectDrafted]]:
    """A further class of a design: a project of the same series with dates and seats of its own (R12).

    Raises:
        Refusal: `INVALID_PLAN`, or `WRONG_STATE` for a design the ministry refused.
    """
    if source.status is ProjectStatus.REJECTED:
        raise wrong_state(source, "R12")
    moved = given.starts_on - source.plan.starts_on if source.plan.starts_on else timedelta()
    plan = replace(
        source.plan,
        starts_on=given.starts_on,
        ends_on=given.ends_on,
        capacity=source.plan.capacity if given.capacity is None else given.capacity,
        venue=given.venue or source.plan.venue,
        timetable=shift_sessions(source.plan.timetable, moved) if given.timetable is None else given.timetable,
    )
    begun, _ = draft(base, current, key=key, code=code, kind=source.kind, plan=plan, now=now)
    further = replace(begun, series=source.series)
    return further, [ProjectDrafted(**about(further), kind=further.kind, series=further.series)]


def _with_plan(project: Project, base: Base, current: Round, plan: Plan) -> Project:
    check_given(plan, base.category, current)
    advice = advice_on(plan, project.kind, base.category, base.major_categories, current)
    names = tuple(theme.name for theme in current.themes_of(base.category) if theme.code in plan.themes)
    return replace(project, plan=plan, warnings=advice, theme_names=names)


def _require_time(project: Project, current: Round, now: datetime) -> None:
    resubmission = project.status is ProjectStatus.RETURNED
    phase = current.phase(PhaseName.REVIEW if resubmission else PhaseName.DECLARE)
    in_time = now < phase.until_instant if resubmission else phase.is_open(now)
    if not in_time:
        raise phase_closed(phase.name, current, "R13")


def phase_closed(name: PhaseName, current: Round, rule: str) -> Refusal:
    """The refusal of what comes before or after its phase (R1)."""
    phase, (zh, en) = current.phase(name), PHASES[name]
    days = phase.opens, phase.closes
    return PHASE_CLOSED(
        detail=(f"{zh}阶段（{days[0]}至{days[1]}）", f"The phase of {en} ({days[0]} to {days[1]}, both included)"),
        rule=rule,
        phase=name.value,
        opens=phase.opens.isoformat(),
        closes=phase.closes.isoformat(),
    )
