"""The tree of nodes: each node is a type in a subgraph, reached from the root by a chain of steps.

The search makes nodes; only those on chosen paths end up in fetches. Equal steps from a node lead to the same node, so
that paths with a common beginning share their fetches.
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
    """Keep the objects of one type only."""

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
        views: Selections that `@provides` makes available here.
        needs: Nodes that must be fetched before this one is entered.
        source: The innermost list or value of an abstract type that its objects are in, as the node that one subgraph
            returns it from; None where there is none.
        when: For which values of the variables it is on a chosen path.
    """

    __slots__ = ("_below", "memo", "needs", "parent", "place", "source", "step", "subgraph", "type", "views", "when")

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
        is_source: bool = False,
    ) -> None:
        self.type = type_name
        self.subgraph = subgraph
        self.place = place
        self.step = step
        self.parent = parent
        self.views = views
        self.needs = needs
        self.source: Node | None = self if is_source else parent.source if parent else None
        self.when: When = NEVER
        self.memo: dict[Any, Node | None] = {}
        self._below: dict[Any, Node] = {}

    @property
    def used(self) -> bool:
        """Whether it is on a chosen path."""
        return self.when != NEVER

    @property
    def cost(self) -> int:
        """The cost of the node's own step."""
        return CROSSING if isinstance(self.step, Enter) else STEP

    @property
    def children(self) -> list["Node"]:
        """The nodes one step further that are on chosen paths, in the order in which they were made."""
        return [node for node in self._below.values() if node.used]

    def has(self, supergraph: Supergraph, name: str) -> bool:
        """Whether the subgraph can resolve a field here without data from others."""
        join = supergraph.join(self.subgraph, self.type, name)
        if join is None:
            return False
        if not join.external:
            return join.requires is None
        mine = supergraph.possible(self.type)
        return any(selected.name == name and mine <= selected.on for view in self.views for selected in view.fields)

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
        return self._child(step, lambda new_step: self._make_field(supergraph, selected, new_step))

    def typename(self, key: str = TYPENAME) -> "Node":
        """The leaf `__typename`."""
        return self._child(ToField(key, TYPENAME), lambda step: Node("", self.subgraph, self.place, step, parent=self))

    def enter(self, type_name: str, subgraph: str, step: Enter, needs: tuple["Node", ...]) -> "Node":
        """The same object in another subgraph.

        Args:
            type_name: The type there.
            subgraph: The subgraph's identifier.
            step: The step, with the fields of the representations.
            needs: Nodes that must be fetched before.
        """
        identity = (subgraph, type_name, frozenset(map(id, needs)), step.fields)
        node = self._below.get(identity)
        if node is None:
            node = Node(type_name, subgraph, self.place, step, parent=self, needs=needs)
            self._below[identity] = node
        return node

    def _make_field(self, supergraph: Supergraph, selected: Selected, step: Step) -> "Node":
        join = supergraph.join(self.subgraph, self.type, selected.name)
        named = join.named if join else ""
        if named not in supergraph.types:
            return Node("", self.subgraph, self.place, step, parent=self)
        views = [join.provides] if join and join.provides else []
        views += [
            nested.selection for nested in self._nested(supergraph) if nested.name == selected.name and nested.selection
        ]
        assert isinstance(step, ToField)  # noqa: S101 - made by field()
        varies = bool(join and "[" in join.returns) or supergraph.types[named].kind != "object"
        place = self.place.child(step.key)
        return Node(named, self.subgraph, place, step, parent=self, views=tuple(views), is_source=varies)

    def _nested(self, supergraph: Supergraph) -> list[Selected]:
        """Fields whose selections can be resolved below: those provided on this path, and those of keys."""
        fields = [selected for view in self.views for selected in view.fields]
        fields += supergraph.key_fields(self.subgraph, self.type)
        here = supergraph.possible_in(self.subgraph, self.type)
        return [selected for selected in fields if here <= selected.on]

    def _child(self, step: Step, make: Any) -> "Node":
        node = self._below.get(step)
        if node is None:
            node = self._below[step] = make(step)
        return node


def path_of(node: Node) -> Path:
    """The path of a node's objects from the root of the operation."""
    steps: list[str | frozenset[str]] = []
    ancestor: Node | None = node
    while ancestor is not None:
        if isinstance(ancestor.step, ToField):
            steps.append(ancestor.step.key)
        elif isinstance(ancestor.step, ToType):
            steps.append(frozenset({ancestor.step.type}))
        ancestor = ancestor.parent
    return tuple(reversed(steps))
