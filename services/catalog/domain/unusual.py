"""What is unusual in a plan: its base justifies it, and the experts read both (R7, R9, R10, ADR 34).

The thresholds are the round's (`PlanLimits`, `DurationNorm`).
"""

from collections import Counter
from collections.abc import Iterator

from services.catalog.domain.base import Base
from services.catalog.domain.impossible import calendar_days
from services.catalog.domain.plan import Advice, Plan
from services.catalog.domain.refusals import JUSTIFICATION_MISSING
from services.catalog.domain.round import PlanLimits, Round
from services.catalog.domain.vocabulary import BaseCategory, ProjectKind

DURATION_OUTSIDE_NORM = "DURATION_OUTSIDE_NORM"
MAJOR_MISMATCH = "MAJOR_MISMATCH"
LARGE_CLASS = "LARGE_CLASS"
MANY_HOURS_A_DAY = "MANY_HOURS_A_DAY"
DATES_FAR_APART = "DATES_FAR_APART"
HOURS_DIFFER = "HOURS_DIFFER"
TEACHER_NOT_IN_FACULTY = "TEACHER_NOT_IN_FACULTY"


def advice_on(plan: Plan, kind: ProjectKind, base: Base, current: Round) -> tuple[Advice, ...]:
    """What is unusual in a plan (R7, R9, R10).

    Args:
        plan: The plan, maybe partial.
        kind: Of the project; the duration norm depends on it.
        base: Of the project; only dual-qualified teachers' bases have major categories to match.
        current: The round, for its norms and limits.
    """
    return (
        *_duration(plan, kind, current),
        *_major(plan, base),
        *_size(plan, current.plan_limits),
        *_hours(plan, current.plan_limits),
        *_teachers(plan),
    )


def require_justified(plan: Plan, advice: tuple[Advice, ...]) -> None:
    """Refuse a plan with something unusual that the base has not justified (R7, R9, R10).

    Raises:
        Refusal: `JUSTIFICATION_MISSING`, with every rule that needs one.
    """
    justified = {justification.rule for justification in plan.justifications if justification.text.strip()}
    open_advice = [warning for warning in advice if warning.rule not in justified]
    if open_advice:
        raise JUSTIFICATION_MISSING(
            detail=("；".join(warning.zh for warning in open_advice), "; ".join(warning.en for warning in open_advice)),
            rule=open_advice[0].rule,
            rules=list(dict.fromkeys(warning.rule for warning in open_advice)),
            warnings=[warning.code for warning in open_advice],
            fields=list(dict.fromkeys(field for warning in open_advice for field in warning.fields)),
        )


def _duration(plan: Plan, kind: ProjectKind, current: Round) -> Iterator[Advice]:
    norm = current.norm_of(kind)
    if norm and plan.days is not None and not norm.least <= plan.days <= norm.most:
        yield Advice(
            DURATION_OUTSIDE_NORM,
            "R9",
            f"项目时长{plan.days}天，超出{norm.least}至{norm.most}天，须说明理由",
            f"{plan.days} days is outside {norm.least} to {norm.most}: a justification is required",
            ("days",),
        )


def _major(plan: Plan, base: Base) -> Iterator[Advice]:
    dual = base.category is BaseCategory.DUAL_QUALIFIED_TEACHER
    if dual and plan.major_category is not None and plan.major_category not in base.major_categories:
        yield Advice(
            MAJOR_MISMATCH,
            "R10",
            "项目专业大类与基地专业类别不匹配，须说明理由",
            "The major category is none of the base's: a justification is required",
            ("majorCategory",),
        )


def _size(plan: Plan, limits: PlanLimits) -> Iterator[Advice]:
    if plan.capacity is not None and plan.capacity > limits.usual_seats:
        yield Advice(
            LARGE_CLASS,
            "R7",
            f"一个班次{plan.capacity}人，多于{limits.usual_seats}人，须说明理由",
            f"A class of {plan.capacity} is more than {limits.usual_seats}: a justification is required",
            ("capacity",),
        )
    length = calendar_days(plan)
    idle = length - plan.days if length is not None and plan.days is not None else 0
    if idle > limits.usual_idle_days:
        yield Advice(
            DATES_FAR_APART,
            "R7",
            f"{plan.days}天的培训分布在{length}天内，须说明理由",
            f"{plan.days} days of training are spread over {length}: a justification is required",
            ("startsOn", "endsOn", "days"),
        )


def _hours(plan: Plan, limits: PlanLimits) -> Iterator[Advice]:
    usual = limits.usual_hours_a_day
    by_day: Counter[str] = Counter()
    for session in plan.timetable:
        by_day[session.date.isoformat()] += session.hours
    long_days = [day for day, hours in sorted(by_day.items()) if hours > usual]
    stated = plan.class_hours is not None and plan.days is not None and plan.class_hours > usual * plan.days
    if stated or long_days:
        fields = ("classHours",) * stated + ("timetable",) * bool(long_days)
        yield Advice(
            MANY_HOURS_A_DAY,
            "R7",
            f"每天多于{usual}学时{'（' + '、'.join(long_days) + '）' if long_days else ''}，须说明理由",
            f"More than {usual} class hours a day{' (' + ', '.join(long_days) + ')' if long_days else ''}:"
            " a justification is required",
            fields,
        )
    total = sum(by_day.values())
    if plan.class_hours is not None and plan.timetable:
        gap = abs(total - plan.class_hours)
        if gap * 100 > plan.class_hours * limits.usual_gap_percent:
            yield Advice(
                HOURS_DIFFER,
                "R7",
                f"课程表共{total}学时，与{plan.class_hours}学时不符，须说明理由",
                f"The timetable has {total} class hours, the plan {plan.class_hours}: a justification is required",
                ("classHours", "timetable"),
            )


def _teachers(plan: Plan) -> Iterator[Advice]:
    faculty = {member.name for member in plan.faculty}
    teachers = dict.fromkeys(name for session in plan.timetable for name in session.teachers)
    absent = [name for name in teachers if name not in faculty]
    if plan.faculty and absent:
        yield Advice(
            TEACHER_NOT_IN_FACULTY,
            "R7",
            f"课程表中的{'、'.join(absent)}不在授课师资之列，须说明理由",
            f"{', '.join(absent)} of the timetable is not in the faculty: a justification is required",
            ("timetable", "faculty"),
        )
