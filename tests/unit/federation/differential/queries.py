"""Random valid queries over a client schema, with aliases, fragments, variables and conditions."""

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
    value_from_ast_untyped,
)
from graphql.language import parse_value

_DEPTH = 4
_ODDS_OF_A_CONDITION = 0.2
_ODDS_OF_A_REPEAT = 0.15
_ALIASES = ("a", "b", "c", "id", "code")
"""Some are the names of keys, which the gateway has to ask for beside them."""


class Queries:
    """Makes queries; the same seed makes the same ones.

    Args:
        schema: What clients see.
        arguments: Argument name to the literals to choose from.
        random: Source of chance.
        typenames: Ask every object for its `__typename`.
    """

    def __init__(
        self, schema: GraphQLSchema, arguments: Mapping[str, list[str]], random: Random, *, typenames: bool = False
    ) -> None:
        self._schema = schema
        self._arguments = arguments
        self._random = random
        self._typenames = typenames
        self._fragments: list[str] = []
        self._definitions: list[str] = []
        self._variables: dict[str, Any] = {}

    def query(self) -> tuple[str, dict[str, Any]]:
        """A valid query and its variables, with whatever aliases and fragments chance brings."""
        for _ in range(500):
            self._fragments, self._definitions, self._variables = [], [], {}
            root = self._schema.query_type
            assert root is not None
            body = self._selection(root, _DEPTH)
            head = f"query({', '.join(self._definitions)}) " if self._definitions else ""
            text = head + body + "".join(f"\n{one}" for one in self._fragments)
            if not validate(self._schema, parse(text)):
                return text, self._variables
        raise AssertionError("no valid query found")

    def _chance(self, odds: float) -> bool:
        return self._random.random() < odds

    def _selection(self, parent: Any, depth: int) -> str:
        fields = self._fields(parent, depth)
        chosen = [self._field(name, one, depth) for name, one in fields]
        chosen += [self._field(name, one, depth, f"again{depth}") for name, one in fields if self._repeats(one)]
        if is_abstract_type(parent):
            members = self._schema.get_possible_types(parent)
            chosen += [self._fragment(one, depth) for one in members if self._chance(0.7)]
        if self._typenames or self._chance(0.3) or not chosen:
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

    def _repeats(self, field: GraphQLField) -> bool:
        """Whether an object is asked for twice, so that its entities are fetched for several places at once."""
        return is_composite_type(get_named_type(field.type)) and self._chance(_ODDS_OF_A_REPEAT)

    def _fragment(self, one: GraphQLObjectType, depth: int) -> str:
        body = self._selection(one, depth)
        if self._chance(0.7):
            return f"... on {one.name}{self._condition()} {body}"
        name = f"F{len(self._fragments)}"
        self._fragments.append(f"fragment {name} on {one.name} {body}")
        return f"...{name}{self._condition()}"

    def _field(self, name: str, field: GraphQLField, depth: int, alias: str = "") -> str:
        if not alias and self._chance(0.25):
            alias = self._random.choice(_ALIASES)
        given = []
        for key, argument in field.args.items():
            if is_required_argument(argument) or self._chance(0.7):
                given.append(f"{key}: {self._argument(str(argument.type), self._random.choice(self._arguments[key]))}")
        arguments = f"({', '.join(given)})" if given else ""
        inner = get_named_type(field.type)
        below = " " + self._selection(inner, depth - 1) if is_composite_type(inner) else ""
        named = f"{alias}: {name}" if alias else name
        return f"{named}{arguments}{self._condition()}{below}"

    def _argument(self, type_: str, literal: str) -> str:
        """The literal itself, or a variable that is given it, defaults to it, or, where it may, is not given."""
        if self._chance(0.5):
            return literal
        name = f"v{len(self._definitions)}"
        if self._chance(0.3) and literal != "null":
            self._definitions.append(f"${name}: {type_.rstrip('!')} = {literal}")
            return f"${name}"
        self._definitions.append(f"${name}: {type_}")
        if type_.endswith("!") or self._chance(0.7):
            self._variables[name] = value_from_ast_untyped(parse_value(literal))
        return f"${name}"

    def _condition(self) -> str:
        if not self._chance(_ODDS_OF_A_CONDITION):
            return ""
        kind = self._random.choice(("skip", "include"))
        if self._chance(0.3):
            return f" @{kind}(if: {self._random.choice(('true', 'false'))})"
        name = f"if{len(self._definitions)}"
        self._definitions.append(f"${name}: Boolean!")
        self._variables[name] = self._chance(0.5)
        return f" @{kind}(if: ${name})"
