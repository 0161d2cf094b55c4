"""Moves: enter another subgraph for the same object, by a key whose fields the same search finds."""

from dataclasses import replace

from gateway.federation.model import Holder, Key, Supergraph
from gateway.federation.planner.choose import choose, together
from gateway.federation.planner.node import Enter, Node
from gateway.federation.planner.walk import Guard, Unplannable, Walk
from gateway.federation.selection import Selection


class Moves:
    """Makes the nodes of objects in other subgraphs.

    Args:
        supergraph: The supergraph.
        walk: Finds the needs of keys and required fields.
    """

    def __init__(self, supergraph: Supergraph, walk: Walk) -> None:
        self._graph = supergraph
        self._walk = walk

    def enter(self, node: Node, holder: Holder, field: str, guard: Guard) -> Node | None:
        """The node of an object in a subgraph that holds a field; None if its key or a required field cannot be had.

        A field with `@requires` is always entered for, even from its own subgraph.

        Args:
            node: The object.
            holder: The subgraph that can resolve the field.
            field: The field's name.
            guard: What the search must not use.
        """
        mark = (id(node.place), holder.type, field)
        requires = (holder.join.requires,) if holder.join.requires else ()
        if requires and mark in guard.requiring:
            return None
        below = replace(guard, requiring=guard.requiring | {mark}) if requires else guard
        return self.move(node, holder.subgraph, holder.type, requires, below)

    def move(self, node: Node, subgraph: str, name: str, requires: tuple[Selection, ...], guard: Guard) -> Node | None:
        """The node of an object in a subgraph; None if none of its keys can be had.

        Args:
            node: The object.
            subgraph: The subgraph's identifier.
            name: The type of the representations.
            requires: What must be fetched before, besides the key.
            guard: What the search must not use.
        """
        if (id(node), subgraph) in guard.entering and not requires:
            return None
        memo = (subgraph, name, requires, guard)
        if memo not in node.memo:
            node.memo[memo] = self._made(node, subgraph, name, requires, guard)
        return node.memo[memo]

    def _made(self, node: Node, subgraph: str, name: str, requires: tuple[Selection, ...], guard: Guard) -> Node | None:
        key_and_needs = self._key(node, subgraph, name, guard)
        if key_and_needs is None:
            return None
        key, needs = key_and_needs
        for selection in requires:
            more = self._satisfy(node, selection, guard)
            if more is None:
                return None
            needs = [*needs, *more]
        return node.enter(name, subgraph, Enter(name, (key.selection, *requires)), tuple(dict.fromkeys(needs)))

    def _key(self, node: Node, subgraph: str, name: str, guard: Guard) -> tuple[Key, list[Node]] | None:
        """A key that can be read in the same subgraph, else the key that is cheapest to fetch from others."""
        keys = [key for key in self._graph.keys(subgraph, name) if key.resolvable]
        for key in keys:
            needs = self._satisfy(node, key.selection, replace(guard, local=True))
            if needs is not None:
                return key, needs
        below = replace(guard, entering=guard.entering | {(id(node), subgraph)})
        ways = [(key, needs) for key in keys if (needs := self._satisfy(node, key.selection, below)) is not None]
        return min(ways, key=lambda pair: together(pair[1]), default=None)

    def _satisfy(self, node: Node, selection: Selection, guard: Guard) -> list[Node] | None:
        try:
            return choose(self._walk.gather(selection, [node], guard))
        except Unplannable:
            return None

    def as_interface(self, node: Node, guard: Guard) -> list[Node]:
        """The nodes of an interface object in the subgraphs that know its object types."""
        if guard.local:
            return []
        nodes = []
        for subgraph, join in self._graph.types[node.type].subgraphs.items():
            if not join.interface_object and any(key.resolvable for key in join.keys):
                entered = self.move(node, subgraph, node.type, (), guard)
                nodes += [entered] if entered else []
        return nodes
