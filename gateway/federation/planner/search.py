"""Finds, for every leaf of a selection, the nodes from which it can be read.

`gather` walks a selection with all nodes that may stand for the current place, and returns one need a leaf. A field
that no node of the place can resolve is looked for behind a move into another subgraph, whose key is found by the
same walk.
"""

from dataclasses import dataclass, replace

from gateway.federation.condition import ALWAYS, NEVER, When, any_of, implies
from gateway.federation.model import Holder, Key, Supergraph
from gateway.federation.planner.choose import Need, choose, closure, cost
from gateway.federation.planner.node import CROSSING, Enter, Node
from gateway.federation.selection import TYPENAME, Selected, Selection


class Unplannable(Exception):  # noqa: N818 - caught inside the planner: another way may exist
    """No subgraph can resolve this field from here."""


class PlanTooLarge(Exception):  # noqa: N818 - an answer to the client
    """The search would take longer than any honest query needs."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What a search below must not use, lest it go in circles.

    Attributes:
        entering: Moves whose key is being looked for: (node, subgraph).
        requiring: Fields whose `@requires` is being looked for: (place, type, field).
        local: Stay in the subgraph.
    """

    entering: frozenset[tuple[int, str]] = frozenset()
    requiring: frozenset[tuple[int, str, str]] = frozenset()
    local: bool = False


FREE = Guard()
MOST_STEPS = 10_000
"""Fields looked for in one search: nested selections on interfaces of many types multiply (about a second of CPU)."""


class Search:
    """One planning run over a supergraph."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._graph = supergraph
        self._steps = 0

    def gather(self, selection: Selection, nodes: list[Node], guard: Guard = FREE, when: When = ALWAYS) -> list[Need]:
        """The needs of a selection at a place.

        Args:
            selection: What is selected.
            nodes: All nodes that may stand for the place.
            guard: What must not be used.
            when: For which values of the variables it must be known whether there is an object at all.

        Raises:
            Unplannable: A field cannot be had from any of the nodes.
            PlanTooLarge: There are too many ways to look at.
        """
        if len({self._members(node) for node in nodes}) > 1:
            settled = self._settle(selection, nodes, guard, when)
            if settled is not None:
                return settled
        needs: list[Need] = []
        for selected in selection.fields:
            if not selected.denied and not selected.name.startswith("__"):
                needs += self._entry(nodes, selected, guard)
        told_apart = self._told_apart(selection)
        if told_apart != NEVER:
            needs.append(Need(self._typename(nodes, guard), told_apart))
        if not implies(when, any_of(need.when for need in needs)):
            needs.append(Need([self._presence(node) for node in nodes], when))
        return needs

    def _settle(self, selection: Selection, nodes: list[Node], guard: Guard, when: When) -> list[Need] | None:
        """The needs of an abstract value whose members differ, from one subgraph alone; None where none has them all.

        The nearest one is asked, and of equally near ones that which knows most: two could answer with two values.
        """
        ways = []
        for node in nodes:
            try:
                needs = self.gather(selection, [node], guard, when)
            except Unplannable:
                continue
            price = _together([node, *choose(needs)])
            known = sum(len(one.on & self._members(node)) for one in selection.fields)
            ways.append(((price // CROSSING, -known, price), needs))
        return min(ways, key=lambda way: way[0])[1] if ways else None

    def _members(self, node: Node) -> frozenset[str]:
        return self._graph.possible_in(node.subgraph, node.type)

    def _told_apart(self, selection: Selection) -> When:
        """For which values of the variables it matters which objects of an abstract type there are."""
        everywhere = self._graph.possible(selection.type)
        if selection.type in everywhere:
            return NEVER
        return any_of(one.when for one in selection.fields if one.name == TYPENAME or one.on != everywhere)

    def _typename(self, nodes: list[Node], guard: Guard) -> list[Node]:
        found = [node.typename() for node in nodes if not self._is_interface_object(node)]
        found = found or [one.typename() for node in nodes for one in self._as_interface(node, guard)]
        if not found:
            raise Unplannable(TYPENAME)
        return found

    def _presence(self, node: Node) -> Node:
        """A leaf that tells no more than that there is an object; an interface object does not know its own type."""
        return node.typename(node.place.presence() if self._is_interface_object(node) else TYPENAME)

    def _entry(self, nodes: list[Node], selected: Selected, guard: Guard) -> list[Need]:
        first = nodes[0].type
        if self._graph.types[first].kind == "object" and all(node.type == first for node in nodes):
            return self._on_object(first, nodes, selected, guard)
        return self._on_abstract(nodes, selected, guard)

    def _below(self, found: list[Node], selected: Selected, guard: Guard) -> list[Need]:
        if selected.selection is None:
            return [Need(found, selected.when)]
        return self.gather(selected.selection, found, guard, selected.when)

    # ── objects ──

    def _on_object(self, name: str, nodes: list[Node], selected: Selected, guard: Guard) -> list[Need]:
        if name not in selected.on:
            return []
        found = self._reach(name, nodes, selected, guard)
        if not found:
            raise Unplannable(f"{name}.{selected.name}")
        return self._below(found, selected, guard)

    def _reach(self, name: str, nodes: list[Node], selected: Selected, guard: Guard) -> list[Node]:
        """The nodes of a field: from each node that has it, else behind the cheapest move into each subgraph."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise PlanTooLarge
        key = nodes[0].place.key((name,), selected.name, selected.arguments, selected.key)
        assert key is not None  # noqa: S101 - one type always finds a key
        found = [node.field(self._graph, selected, key) for node in nodes if self._has(node, name, selected.name)]
        if guard.local or (found and selected.selection is None):
            return found
        here = {node.subgraph for node in found}
        for holder in self._graph.holders(name, selected.name):
            if holder.subgraph not in here or holder.join.requires:
                moves = [self._enter(node, holder, selected.name, guard) for node in nodes]
                entered = [node.field(self._graph, selected, key) for node in moves if node]
                found += sorted(entered, key=lambda node: cost(closure(node, set())))[:1]
        return found or self._reenter_root(name, nodes, selected, key)

    def _has(self, node: Node, name: str, field: str) -> bool:
        join = self._graph.join(node.subgraph, name, field)
        if join is None:
            return False
        if not join.external:
            return join.requires is None
        return any(one.name == field and name in one.on for view in node.views for one in view.fields)

    def _reenter_root(self, name: str, nodes: list[Node], selected: Selected, key: str) -> list[Node]:
        if name != self._graph.roots.get("query") or nodes[0].parent is None:
            return []
        one = self._graph.types[name].fields[selected.name]
        return [
            nodes[0].enter(name, subgraph, Enter(), ()).field(self._graph, selected, key) for subgraph in one.subgraphs
        ]

    # ── interfaces, unions, interface objects ──

    def _on_abstract(self, nodes: list[Node], selected: Selected, guard: Guard) -> list[Need]:
        direct = [one for one in nodes if self._is_interface_object(one)]
        ready = [made for one in direct for made in self._on_interface_object(one, selected, guard)]
        if ready:
            return self._below(ready, selected, guard)
        plain = [one for one in nodes if not self._is_interface_object(one)]
        plain += [made for one in direct for made in self._as_interface(one, guard)]
        ways = [way for one in plain if (way := self._way(one, selected, guard)) is not None]
        if not ways:
            raise Unplannable(selected.name)
        if len(ways) == 1:
            return ways[0][1]
        most = max(covered for covered, _ in ways)
        return min((needs for covered, needs in ways if covered == most), key=lambda needs: _together(choose(needs)))

    def _way(self, node: Node, selected: Selected, guard: Guard) -> tuple[int, list[Need]] | None:
        """The needs from one node for every object it may have, and how many that are; None where one has no way."""
        graph = self._graph
        here = graph.possible_in(node.subgraph, node.type)
        try:
            whole = self._whole(node, selected, here, guard)
            if whole:
                return len(here), self._below([whole], selected, guard)
        except Unplannable:
            if not here:
                return None
        if not here and selected.on == graph.possible(node.type) and graph.types[node.type].kind == "interface":
            return None
        present = sorted(here & selected.on)
        try:
            return len(present), [
                need for name in present for need in self._on_object(name, [node.cast(name)], selected, guard)
            ]
        except Unplannable:
            return None

    def _whole(self, node: Node, selected: Selected, here: frozenset[str], guard: Guard) -> Node | None:
        """The field on the abstract type itself, where every object there has it alike."""
        graph = self._graph
        field = graph.types[node.type].fields.get(selected.name)
        if field is None or not here <= selected.on or not selected.on <= graph.possible(node.type):
            return None
        join = field.subgraphs.get(node.subgraph)
        if join is None or join.external:
            return None if join else self._through_interface_object(node, selected, guard)
        if not all(self._has(node.cast(name), name, selected.name) for name in sorted(here)):
            return None
        key = node.place.key((node.type, *sorted(here)), selected.name, selected.arguments, selected.key)
        return node.field(graph, selected, key) if key else None

    def _through_interface_object(self, node: Node, selected: Selected, guard: Guard) -> Node | None:
        if guard.local:
            return None
        for holder in self._graph.holders(node.type, selected.name):
            if self._graph.is_interface_object(holder.subgraph, node.type):
                entered = self._enter(node, holder, selected.name, guard)
                key = self._shared_key(node, selected)
                if entered and key:
                    return entered.field(self._graph, selected, key)
        return None

    def _shared_key(self, node: Node, selected: Selected) -> str | None:
        types = (node.type, *sorted(self._graph.possible(node.type)))
        return node.place.key(types, selected.name, selected.arguments, selected.key)

    def _is_interface_object(self, node: Node) -> bool:
        return self._graph.is_interface_object(node.subgraph, node.type)

    def _on_interface_object(self, node: Node, selected: Selected, guard: Guard) -> list[Node]:
        key = self._shared_key(node, selected)
        if key is None:
            return []
        if self._has(node, node.type, selected.name):
            return [node.field(self._graph, selected, key)]
        found = []
        for holder in () if guard.local else self._graph.holders(node.type, selected.name):
            if self._graph.is_interface_object(holder.subgraph, node.type):
                entered = self._enter(node, holder, selected.name, guard)
                found += [entered.field(self._graph, selected, key)] if entered else []
        return found

    def _as_interface(self, node: Node, guard: Guard) -> list[Node]:
        """An interface object's nodes in the subgraphs that know the objects behind it."""
        if guard.local:
            return []
        found = []
        for subgraph, join in self._graph.types[node.type].subgraphs.items():
            if not join.interface_object and any(key.resolvable for key in join.keys):
                entered = self._move(node, subgraph, node.type, (), guard)
                found += [entered] if entered else []
        return found

    # ── moves ──

    def _enter(self, node: Node, holder: Holder, field: str, guard: Guard) -> Node | None:
        mark = (id(node.place), holder.type, field)
        requires = (holder.join.requires,) if holder.join.requires else ()
        if requires and mark in guard.requiring:
            return None
        below = replace(guard, requiring=guard.requiring | {mark}) if requires else guard
        return self._move(node, holder.subgraph, holder.type, requires, below)

    def _move(self, node: Node, subgraph: str, name: str, requires: tuple[Selection, ...], guard: Guard) -> Node | None:
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
        return min(found, key=lambda pair: _together(pair[1]), default=None)

    def _satisfy(self, node: Node, selection: Selection, guard: Guard) -> list[Node] | None:
        try:
            return choose(self.gather(selection, [node], guard))
        except Unplannable:
            return None


def _together(nodes: list[Node]) -> int:
    seen: set[Node] = set()
    for node in nodes:
        seen |= closure(node, seen)
    return cost(seen)
