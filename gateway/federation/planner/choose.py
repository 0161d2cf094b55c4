"""Choose among the paths found: the cheapest ones, where nodes already used cost nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.federation.condition import When, either
from gateway.federation.planner.node import Node


@dataclass(frozen=True, slots=True)
class Need:
    """One leaf of a selection.

    Attributes:
        nodes: Nodes from which it can be read; any one of them is enough.
        when: For which values of the variables it is selected.
    """

    nodes: list[Node]
    when: When


def closure(node: Node, seen: set[Node]) -> set[Node]:
    """The unused nodes that a path to `node` would use, except those in `seen`."""
    unused: set[Node] = set()
    stack: list[Node | None] = [node]
    while stack:
        current = stack.pop()
        if current is None or current.used or current in seen or current in unused:
            continue
        unused.add(current)
        stack.append(current.parent)
        stack.extend(current.needs)
    return unused


def cost(nodes: Iterable[Node]) -> int:
    """The cost of using these nodes in addition."""
    return sum(node.cost for node in nodes)


def together(nodes: list[Node]) -> int:
    """The cost of using all these nodes; shared parts of their paths count once."""
    seen: set[Node] = set()
    for node in nodes:
        seen |= closure(node, seen)
    return cost(seen)


def choose(needs: list[Need]) -> list[Node]:
    """Choose one node for each need, greedily, needs with the fewest alternatives first.

    Returns:
        A node for each need, in the order of the needs.
    """
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
    """Mark a node, and every node that leads to it, as used under a condition."""
    stack: list[Node | None] = [node]
    while stack:
        current = stack.pop()
        if current is None:
            continue
        before, current.when = current.when, either(current.when, when)
        if current.when != before:
            stack.append(current.parent)
            stack.extend(current.needs)
