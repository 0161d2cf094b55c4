"""Normalised selections: fragments inlined, every field with its object types and its condition.

Operations and the field sets of `@key`, `@requires` and `@provides` all become this one form, which the planner reads.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from graphql import (
    ArgumentNode,
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

from gateway.federation.condition import ALWAYS, NEVER, Clause, When, either

TYPENAME = "__typename"


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """One field of a selection.

    Attributes:
        name: The field's name in the schema.
        key: The response key the client asked for; None for the engine's own fields (keys, required fields).
        arguments: Its arguments as printed, `""` for none.
        variables: Names of the variables in the arguments.
        on: The object types it is selected for.
        selection: What is selected below it; None for a leaf.
        denied: Whether the caller may not see it: it is never fetched, and answered with null.
        when: For which values of the variables it is selected; implies the condition of its parent field.
        argument_nodes: The arguments as parsed, for the cost.
    """

    name: str
    key: str | None
    arguments: str
    variables: frozenset[str]
    on: frozenset[str]
    selection: "Selection | None"
    denied: bool = False
    when: When = ALWAYS
    argument_nodes: tuple[ArgumentNode, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The fields selected on a type, in order."""

    type: str
    fields: tuple[Selected, ...]


class Types(Protocol):
    """What the normaliser asks of the supergraph."""

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
    when: When = NEVER
    below: list["Part"] = field(default_factory=list)


Part = tuple[SelectionSetNode, Clause]
"""A selection set, and the clause under which it is selected."""


@dataclass(slots=True)
class Normaliser:
    """Turns selection sets into selections.

    Attributes:
        types: The supergraph.
        fragments: Named fragments of the document.
        conditions: Values of the variables of `@skip` and `@include`; None keeps every field with its condition.
        client: Whether fields have response keys of the client; those of directives' field sets have none.
        allowed: Whether the caller may see a field, by parent type, object type and name.
        denials: Filled with the denied fields: response path to `Type.field`.
        introspection: Filled with the introspection fields, which the gateway answers itself.
    """

    types: Types
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    conditions: Mapping[str, bool] | None = None
    client: bool = False
    allowed: Callable[[str, str, str], bool] | None = None
    denials: dict[tuple[str, ...], str] = field(default_factory=dict)
    introspection: list[FieldNode] = field(default_factory=list)

    def build(self, type_name: str, parts: Iterable[Part], path: tuple[str, ...] = ()) -> Selection:
        """Normalise selection sets on one type, merging equal fields.

        Fields of one response key that return different types, as an interface's and an object's may, stay apart: what
        is selected below each is valid on its own type only. The projection puts them together.

        Args:
            type_name: The type.
            parts: The selection sets.
            path: Response keys from the root.
        """
        drafts: _Drafts = {}
        for selections, clause in parts:
            self._collect(_At(type_name, self.types.possible(type_name), path, clause), selections, drafts)
        return Selection(type_name, tuple(self._finish(draft) for draft in drafts.values()))

    def _collect(self, at: "_At", selections: SelectionSetNode, drafts: "_Drafts") -> None:
        for node in selections.selections:
            clause = self._clause(at.clause, node)
            if not at.on or clause is None:
                continue
            if isinstance(node, FieldNode):
                self._field(replace(at, clause=clause), node, drafts)
                continue
            assert isinstance(node, FragmentSpreadNode | InlineFragmentNode)  # noqa: S101 - there is no fourth kind
            fragment = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            name = fragment.type_condition.name.value if fragment.type_condition else at.parent
            below = _At(name, at.on & self.types.possible(name), at.path, clause)
            self._collect(below, fragment.selection_set, drafts)

    def _field(self, at: "_At", node: FieldNode, drafts: "_Drafts") -> None:
        name = node.name.value
        key = node.alias.value if node.alias else name
        path = (*at.path, key)
        allowed = at.on
        if name.startswith("__") and name != TYPENAME:
            self.introspection.append(node)
        elif self.allowed and name != TYPENAME:
            allowed = frozenset(object_type for object_type in at.on if self.allowed(at.parent, object_type, name))
        for types, denied in ((allowed, False), (at.on - allowed, True)):
            if not types:
                continue
            returned = self._returned(at.parent, name)
            draft = drafts.setdefault(
                (key, name, _arguments(node), types, denied, returned), _Draft(node, at.parent, types, denied, path)
            )
            draft.when = either(draft.when, frozenset({at.clause}))
            if node.selection_set:
                draft.below.append((node.selection_set, at.clause))
            if denied:
                self.denials.setdefault(path, f"{at.parent}.{name}")

    def _finish(self, draft: _Draft) -> Selected:
        node = draft.node
        name = node.name.value
        key = (node.alias.value if node.alias else name) if self.client else None
        below = None if draft.denied else self._returned(draft.parent, name)
        selection = self.build(below, draft.below, draft.path) if below and draft.below else None
        return Selected(
            name,
            key,
            _arguments(node),
            _variables(node),
            draft.on,
            selection,
            draft.denied,
            draft.when,
            tuple(node.arguments or ()),
        )

    def _returned(self, parent: str, name: str) -> str | None:
        """The composite type that a field returns as its parent type says it; an implementation may return less."""
        return None if name.startswith("__") else self.types.returned(parent, name)

    def _clause(self, clause: Clause, node: SelectionNode) -> Clause | None:
        """The clause of a node, inside a selection set with `clause`; None if it is never selected."""
        for directive in node.directives or ():
            name = directive.name.value
            if name not in ("skip", "include"):
                continue
            value = directive.arguments[0].value if directive.arguments else None
            wanted = name == "include"
            if not isinstance(value, VariableNode):
                if bool(getattr(value, "value", False)) != wanted:
                    return None
            elif self.conditions is not None:
                if self.conditions[value.name.value] != wanted:
                    return None
            elif (value.name.value, not wanted) in clause:
                return None
            else:
                clause |= {(value.name.value, wanted)}
        return clause


@dataclass(frozen=True, slots=True)
class _At:
    """The position of a selection set: its type, its object types, the response keys above it, its clause."""

    parent: str
    on: frozenset[str]
    path: tuple[str, ...]
    clause: Clause


_Drafts = dict[tuple[object, ...], _Draft]


def _arguments(node: FieldNode) -> str:
    if not node.arguments:
        return ""
    return "(" + ", ".join(print_ast(argument) for argument in node.arguments) + ")"


def _variables(node: FieldNode) -> frozenset[str]:
    if not node.arguments:
        return frozenset()
    visitor = _VariableNames()
    for argument in node.arguments:
        visit(argument, visitor)
    return frozenset(visitor.names)


class _VariableNames(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)
