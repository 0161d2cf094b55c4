"""Normalised selections: fragments inlined, conditions decided, every field with the object types it is meant for.

Operations, `@key`, `@requires` and `@provides` field sets all become this one shape: one planner reads them all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    print_ast,
    visit,
)

TYPENAME = "__typename"


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """One field of a selection.

    Attributes:
        name: The field's name in the schema.
        key: The response key the client asked for; None for the engine's own fields (keys, required fields).
        arguments: Its arguments as printed, `""` where there are none.
        variables: Names of the variables in the arguments.
        on: The object types it is selected for.
        selection: What is selected below it; None for a leaf.
        denied: The caller may not see it: it is never fetched, and answered with null.
    """

    name: str
    key: str | None
    arguments: str
    variables: frozenset[str]
    on: frozenset[str]
    selection: "Selection | None"
    denied: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The fields selected on a type, in order."""

    type: str
    fields: tuple[Selected, ...]


class Types(Protocol):
    """What normalising needs to know of the supergraph."""

    def possible(self, name: str) -> frozenset[str]:
        """The object types a value of this type may have."""

    def returned(self, parent: str, name: str) -> str | None:
        """The composite type that a field returns; None for a leaf."""


@dataclass(slots=True)
class _Draft:
    node: FieldNode
    parent: str
    on: frozenset[str]
    denied: bool
    path: tuple[str, ...]
    below: list[SelectionSetNode] = field(default_factory=list)


@dataclass(slots=True)
class Normaliser:
    """Turns selection sets into selections.

    Attributes:
        types: The supergraph.
        fragments: Named fragments of the document.
        conditions: Values of the Boolean variables of `@skip` and `@include`.
        client: Whether response keys are the client's; field sets of directives have none.
        allowed: Whether the caller may see a field of an object type.
        denials: Filled with path to coordinate of what the caller may not see.
        introspection: Filled with the fields that the gateway answers from its own schema.
    """

    types: Types
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    conditions: dict[str, bool] = field(default_factory=dict)
    client: bool = False
    allowed: Callable[[str, str, str], bool] | None = None
    denials: dict[tuple[str, ...], str] = field(default_factory=dict)
    introspection: list[FieldNode] = field(default_factory=list)

    def build(self, type_name: str, sets: Iterable[SelectionSetNode], path: tuple[str, ...] = ()) -> Selection:
        """Normalise selection sets on one type, merging equal fields."""
        drafts: dict[tuple[object, ...], _Draft] = {}
        for one in sets:
            self._collect(type_name, self.types.possible(type_name), one, drafts, path)
        return Selection(type_name, tuple(self._finish(draft) for draft in drafts.values()))

    def _collect(
        self,
        parent: str,
        on: frozenset[str],
        selections: SelectionSetNode,
        drafts: dict[tuple[object, ...], _Draft],
        path: tuple[str, ...],
    ) -> None:
        for node in selections.selections:
            if not on or not self._included(node):
                continue
            if isinstance(node, FieldNode):
                self._field(parent, on, node, drafts, path)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                name = fragment.type_condition.name.value
                self._collect(name, on & self.types.possible(name), fragment.selection_set, drafts, path)
            elif isinstance(node, InlineFragmentNode):
                name = node.type_condition.name.value if node.type_condition else parent
                self._collect(name, on & self.types.possible(name), node.selection_set, drafts, path)

    def _field(
        self,
        parent: str,
        on: frozenset[str],
        node: FieldNode,
        drafts: dict[tuple[object, ...], _Draft],
        path: tuple[str, ...],
    ) -> None:
        name = node.name.value
        key = node.alias.value if node.alias else name
        allowed = on
        if name.startswith("__") and name != TYPENAME:
            self.introspection.append(node)
        elif self.allowed and name != TYPENAME:
            allowed = frozenset(one for one in on if self.allowed(parent, one, name))
        for types, denied in ((allowed, False), (on - allowed, True)):
            if not types:
                continue
            arguments = _arguments(node)
            draft = drafts.setdefault(
                (key, name, arguments, types, denied), _Draft(node, parent, types, denied, (*path, key))
            )
            if node.selection_set:
                draft.below.append(node.selection_set)
            if denied:
                self.denials.setdefault((*path, key), f"{parent}.{name}")

    def _finish(self, draft: _Draft) -> Selected:
        node = draft.node
        name = node.name.value
        key = (node.alias.value if node.alias else name) if self.client else None
        below = None if name.startswith("__") or draft.denied else self.types.returned(draft.parent, name)
        selection = self.build(below, draft.below, draft.path) if below and draft.below else None
        return Selected(name, key, _arguments(node), _variables(node), draft.on, selection, draft.denied)

    def _included(self, node: SelectionNode) -> bool:
        return all(self._holds(directive) for directive in node.directives or ())

    def _holds(self, directive: DirectiveNode) -> bool:
        name = directive.name.value
        if name not in ("skip", "include"):
            return True
        value = directive.arguments[0].value if directive.arguments else None
        if isinstance(value, VariableNode):
            decided = self.conditions[value.name.value]
        else:
            decided = bool(getattr(value, "value", False))
        return decided if name == "include" else not decided


def _arguments(node: FieldNode) -> str:
    if not node.arguments:
        return ""
    return "(" + ", ".join(print_ast(argument) for argument in node.arguments) + ")"


def _variables(node: FieldNode) -> frozenset[str]:
    if not node.arguments:
        return frozenset()
    found = _VariableNames()
    for argument in node.arguments:
        visit(argument, found)
    return frozenset(found.names)


class _VariableNames(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)
