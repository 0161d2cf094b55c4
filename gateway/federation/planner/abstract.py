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

        An interface object answers for all objects at once, unless their types must be known and the subgraph that
        knows them has the field as well.
        """
        direct = [node for node in nodes if node.is_interface_object(self._graph)]
        plain = [node for node in nodes if node not in direct]
        ready = [leaf for node in direct for leaf in self._on_interface_object(node, selected, guard)]
        if ready and (selected.on == self._graph.possible(direct[0].type) or guard.local):
            return self._walk.below(ready, selected, guard)
        entered = [leaf for node in direct for leaf in self._moves.as_interface(node, guard)]
        by_type = self._cheapest([*plain, *entered], selected, guard)
        if not ready:
            if by_type is None:
                raise Unplannable(selected.name)
            return by_type
        at_once = self._walk.below(ready, selected, guard)
        if not by_type:
            return at_once
        with_types = [*choose(at_once), *(node.typename() for node in entered[:1])]
        return by_type if together(choose(by_type)) <= together(with_types) else at_once

    def _cheapest(self, nodes: list[Node], selected: Selected, guard: Guard) -> list[Need] | None:
        """The needs from nodes that know the object types: whole, or type by type, whichever is cheaper.

        Every node that can do it is an alternative, so that one subgraph is found for several fields. None where there
        is no way.
        """
        ways = [way for way in (self._wholly(nodes, selected, guard),) if way is not None]
        if len(ways) == 0 or len(nodes) > 1:
            ways += [way for way in (self._type_by_type(nodes, selected, guard),) if way is not None]
        if len(ways) < 2:  # noqa: PLR2004 - nothing to compare
            return ways[0] if ways else None
        return min(ways, key=lambda needs: together(choose(needs)))

    def _wholly(self, nodes: list[Node], selected: Selected, guard: Guard) -> list[Need] | None:
        try:
            wholes = [
                whole for node in nodes if (whole := self._whole(node, selected, self._here(node), guard)) is not None
            ]
            return self._walk.below(wholes, selected, guard) if wholes else None
        except Unplannable:
            return None

    def _type_by_type(self, nodes: list[Node], selected: Selected, guard: Guard) -> list[Need] | None:
        graph, first = self._graph, nodes[0].type if nodes else ""
        known = frozenset().union(*map(self._here, nodes))
        if not known and (
            not nodes or (selected.on == graph.possible(first) and graph.types[first].kind == "interface")
        ):
            return None
        needs: list[Need] = []
        try:
            for name in sorted(known & selected.on):
                casts = [node.cast(name) for node in nodes if name in self._here(node)]
                needs += self._walk.on_object(name, casts, selected, guard)
        except Unplannable:
            return None
        return needs

    def _here(self, node: Node) -> frozenset[str]:
        """The object types that a value may have in the node's subgraph."""
        return self._graph.possible_in(node.subgraph, node.type)

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
