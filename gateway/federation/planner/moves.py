"""Moves: the same object in another subgraph, entered by a key that is found by the same walk."""

from dataclasses import replace

from gateway.federation.model import Holder, Key, Supergraph
from gateway.federation.planner.choose import choose, together
from gateway.federation.planner.node import Enter, Node
from gateway.federation.planner.walk import Guard, Unplannable, Walk
from gateway.federation.selection import Selection


class Moves:
    """Enters subgraphs.

    Args:
        supergraph: Where the keys are.
        walk: Looks for keys and required fields.
    """

    def __init__(self, supergraph: Supergraph, walk: Walk) -> None:
        self._graph = supergraph
        self._walk = walk

    def enter(self, node: Node, holder: Holder, field: str, guard: Guard) -> Node | None:
        """The node of an object in a holder of a field, with the keys and required fields it needs; None without any.

        A field that requires others is always entered for, even from its own subgraph.
        """
        mark = (id(node.place), holder.type, field)
        requires = (holder.join.requires,) if holder.join.requires else ()
        if requires and mark in guard.requiring:
            return None
        below = replace(guard, requiring=guard.requiring | {mark}) if requires else guard
        return self.move(node, holder.subgraph, holder.type, requires, below)

    def move(self, node: Node, subgraph: str, name: str, requires: tuple[Selection, ...], guard: Guard) -> Node | None:
        """The node of an object in a subgraph, entered as this type; None where no key can be had."""
        if (id(node), subgraph) in guard.entering and not requires:
            return None
        memo = (subgraph, name, requires, guard)
        if memo not in node.memo:
            node.memo[memo] = self._made(node, subgraph, name, requires, guard)
        return node.memo[memo]

    def _made(self, node: Node, subgraph: str, name: str, requires: tuple[Selection, ...], guard: Guard) -> Node | None:
        found = self._key(node, subgraph, name, guard)
        if found is None:
            return None
        key, needs = found
        for one in requires:
            more = self._satisfy(node, one, guard)
            if more is None:
                return None
            needs = [*needs, *more]
        return node.enter(name, subgraph, Enter(name, (key.selection, *requires)), tuple(dict.fromkeys(needs)))

    def _key(self, node: Node, subgraph: str, name: str, guard: Guard) -> tuple[Key, list[Node]] | None:
        """A key of the target that is at hand, else the one that is cheapest to fetch elsewhere first."""
        keys = [key for key in self._graph.keys(subgraph, name) if key.resolvable]
        for key in keys:
            needs = self._satisfy(node, key.selection, replace(guard, local=True))
            if needs is not None:
                return key, needs
        below = replace(guard, entering=guard.entering | {(id(node), subgraph)})
        found = [(key, needs) for key in keys if (needs := self._satisfy(node, key.selection, below)) is not None]
        return min(found, key=lambda pair: together(pair[1]), default=None)

    def _satisfy(self, node: Node, selection: Selection, guard: Guard) -> list[Node] | None:
        try:
            return choose(self._walk.gather(selection, [node], guard))
        except Unplannable:
            return None

    def as_interface(self, node: Node, guard: Guard) -> list[Node]:
        """An interface object's nodes in the subgraphs that know the objects behind it."""
        if guard.local:
            return []
        found = []
        for subgraph, join in self._graph.types[node.type].subgraphs.items():
            if not join.interface_object and any(key.resolvable for key in join.keys):
                entered = self.move(node, subgraph, node.type, (), guard)
                found += [entered] if entered else []
        return found
