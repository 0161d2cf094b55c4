"""Which of the found paths to take: the cheapest, where what is already fetched costs nothing."""

from collections.abc import Iterable

from gateway.federation.planner.node import Node

Need = list[Node]
"""Nodes that satisfy one leaf equally well: any one of them is enough."""


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


def choose(needs: list[Need]) -> list[Node]:
    """One node for each need, so that together they are cheap: those without a choice first."""
    taken: set[Node] = set()
    chosen: list[tuple[int, Node]] = []
    for index, need in sorted(enumerate(needs), key=lambda pair: len(pair[1])):
        reached = [closure(node, taken) for node in need]
        costs = [cost(nodes) for nodes in reached]
        cheapest = costs.index(min(costs))
        taken |= reached[cheapest]
        chosen.append((index, need[cheapest]))
    return [node for _, node in sorted(chosen, key=lambda pair: pair[0])]


def use(nodes: Iterable[Node]) -> None:
    """Put these nodes, and all that leads to them, into the plan."""
    for node in nodes:
        for one in closure(node, set()):
            one.used = True
