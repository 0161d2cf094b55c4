"""Print what a group selects as the text of its fetch."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.federation.condition import ALWAYS, NEVER, When, either, implies, within
from gateway.federation.model import Supergraph
from gateway.federation.planner.node import Node, ToField, ToType
from gateway.federation.selection import TYPENAME

Computed = Callable[[When], str]
"""Returns the name of the plan's own variable for a condition."""


@dataclass(slots=True)
class Line:
    """A field to print: alias, name and arguments; the variables in them; its condition; the selections below."""

    head: str
    variables: frozenset[str] = frozenset()
    when: When = ALWAYS
    below: "Printed | None" = None

    def same_leaf(self, other: "Line | None") -> bool:
        """Whether this leaf is selected by the other line as well."""
        if self.below or other is None or other.below or self.head != other.head:
            return False
        return implies(self.when, other.when)


@dataclass(slots=True)
class Printed:
    """A selection set, put together from several nodes."""

    fields: dict[str, Line] = field(default_factory=dict)
    types: dict[str, "Printed"] = field(default_factory=dict)

    def add(self, graph: Supergraph, node: Node) -> None:
        """Add all that is used below a node of the same place and subgraph."""
        if _needs_typename(graph, node):
            self.fields[TYPENAME] = Line(TYPENAME)
        for child in node.children:
            step = child.step
            if isinstance(step, ToType):
                self.types.setdefault(step.type, Printed()).add(graph, child)
            elif isinstance(step, ToField):
                self._add_field(graph, child, step)

    def _add_field(self, graph: Supergraph, child: Node, step: ToField) -> None:
        alias = "" if step.key == step.name else f"{step.key}: "
        head = f"{alias}{step.name}{step.arguments}"
        line = self.fields.setdefault(step.key, Line(head, step.variables, NEVER, Printed() if child.type else None))
        line.when = either(line.when, child.when)
        if line.below is not None:
            line.below.add(graph, child)

    def lines(self, computed: Computed, outer: When = ALWAYS, depth: int = 0) -> list[str]:
        """The selection set, one field a line.

        Args:
            computed: Names the plan's own variables.
            outer: The condition that holds around it.
            depth: Its level of indentation.
        """
        pad = "  " * depth
        printed = []
        for line in self.fields.values():
            head = f"{pad}{line.head}{_directive(within(line.when, outer), computed)}"
            if line.below is None:
                printed.append(head)
            else:
                printed += [f"{head} {{", *line.below.lines(computed, line.when, depth + 1), f"{pad}}}"]
        for name, below in self.types.items():
            more = self._beyond(below)
            if more.fields or more.types:
                printed += [f"{pad}... on {name} {{", *more.lines(computed, outer, depth + 1), f"{pad}}}"]
        return printed or [f"{pad}{TYPENAME}"]

    def variables(self, computed: Computed, outer: When = ALWAYS) -> set[str]:
        """The variables that `lines` mentions."""
        names: set[str] = set()
        for line in self.fields.values():
            names |= line.variables | _asked(within(line.when, outer), computed)
            if line.below is not None:
                names |= line.below.variables(computed, line.when)
        for below in self.types.values():
            names |= self._beyond(below).variables(computed, outer)
        return names

    def _beyond(self, below: "Printed") -> "Printed":
        """What is selected for objects of one type beyond what is selected for all."""
        left = {key: line for key, line in below.fields.items() if not line.same_leaf(self.fields.get(key))}
        return Printed(left, below.types)


def one_line(lines: list[str]) -> str:
    """A printed selection set as it is sent."""
    return " ".join(line.strip() for line in lines)


def _directive(when: When, computed: Computed) -> str:
    if when == ALWAYS:
        return ""
    literal = _single(when)
    if literal is None:
        return f" @include(if: ${computed(when)})"
    name, wanted = literal
    return f" @{'include' if wanted else 'skip'}(if: ${name})"


def _asked(when: When, computed: Computed) -> set[str]:
    if when == ALWAYS:
        return set()
    literal = _single(when)
    return {literal[0] if literal else computed(when)}


def _single(when: When) -> tuple[str, bool] | None:
    """The literal of a condition that consists of one; None for any other."""
    if len(when) == 1:
        (clause,) = when
        if len(clause) == 1:
            (literal,) = clause
            return literal
    return None


def _needs_typename(graph: Supergraph, node: Node) -> bool:
    type_ = graph.types[node.type]
    return type_.kind != "object" and not graph.is_interface_object(node.subgraph, node.type)
