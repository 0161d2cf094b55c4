"""The plan tree: each node is a type in a subgraph, reached by a chain of steps from the root.

Nodes are made while searching; only those that a chosen path uses end up in fetches. Equal steps from one node lead to
one node, so paths that share a beginning share their fetches.
"""

from dataclasses import dataclass
from typing import Any

from gateway.federation.condition import NEVER, When
from gateway.federation.model import Supergraph
from gateway.federation.planner.place import Place
from gateway.federation.planner.plan import Path
from gateway.federation.selection import TYPENAME, Selected, Selection

CROSSING = 1000
STEP = 1


@dataclass(frozen=True, slots=True)
class ToField:
    """Select a field."""

    key: str
    name: str
    arguments: str = ""
    variables: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ToType:
    """Look at the objects of one type only."""

    type: str


@dataclass(frozen=True, slots=True, eq=False)
class Enter:
    """Enter a subgraph: at the root (no representation), or as an entity.

    Attributes:
        typename: `__typename` of the representations; None where a root type is entered.
        fields: What representations are made of: the key, then required fields.
    """

    typename: str | None = None
    fields: tuple[Selection, ...] = ()


Step = ToField | ToType | Enter


class Node:
    """A type in a subgraph at a place.

    Attributes:
        views: What `@provides` makes available here.
        needs: Nodes that must be fetched before this one is entered.
        when: For which values of the variables a chosen path leads through it.
    """

    __slots__ = ("_below", "memo", "needs", "parent", "place", "step", "subgraph", "type", "views", "when")

    def __init__(
        self,
        type_name: str,
        subgraph: str,
        place: Place,
        step: Step,
        *,
        parent: "Node | None" = None,
        views: tuple[Selection, ...] = (),
        needs: tuple["Node", ...] = (),
    ) -> None:
        self.type = type_name
        self.subgraph = subgraph
        self.place = place
        self.step = step
        self.parent = parent
        self.views = views
        self.needs = needs
        self.when: When = NEVER
        self.memo: dict[Any, Node | None] = {}
        self._below: dict[Any, Node] = {}

    @property
    def used(self) -> bool:
        """Whether any chosen path leads through it."""
        return self.when != NEVER

    @property
    def cost(self) -> int:
        """What this node's own step costs."""
        return CROSSING if isinstance(self.step, Enter) else STEP

    @property
    def children(self) -> list["Node"]:
        """The nodes one step further that a chosen path uses, in the order they were found."""
        return [node for node in self._below.values() if node.used]

    def has(self, supergraph: Supergraph, name: str) -> bool:
        """Whether the subgraph can resolve a field here without anything from elsewhere."""
        join = supergraph.join(self.subgraph, self.type, name)
        if join is None:
            return False
        if not join.external:
            return join.requires is None
        return any(one.name == name and self.type in one.on for view in self.views for one in view.fields)

    def is_interface_object(self, supergraph: Supergraph) -> bool:
        """Whether the subgraph knows the interface only as an object type."""
        return supergraph.is_interface_object(self.subgraph, self.type)

    def cast(self, type_name: str) -> "Node":
        """This node, for the objects of one type only."""
        if type_name == self.type:
            return self
        return self._child(
            ToType(type_name),
            lambda step: Node(type_name, self.subgraph, self.place, step, parent=self, views=self.views),
        )

    def field(self, supergraph: Supergraph, selected: Selected, key: str) -> "Node":
        """The node below a field."""
        step = ToField(key, selected.name, selected.arguments, selected.variables)
        return self._child(step, lambda made: self._make_field(supergraph, selected, made))

    def typename(self, key: str = TYPENAME) -> "Node":
        """The leaf `__typename`."""
        return self._child(ToField(key, TYPENAME), lambda step: Node("", self.subgraph, self.place, step, parent=self))

    def enter(self, type_name: str, subgraph: str, step: Enter, needs: tuple["Node", ...]) -> "Node":
        """The same object, in a subgraph entered by these needs."""
        identity = (subgraph, type_name, frozenset(map(id, needs)), step.fields)
        known = self._below.get(identity)
        if known is None:
            known = Node(type_name, subgraph, self.place, step, parent=self, needs=needs)
            self._below[identity] = known
        return known

    def _make_field(self, supergraph: Supergraph, selected: Selected, step: Step) -> "Node":
        join = supergraph.join(self.subgraph, self.type, selected.name)
        named = join.named if join else ""
        if named not in supergraph.types:
            return Node("", self.subgraph, self.place, step, parent=self)
        views = [join.provides] if join and join.provides else []
        views += [one.selection for one in self._nested(supergraph) if one.name == selected.name and one.selection]
        assert isinstance(step, ToField)  # noqa: S101 - made by field()
        return Node(named, self.subgraph, self.place.child(step.key), step, parent=self, views=tuple(views))

    def _nested(self, supergraph: Supergraph) -> list[Selected]:
        """Whose own selections are at hand below: what is provided on this path, and what is part of a key."""
        found = [one for view in self.views for one in view.fields]
        found += supergraph.key_fields(self.subgraph, self.type)
        here = supergraph.possible_in(self.subgraph, self.type)
        return [one for one in found if here <= one.on]

    def _child(self, step: Step, make: Any) -> "Node":
        known = self._below.get(step)
        if known is None:
            known = self._below[step] = make(step)
        return known


def path_of(node: Node) -> Path:
    """Where a node's objects are, from the root of the operation."""
    steps: list[str | frozenset[str]] = []
    one: Node | None = node
    while one is not None:
        if isinstance(one.step, ToField):
            steps.append(one.step.key)
        elif isinstance(one.step, ToType):
            steps.append(frozenset({one.step.type}))
        one = one.parent
    return tuple(reversed(steps))
