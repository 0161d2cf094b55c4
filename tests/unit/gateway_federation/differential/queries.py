"""Random valid queries over a client schema."""

from collections.abc import Mapping
from random import Random
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_required_argument,
    parse,
    validate,
)

_DEPTH = 4


class Queries:
    """Makes queries; the same seed makes the same ones.

    Args:
        schema: What clients see.
        arguments: Argument name to the literals to choose from.
        random: Source of chance.
    """

    def __init__(self, schema: GraphQLSchema, arguments: Mapping[str, list[str]], random: Random) -> None:
        self._schema = schema
        self._arguments = arguments
        self._random = random
        self._fragments: list[str] = []

    def query(self) -> str:
        """A valid query, with whatever aliases and fragments chance brings."""
        for _ in range(50):
            self._fragments = []
            root = self._schema.query_type
            assert root is not None
            text = "query " + self._selection(root, _DEPTH) + "".join(f"\n{one}" for one in self._fragments)
            if not validate(self._schema, parse(text)):
                return text
        raise AssertionError("no valid query found")

    def _selection(self, parent: Any, depth: int) -> str:
        chosen = [self._field(name, one, depth) for name, one in self._fields(parent, depth)]
        if is_abstract_type(parent):
            members = self._schema.get_possible_types(parent)
            chosen += [self._fragment(one, depth) for one in members if self._random.random() < 0.7]
        if self._random.random() < 0.3 or not chosen:
            chosen.append("__typename")
        return "{ " + " ".join(chosen) + " }"

    def _fields(self, parent: Any, depth: int) -> list[tuple[str, GraphQLField]]:
        if isinstance(parent, GraphQLUnionType):
            return []
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        fields = [
            (name, one)
            for name, one in parent.fields.items()
            if depth > 1 or not is_composite_type(get_named_type(one.type))
        ]
        count = self._random.randint(1, min(4, len(fields))) if fields else 0
        return self._random.sample(fields, count)

    def _fragment(self, one: GraphQLObjectType, depth: int) -> str:
        body = self._selection(one, depth)
        if self._random.random() < 0.7:
            return f"... on {one.name} {body}"
        name = f"F{len(self._fragments)}"
        self._fragments.append(f"fragment {name} on {one.name} {body}")
        return f"...{name}"

    def _field(self, name: str, field: GraphQLField, depth: int) -> str:
        alias = f"{self._random.choice('abc')}: " if self._random.random() < 0.25 else ""
        given = []
        for key, argument in field.args.items():
            if is_required_argument(argument) or self._random.random() < 0.7:
                given.append(f"{key}: {self._random.choice(self._arguments[key])}")
        arguments = f"({', '.join(given)})" if given else ""
        inner = get_named_type(field.type)
        below = " " + self._selection(inner, depth - 1) if is_composite_type(inner) else ""
        return f"{alias}{name}{arguments}{below}"
