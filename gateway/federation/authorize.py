"""Authorization by `@requiresScopes`, `@policy` and `@authenticated`, decided before planning.

A field is allowed if its parent type, the field itself and the type it returns allow it. Each rule is an OR of ANDs of
scopes. A denied field is never fetched: it is answered with null and the error `UNAUTHORIZED_FIELD_OR_TYPE`,
or `UNAUTHENTICATED` for a caller without any scope.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import DocumentNode

from gateway.federation.directives import directives
from gateway.federation.model import Supergraph

_Rule = tuple[frozenset[str], ...]


def read_access(document: DocumentNode) -> tuple[Mapping[str, tuple[_Rule, ...]], frozenset[str]]:
    """The rules by `Type` and `Type.field`, and the coordinates marked `@authenticated`."""
    scopes: dict[str, tuple[_Rule, ...]] = {}
    authenticated = set()
    for coordinate, node in _coordinates(document):
        rules = [_rule(directive.get("scopes")) for directive in directives(node, "requiresScopes")]
        rules += [_rule(directive.get("policies")) for directive in directives(node, "policy")]
        if rules:
            scopes[coordinate] = tuple(rules)
        if any(True for _ in directives(node, "authenticated")):
            authenticated.add(coordinate)
    return scopes, frozenset(authenticated)


def _coordinates(document: DocumentNode) -> Iterator[tuple[str, Any]]:
    for node in document.definitions:
        if node.kind.endswith("_type_definition"):
            name = node.name.value  # type: ignore[attr-defined]
            yield name, node
            if node.kind in ("object_type_definition", "interface_type_definition"):
                for field in node.fields or ():  # type: ignore[attr-defined]
                    yield f"{name}.{field.name.value}", field


def _rule(groups: Any) -> _Rule:
    return tuple(frozenset(str(scope) for scope in group) for group in groups or ())


def roles_for(supergraph: Supergraph, coordinate: str) -> list[str]:
    """The scopes each of which alone may use a field, in alphabetic order.

    Args:
        supergraph: The supergraph with its rules.
        coordinate: The field, `Type.field`.
    """
    parent, _, field = coordinate.partition(".")
    return sorted(
        scope for scope in supergraph.all_scopes if Grants(supergraph, frozenset({scope})).allows(parent, parent, field)
    )


class Grants:
    """What one set of scopes allows.

    Args:
        supergraph: The supergraph with its rules.
        scopes: The scopes of the caller; an empty set means not authenticated.
    """

    def __init__(self, supergraph: Supergraph, scopes: frozenset[str]) -> None:
        self._supergraph = supergraph
        self._scopes = scopes
        self._known: dict[tuple[str, str, str], bool] = {}

    def allows(self, parent: str, concrete: str, field: str) -> bool:
        """Whether a field may be seen.

        Args:
            parent: The type that it is selected on.
            concrete: The object type that it is answered for.
            field: Its name.
        """
        key = (parent, concrete, field)
        allowed = self._known.get(key)
        if allowed is None:
            allowed = self._known[key] = all(
                self._holds(coordinate) for coordinate in self._asked(parent, concrete, field)
            )
        return allowed

    def _asked(self, parent: str, concrete: str, field: str) -> Iterator[str]:
        types = self._supergraph.types
        for owner in {parent, concrete}:
            yield owner
            if field in types[owner].fields:
                yield f"{owner}.{field}"
                yield types[owner].fields[field].named

    def _holds(self, coordinate: str) -> bool:
        if coordinate in self._supergraph.authenticated and not self._scopes:
            return False
        rules = self._supergraph.scopes.get(coordinate, ())
        return all(any(group <= self._scopes for group in rule) for rule in rules)
