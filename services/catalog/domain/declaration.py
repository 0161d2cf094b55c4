"""Declaration of a project: draft, update, submit, withdraw, add a class, and lapse of a returned plan (R6–R13)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kernel.dates import today
from kernel.errors import Refusal
from kernel.free_text import Reason
from kernel.refusals import PHASE_CLOSED
from services.catalog.domain.base import Base, require_open, require_team, require_valid
from services.catalog.domain.events import (
    ProjectDrafted,
    ProjectEvent,
    ProjectLapsed,
    ProjectSubmitted,
    ProjectWithdrawn,
)
from services.catalog.domain.impossible import check_given
from services.catalog.domain.labels import PHASES, REVIEW_CLOSED
from services.catalog.domain.plan import (
    Plan,
    Session,
    Venue,
    checked_texts,
    differing,
    require_complete,
    shift_sessions,
)
from services.catalog.domain.project import EDITABLE, Project, about, move, norms_of, note, require_status, wrong_state
from services.catalog.domain.quota import delta
from services.catalog.domain.refusals import INVALID_KIND
from services.catalog.domain.round import Round
from services.catalog.domain.unusual import advice_on, require_justified
from services.catalog.domain.vocabulary import KINDS, BaseCategory, PhaseName, ProjectKind, ProjectStatus
from services.catalog.domain.window import require_in_window

_BASE = "base"
_SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPlan:
    """What a further class of a design has of its own (R12); None takes the first class's value."""

    starts_on: date
    ends_on: date
    capacity: int | None = None
    venue: Venue | None = None
    timetable: tuple[Session, ...] | None = None


def kind_for(category: BaseCategory, kind: ProjectKind | None) -> ProjectKind:
    """The kind that was asked for, or the only kind of the category (R2).

    Raises:
        Refusal: `INVALID_KIND`: the category has several kinds and none was named, or it does not have this one.
    """
    kinds = KINDS[category]
    if kind is None and len(kinds) == 1:
        return kinds[0]
    if kind is None or kind not in kinds:
        raise INVALID_KIND(field="kind", kinds=[allowed.value for allowed in kinds])
    return kind


def draft(
    base: Base, current: Round, *, key: str, code: str, kind: ProjectKind | None, plan: Plan, now: datetime
) -> tuple[Project, list[ProjectDrafted]]:
    """Begin a plan, however partial (R7).

    Args:
        base: The base that offers the project.
        current: The round.
        key: The new project's id.
        code: Its readable code.
        kind: What it trains for; None where the base's category has one kind only.
        plan: As it was typed; all its texts are checked (R41).
        now: Domain time, aware.

    Raises:
        Refusal: `BASE_CLOSED`, `INVALID_KIND`, `INVALID_TEXT`, `UNKNOWN_THEME` or `INVALID_PLAN`.
    """
    require_open(base)
    drafted = Project(
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
    written = _with_plan(drafted, base, current, checked_texts(plan))
    noted = replace(note(written, actor=_BASE, now=now), version=1)
    return noted, [ProjectDrafted(**about(noted), kind=noted.kind, series=noted.series)]


def update(
    project: Project, base: Base, current: Round, *, kind: ProjectKind | None, plan: Plan, now: datetime
) -> tuple[Project, list[ProjectEvent]]:
    """Change a draft or a returned plan; there is no event before it is submitted (R7, R13).

    The plan that was submitted stays in the history, however often the returned plan is changed.

    Args:
        project: The project.
        base: Its base.
        current: Its round.
        kind: What it trains for; None leaves it.
        plan: The whole plan; the texts that differ from the stored plan are checked (R41).
        now: Domain time, aware.

    Raises:
        Refusal: `WRONG_STATE`, `INVALID_KIND`, `INVALID_TEXT`, `UNKNOWN_THEME` or `INVALID_PLAN`.
    """
    require_status(project, EDITABLE, "R7")
    changed = replace(project, kind=kind_for(base.category, kind or project.kind))
    checked = checked_texts(plan, differing(project.plan, plan))
    written = _with_plan(changed, base, current, checked)
    if project.status is ProjectStatus.RETURNED and written.design != project.design:
        written = _rewritten(project, written, now)
    return written, []


def _rewritten(project: Project, written: Project, now: datetime) -> Project:
    """The changed project with one history entry for all changes since the return, holding the submitted plan."""
    last = project.history[-1]
    if last.replaced is None:
        return note(written, actor=_BASE, now=now, replaced=project.design)
    before = replace(written, history=project.history[:-1])
    return note(before, actor=_BASE, now=now, replaced=last.replaced)


def submit(project: Project, base: Base, current: Round, now: datetime) -> tuple[Project, list[ProjectSubmitted]]:
    """Submit a complete plan; the caller consumes the quota in the same transaction (R6, R7, R11, R13).

    Args:
        project: The project, a draft or returned.
        base: Its base, which needs a team and must be valid today.
        current: Its round.
        now: Domain time, aware.

    Raises:
        Refusal: `WRONG_STATE`, `PHASE_CLOSED`, `BASE_CLOSED`, `BASE_NOT_VALID`; or the first of `plan_problems`, with
            all of them in its sentence and under `problems`.
    """
    handed_in = move(project, ProjectStatus.SUBMITTED, rule="R13", actor=_BASE, now=now)
    _require_time(project, current, now)
    if project.status is ProjectStatus.DRAFT:  # a plan that a merged base has handed in may still be mended
        require_open(base)
    require_valid(base, today(now))
    if problems := plan_problems(project, base, current):
        raise all_of(problems)
    checked = _with_plan(handed_in, base, current, project.plan)
    result = replace(checked, cycle=project.cycle + 1, experts=(), decision=None)
    return result, [ProjectSubmitted(**about(result), cycle=result.cycle)]


def plan_problems(project: Project, base: Base, current: Round) -> list[Refusal]:
    """Everything for which the plan could not be submitted as it is, whatever the day (R6–R10, R28).

    Returns:
        `TEAM_MISSING`, `PLAN_INCOMPLETE`, `INVALID_TEXT`, `UNKNOWN_THEME`, `INVALID_PLAN`, `JUSTIFICATION_MISSING` and
        `OUTSIDE_WINDOW`, each at most once, and in this order.
    """
    plan = project.plan
    advice = advice_on(plan, project.kind, base, norms_of(project, current))
    checks: tuple[Callable[[], object], ...] = (
        lambda: require_team(base),
        lambda: require_complete(plan),
        lambda: checked_texts(plan),  # a draft may be older than the check of its texts
        lambda: check_given(plan, base, current),
        lambda: require_justified(plan, advice),
        lambda: require_in_window(project, current),
    )
    return [refusal for refusal in map(_refused, checks) if refusal]


def all_of(problems: Sequence[Refusal]) -> Refusal:
    """One refusal that says several at once: the code, the rule and the details of the first, the sentences of all.

    Args:
        problems: At least one.
    """
    first = problems[0]
    listed = [{"code": problem.code, "rule": problem.rule, "fields": fields_of(problem)} for problem in problems]
    return Refusal(
        first.code,
        "；".join(problem.zh for problem in problems),
        "; ".join(problem.en for problem in problems),
        rule=first.rule,
        unblock=first.unblock,
        **first.details | {"problems": listed},
    )


def fields_of(problem: Refusal) -> list[str]:
    """The fields that a refusal of a plan names, by the graph's names."""
    details = problem.details
    if "field" in details:
        return [details["field"]]
    return list(details.get("fields") or details.get("missing") or ())


def _refused(check: Callable[[], object]) -> Refusal | None:
    try:
        check()
    except Refusal as refusal:
        return refusal
    return None


def withdraw(project: Project, reason: Reason, now: datetime) -> tuple[Project, list[ProjectWithdrawn]]:
    """Withdraw a plan before publication; the caller releases its quota (R11).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    result = move(project, ProjectStatus.WITHDRAWN, rule="R11", actor=_BASE, now=now, reason=reason.text)
    released = delta(project.status, result.status) < 0
    return result, [ProjectWithdrawn(**about(result), reason=reason.text, released=released)]


def is_overdue(project: Project, current: Round, now: datetime) -> bool:
    """Whether the project is returned and can no longer be submitted again (R13)."""
    return project.status is ProjectStatus.RETURNED and is_over(current, now)


def is_over(current: Round, now: datetime) -> bool:
    """Whether the review phase is over, so that no returned plan can be submitted again (R13)."""
    return now >= current.phase(PhaseName.REVIEW).until_instant


def lapse(project: Project, current: Round, now: datetime) -> tuple[Project, list[ProjectLapsed]]:
    """Let a returned plan lapse after the review phase; the caller releases its quota (R13) [D].

    Raises:
        Refusal: `WRONG_STATE`: it is not returned, or there is still time.
    """
    lapsed = move(project, ProjectStatus.LAPSED, rule="R13", actor=_SYSTEM, now=now, reason=REVIEW_CLOSED)
    if not is_overdue(project, current, now):
        raise wrong_state(project, "R13")
    return lapsed, [ProjectLapsed(**about(lapsed))]


def add_class(
    source: Project, base: Base, current: Round, *, key: str, code: str, class_plan: ClassPlan, now: datetime
) -> tuple[Project, list[ProjectDrafted]]:
    """Draft a further class of a design: a project of the same series with dates and seats of its own (R12).

    Args:
        source: Any class of the design.
        base: Its base.
        current: Its round.
        key: The new project's id.
        code: Its readable code.
        class_plan: What the class has of its own; sessions move with the first day unless it has a timetable.
        now: Domain time, aware.

    Raises:
        Refusal: `INVALID_TEXT`, `INVALID_PLAN`, or `WRONG_STATE` for a design the ministry refused.
    """
    if source.status is ProjectStatus.REJECTED:
        raise wrong_state(source, "R12")
    shift = class_plan.starts_on - source.plan.starts_on if source.plan.starts_on else timedelta()
    plan = replace(
        source.plan,
        starts_on=class_plan.starts_on,
        ends_on=class_plan.ends_on,
        capacity=source.plan.capacity if class_plan.capacity is None else class_plan.capacity,
        venue=class_plan.venue or source.plan.venue,
        timetable=shift_sessions(source.plan.timetable, shift)
        if class_plan.timetable is None
        else class_plan.timetable,
    )
    drafted, _ = draft(base, current, key=key, code=code, kind=source.kind, plan=plan, now=now)
    further = replace(drafted, series=source.series)
    return further, [ProjectDrafted(**about(further), kind=further.kind, series=further.series)]


def _with_plan(project: Project, base: Base, current: Round, plan: Plan) -> Project:
    check_given(plan, base, current)
    advice = advice_on(plan, project.kind, base, norms_of(project, current))
    names = tuple(theme.name for theme in current.themes_of(base.category) if theme.code in plan.themes)
    return replace(project, plan=plan, warnings=advice, theme_names=names)


def _require_time(project: Project, current: Round, now: datetime) -> None:
    resubmission = project.status is ProjectStatus.RETURNED
    phase = current.phase(PhaseName.REVIEW if resubmission else PhaseName.DECLARE)
    in_time = now < phase.until_instant if resubmission else phase.is_open(now)
    if not in_time:
        raise phase_closed(phase.name, current, "R13")


def phase_closed(name: PhaseName, current: Round, rule: str) -> Refusal:
    """The refusal of an act outside its phase (R1)."""
    phase, (zh, en) = current.phase(name), PHASES[name]
    days = phase.opens, phase.closes
    return PHASE_CLOSED(
        detail=(f"{zh}阶段（{days[0]}至{days[1]}）", f"The phase of {en} ({days[0]} to {days[1]}, both included)"),
        rule=rule,
        phase=name.value,
        opens=phase.opens.isoformat(),
        closes=phase.closes.isoformat(),
    )
