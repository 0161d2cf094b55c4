"""The steps of a round as they are given: their days set the phases of their guards (R1)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.catalog.domain.round import Phase, Step
from services.catalog.domain.vocabulary import PhaseName

MOST = 20
"""Steps that a calendar may have."""
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,39}")


def phases_of(steps: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The phases that the steps with a guard set, in the order of phases; a missing or doubled one is refused later.

    Args:
        steps: As data, each with all its days.
    """
    order = [name.value for name in PhaseName]
    guarded = [step for step in steps if step.get("guard")]
    phases = [{"name": step["guard"], "opens": step["opens"], "closes": step["closes"]} for step in guarded]
    return sorted(phases, key=lambda phase: order.index(phase["name"]))


def settled(steps: Sequence[Step], phases: Sequence[Phase]) -> tuple[Step, ...] | None:
    """The steps as they are stored: those with a guard without days of their own, for these are the phase's.

    Args:
        steps: As they were given.
        phases: The round's phases.

    Returns:
        The steps; None where they cannot be right: a code twice, no name, other days than the phase's, days out of
        order or outside the round, a guard that none or several name.
    """
    if not steps:
        return ()
    by_name = {phase.name: phase for phase in phases}
    codes = [step.code for step in steps]
    guards = [step.guard for step in steps if step.guard]
    named = all(_CODE.fullmatch(step.code) and step.name.strip() and step.name_en.strip() for step in steps)
    if not named or len(steps) > MOST or len(codes) != len(set(codes)) or sorted(guards) != sorted(PhaseName):
        return None
    first, last = min(phase.opens for phase in phases), max(phase.closes for phase in phases)
    stored = []
    for step in steps:
        if step.guard:
            days = by_name[step.guard]
            if step.opens not in {None, days.opens} or step.closes not in {None, days.closes}:
                return None
            stored.append(replace(step, opens=None, closes=None))
        elif step.opens is None or step.closes is None or not first <= step.opens <= step.closes <= last:
            return None
        else:
            stored.append(step)
    return tuple(stored)
