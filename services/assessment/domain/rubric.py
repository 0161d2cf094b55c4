"""The points of an annual assessment, by a rubric that is data (R38; ADR 56).

Everything is counted in exact fractions and rounded once an item, half up, so that whoever has the inputs gets the same
points. An item without data is left out and its weight is spread over the others; with less than half of the weight a
base is not assessed.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

_BASIS_POINTS = 10_000
_HUNDREDTHS = 100


class Grade(StrEnum):
    """The grade of a base's year."""

    EXCELLENT = "EXCELLENT"
    QUALIFIED = "QUALIFIED"
    BASIC = "BASIC"
    UNQUALIFIED = "UNQUALIFIED"
    NOT_ASSESSED = "NOT_ASSESSED"


class Indicator(StrEnum):
    """What an item measures: how its numbers are counted from facts (`domain/indicators.py`)."""

    ON_TIME = "ON_TIME"
    SEATS_FILLED = "SEATS_FILLED"
    ATTENDANCE = "ATTENDANCE"
    PLAN_KEPT = "PLAN_KEPT"
    DECIDED_IN_TIME = "DECIDED_IN_TIME"
    RESULTS_IN_TIME = "RESULTS_IN_TIME"
    PASSED = "PASSED"
    RETAINED = "RETAINED"
    CERTIFIED_IN_TIME = "CERTIFIED_IN_TIME"
    TEACHING = "TEACHING"
    SATISFACTION = "SATISFACTION"
    FINDINGS = "FINDINGS"
    DEDUCTIONS = "DEDUCTIONS"


class ItemKind(StrEnum):
    """How the points of an item are counted."""

    RATIO = "ratio"
    MEAN = "mean"
    LOSS = "loss"
    DEDUCTION = "deduction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of a rubric.

    Attributes:
        code: Unique within the rubric.
        dimension: What it belongs to.
        name: What it is called.
        indicator: What it measures.
        points: Its weight; of a deduction, the most that it takes.
        kind: How its points are counted.
        full_at_bp: Of a ratio: the share in basis points that earns all points.
        shrink: Of a mean: how many answers of the national mean are counted in, so that a few answers do not decide.
        zero_at_hundredths: Of a mean: what earns nothing.
        full_at_hundredths: Of a mean: what earns all points.
        loss_hundredths: Of a loss or a deduction: what each occurrence takes, by its kind.
        done: Of a ratio: what is counted, in words.
        of: Of a ratio: out of what, in words.
        events: The types of the events that its inputs come from.
    """

    code: str
    dimension: str
    name: str
    indicator: Indicator
    points: int
    kind: ItemKind
    full_at_bp: int = _BASIS_POINTS
    shrink: int = 0
    zero_at_hundredths: int = 0
    full_at_hundredths: int = 500
    loss_hundredths: Mapping[str, int] | None = None
    done: str | None = None
    of: str | None = None
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """From which score a grade is given.

    Attributes:
        grade: The grade.
        name: What it is called.
        from_hundredths: The least score, in hundredths of a point.
    """

    grade: Grade
    name: str
    from_hundredths: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Excellence:
    """How rare the best grade is.

    Attributes:
        most_bp: The share of the assessed bases that may have it, in basis points.
        not_with: Items and kinds of occurrences, one of which rules it out.
    """

    most_bp: int
    not_with: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRule:
    """What a grade makes of the next quota (R39).

    Attributes:
        factor_bp: By grade, in basis points of what the round gives the base's category.
        second_unqualified_in_a_row_bp: The factor where the year before ended with the lowest grade, too.
        least: The fewest projects that a factor above nothing leaves.
    """

    factor_bp: Mapping[Grade, int]
    second_unqualified_in_a_row_bp: int
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """How long people have.

    Attributes:
        comment_working_days: To comment on what was computed.
        appeal_working_days: To appeal against a grade.
        results_due_days: To publish results after the end of a training.
        certificates_due_days: To issue certificates after the publication of results.
    """

    comment_working_days: int
    appeal_working_days: int
    results_due_days: int
    certificates_due_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """A version of the indicators [C].

    Attributes:
        version: Its name.
        title: What it is called.
        source: Where it comes from.
        items: Their points, deductions apart, add up to 100.
        bands: The best grade first; the last one begins at 0.
        veto: Items and kinds of occurrences, one of which is enough for the lowest grade.
        excellent: How rare the best grade is.
        quota: What a grade makes of the next quota (R39).
        days: How long people have.
    """

    version: str
    title: str
    source: str
    items: tuple[Item, ...]
    bands: tuple[Band, ...]
    veto: tuple[tuple[str, str], ...]
    excellent: Excellence
    quota: QuotaRule
    days: Periods

    @property
    def weight(self) -> int:
        """The points of all items but deductions."""
        return sum(item.points for item in self.items if item.kind is not ItemKind.DEDUCTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What a rubric makes of a base's year.

    Attributes:
        grade: By the bands and the veto.
        score_hundredths: The sum, at least 0; None where the base is not assessed.
        items: By code, in hundredths; without the items that have no data.
    """

    grade: Grade
    score_hundredths: int | None
    items: Mapping[str, int]


Inputs = Mapping[str, Mapping[str, int]]
"""By the item's code: `done` and `of`; `count`, `total_hundredths` and `national_mean_hundredths`; or occurrences."""


def points(rubric: Rubric, inputs: Inputs) -> Points:
    """The points and the grade of a base's year.

    Args:
        rubric: The version.
        inputs: Of all items that have data; who was not inspected has no occurrences, and so no loss.

    Returns:
        The points of each item that counts, the score and the grade.

    Raises:
        ValueError: An input has an occurrence that the rubric does not know.
    """
    counted: dict[str, Fraction] = {}
    deducted: dict[str, Fraction] = {}
    for item in rubric.items:
        earned = _earned(item, inputs.get(item.code, {}))
        if earned is not None:
            (deducted if item.kind is ItemKind.DEDUCTION else counted)[item.code] = earned
    weight = sum(item.points for item in rubric.items if item.code in counted)
    if weight * 2 < rubric.weight:
        return Points(grade=Grade.NOT_ASSESSED, score_hundredths=None, items={})
    spread = Fraction(rubric.weight, weight)
    items = {code: half_up(earned * spread) for code, earned in counted.items()}
    items |= {code: half_up(earned) for code, earned in deducted.items()}
    return graded(rubric, items, inputs)


def graded(rubric: Rubric, items: Mapping[str, int], inputs: Inputs) -> Points:
    """The score and the grade of an assessed base, by the bands and the veto.

    Args:
        rubric: The version.
        items: The points of each item that counts, in hundredths.
        inputs: What they were counted from: the veto looks at occurrences, whatever points were given for them.
    """
    score = max(sum(items.values()), 0)
    grade = next(band.grade for band in rubric.bands if score >= band.from_hundredths)
    vetoed = occurs(rubric.veto, inputs)
    return Points(grade=rubric.bands[-1].grade if vetoed else grade, score_hundredths=score, items=items)


def occurs(named: Iterable[tuple[str, str]], inputs: Inputs) -> bool:
    """Whether any of these kinds of occurrences, each with the item that counts it, is among the inputs."""
    return any(inputs.get(code, {}).get(name, 0) for code, name in named)


def most_points(rubric: Rubric, counted: Collection[str]) -> Mapping[str, int]:
    """By item the most that it can take or give, in hundredths, once the weight of the others is spread over it.

    Args:
        rubric: The version.
        counted: The codes of the items that have data.
    """
    weight = sum(item.points for item in rubric.items if item.code in counted and item.kind is not ItemKind.DEDUCTION)
    spread = Fraction(rubric.weight, weight) if weight else Fraction(1)
    return {
        item.code: half_up(Fraction(item.points * _HUNDREDTHS) * (1 if item.kind is ItemKind.DEDUCTION else spread))
        for item in rubric.items
    }


def _earned(item: Item, given: Mapping[str, int]) -> Fraction | None:
    """The hundredths that an item earns before its weight is spread; None where it has no data."""
    full = Fraction(item.points * _HUNDREDTHS)
    match item.kind:
        case ItemKind.RATIO:
            if not given.get("of"):
                return None
            return full * min(
                Fraction(given["done"], given["of"]) / Fraction(item.full_at_bp, _BASIS_POINTS), Fraction(1)
            )
        case ItemKind.MEAN:
            if not given.get("count"):
                return None
            national = item.shrink * given["national_mean_hundredths"]
            mean = Fraction(given["total_hundredths"] + national, given["count"] + item.shrink)
            low, high = item.zero_at_hundredths, item.full_at_hundredths
            return full * min(max((mean - low) / (high - low), Fraction(0)), Fraction(1))
        case ItemKind.LOSS:
            return max(full - _loss(item, given), Fraction(0))
        case ItemKind.DEDUCTION:
            return -min(_loss(item, given), full)


def _loss(item: Item, given: Mapping[str, int]) -> Fraction:
    losses = item.loss_hundredths or {}
    if unknown := given.keys() - losses.keys():
        raise ValueError(f"{item.code} does not know {sorted(unknown)}")
    return Fraction(sum(losses[name] * number for name, number in given.items()))


def half_up(value: Fraction) -> int:
    """The nearest whole number; of two as near the greater one."""
    return math.floor(value + Fraction(1, 2))
