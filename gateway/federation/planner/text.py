"""Prints what a group selects, once, as the text that is sent."""

from dataclasses import dataclass, field

from gateway.federation.model import Supergraph
from gateway.federation.planner.node import Node, ToField, ToType
from gateway.federation.selection import TYPENAME


@dataclass(slots=True)
class Printed:
    """A selection set being put together from several nodes."""

    fields: dict[str, tuple[str, "Printed | None"]] = field(default_factory=dict)
    types: dict[str, "Printed"] = field(default_factory=dict)
    variables: set[str] = field(default_factory=set)

    def add(self, graph: Supergraph, node: Node) -> None:
        """Add all that is used below a node of the same place and subgraph."""
        if _needs_typename(graph, node):
            self.fields.setdefault(TYPENAME, (TYPENAME, None))
        for child in node.children:
            step = child.step
            if isinstance(step, ToType):
                below = self.types.setdefault(step.type, Printed())
                below.add(graph, child)
                self.variables |= below.variables
            elif isinstance(step, ToField):
                self._add_field(graph, child, step)

    def _add_field(self, graph: Supergraph, child: Node, step: ToField) -> None:
        alias = "" if step.key == step.name else f"{step.key}: "
        head = f"{alias}{step.name}{step.arguments}"
        self.variables |= step.variables
        if not child.type:
            self.fields[step.key] = (head, None)
            return
        below = self.fields.setdefault(step.key, (head, Printed()))[1]
        assert below is not None  # noqa: S101 - one key is one field of one shape
        below.add(graph, child)
        self.variables |= below.variables

    def lines(self, depth: int = 0) -> list[str]:
        """The selection set, one field a line."""
        pad = "  " * depth
        found = []
        for head, below in self.fields.values():
            found += [f"{pad}{head}"] if below is None else [f"{pad}{head} {{", *below.lines(depth + 1), f"{pad}}}"]
        for name, below in self.types.items():
            more = Printed({key: one for key, one in below.fields.items() if not self._has_leaf(key, one)}, below.types)
            if more.fields or more.types:
                found += [f"{pad}... on {name} {{", *more.lines(depth + 1), f"{pad}}}"]
        return found or [f"{pad}{TYPENAME}"]

    def _has_leaf(self, key: str, one: tuple[str, "Printed | None"]) -> bool:
        """Whether a leaf for objects of one type is already selected for all."""
        return one[1] is None and self.fields.get(key) == one

    def text(self) -> str:
        """The selection set on one line, without its outer braces."""
        return " ".join(line.strip() for line in self.lines())


def _needs_typename(graph: Supergraph, node: Node) -> bool:
    one = graph.types[node.type]
    return one.kind != "object" and not graph.is_interface_object(node.subgraph, node.type)
