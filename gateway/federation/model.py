"""The supergraph as the planner reads it: which subgraph has which types, fields and keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import GraphQLSchema

from gateway.federation.cost import Price
from gateway.federation.selection import Selected, Selection


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A subgraph: its identifier in the supergraph, its name, the URL that it was composed with."""

    id: str
    name: str
    url: str


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """A `@key` of a type in one subgraph."""

    text: str
    selection: Selection
    resolvable: bool


@dataclass(slots=True, eq=False)
class JoinType:
    """A type in one subgraph."""

    keys: tuple[Key, ...] = ()
    interface_object: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class JoinField:
    """A field in one subgraph.

    Attributes:
        returns: Its type as written in that subgraph, such as `[Media!]!`.
        external: Whether it is declared there and resolved elsewhere (`@external`).
        requires: What must be fetched from elsewhere before it can be resolved (`@requires`).
        provides: What can be resolved below it although it is external there (`@provides`).
        label: The label of a progressive `@override`, in the overriding and in the overridden subgraph.
        overrides: Whether this is the overriding subgraph.
    """

    returns: str
    external: bool = False
    requires: Selection | None = None
    provides: Selection | None = None
    label: str = ""
    overrides: bool = False

    @property
    def named(self) -> str:
        """The named type of `returns`."""
        return self.returns.replace("[", "").replace("]", "").replace("!", "")


@dataclass(slots=True, eq=False)
class Field:
    """A field of the supergraph and the subgraphs that have it."""

    name: str
    returns: str
    subgraphs: dict[str, JoinField] = field(default_factory=dict)

    @property
    def named(self) -> str:
        """The named type of `returns`."""
        return self.returns.replace("[", "").replace("]", "").replace("!", "")


@dataclass(slots=True, eq=False)
class Type:
    """A composite type of the supergraph.

    Attributes:
        kind: `object`, `interface` or `union`.
        subgraphs: The subgraphs that have it.
        fields: Its fields; none for a union.
        implements: Interface to the subgraphs in which this type implements it.
        members: Subgraph to the object types that a value may have there; for abstract types only.
    """

    name: str
    kind: str
    subgraphs: dict[str, JoinType] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=dict)
    implements: dict[str, set[str]] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Holder:
    """A subgraph that can resolve a field after a move into it.

    Attributes:
        subgraph: The subgraph's identifier.
        type: The type of the representations: the object type, or an interface that it has as an interface object.
        join: The field there.
    """

    subgraph: str
    type: str
    join: JoinField


@dataclass(eq=False)
class Supergraph:
    """A composed supergraph.

    Attributes:
        subgraphs: Subgraphs by identifier.
        types: Composite types by name.
        roots: `query`, `mutation`, `subscription` to the name of the root type.
        schema: The schema that clients see, without join directives and `@inaccessible` elements.
        scopes: `Type.field` or `Type` to its rules of `@requiresScopes` and `@policy`, each an OR of ANDs.
        authenticated: `Type.field` or `Type` marked `@authenticated`.
        prices: `Type.field` to its price, where that is not the default.
        max_ages: `Type.field` to the seconds for which caches may keep what the public is answered.
        active_labels: The labels of progressive `@override` that are active.
    """

    subgraphs: dict[str, Subgraph]
    types: dict[str, Type]
    roots: dict[str, str]
    schema: GraphQLSchema
    scopes: Mapping[str, tuple[tuple[frozenset[str], ...], ...]] = field(default_factory=dict)
    authenticated: frozenset[str] = frozenset()
    prices: Mapping[str, Price] = field(default_factory=dict)
    max_ages: Mapping[str, int] = field(default_factory=dict)
    active_labels: frozenset[str] = frozenset()
    _memo: dict[Any, Any] = field(default_factory=dict, init=False)

    def possible(self, name: str) -> frozenset[str]:
        """The object types that a value of this type may have in any subgraph; for an object type itself."""
        types: frozenset[str] | None = self._memo.get(name)
        if types is None:
            types = frozenset().union(*self.types[name].members.values()) or frozenset({name})
            self._memo[name] = types
        return types

    def possible_in(self, subgraph: str, name: str) -> frozenset[str]:
        """The object types that a value of this type may have in one subgraph; of an interface object, all."""
        key = (subgraph, name)
        types: frozenset[str] | None = self._memo.get(key)
        if types is None:
            type_ = self.types[name]
            everywhere = type_.kind == "object" or self.is_interface_object(subgraph, name)
            types = self.possible(name) if everywhere else frozenset(type_.members.get(subgraph, ()))
            self._memo[key] = types
        return types

    def returned(self, parent: str, name: str) -> str | None:
        """The composite type that a field returns; None for a leaf."""
        named = self.types[parent].fields[name].named
        return named if named in self.types else None

    def is_interface_object(self, subgraph: str, name: str) -> bool:
        """Whether the subgraph has this interface as an object type (`@interfaceObject`)."""
        join = self.types[name].subgraphs.get(subgraph)
        return join is not None and join.interface_object

    def join(self, subgraph: str, parent: str, name: str) -> JoinField | None:
        """A field in a subgraph; None if the subgraph does not have it."""
        field_ = self.types[parent].fields.get(name)
        return field_.subgraphs.get(subgraph) if field_ else None

    def keys(self, subgraph: str, name: str) -> tuple[Key, ...]:
        """The keys of a type in a subgraph."""
        join = self.types[name].subgraphs.get(subgraph)
        return join.keys if join else ()

    def holders(self, parent: str, name: str) -> tuple[Holder, ...]:
        """The subgraphs that can resolve a field after a move into them, directly or through an interface object."""
        key = (parent, name, "holders")
        holders: tuple[Holder, ...] | None = self._memo.get(key)
        if holders is None:
            holders = self._memo[key] = tuple(self._holders(parent, name))
        return holders

    def _holders(self, parent: str, name: str) -> list[Holder]:
        holders = []
        for type_name in (parent, *self.types[parent].implements):
            field_ = self.types[type_name].fields.get(name)
            for subgraph, join in field_.subgraphs.items() if field_ else ():
                enters = type_name == parent or self.is_interface_object(subgraph, type_name)
                if enters and not join.external and any(key.resolvable for key in self.keys(subgraph, type_name)):
                    holders.append(Holder(subgraph, type_name, join))
        return holders

    def key_fields(self, subgraph: str, name: str) -> tuple[Selected, ...]:
        """The fields of all keys of a type in a subgraph, which it can always resolve."""
        key = (subgraph, name, "keys")
        fields: tuple[Selected, ...] | None = self._memo.get(key)
        if fields is None:
            fields = tuple(selected for key_ in self.keys(subgraph, name) for selected in key_.selection.fields)
            self._memo[key] = fields
        return fields

    @cached_property
    def all_scopes(self) -> frozenset[str]:
        """Every scope that the supergraph asks for anywhere."""
        return frozenset(scope for rules in self.scopes.values() for rule in rules for group in rule for scope in group)
