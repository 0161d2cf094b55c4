"""The page: what was to be reached and what was, the ratios of all rounds, and the numbers behind them."""

import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from bench.writes.callers import OK
from bench.writes.measures import OFFERED, Load, Sample
from bench.writes.mix import ACTS

OLD, NEW = "old", "new"
Samples = Mapping[tuple[str, str], Sequence[Sample]]
"""Measure and side to a sample of each round, in the order of the rounds."""
_FULL = "CLASS_FULL"
MORE_IS_BETTER = ("/s", "of bare")
"""Units; of the others less is better."""
_MISSED = "**missed**"
_HEAD = (
    "`make bench-writes`, {at}, {cores} cores shared with others, Python {python}; old: {old}, new: {new}. {rounds}"
    " rounds, the sides in turns; medians, and of the ratios the least and the most. Each side is a whole suite of its"
    " own, and nothing is measured before both rest; idle they take {idle_old:.0%} and {idle_new:.0%} of a core. Others"
    " took {others_old:.0%} and {others_new:.0%} of the machine meanwhile (medians). Trust the ratios."
)
_HOW = (
    "The rushes and the bulk commands are asked of enrollment itself with internal tokens, unless it says otherwise,"
    " the mixes of the gateway; without `Idempotency-Key`, for the old code reads once more where there is one. CPU is"
    " counted until the last effect is done."
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that both sides have.

    Attributes:
        measure: The measure that it comes from.
        value: Its name in the samples of that measure.
        title: What it is.
        unit: `s`, `ms`, `/s` or `of bare`.
        ratio: How many times better the new side is to be; None where that is not said.
        most: What the new side may take at most, in the unit; None where that is not said.
    """

    measure: str
    value: str
    title: str
    unit: str
    ratio: float | None = None
    most: float | None = None

    def row(self, samples: Samples) -> str:
        """The figure's row of the first table: medians, and the median and the spread of the rounds' ratios."""
        old, new = ([one.values[self.value] for one in samples[self.measure, side]] for side in (OLD, NEW))
        ratios = [self._better(*pair) for pair in zip(old, new, strict=True)]
        ratio = f"{median(ratios):.1f}× ({min(ratios):.1f}–{max(ratios):.1f})"
        cells = [self.title, ratio, *self._verdict(median(ratios), median(new))]
        return f"| {' | '.join([*cells, _number(old, self.unit), _number(new, self.unit)])} |"

    def _better(self, old: float, new: float) -> float:
        return new / old if self.unit in MORE_IS_BETTER else old / new

    def _verdict(self, ratio: float, new: float) -> tuple[str, str]:
        """What is to be reached, and whether it was."""
        if self.ratio is not None:
            return f"≥ {self.ratio:g}×", "yes" if ratio >= self.ratio else _MISSED
        if self.most is not None:
            return f"≤ {self.most:g} {self.unit}", "yes" if new <= self.most else _MISSED
        return "", ""


def figures(load: Load) -> list[Figure]:
    """The figures in the order of the page, with what they are to reach."""
    by_two, through = "… by two processes", "… through the gateway"
    return [
        Figure("accept", "seconds", f"{load.accepted} acceptances at once, {load.seats} seats", "s", 12),
        Figure("accept by two", "seconds", by_two, "s"),
        Figure("accept through the gateway", "seconds", through, "s"),
        Figure("withdraw", "seconds", f"{load.withdrawn} withdrawals at once, {load.waiting} waiting", "s", 20),
        Figure("withdraw by two", "seconds", by_two, "s"),
        Figure("withdraw through the gateway", "seconds", through, "s"),
        Figure("decide", "seconds", f"decideEnrollments, {load.rows} rows", "s", 15),
        Figure("submit", "seconds", f"submitEnrollments, {load.rows} rows", "s", 15),
        Figure("bulks", "seconds", f"three decideEnrollments of {load.rows // 2} rows at once", "s", 12),
        Figure("mix of 32", "rate", "sign-up, submit, withdraw; 32 clients: writes", "/s", 2.5),
        Figure("mix of 32", "cpu", "… CPU a write, all processes", "ms", most=7),
        Figure("mix of 32", "of bare", "… beside bare PyMongo", "of bare"),
        Figure("mix of 32", "p50", "… p50", "ms"),
        Figure("mix of 32", "p99", "… p99", "ms"),
        Figure("mix of 96", "rate", "… 96 clients: writes", "/s"),
        Figure("mix of 96", "cpu", "… CPU a write, all processes", "ms"),
        *(Figure("mix of 1", act, f"… one client: p50 of {act}", "ms", 1) for act in ACTS),
        Figure("backlog", "rate", "a plain consumer with a backlog: events", "/s", 6),
        Figure("escalation", "rate", "escalations", "/s", 4),
    ]


def expected(load: Load) -> dict[str, Counter[str]]:
    """What the callers of the new side must have been answered in each round, by measure."""
    accepted = Counter({OK: load.seats, _FULL: load.accepted - load.seats})
    withdrawn = Counter({OK: load.withdrawn, OFFERED: load.waiting})
    rows = Counter({OK: load.rows})
    return {
        "accept": accepted,
        "accept by two": accepted,
        "withdraw": withdrawn,
        "withdraw by two": withdrawn,
        "decide": rows,
        "submit": rows,
        "bulks": Counter({OK: load.rows // 2 * 3}),
    }


def page(samples: Samples, load: Load, *, commits: Mapping[str, str], idle: Mapping[str, float]) -> str:
    """The page in Markdown.

    Args:
        samples: Of all measures, rounds and sides.
        load: How much was done.
        commits: What each side ran.
        idle: The share of a core that each idle suite took.
    """
    rounds = len(samples["accept", NEW])
    answered = [measure for (measure, side), rounds in samples.items() if side == NEW and rounds[0].outcomes]
    lines = [
        *(
            "# The write path",
            "",
            _HEAD.format(
                at=f"{datetime.now(UTC):%Y-%m-%d}",
                cores=os.cpu_count(),
                python=platform.python_version(),
                rounds=rounds,
                old=commits[OLD],
                new=commits[NEW],
                idle_old=idle[OLD],
                idle_new=idle[NEW],
                others_old=_others(samples, OLD),
                others_new=_others(samples, NEW),
            ),
        ),
        *("", "| what | better by | to reach | reached | old | new |", "|---|---:|---|---|---:|---:|"),
        *(figure.row(samples) for figure in figures(load)),
        *("", _HOW),
        *("", "## What callers were answered", "", "In a round, least–most."),
        *("", "| measure | old | new | to be |", "|---|---|---|---|"),
        *(_answers(samples, measure, expected(load).get(measure)) for measure in answered),
        *("", "## CPU of the mix of 32, milliseconds a write", "", *_cpu(samples), ""),
    ]
    return "\n".join(lines)


def _others(samples: Samples, side: str) -> float:
    return median(one.others for (_, name), rounds in samples.items() if name == side for one in rounds)


def _answers(samples: Samples, measure: str, wanted: Counter[str] | None) -> str:
    """The row of a measure's codes; of a mix, whose length varies, only its codes are to be as they must."""
    old, new = ([one.outcomes for one in samples[measure, side]] for side in (OLD, NEW))
    mixed = measure.startswith("mix")
    reached = _codes([wanted]) if wanted else f"only {OK}" if mixed else ""
    if (wanted and any(one != wanted for one in new)) or (mixed and any(set(one) != {OK} for one in new)):
        reached += f", {_MISSED}"
    return f"| {measure} | {_codes(old)} | {_codes(new)} | {reached} |"


def _codes(rounds: Sequence[Counter[str]]) -> str:
    """Each code with the least and the most that a round had of it."""
    parts = []
    for code in sorted({code for outcomes in rounds for code in outcomes}, key=lambda code: (code != OK, code)):
        numbers = sorted(outcomes[code] for outcomes in rounds)
        parts.append(f"{numbers[0]}–{numbers[-1]} {code}" if numbers[0] != numbers[-1] else f"{numbers[0]} {code}")
    return ", ".join(parts)


def _cpu(samples: Samples) -> list[str]:
    sides = {side: samples["mix of 32", side] for side in (OLD, NEW)}
    names = sorted({name for rounds in sides.values() for name in rounds[0].values if name.startswith("cpu of ")})
    rows = [
        f"| {name.removeprefix('cpu of ')} | {' | '.join(f'{_middle(sides[side], name):.2f}' for side in sides)} |"
        for name in names
    ]
    bare = " and ".join(f"{_middle(sides[side], 'bare'):.0f}/s" for side in sides)
    cpu = median([_middle(sides[side], "bare cpu") for side in sides])
    beside = f"Bare PyMongo beside it, an insert and two guarded updates: {bare}, {cpu:.1f} ms a write."
    return ["| process | old | new |", "|---|---:|---:|", *rows, "", beside]


def _middle(rounds: Sequence[Sample], name: str) -> float:
    return median(one.values[name] for one in rounds)


def _number(values: Sequence[float], unit: str) -> str:
    value = median(values)
    digits = 0 if value >= 100 else 1 if value >= 10 else 2  # noqa: PLR2004 - three digits are enough
    return f"{value:,.{digits}f} {unit}".replace(" /s", "/s").removesuffix(" of bare")
