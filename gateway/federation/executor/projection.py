"""Projection: the fetched tree as the client asked for it, with nulls propagated as GraphQL specifies (6.4.4).

A projection is compiled into closures, once per prepared operation. A null in a non-null field makes its parent null,
and so on upwards. Each kind of value has its own function `complete_…`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLSchema,
    get_nullable_type,
    is_composite_type,
    is_scalar_type,
)

from gateway.federation.errors import MALFORMED, Path, coded
from gateway.federation.model import Supergraph
from gateway.federation.planner import Place
from gateway.federation.selection import TYPENAME, Selected, Selection

_LEAST_INT, _MOST_INT = -(2**31), 2**31 - 1
Json = Any
_is_finite: Callable[[Json], bool] = math.isfinite
Trail = tuple[Any, str | int] | None
Complete = Callable[[Json, Trail, "Violations"], Json]
_Part = tuple[str, str | None, Complete | None, bool, type | None]


class Violations:
    """Collects the projection's own errors, except where another error explains the null already.

    Args:
        errors: The errors of the fetches.
        denials: An error for each field that the caller may not see, at its path without indexes of lists.
    """

    def __init__(self, errors: list[dict[str, Json]], denials: Sequence[dict[str, Json]] = ()) -> None:
        self._known = _Paths()
        for error in errors:
            self._known.add(tuple(error.get("path") or ()))
        self._denials = {tuple(error["path"]): error for error in denials}
        self._unmet = dict(self._denials)
        self.errors: list[dict[str, Json]] = []

    def deny(self, trail: Trail) -> None:
        """Add the error of a denied field where it is null."""
        path = _path(trail)
        field = tuple(step for step in path if isinstance(step, str))
        self._unmet.pop(field, None)
        self.errors.append({**self._denials[field], "path": list(path)})
        self._known.add(path)

    def all(self) -> list[dict[str, Json]]:
        """The errors; what is denied below an empty list or a null is told once, at its path without indexes."""
        return [*self._unmet.values(), *self.errors]

    def add(self, trail: Trail, message: str, code: str) -> None:
        """Add an error at the path, unless one is known at it, above it or below it.

        Args:
            trail: The path as a linked list `(parent, key)`, innermost first; None for the root.
            message: The message in English.
            code: `extensions.code`.
        """
        path = _path(trail)
        if not self._known.has_around(path):
            self.errors.append(coded(message, code, path))
            self._known.add(path)


class _Paths:
    """Paths as a tree of their steps, so that finding one takes as many steps as it has, however many there are."""

    def __init__(self) -> None:
        self._root: dict[str | int | None, Any] = {}

    def add(self, path: Path) -> None:
        """Add a path; its end is marked by the key None."""
        node = self._root
        for step in path:
            node = node.setdefault(step, {})
        node[None] = True

    def has_around(self, path: Path) -> bool:
        """Whether one of the paths is this one, above it or below it."""
        node = self._root
        for step in path:
            if None in node:
                return True
            if step not in node:
                return False
            node = node[step]
        return bool(node)


def _path(trail: Trail) -> Path:
    path: list[str | int] = []
    while trail is not None:
        trail, key = trail
        path.append(key)
    return tuple(reversed(path))


Projector = Callable[[dict[str, Json], list[dict[str, Json]]], tuple[Json, list[dict[str, Json]]]]


def compile_projection(
    graph: Supergraph, selection: Selection, place: Place, denials: Sequence[dict[str, Json]] = ()
) -> Projector:
    """Compile the function from the fetched tree and the errors so far to the client's data and all errors.

    Args:
        graph: The supergraph.
        selection: The normalised operation.
        place: The root of the answer, which knows the internal keys.
        denials: As of `Violations`.
    """
    complete = _Compiler(graph, graph.schema).object(selection.type, (selection,), place)

    def project(data: dict[str, Json], errors: list[dict[str, Json]]) -> tuple[Json, list[dict[str, Json]]]:
        violations = Violations(errors, denials)
        shown = complete(data, None, violations)
        return shown, errors + violations.all()

    return project


class _Compiler:
    def __init__(self, graph: Supergraph, schema: GraphQLSchema) -> None:
        self._graph = graph
        self._schema = schema
        self._known: dict[tuple[str, tuple[Selection, ...], Place], Complete] = {}

    def object(self, name: str, selections: tuple[Selection, ...], place: Place) -> Complete:
        """Compile objects of one type; selections under one response key are merged (CollectFields, 6.3.2)."""
        grouped: dict[str, list[Selected]] = {}
        for selection in selections:
            for selected in selection.fields:
                if name in selected.on:
                    grouped.setdefault(str(selected.key), []).append(selected)
        return _object(tuple(self._part(name, key, fields, place) for key, fields in grouped.items()), name)

    def _part(self, name: str, key: str, fields: list[Selected], place: Place) -> _Part:
        first = fields[0]
        if first.name == TYPENAME:
            return key, TYPENAME, _constant(name), True, None
        if first.name.startswith("__"):
            return key, key, None, False, None
        field = self._schema.get_type(name).fields[first.name]  # type: ignore[union-attr]
        required = isinstance(field.type, GraphQLNonNull)
        if first.denied:
            return key, None, _denied, required, None
        internal = self._internal(name, first, place)
        below = tuple(selected.selection for selected in fields if selected.selection)
        complete = self._complete(field.type, below, place.child(internal))
        type_ = get_nullable_type(field.type)
        as_it_is = _AS_IT_IS.get(type_.name) if is_scalar_type(type_) else None
        return key, internal, complete, required, as_it_is

    def _internal(self, name: str, selected: Selected, place: Place) -> str:
        return place.known(name, selected.name, selected.arguments, selected.key)

    def _complete(self, type_: GraphQLOutputType, below: tuple[Selection, ...], place: Place) -> Complete | None:
        if isinstance(type_, GraphQLNonNull):
            return self._complete(type_.of_type, below, place)
        if isinstance(type_, GraphQLList):
            item = self._complete(type_.of_type, below, place)
            return _list(item, isinstance(type_.of_type, GraphQLNonNull))
        if isinstance(type_, GraphQLEnumType):
            return _enum(type_.name, frozenset(type_.values))
        if not is_composite_type(type_):
            return _LEAVES.get(type_.name)
        key = (type_.name, below, place)
        complete = self._known.get(key)
        if complete is None:
            compile_type = self.object if self._graph.types[type_.name].kind == "object" else self._abstract
            complete = self._known[key] = compile_type(*key)
        return complete

    def _abstract(self, name: str, below: tuple[Selection, ...], place: Place) -> Complete:
        visible = [type_name for type_name in sorted(self._graph.possible(name)) if self._schema.get_type(type_name)]
        by_type = {type_name: self.object(type_name, below, place) for type_name in visible}
        fields = [selected for selection in below for selected in selection.fields]
        same = all(selected.on == self._graph.possible(name) for selected in fields if selected.name != TYPENAME)
        typename = any(selected.name == TYPENAME for selected in fields)
        return _abstract(by_type, by_type[visible[0]] if visible and same and not typename else None, name)


def _object(parts: tuple[_Part, ...], name: str) -> Complete:
    def complete_object(value: Json, trail: Trail, violations: Violations) -> Json:
        if type(value) is not dict:
            return _malformed(trail, violations)
        shown: dict[str, Json] = {}
        get = value.get
        for key, internal, below, required, as_it_is in parts:
            result = get(internal)
            if type(result) is as_it_is and (as_it_is is not float or _is_finite(result)):
                shown[key] = result
                continue
            if below is not None and (result is not None or internal in (TYPENAME, None)):
                result = below(result, (trail, key), violations)
            if result is None and required:
                if internal is not None:
                    message = f"Cannot return null for non-nullable field {name}.{key}."
                    violations.add((trail, key), message, "NULL_NOT_ALLOWED")
                return None
            shown[key] = result
        return shown

    return complete_object


def _denied(_: Json, trail: Trail, violations: Violations) -> Json:
    violations.deny(trail)


def _malformed(trail: Trail, violations: Violations) -> None:
    violations.add(trail, "The subgraph's value is not of this type.", MALFORMED)


def _leaf(wanted: type) -> Complete:
    def complete_leaf(value: Json, trail: Trail, violations: Violations) -> Json:
        return value if type(value) is wanted else _malformed(trail, violations)

    return complete_leaf


def _int(value: Json, trail: Trail, violations: Violations) -> Json:
    whole = type(value) is int or (type(value) is float and value.is_integer())
    return int(value) if whole and _LEAST_INT <= value <= _MOST_INT else _malformed(trail, violations)


def _float(value: Json, trail: Trail, violations: Violations) -> Json:
    finite = type(value) is int or (type(value) is float and math.isfinite(value))
    return value if finite else _malformed(trail, violations)


def _id(value: Json, trail: Trail, violations: Violations) -> Json:
    if type(value) is str:
        return value
    return str(value) if type(value) is int else _malformed(trail, violations)


_LEAVES: dict[str, Complete] = {
    "String": _leaf(str),
    "Int": _int,
    "Float": _float,
    "Boolean": _leaf(bool),
    "ID": _id,
}
"""Result coercion of the built-in scalars (3.5); values of other scalars pass unchanged."""
_AS_IT_IS = {"String": str, "Float": float, "Boolean": bool, "ID": str}
"""Types of values that coercion leaves as they are, numbers if they are finite, so that it need not be called."""


def _constant(value: str) -> Complete:
    def complete_constant(_: Json, __: Trail, ___: Violations) -> Json:
        return value

    return complete_constant


def _list(item: Complete | None, required: bool) -> Complete:
    def complete_list(value: Json, trail: Trail, violations: Violations) -> Json:
        if type(value) is not list:
            return _malformed(trail, violations)
        shown: list[Json] = []
        for index, item_value in enumerate(value):
            result = item_value
            if item_value is not None and item is not None:
                result = item(item_value, (trail, index), violations)
            if result is None and required:
                violations.add((trail, index), "Cannot return null in a list of non-null items.", "NULL_NOT_ALLOWED")
                return None
            shown.append(result)
        return shown

    return complete_list


def _enum(name: str, values: frozenset[str]) -> Complete:
    def complete_enum(value: Json, trail: Trail, violations: Violations) -> Json:
        if type(value) is str and value in values:
            return value
        violations.add(trail, f"Enum {name} has no such value.", "INVALID_ENUM_VALUE")
        return None

    return complete_enum


def _abstract(by_type: Mapping[str, Complete], default: Complete | None, name: str) -> Complete:
    def complete_abstract(value: Json, trail: Trail, violations: Violations) -> Json:
        typename = value.get(TYPENAME) if type(value) is dict else None
        below = default if typename is None else by_type.get(typename) if type(typename) is str else None
        if below is None:
            violations.add(trail, f"The type of this {name} is not known.", "UNKNOWN_TYPE")
            return None
        return below(value, trail, violations)

    return complete_abstract
