"""From publication to the end: amend, start, finish, record, complete, cancel, suspend, resume (R18, R28, R33)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kernel.dates import today
from kernel.free_text import PersonName, Reason, Title
from kernel.refusals import WRONG_STATE
from services.catalog.domain.base import Base
from services.catalog.domain.decision import sessions_of
from services.catalog.domain.events import (
    FinishMissed,
    ProjectAmended,
    ProjectCancelled,
    ProjectCompleted,
    ProjectFinished,
    ProjectResumed,
    ProjectStarted,
    ProjectSuspended,
    StartMissed,
)
from services.catalog.domain.faculty import faculty_members
from services.catalog.domain.impossible import check_given
from services.catalog.domain.labels import FIELDS
from services.catalog.domain.plan import (
    FacultyMember,
    Plan,
    Venue,
    checked_texts,
    differing,
    invalid,
    require_complete,
    shift_sessions,
)
from services.catalog.domain.project import Project, about, move, norms_of, note, require_status, wrong_state
from services.catalog.domain.refusals import INVALID_PLAN, NOBODY_ACCEPTED, NOTHING_CHANGED, TOO_EARLY, TOO_LATE
from services.catalog.domain.round import Round
from services.catalog.domain.unusual import advice_on
from services.catalog.domain.vocabulary import ProjectStatus
from services.catalog.domain.window import last_day, require_in_window

_BASE = "base"
_MINISTRY = "ministry"
_SYSTEM = "system"
_BEFORE_TODAY = ("不得早于今日", "is not before today")
_DAYS_TO_FINISH = 7
"""How long after it was told that its last day is over a running project is finished by itself (ADR 67)."""
_AMENDABLE = frozenset({ProjectStatus.PUBLISHED, ProjectStatus.RUNNING, ProjectStatus.SUSPENDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What a base may change after publication; None leaves it (R18).

    Attributes:
        reason: As it was typed.
        session_dates: New dates by session id; the others move with the first day.
    """

    reason: str
    venue: Venue | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    faculty: tuple[FacultyMember, ...] | None = None
    session_dates: Mapping[str, date] | None = None

    def written(self) -> tuple[str, ...]:
        """Names of the plan's text fields that the amendment replaces: `venue`, `faculty`."""
        return tuple(name for name in ("venue", "faculty") if getattr(self, name) is not None)


def amend(
    project: Project,
    base: Base,
    current: Round,
    amendment: Amendment,
    now: datetime,
    *,
    days: int | None = None,
    session_teachers: Mapping[str, PersonName] | None = None,
) -> tuple[Project, list[ProjectAmended]]:
    """Change venue, dates or faculty of a published project; the old plan stays in its history (R18).

    How many days it takes follows its dates, and who teaches a session follows its faculty: both change with them.

    What is impossible in a plan is so in an amended one; what is unusual warns, and the amendment has its reason.

    Args:
        project: The project.
        base: Its base, for its validity.
        current: Its round.
        amendment: The new values; their texts are checked (R41). Sessions and last day move with the first day.
        now: Domain time, aware.
        days: Of training; None leaves them.
        session_teachers: By session id who teaches it instead, one of the faculty.

    Raises:
        Refusal: `WRONG_STATE`, `REASON_MISSING`, `INVALID_REASON`, `INVALID_TEXT`, `INVALID_NAME`, `NOTHING_CHANGED`,
            `PLAN_INCOMPLETE`, `INVALID_PLAN` or `OUTSIDE_WINDOW`.
    """
    require_status(project, _AMENDABLE, "R18")
    reason = Reason.of(amendment.reason, "R18").text
    first_day = replace(project.plan, starts_on=amendment.starts_on or project.plan.starts_on)
    require_in_window(
        replace(project, plan=first_day), current
    )  # before the timetable moves with it, which may overflow
    plan = checked_texts(_amended(project.plan, amendment), amendment.written())
    plan = _taught_by(replace(plan, days=plan.days if days is None else days), session_teachers or {})
    changed = differing(project.plan, plan)
    if not changed:
        raise NOTHING_CHANGED()
    _require_still_to_come(project, plan, now)
    require_complete(plan)
    check_given(plan, base, current, before=project.plan)
    moved = plan.starts_on != project.plan.starts_on
    amended = replace(
        project,
        plan=plan,
        warnings=advice_on(plan, project.kind, base, norms_of(project, current)),
        start_missed=None if moved else project.start_missed,
        finishes_on=project.finishes_on if plan.ends_on == project.plan.ends_on else None,
    )
    require_in_window(amended, current)
    result = note(amended, actor=_BASE, now=now, reason=reason, replaced=project.design)
    return result, [_amendment(result, changed, reason)]


def start(project: Project, reason: str | None, now: datetime) -> tuple[Project, list[ProjectStarted]]:
    """Begin the training, on its first day; later with a reason, and no later than on its last day (R28).

    Args:
        project: The project, published.
        reason: Why it begins after its first day, as it was typed; on the first day none is needed.
        now: Domain time, aware.

    Raises:
        Refusal: `WRONG_STATE`, `TOO_EARLY`, `TOO_LATE`, `REASON_MISSING` or `INVALID_REASON`.
    """
    require_status(project, frozenset({ProjectStatus.PUBLISHED}), "R28")
    _require_day(project.plan.starts_on, now)
    if is_over(project, now):
        raise TOO_LATE(day=project.plan.ends_on and project.plan.ends_on.isoformat())
    late = misses_start(project, now)
    why = Reason.of(reason, "R28") if late else Reason.optional(reason)
    text = why.text if why else None
    running = move(project, ProjectStatus.RUNNING, rule="R28", actor=_BASE, now=now, reason=text)
    return replace(running, started_late=late), [ProjectStarted(**about(running), late=late, reason=text)]


def misses_start(project: Project, now: datetime) -> bool:
    """Whether a published project's planned first day has passed without a start (R28)."""
    starts_on = project.plan.starts_on
    return project.status is ProjectStatus.PUBLISHED and starts_on is not None and today(now) > starts_on


def is_over(project: Project, now: datetime) -> bool:
    """Whether a project's last day has passed."""
    return project.plan.ends_on is not None and today(now) > project.plan.ends_on


def tell_missed_start(project: Project, now: datetime) -> tuple[Project, list[StartMissed]]:
    """Tell, once for each planned first day, that it has passed without a start (R28).

    Raises:
        Refusal: `WRONG_STATE`: it has been started, or told of, meanwhile.
    """
    plan = project.plan
    told = project.start_missed == plan.starts_on
    if told or not misses_start(project, now) or plan.starts_on is None or plan.ends_on is None:
        raise wrong_state(project, "R28")
    event = StartMissed(**about(project), title=plan.title or "", starts_on=plan.starts_on, ends_on=plan.ends_on)
    return replace(project, start_missed=plan.starts_on), [event]


def record_as_held(
    project: Project, current: Round, reason: Reason, now: datetime, *, accepted: int
) -> tuple[Project, list[ProjectFinished]]:
    """Record after the last day that a training which nobody started was held as planned (R28).

    The dates stay as they were planned; attendance and results may be recorded from then on (R29, R30).

    Args:
        project: The project, published, its last day over.
        current: Its round.
        reason: Why it was not started in time.
        now: Domain time, aware.
        accepted: How many people have a seat in it.

    Raises:
        Refusal: `WRONG_STATE`, `TOO_EARLY` or `NOBODY_ACCEPTED`.
    """
    _require_unstarted(project, now)
    if not accepted:
        raise NOBODY_ACCEPTED()
    held = move(project, ProjectStatus.FINISHED, rule="R28", actor=_BASE, now=now, reason=reason.text)
    overran = _planned_past_window(held, current)
    result = replace(held, recorded_afterwards=True, overran=overran)
    event = ProjectFinished(
        **about(result), overrun=overran, recorded_afterwards=True, reason=reason.text, finished_on=today(now)
    )
    return result, [event]


def record_as_not_held(project: Project, reason: Reason, now: datetime) -> tuple[Project, list[ProjectCancelled]]:
    """Record after the last day that a training was not held; it counts as a cancellation (R33).

    Raises:
        Refusal: `WRONG_STATE` or `TOO_EARLY`.
    """
    _require_unstarted(project, now)
    cancelled = move(project, ProjectStatus.CANCELLED, rule="R33", actor=_BASE, now=now, reason=reason.text)
    return cancelled, [ProjectCancelled(**about(cancelled), reason=reason.text, by=_BASE, not_held=True)]


def finish(
    project: Project, current: Round, now: datetime, *, actor: str = _BASE
) -> tuple[Project, list[ProjectFinished]]:
    """End the training, on its last day or later; past the window it is flagged as an overrun (R28).

    Args:
        project: The project, running.
        current: Its round.
        now: Domain time, aware.
        actor: The scope that says so, `base` or `ministry`.

    Raises:
        Refusal: `WRONG_STATE` or `TOO_EARLY`.
    """
    require_status(project, frozenset({ProjectStatus.RUNNING}), "R28")
    _require_day(project.plan.ends_on, now)
    return _finished(project, actor, overrun=overruns(project, current, now), now=now)


def tell_missed_finish(project: Project, now: datetime) -> tuple[Project, list[FinishMissed]]:
    """Tell that the planned last day is over and nobody has said that the training is (R28).

    It is told once, and again after an extension or a pause.

    Raises:
        Refusal: `WRONG_STATE`: it is finished, or was told of, meanwhile.
    """
    plan = project.plan
    missed = project.status is ProjectStatus.RUNNING and is_over(project, now)
    if not missed or project.finishes_on or plan.ends_on is None:
        raise wrong_state(project, "R28")
    day = today(now) + timedelta(days=_DAYS_TO_FINISH)
    event = FinishMissed(**about(project), title=plan.title or "", ends_on=plan.ends_on, until=day)
    return replace(project, finishes_on=day), [event]


def finish_overdue(project: Project, current: Round, now: datetime) -> tuple[Project, list[ProjectFinished]]:
    """End a training of which nobody has said that it is over, as planned (R28, ADR 67).

    It went past its window only if its planned last day did: nobody has said that it was held any longer.

    Raises:
        Refusal: `WRONG_STATE` or `TOO_EARLY`.
    """
    require_status(project, frozenset({ProjectStatus.RUNNING}), "R28")
    _require_day(project.finishes_on, now)
    return _finished(project, _SYSTEM, overrun=_planned_past_window(project, current), now=now)


def complete(project: Project, now: datetime, *, settled: bool) -> tuple[Project, list[ProjectCompleted]]:
    """Close a finished project.

    Args:
        project: The project.
        now: Domain time, aware.
        settled: Whether the results are published, and nothing else of the training is awaited (R30).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    completed = move(project, ProjectStatus.COMPLETED, rule="R28", actor=_SYSTEM, now=now)
    return completed, [ProjectCompleted(**about(completed), settled=settled)]


def complete_overdue(project: Project, current: Round, now: datetime) -> tuple[Project, list[ProjectCompleted]]:
    """Close a project whose results or credits are still open when the round's days for them are over (R28).

    The days count from the plan's last day, or from the day on which it was said to be over, if that was later.

    Raises:
        Refusal: `WRONG_STATE` or `TOO_EARLY`.
    """
    require_status(project, frozenset({ProjectStatus.FINISHED}), "R28")
    ends_on, finished_at = project.plan.ends_on, project.finished_at
    days = [day for day in (ends_on, finished_at and today(finished_at)) if day]
    first_day = max(days) + timedelta(days=current.completion_days + 1) if days else None
    _require_day(first_day, now)
    return complete(project, now, settled=False)


def overruns(project: Project, current: Round, now: datetime) -> bool:
    """Whether a project runs, or ran, past its window and its extension; a suspended one counts as running (R28)."""
    return project.overran or (project.begun and today(now) > last_day(project, current))


def cancel(project: Project, reason: Reason, actor: str, now: datetime) -> tuple[Project, list[ProjectCancelled]]:
    """Cancel a published project; its quota stays consumed, and the annual assessment counts it (R11, R33).

    Args:
        project: The project, published, running or suspended.
        reason: Why.
        actor: The scope that cancels, `base` or `ministry`.
        now: Domain time, aware.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    cancelled = move(project, ProjectStatus.CANCELLED, rule="R33", actor=actor, now=now, reason=reason.text)
    return cancelled, [ProjectCancelled(**about(cancelled), reason=reason.text, by=actor)]


def suspend(project: Project, reason: Reason, now: datetime) -> tuple[Project, list[ProjectSuspended]]:
    """Suspend a published or running project (docs/state-machines.md).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    suspended = move(project, ProjectStatus.SUSPENDED, rule=None, actor=_MINISTRY, now=now, reason=reason.text)
    return replace(suspended, resumes_to=project.status), [ProjectSuspended(**about(suspended), reason=reason.text)]


def resume(project: Project, now: datetime) -> tuple[Project, list[ProjectResumed]]:
    """Resume a suspended project in the state it was suspended in (docs/state-machines.md).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if project.status is not ProjectStatus.SUSPENDED or project.resumes_to is None:
        raise wrong_state(project, None)
    resumed = move(project, project.resumes_to, rule=None, actor=_MINISTRY, now=now)
    return replace(resumed, resumes_to=None, finishes_on=None), [
        ProjectResumed(**about(resumed), status=resumed.status)
    ]


def _finished(project: Project, actor: str, *, overrun: bool, now: datetime) -> tuple[Project, list[ProjectFinished]]:
    finished = replace(move(project, ProjectStatus.FINISHED, rule="R28", actor=actor, now=now), overran=overrun)
    return finished, [ProjectFinished(**about(finished), overrun=overrun, by=actor, finished_on=today(now))]


def _planned_past_window(project: Project, current: Round) -> bool:
    """Whether the plan's last day lies past the window and the extension (R28)."""
    return project.plan.ends_on is not None and project.plan.ends_on > last_day(project, current)


def _amended(plan: Plan, amendment: Amendment) -> Plan:
    starts_on = amendment.starts_on or plan.starts_on
    shift = starts_on - plan.starts_on if starts_on and plan.starts_on else timedelta()
    dates = {Title.of(key, field="sessionDates.id").text: day for key, day in (amendment.session_dates or {}).items()}
    _require_sessions(plan, dates)
    timetable = tuple(
        replace(session, date=dates[session.id]) if session.id in dates else session
        for session in shift_sessions(plan.timetable, shift)
    )
    ends_on = amendment.ends_on or (plan.ends_on + shift if plan.ends_on else None)
    faculty = plan.faculty if amendment.faculty is None else amendment.faculty
    return replace(
        plan,
        venue=amendment.venue or plan.venue,
        starts_on=starts_on,
        ends_on=ends_on,
        faculty=faculty,
        timetable=timetable,
    )


def _taught_by(plan: Plan, teachers: Mapping[str, PersonName]) -> Plan:
    """The plan whose sessions are taught by others of its faculty (R7, R18)."""
    named = {Title.of(key, field="sessionTeachers.id").text: name.text for key, name in teachers.items()}
    _require_sessions(plan, named)
    strangers = sorted(set(named.values()) - {member.name for member in plan.faculty})
    if strangers:
        said = "、".join(strangers)
        words = (f"的教师须在授课师资之列（{said}）", f"has teachers of the faculty only ({', '.join(strangers)})")
        raise invalid({"timetable": words}, "R18")
    taught = (replace(each, teacher=named.get(each.id, each.teacher)) for each in plan.timetable)
    return replace(plan, timetable=tuple(taught))


def _require_sessions(plan: Plan, keys: Collection[str]) -> None:
    unknown = sorted(set(keys) - {session.id for session in plan.timetable})
    if unknown:
        raise INVALID_PLAN(
            detail=("课程表中没有该课次", "no such session in the timetable"),
            rule="R18",
            fields=["timetable"],
            unknown=unknown,
        )


def _amendment(project: Project, changed: tuple[str, ...], reason: str) -> ProjectAmended:
    plan = project.plan
    if plan.starts_on is None or plan.ends_on is None:
        raise wrong_state(project, "R18")
    return ProjectAmended(
        **about(project),
        changed=tuple(FIELDS[name].name for name in changed),
        reason=reason,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        venue=plan.venue.address if plan.venue else None,
        venue_province=plan.venue.province if plan.venue else None,
        sessions=sessions_of(plan.timetable),
        faculty=tuple(member.name for member in plan.faculty),
        faculty_members=faculty_members(project),
        days=plan.days,
    )


def _require_still_to_come(project: Project, plan: Plan, now: datetime) -> None:
    """Refuse a new first day of a project that has begun, and a new day before today (R18, R28).

    In a project that has begun, a session is not moved before today either: attendance could be marked at once of one
    that nobody has held (R29).
    """
    if project.begun and plan.starts_on != project.plan.starts_on:
        day = project.plan.starts_on
        words = (f"项目已开班，开始日期（{day}）不得变更", f"It has begun, and its first day ({day}) stays")
        raise WRONG_STATE(detail=words, rule="R18", status=project.status.value)
    days = {"startsOn": (project.plan.starts_on, plan.starts_on), "endsOn": (project.plan.ends_on, plan.ends_on)}
    over = [name for name, (before, day) in days.items() if day and day != before and day < today(now)]
    if over:
        raise invalid(dict.fromkeys(over, _BEFORE_TODAY), "R18")
    before_by_id = {session.id: session.date for session in project.plan.timetable}
    moved = [session.date for session in plan.timetable if session.date != before_by_id.get(session.id)]
    if project.begun and any(day < today(now) for day in moved):
        raise invalid({"timetable": _BEFORE_TODAY}, "R18")


def _require_unstarted(project: Project, now: datetime) -> None:
    """Refuse what is recorded afterwards of a project that was started, or whose last day is not over (R28)."""
    require_status(project, frozenset({ProjectStatus.PUBLISHED}), "R28")
    ends_on = project.plan.ends_on
    _require_day(ends_on + timedelta(days=1) if ends_on else None, now)


def _require_day(day: date | None, now: datetime) -> None:
    if day is None or today(now) < day:
        raise TOO_EARLY(day=day.isoformat() if day else None)
