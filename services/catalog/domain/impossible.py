"""What a plan cannot be, whatever its base explains; a draft is refused for it, too (R7, R8, ADR 34).

All of it is said at once, by field. The limits are the round's (`PlanLimits`).
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from services.catalog.domain.base import LAST_MAJOR_CATEGORY, Base
from services.catalog.domain.labels import REQUIRED
from services.catalog.domain.plan import IN_TIME, Plan, Session, invalid, is_blank
from services.catalog.domain.refusals import UNKNOWN_THEME
from services.catalog.domain.round import PlanLimits, Round

E = TypeVar("E", bound=Hashable)
MOST_DAYS = 366
"""Of training: a plan lies within a year [D]."""
JUSTIFIABLE = ("R7", "R9", "R10")
"""The rules that may find something unusual, and so take a justification."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a plan that cannot be.

    Attributes:
        field: By the graph's name.
        zh: What the field has to be, in Chinese.
        en: The same in English.
        about: What it is about, where the words name a date besides: moved to another day it is the same fault.
    """

    field: str
    zh: str
    en: str
    about: tuple[Hashable, ...] = ()

    @property
    def key(self) -> Hashable:
        """By which it is told whether a plan had the fault before."""
        return (self.field, *(self.about or (self.zh,)))


def check_given(plan: Plan, base: Base, current: Round, *, before: Plan | None = None) -> None:
    """Refuse values that cannot be right; a field that is absent may follow later (R7, R8).

    Args:
        plan: The plan, maybe partial.
        base: Its base: the themes of its category, and its validity.
        current: The round.
        before: The plan until now, where only what the change makes wrong is asked for: a plan that was published
            before there was a rule may still be amended (R18).

    Raises:
        Refusal: `UNKNOWN_THEME`, or `INVALID_PLAN` with every wrong field.
    """
    codes = {theme.code for theme in current.themes_of(base.category)}
    unknown = [code for code in plan.themes if code not in codes]
    if unknown and before is None:
        raise UNKNOWN_THEME(
            detail=("、".join(unknown), ", ".join(unknown)), fields=["themes"], unknown=unknown, known=sorted(codes)
        )
    faults = _new(faults_of(plan, base, current), faults_of(before, base, current) if before else ())
    if faults:
        raise invalid(_by_field(faults), "R7" if before is None else "R18")


def _new(faults: Iterable[Fault], before: Iterable[Fault]) -> list[Fault]:
    """The faults that were not there before; each of those before explains one."""
    known, new = Counter(fault.key for fault in before), []
    for fault in faults:
        if known[fault.key]:
            known[fault.key] -= 1
        else:
            new.append(fault)
    return new


def faults_of(plan: Plan, base: Base, current: Round) -> list[Fault]:
    """Everything in a plan that cannot be, in the order of its fields (R7)."""
    limits = current.plan_limits
    faults = [
        *_outside_bounds(plan, limits),
        *_wrong_dates(plan, base, current),
        *_wrong_length(plan, limits),
        *_wrong_lists(plan),
        *_wrong_timetable(plan, limits),
        *_wrong_justifications(plan),
    ]
    order = [field.name for field in REQUIRED.values()]
    return sorted(faults, key=lambda fault: order.index(fault.field) if fault.field in order else len(order))


def _by_field(faults: Iterable[Fault]) -> dict[str, tuple[str, str]]:
    words: dict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        words[fault.field].append(fault)
    return {
        field: ("，".join(fault.zh for fault in found), ", and ".join(fault.en for fault in found))
        for field, found in words.items()
    }


def _outside_bounds(plan: Plan, limits: PlanLimits) -> Iterator[Fault]:
    bounds = {
        "days": (1, MOST_DAYS),
        "class_hours": (1, MOST_DAYS * limits.most_hours_a_day),
        "fee": (0, limits.most_fee),
        "capacity": (1, limits.most_seats),
        "major_category": (1, LAST_MAJOR_CATEGORY),
    }
    for name, (least, most) in bounds.items():
        value = getattr(plan, name)
        if value is not None and not least <= value <= most:
            yield Fault(REQUIRED[name].name, f"须为{least}至{most}", f"is {least} to {most}")


def _wrong_dates(plan: Plan, base: Base, current: Round) -> Iterator[Fault]:
    opens, year = min(phase.opens for phase in current.phases), current.year + 1
    for field, day in (("startsOn", plan.starts_on), ("endsOn", plan.ends_on)):
        if day is None:
            continue
        if day < opens or day.year > year:
            yield Fault(field, f"须在{opens}至{year}年末之间", f"is between {opens} and the end of {year}")
        elif day < base.valid_from:
            yield Fault(
                field,
                f"不得早于基地有效期的首日（{base.valid_from}）",
                f"is in the base's validity, from {base.valid_from}",
            )
        elif base.valid_until is not None and day > base.valid_until:
            yield Fault(
                field,
                f"不得晚于基地有效期的末日（{base.valid_until}）",
                f"is in the base's validity, to {base.valid_until}",
            )
    if plan.starts_on and plan.ends_on and plan.ends_on < plan.starts_on:
        yield Fault("endsOn", "不得早于开始日期", "is not before the first day")


def _wrong_length(plan: Plan, limits: PlanLimits) -> Iterator[Fault]:
    length = calendar_days(plan)
    if plan.days is not None and length is not None and plan.days > length:
        yield Fault("days", f"多于起止日期之间的{length}天", f"is more than the {length} between first and last day")
    days = plan.days if plan.days and 0 < plan.days <= MOST_DAYS else length
    if plan.class_hours is not None and days is not None and plan.class_hours > days * limits.most_hours_a_day:
        most = days * limits.most_hours_a_day
        yield Fault("classHours", f"{days}天最多{most}学时", f"is at most {most} in {days} days")


def _wrong_lists(plan: Plan) -> Iterator[Fault]:
    if len(set(plan.themes)) < len(plan.themes):
        yield Fault("themes", "不得重复", "names each theme once")
    if len(set(plan.audience)) < len(plan.audience):
        yield Fault("audience", "不得重复", "names each group once")
    if plan.venue and is_blank(plan.venue.address):
        yield Fault("venue", "须有地址", "has an address")
    if any(is_blank(member.name) for member in plan.faculty):
        yield Fault("faculty", "须有姓名", "has a name for everybody")
    if twice := _repeated([(member.name, member.organization) for member in plan.faculty]):
        names = [name for name, _ in twice]
        yield Fault("faculty", f"中{'、'.join(names)}重复", f"names {', '.join(names)} twice")


def _wrong_timetable(plan: Plan, limits: PlanLimits) -> Iterator[Fault]:
    sessions = plan.timetable
    if any(session.hours < 1 or is_blank(session.title) or is_blank(session.teacher) for session in sessions):
        yield Fault("timetable", "每课次须有名称、教师和学时", "has a title, a teacher and hours for every session")
    ids = [session.id for session in sessions]
    if any(map(is_blank, ids)) or len(ids) != len(set(ids)):
        yield Fault("timetable", "各课次的编号须各不相同", "has an id of its own for every session")
    if twice := _repeated([(session.title, session.teacher, session.date, session.hours) for session in sessions]):
        titles = [title for title, *_ in twice]
        yield Fault(
            "timetable",
            f"中“{'、'.join(titles)}”重复，确为两课次的须以名称区分",
            f"has {', '.join(titles)} twice: tell two sessions apart by their titles",
        )
    if _in_order(plan) and any(not _within(session.date, plan.starts_on, plan.ends_on) for session in sessions):
        yield Fault("timetable", *IN_TIME)
    dates = len({session.date for session in sessions})
    if plan.days is not None and plan.days >= 1 and dates > plan.days:
        yield Fault("timetable", f"排在{dates}天，多于培训天数", f"is on {dates} days, more than the days of training")
    yield from _too_long_days(sessions, limits.most_hours_a_day)


def _too_long_days(sessions: Sequence[Session], most: int) -> Iterator[Fault]:
    """A session longer than a day of teaching, and a teacher who would have to be in two places (R7)."""
    for session in sessions:
        if session.hours > most:
            yield Fault(
                "timetable",
                f"“{session.title}”{session.hours}学时，一天最多{most}学时",
                f"has {session.hours} hours of {session.title}, a day has at most {most}",
            )
    taught: dict[tuple[date, str], list[int]] = defaultdict(list)
    for session in sessions:
        for teacher in dict.fromkeys(session.teachers):
            taught[session.date, teacher].append(session.hours)
    for (day, teacher), hours in taught.items():
        if len(hours) > 1 and max(hours) <= most < sum(hours):
            yield Fault(
                "timetable",
                f"{teacher}在{day}须同时授课（{len(hours)}课次共{sum(hours)}学时，一天最多{most}学时）",
                f"has {teacher} in two places on {day} ({len(hours)} sessions of {sum(hours)} hours, of {most} a day)",
                ("in two places", teacher, *sorted(hours)),
            )


def _wrong_justifications(plan: Plan) -> Iterator[Fault]:
    rules = [justification.rule for justification in plan.justifications]
    if any(rule not in JUSTIFIABLE for rule in rules):
        yield Fault("justifications", f"仅适用于{'、'.join(JUSTIFIABLE)}", f"is for {', '.join(JUSTIFIABLE)} only")
    if len(set(rules)) < len(rules):
        yield Fault("justifications", "每条规则只能有一条", "has one text a rule")


def calendar_days(plan: Plan) -> int | None:
    """The days from the first to the last, both included; None where they are not known or in the wrong order."""
    if plan.starts_on is None or plan.ends_on is None or plan.ends_on < plan.starts_on:
        return None
    return (plan.ends_on - plan.starts_on).days + 1


def _in_order(plan: Plan) -> bool:
    return plan.starts_on is None or plan.ends_on is None or plan.starts_on <= plan.ends_on


def _within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def _repeated(entries: Sequence[E]) -> list[E]:
    """The entries that stand there more than once, each once."""
    return [entry for entry, times in Counter(entries).items() if times > 1]
