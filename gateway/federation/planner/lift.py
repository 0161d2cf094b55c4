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
    made: list[PlanNode] = []
    for when, neighbours in groupby(parts, key=_when):
        run = list(neighbours)
        made += run if when == ALWAYS else [_under(when, type(node), run)]
    return made[0] if len(made) == 1 else type(node)(tuple(made))


def _under(when: When, kind: type[Sequence | Parallel], run: list[PlanNode]) -> PlanNode:
    inner = [one.node for one in run if isinstance(one, Condition)]
    flat = [below for one in inner for below in (one.nodes if isinstance(one, kind) else (one,))]
    return Condition(when, flat[0] if len(flat) == 1 else kind(tuple(flat)))


def _when(node: PlanNode) -> When:
    return node.when if isinstance(node, Condition) else ALWAYS
