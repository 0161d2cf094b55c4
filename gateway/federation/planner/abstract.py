"""Search for fields of interfaces and unions: for all objects at once, type by type, or through an interface object."""

from gateway.federation.model import Supergraph
from gateway.federation.planner.choose import Need, choose, together
from gateway.federation.planner.moves import Moves
from gateway.federation.planner.node import Node
from gateway.federation.planner.walk import Guard, Unplannable, Walk
from gateway.federation.selection import Selected


class Abstract:
    """Finds the needs of fields that are selected on abstract types.

    Args:
        supergraph: The supergraph.
        walk: Finds the needs of fields of object types.
        moves: Enters other subgraphs.
    """

    def __init__(self, supergraph: Supergraph, walk: Walk, moves: Moves) -> None:
        self._graph = supergraph
        self._walk = walk
        self._moves = moves

    def needs(self, nodes: list[Node], selected: Selected, guard: Guard) -> list[Need]:
        """The needs of a field selected on an abstract type.

        An interface object answers for all objects at once; else the node that covers most of them is taken, whole
        where every object has the field alike, else type by type.
        """
        direct = [node for node in nodes if node.is_interface_object(self._graph)]
        ready = [leaf for node in direct for leaf in self._on_interface_object(node, selected, guard)]
        if ready:
            return self._walk.below(ready, selected, guard)
        plain = [node for node in nodes if not node.is_interface_object(self._graph)]
        plain += [leaf for node in direct for leaf in self._moves.as_interface(node, guard)]
        ways = [way for node in plain if (way := self._way(node, selected, guard)) is not None]
        if not ways:
            raise Unplannable(selected.name)
        if len(ways) == 1:
            return ways[0][1]
        most = max(covered for covered, _ in ways)
        return min((needs for covered, needs in ways if covered == most), key=lambda needs: together(choose(needs)))

    def _way(self, node: Node, selected: Selected, guard: Guard) -> tuple[int, list[Need]] | None:
        """How many object types one node covers, and the needs for them; None if one of these types has no path."""
        graph = self._graph
        here = graph.possible_in(node.subgraph, node.type)
        try:
            whole = self._whole(node, selected, here, guard)
            if whole:
                return len(here), self._walk.below([whole], selected, guard)
        except Unplannable:
            if not here:
                return None
        if not here and selected.on == graph.possible(node.type) and graph.types[node.type].kind == "interface":
            return None
        present = sorted(here & selected.on)
        try:
            return len(present), [
                need for name in present for need in self._walk.on_object(name, [node.cast(name)], selected, guard)
            ]
        except Unplannable:
            return None

    def _whole(self, node: Node, selected: Selected, here: frozenset[str], guard: Guard) -> Node | None:
        """The node of the field on the abstract type itself, if every object type there has the field alike."""
        graph = self._graph
        field = graph.types[node.type].fields.get(selected.name)
        if field is None or not here <= selected.on or not selected.on <= graph.possible(node.type):
            return None
        join = field.subgraphs.get(node.subgraph)
        if join is None or join.external:
            return None if join else self._through_interface_object(node, selected, guard)
        if not all(node.cast(name).has(graph, selected.name) for name in sorted(here)):
            return None
        key = node.place.key((node.type, *sorted(here)), selected.name, selected.arguments, selected.key)
        return node.field(graph, selected, key) if key else None

    def _through_interface_object(self, node: Node, selected: Selected, guard: Guard) -> Node | None:
        if guard.local:
            return None
        for holder in self._graph.holders(node.type, selected.name):
            if self._graph.is_interface_object(holder.subgraph, node.type):
                entered = self._moves.enter(node, holder, selected.name, guard)
                key = self._shared_key(node, selected)
                if entered and key:
                    return entered.field(self._graph, selected, key)
        return None

    def _shared_key(self, node: Node, selected: Selected) -> str | None:
        types = (node.type, *sorted(self._graph.possible(node.type)))
        return node.place.key(types, selected.name, selected.arguments, selected.key)

    def _on_interface_object(self, node: Node, selected: Selected, guard: Guard) -> list[Node]:
        key = self._shared_key(node, selected)
        if key is None:
            return []
        if node.has(self._graph, selected.name):
            return [node.field(self._graph, selected, key)]
        leaves = []
        for holder in () if guard.local else self._graph.holders(node.type, selected.name):
            if self._graph.is_interface_object(holder.subgraph, node.type):
                entered = self._moves.enter(node, holder, selected.name, guard)
                leaves += [entered.field(self._graph, selected, key)] if entered else []
        return leaves
