"""Lift conditions: neighbours under the same condition share one `Condition`, and so does a sequence of such."""

from itertools import groupby

from gateway.federation.condition import ALWAYS, When
from gateway.federation.planner.plan import Condition, Parallel, PlanNode, Sequence


def lift(node: PlanNode) -> PlanNode:
    """The same plan with its conditions as high up, and as few, as possible."""
    if not isinstance(node, Sequence | Parallel):
        return node
    parts = [lift(child) for child in node.nodes]
    if isinstance(node, Parallel):
        order = [_when(part) for part in parts]
        parts = sorted(parts, key=lambda part: order.index(_when(part)))
    lifted: list[PlanNode] = []
    for when, neighbours in groupby(parts, key=_when):
        run = list(neighbours)
        lifted += run if when == ALWAYS else [_under(when, type(node), run)]
    return lifted[0] if len(lifted) == 1 else type(node)(tuple(lifted))


def _under(when: When, kind: type[Sequence | Parallel], run: list[PlanNode]) -> PlanNode:
    inner = [condition.node for condition in run if isinstance(condition, Condition)]
    flat = [below for child in inner for below in (child.nodes if isinstance(child, kind) else (child,))]
    return Condition(when, flat[0] if len(flat) == 1 else kind(tuple(flat)))


def _when(node: PlanNode) -> When:
    return node.when if isinstance(node, Condition) else ALWAYS
