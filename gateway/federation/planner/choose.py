"""Which of the found paths to take: the cheapest, where what is already fetched costs nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.federation.condition import When, either
from gateway.federation.planner.node import Node


@dataclass(frozen=True, slots=True)
class Need:
    """One leaf of a selection.

    Attributes:
        nodes: From which it can be read equally well: any one of them is enough.
        when: For which values of the variables it is asked.
    """

    nodes: list[Node]
    when: When


def closure(node: Node, seen: set[Node]) -> set[Node]:
    """The unused nodes that reaching `node` would use, beside those in `seen`."""
    found: set[Node] = set()
    stack: list[Node | None] = [node]
    while stack:
        one = stack.pop()
        if one is None or one.used or one in seen or one in found:
            continue
        found.add(one)
        stack.append(one.parent)
        stack.extend(one.needs)
    return found


def cost(nodes: Iterable[Node]) -> int:
    """What it costs to use these nodes as well."""
    return sum(node.cost for node in nodes)


def together(nodes: list[Node]) -> int:
    """What it costs to use all these nodes, shared paths once."""
    seen: set[Node] = set()
    for node in nodes:
        seen |= closure(node, seen)
    return cost(seen)


def choose(needs: list[Need]) -> list[Node]:
    """One node for each need, so that together they are cheap: those without a choice first."""
    taken: set[Node] = set()
    chosen: list[tuple[int, Node]] = []
    for index, need in sorted(enumerate(needs), key=lambda pair: len(pair[1].nodes)):
        reached = [closure(node, taken) for node in need.nodes]
        costs = [cost(nodes) for nodes in reached]
        cheapest = costs.index(min(costs))
        taken |= reached[cheapest]
        chosen.append((index, need.nodes[cheapest]))
    return [node for _, node in sorted(chosen, key=lambda pair: pair[0])]


def use(node: Node, when: When) -> None:
    """Put a node, and all that leads to it, into the plan."""
    stack: list[Node | None] = [node]
    while stack:
        one = stack.pop()
        if one is None:
            continue
        known, one.when = one.when, either(one.when, when)
        if one.when != known:
            stack.append(one.parent)
            stack.extend(one.needs)
