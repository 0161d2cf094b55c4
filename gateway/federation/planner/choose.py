"""Choose among the paths found: the cheapest ones, where nodes already used cost nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.federation.condition import When, either
from gateway.federation.planner.node import CROSSING, Node
from gateway.federation.planner.place import Place

_SECOND_SOURCE = 1_000 * CROSSING
"""More than any path without one."""
_MOST_TRIES = 8


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
    taken = _Taken()
    return sum(taken.add(closure(node, taken.nodes)) for node in nodes)


def choose(needs: list[Need]) -> list[Node]:
    """Choose one node for each need, together as cheap as a few tries find.

    The first try is greedy. Where it had to pick one of several subgraphs that cost the same, what is chosen afterwards
    may be cheaper from another one, so a few of those are tried too.

    Returns:
        A node for each need, in the order of the needs.
    """
    best = _greedy(needs)
    for index, node in best.ties[:_MOST_TRIES]:
        other = _greedy(needs, index, node)
        if other.price < best.price:
            best = other
    return best.nodes


@dataclass(frozen=True, slots=True)
class _Choice:
    """A choice for all needs.

    Attributes:
        nodes: A node for each need.
        price: Their cost together.
        ties: The nodes, by index of their need, that cost as much as the chosen one where a subgraph was entered.
    """

    nodes: list[Node]
    price: int
    ties: list[tuple[int, Node]]


def _greedy(needs: list[Need], fixed: int | None = None, to: Node | None = None) -> _Choice:
    """Choose the cheapest node for one need after the other, needs with the fewest alternatives first.

    Args:
        needs: The needs.
        fixed: The index of a need that has its node already.
        to: That node.
    """
    taken = _Taken()
    chosen: dict[int, Node] = {}
    ties: list[tuple[int, Node]] = []
    price = 0
    for index, need in sorted(enumerate(needs), key=lambda pair: (pair[0] != fixed, len(pair[1].nodes))):
        nodes = [to] if to is not None and index == fixed else need.nodes
        reached = [closure(node, taken.nodes) for node in nodes]
        costs = [taken.cost(unused) for unused in reached]
        least = min(costs)
        cheapest = costs.index(least)
        if least >= CROSSING:
            ties += [(index, nodes[n]) for n in range(cheapest + 1, len(costs)) if costs[n] == least]
        price += taken.add(reached[cheapest])
        chosen[index] = nodes[cheapest]
    return _Choice([chosen[index] for index in range(len(needs))], price, ties)


class _Taken:
    """Nodes that are taken together, and which of them are lists or values of abstract types.

    Two subgraphs may answer one list in two orders, and one abstract value with two objects. So a second answer is the
    last resort: it could be put together with the first by positions only.
    """

    def __init__(self) -> None:
        self.nodes: set[Node] = set()
        self._sources: dict[Place, Node] = {}

    def cost(self, nodes: set[Node]) -> int:
        """The cost of taking these nodes in addition."""
        again = sum(self._sources.get(node.place, node) is not node for node in nodes if node.source is node)
        return cost(nodes) + again * _SECOND_SOURCE

    def add(self, nodes: set[Node]) -> int:
        """Take these nodes in addition; returns their cost."""
        price = self.cost(nodes)
        self.nodes |= nodes
        for node in nodes:
            if node.source is node:
                self._sources.setdefault(node.place, node)
        return price


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
