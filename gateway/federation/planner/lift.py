"""Lifts conditions: neighbours under one condition come under it together, whole sequences where all are."""

from itertools import groupby

from gateway.federation.condition import ALWAYS, When
from gateway.federation.planner.plan import Condition, Parallel, PlanNode, Sequence


def lift(node: PlanNode) -> PlanNode:
    """The same plan with every condition as far up, and as seldom, as it can be."""
    if not isinstance(node, Sequence | Parallel):
        return node
    parts = [lift(one) for one in node.nodes]
    if isinstance(node, Parallel):
        order = [_when(part) for part in parts]
        parts = sorted(parts, key=lambda part: order.index(_when(part)))
    made = [_together(type(node), when, list(run)) for when, run in groupby(parts, key=_when)]
    return made[0] if len(made) == 1 else type(node)(tuple(made))


def _together(kind: type[Sequence | Parallel], when: When, run: list[PlanNode]) -> PlanNode:
    inner = [one.node if isinstance(one, Condition) else one for one in run]
    flat = [below for one in inner for below in (one.nodes if isinstance(one, kind) else (one,))]
    made = flat[0] if len(flat) == 1 else kind(tuple(flat))
    return made if when == ALWAYS else Condition(when, made)


def _when(node: PlanNode) -> When:
    return node.when if isinstance(node, Condition) else ALWAYS
