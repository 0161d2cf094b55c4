"""Differences between two plans as readable text, in the reader's language (R13, R18)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import strawberry

from chassis.graph import MajorCategory, Money
from services.catalog.domain import plan as plans
from services.catalog.domain.labels import AUDIENCES, FIELDS, KINDS, MODES
from services.catalog.domain.plan import differing
from services.catalog.domain.project import Design
from services.catalog.graph.rounds import Province

Say = Callable[[str, str], str]


@strawberry.type(description="一个字段的变更前后，均为可读文字；列表类字段只列出增减的条目 (R13, R18)")
class FieldChange:
    """One field before and after, as people read it.

    Attributes:
        name: As the graph spells it.
        label: As people call it.
    """

    name: str
    label: str
    before: str
    after: str


class Wording:
    """Turns the fields of plans into text in the reader's language.

    Args:
        say: Chooses between Chinese and English.
        themes: Names of the round's themes by code.
    """

    def __init__(self, say: Say, themes: Mapping[str, str]) -> None:
        self._say = say
        self._words: dict[str, Callable[[Any], str]] = {
            "kind": lambda kind: say(*KINDS[kind]),
            "themes": lambda code: themes.get(code, code),
            "mode": lambda mode: say(*MODES[mode]),
            "starts_on": self._date,
            "ends_on": self._date,
            "days": lambda days: say(f"{days}天", f"{days} days"),
            "class_hours": lambda hours: say(f"{hours}学时", f"{hours} class hours"),
            "fee": lambda fen: say(f"{Money.of(fen).yuan}元", f"CNY {Money.of(fen).yuan}"),
            "major_category": lambda ordinal: MajorCategory.of(ordinal).name,
            "audience": lambda audience: say(*AUDIENCES[audience]),
            "capacity": lambda seats: say(f"{seats}人", f"{seats} places"),
            "venue": _venue,
            "timetable": self._session,
            "faculty": lambda member: " ".join(filter(None, (member.name, member.title, member.organization))),
            "justifications": lambda justification: f"{justification.rule} {justification.text}",
        }

    def differences(self, before: Design, after: Design) -> Iterator[FieldChange]:
        """Every field that differs, with its text in both plans."""
        if before.kind is not after.kind:
            yield self._difference("kind", before.kind, after.kind)
        for name in differing(before.plan, after.plan):
            yield self._difference(name, getattr(before.plan, name), getattr(after.plan, name))

    def _difference(self, name: str, before: Any, after: Any) -> FieldChange:
        field = FIELDS[name]
        removed, added = (self._all(name, side) for side in _apart(before, after))
        return FieldChange(name=field.name, label=self._say(field.zh, field.en), before=removed, after=added)

    def _all(self, name: str, value: Any) -> str:
        say = self._words.get(name, str)
        if isinstance(value, tuple):
            return self._say("；", "; ").join(map(say, value)) or self._say("（无）", "(none)")
        return self._say("（无）", "(none)") if value is None else say(value)

    def _date(self, day: date) -> str:
        return self._say(f"{day.year}年{day.month}月{day.day}日", day.isoformat())

    def _session(self, session: plans.Session) -> str:
        hours = self._words["class_hours"](session.hours)
        mode = (self._words["mode"](session.mode),) if session.mode else ()
        return " ".join((self._date(session.date), session.title, session.teacher, hours, *mode))


def _venue(venue: plans.Venue) -> str:
    province = Province.of(venue.province)
    return f"{province.name if province else venue.province} {venue.address}"


def _apart(before: Any, after: Any) -> tuple[Any, Any]:
    """What differs between two values, `(before, after)`.

    Of two lists these are the entries that only one of them has, or all entries where only the order differs; other
    values are returned unchanged.
    """
    if not isinstance(before, tuple):
        return before, after
    removed, added = _without(before, after), _without(after, before)
    return (removed, added) if removed or added else (before, after)


def _without(entries: Sequence[Any], others: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(entry for entry in entries if entry not in others)
