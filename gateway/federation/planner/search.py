"""Find, for every leaf of a selection, the nodes from which it can be read.

`gather` walks a selection with all nodes for the current place, and returns one need per leaf. A field that no node of
the place can resolve is sought behind a move into another subgraph (`moves`), whose key is found by the same walk;
fields of interfaces and unions are found by `abstract`.
"""

from dataclasses import replace

from gateway.federation.condition import ALWAYS, NEVER, When, any_of, implies
from gateway.federation.model import Supergraph
from gateway.federation.planner.abstract import Abstract
from gateway.federation.planner.choose import Need, closure, cost
from gateway.federation.planner.moves import Moves
from gateway.federation.planner.node import Enter, Node
from gateway.federation.planner.walk import FREE, Guard, PlanTooLarge, Unplannable
from gateway.federation.selection import TYPENAME, Selected, Selection

MOST_STEPS = 10_000
"""Fields looked for in one search: nested selections on interfaces of many types multiply (about a second of CPU)."""


class Search:
    """One planning run over a supergraph."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._graph = supergraph
        self._moves = Moves(supergraph, self)
        self._abstract = Abstract(supergraph, self, self._moves)
        self._steps = 0

    def gather(self, selection: Selection, nodes: list[Node], guard: Guard = FREE, when: When = ALWAYS) -> list[Need]:
        """The needs of a selection at a place.

        Args:
            selection: What is selected.
            nodes: The alternative nodes for the place.
            guard: What the search must not use.
            when: For which values of the variables it must be known whether there is an object.

        Raises:
            Unplannable: A field cannot be had from any of the nodes.
            PlanTooLarge: The search takes more than `MOST_STEPS`.
        """
        fields = self._known_to_all(selection, nodes)
        needs: list[Need] = []
        for selected in fields:
            if not selected.denied and not selected.name.startswith("__"):
                needs += self._entry(nodes, selected, guard)
        told_apart = self._told_apart(selection, alike=fields is selection.fields)
        if told_apart != NEVER:
            needs.append(Need(self._typename(nodes, guard), told_apart))
        if not implies(when, any_of(need.when for need in needs)):
            needs.append(Need([self._presence(node) for node in nodes], when))
        return needs

    def _known_to_all(self, selection: Selection, nodes: list[Node]) -> tuple[Selected, ...]:
        """The fields, for those object types only that every node's subgraph knows.

        Each of these subgraphs may be asked for the value: what is asked must not depend on which one is chosen.
        """
        members = [self._graph.possible_in(node.subgraph, node.type) for node in nodes]
        if all(known == members[0] for known in members):
            return selection.fields
        common = frozenset.intersection(*members)
        return tuple(
            replace(selected, on=selected.on & common) for selected in selection.fields if selected.on & common
        )

    def _told_apart(self, selection: Selection, *, alike: bool) -> When:
        """For which values of the variables the object types of an abstract value must be known.

        Args:
            selection: What is selected.
            alike: Whether all object types are asked for all that is selected for them.
        """
        everywhere = self._graph.possible(selection.type)
        if selection.type in everywhere:
            return NEVER
        return any_of(
            selected.when
            for selected in selection.fields
            if not alike or selected.name == TYPENAME or selected.on != everywhere
        )

    def _typename(self, nodes: list[Node], guard: Guard) -> list[Node]:
        typenames = [node.typename() for node in nodes if not node.is_interface_object(self._graph)]
        typenames = typenames or [
            entered.typename() for node in nodes for entered in self._moves.as_interface(node, guard)
        ]
        if not typenames:
            raise Unplannable(TYPENAME)
        return typenames

    def _presence(self, node: Node) -> Node:
        """A leaf that only shows that there is an object; an interface object does not know its own type."""
        return node.typename(node.place.presence() if node.is_interface_object(self._graph) else TYPENAME)

    def _entry(self, nodes: list[Node], selected: Selected, guard: Guard) -> list[Need]:
        first = nodes[0].type
        if self._graph.types[first].kind == "object" and all(node.type == first for node in nodes):
            return self.on_object(first, nodes, selected, guard)
        return self._abstract.needs(nodes, selected, guard)

    def below(self, nodes: list[Node], selected: Selected, guard: Guard) -> list[Need]:
        """The needs of the selection below a field, from any of its nodes; of the field itself if it is a leaf."""
        if selected.selection is None:
            return [Need(nodes, selected.when)]
        return self.gather(selected.selection, nodes, guard, selected.when)

    def on_object(self, name: str, nodes: list[Node], selected: Selected, guard: Guard) -> list[Need]:
        """The needs of a field of an object type, and of what is selected below it.

        Raises:
            Unplannable: No subgraph has it.
        """
        if name not in selected.on:
            return []
        reached = self._reach(name, nodes, selected, guard)
        if not reached:
            raise Unplannable(f"{name}.{selected.name}")
        return self.below(reached, selected, guard)

    def _reach(self, name: str, nodes: list[Node], selected: Selected, guard: Guard) -> list[Node]:
        """The nodes of a field: from each node that has it, else behind the cheapest move into each subgraph.

        What is in a list or an abstract value is sought from each subgraph's by itself, so that one of them can do.
        """
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise PlanTooLarge
        key = nodes[0].place.key((name,), selected.name, selected.arguments, selected.key)
        assert key is not None  # noqa: S101 - one type always finds a key
        reached: list[Node] = []
        for alike in _by_source(nodes):
            reached += self._reach_from(name, alike, selected, key, guard)
        return reached or self._reenter_root(name, nodes, selected, key)

    def _reach_from(self, name: str, nodes: list[Node], selected: Selected, key: str, guard: Guard) -> list[Node]:
        reached = [node.field(self._graph, selected, key) for node in nodes if node.has(self._graph, selected.name)]
        if guard.local or (reached and selected.selection is None):
            return reached
        here = {node.subgraph for node in reached}
        for holder in self._graph.holders(name, selected.name):
            if holder.subgraph not in here or holder.join.requires:
                moves = [self._moves.enter(node, holder, selected.name, guard) for node in nodes]
                entered = [node.field(self._graph, selected, key) for node in moves if node]
                reached += sorted(entered, key=lambda node: cost(closure(node, set())))[:1]
        return reached

    def _reenter_root(self, name: str, nodes: list[Node], selected: Selected, key: str) -> list[Node]:
        if name != self._graph.roots.get("query") or nodes[0].parent is None:
            return []
        field = self._graph.types[name].fields[selected.name]
        return [
            nodes[0].enter(name, subgraph, Enter(), ()).field(self._graph, selected, key)
            for subgraph in field.subgraphs
        ]


def _by_source(nodes: list[Node]) -> list[list[Node]]:
    """The nodes, those of one source together."""
    groups: dict[Node | None, list[Node]] = {}
    for node in nodes:
        groups.setdefault(node.source, []).append(node)
    return list(groups.values())
