"""Every query that the clients' schema allows of every root field, with the values of a table as arguments."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    ast_from_value,
    get_named_type,
    is_leaf_type,
    print_ast,
)

from chassis.graph.costs import WEIGHTS
from chassis.graph.list_sizes import ASSUMED

_BUDGET, _ASSUMED, _FIELDS = 3_000, 32, 360
"""The gateway's limit of objects, the longest that it takes most lists for, and its limit of fields, nearly."""
_LONGER = {key.rpartition(".")[2]: length for key, length in ASSUMED.items() if length > _ASSUMED}
"""The lists that it takes for longer, by name."""
_DEAR = {key.rpartition(".")[2]: weight for key, weight in WEIGHTS.items()}
"""What fields cost that do not cost 1, by name."""
_ARGUMENTS, _NAME = re.compile(r"\([^()]*\)"), re.compile(r"\w+(?!\w*:)")
_TOGETHER, _LONG = 8, 2_500
"""How many selections go into one query, and how many characters."""
Values = Mapping[str, Sequence[Any]]
"""By coordinate such as `Query.project.id` or `ProjectFilter.base`, else by name and type such as `year: Int`."""


class Unknown(Exception):  # noqa: N818 - named for what the table lacks
    """An argument for which the table knows no value: whoever adds a field says what of whom it may name."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a query, and the most objects that it may bring, as the gateway counts them (notes N7)."""

    text: str
    cost: int = 0

    @property
    def fields(self) -> int:
        """How many fields it selects."""
        return len(_NAME.findall(_ARGUMENTS.sub("", self.text)))


class Size(NamedTuple):
    """How far a query goes on, and how many rows of each list it asks for."""

    hops: int
    page: int


Write = Callable[[Size], Piece]


class Questions:
    """Writes queries.

    Args:
        schema: The clients' schema.
        values: What to fill in.
    """

    def __init__(self, schema: GraphQLSchema, values: Values) -> None:
        self._values = values
        assert schema.query_type
        self._query = schema.query_type

    def about(self, names: Iterable[str], *, varied: bool = True) -> Iterator[str]:
        """Queries that ask all that can be asked of these root fields, several selections of one field in each.

        One field's ids are then in no other's queries, whose answers must bring them.

        Args:
            names: The root fields.
            varied: Whether also with arguments that may be left out.
        """
        for name in names:
            waiting: list[Piece] = []
            for one in self._of(name, varied):
                if waiting and _too_much([*waiting, one]):
                    yield _query(waiting)
                    waiting.clear()
                waiting.append(one)
            yield _query(waiting)

    def _of(self, name: str, varied: bool) -> Iterator[Piece]:
        """All about one root field: every argument once, every way on from it, every argument of those."""
        field = self._query.fields[name]
        choices = [*self.plain(self._query, name), *(self._varied(self._query, name) if varied else ())]
        if not target_of(field):
            yield from (Piece(f"{name}({given})" if given else name, 1) for given in choices)
            return
        rows = rows_of(object_of(field))
        for given in choices:
            yield from _affordable(partial(self._flat, self._query, name, given))
        for start in self.plain(self._query, name):
            for below in (key for key, field in rows.fields.items() if target_of(field)):
                onward = [partial(self._deep, rows, below, given, frozenset()) for given in self.plain(rows, below)]
                if varied:
                    onward += [partial(self._flat, rows, below, given) for given in self._varied(rows, below)]
                for one in onward:
                    yield from _affordable(partial(self._through, name, start, one))

    def _through(self, name: str, given: str, onward: Write, size: Size) -> Piece:
        """From a root field one step on, and nothing of its own rows."""
        return ask_for(self._query.fields[name], name, given, size.page, onward(size))

    def _flat(self, parent: GraphQLObjectType, name: str, given: str, size: Size) -> Piece:
        """A field's leaves and, unless that is too much, those one step on."""
        field = parent.fields[name]
        rows = rows_of(object_of(field))
        steps = [
            ask_for(one, key, "", size.page, Piece(leaves))
            for key, one in rows.fields.items()
            if size.hops and (below := target_of(one)) and not one.args and (leaves := leaves_of(below))
        ]
        return ask_for(field, name, given, size.page, _joined([Piece(leaves_of(rows)), *steps]))

    def _deep(self, parent: GraphQLObjectType, name: str, given: str, seen: frozenset[str], size: Size) -> Piece:
        """A field's leaves, and everything that can be got to from it in so many steps without coming back."""
        field, seen = parent.fields[name], seen | {parent.name}
        rows = rows_of(object_of(field))
        parts = [Piece(leaves_of(rows))]
        for key, one in rows.fields.items():
            below = target_of(one)
            if below and size.hops and rows_of(below).name not in seen:
                (plain, *_) = self.plain(rows, key)
                parts.append(self._deep(rows, key, plain, seen, Size(size.hops - 1, size.page)))
        return ask_for(field, name, given, size.page, _joined(parts))

    def plain(self, parent: GraphQLObjectType, name: str) -> list[str]:
        """The arguments that must be given, in every combination."""
        given = parent.fields[name].args
        needed = {key: one for key, one in given.items() if isinstance(one.type, GraphQLNonNull) and key != "first"}
        choices = [
            [f"{key}: {_literal(value, one.type)}" for value in self._choices(f"{parent.name}.{name}.{key}", one)]
            for key, one in needed.items()
        ]
        return [", ".join(chosen) for chosen in product(*choices)]

    def _varied(self, parent: GraphQLObjectType, name: str) -> Iterator[str]:
        """Every argument that may be left out, with every value, by itself."""
        given = parent.fields[name].args
        (plain, *_) = self.plain(parent, name)
        for key, one in given.items():
            if not isinstance(one.type, GraphQLNonNull):
                for value in self._choices(f"{parent.name}.{name}.{key}", one):
                    yield ", ".join(filter(None, [plain, f"{key}: {_literal(value, one.type)}"]))

    def _choices(self, coordinate: str, one: GraphQLArgument | GraphQLInputField) -> list[Any]:
        kind = get_named_type(one.type)
        if coordinate in self._values:
            return list(self._values[coordinate])
        if isinstance(kind, GraphQLEnumType):
            return [list(kind.values)] if _is_list(one.type) else list(kind.values)
        if kind == GraphQLBoolean:
            return [True, False]
        if isinstance(kind, GraphQLInputObjectType) and not _is_list(one.type):
            fields = kind.fields.items()
            return [{name: value} for name, below in fields for value in self._choices(f"{kind.name}.{name}", below)]
        name = coordinate.rpartition(".")[2]
        if f"{name}: {kind.name}" in self._values:
            return list(self._values[f"{name}: {kind.name}"])
        raise Unknown(coordinate)


def _literal(value: Any, kind: GraphQLInputType) -> str:
    node = ast_from_value(value, kind)
    assert node
    return print_ast(node)


def _is_list(kind: GraphQLInputType | GraphQLOutputType) -> bool:
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def object_of(field: GraphQLField) -> GraphQLObjectType:
    kind = get_named_type(field.type)
    assert isinstance(kind, GraphQLObjectType)
    return kind


def target_of(field: GraphQLField) -> GraphQLObjectType | None:
    kind: GraphQLNamedType = get_named_type(field.type)
    return kind if isinstance(kind, GraphQLObjectType) else None


def rows_of(kind: GraphQLObjectType) -> GraphQLObjectType:
    """The type itself, or of a connection that of its nodes."""
    return object_of(kind.fields["nodes"]) if "nodes" in kind.fields else kind


def leaves_of(kind: GraphQLObjectType) -> str:
    return " ".join(name for name, field in kind.fields.items() if is_leaf_type(get_named_type(field.type)))


def ask_for(field: GraphQLField, name: str, given: str, page: int, rows: Piece) -> Piece:
    """A field with what is asked of its rows; a connection by the page, with its cursors and count."""
    if "first" in field.args:
        given = ", ".join(filter(None, [given, f"first: {page}"]))
    arguments, inner = f"({given})" if given else "", rows.text or "__typename"
    if "nodes" not in object_of(field).fields:
        times = _LONGER.get(name, _ASSUMED) if _is_list(field.type) else 1
        return Piece(f"{name}{arguments} {{ {inner} }}", times * (_DEAR.get(name, 1) + rows.cost))
    page_ = f"totalCount pageInfo {{ endCursor }} edges {{ cursor }} nodes {{ {inner} }}"
    return Piece(f"{name}{arguments} {{ {page_} }}", 2 + _DEAR["totalCount"] + page * (2 + rows.cost))


def _affordable(write: Write) -> Iterator[Piece]:
    """The deepest and longest that the gateway takes; nothing where it takes none, from whomever."""
    sizes = [Size(hops, page) for hops in (2, 1, 0) for page in (8, 4, 2, 1)]
    yield from islice((one for one in map(write, sizes) if one.cost <= _BUDGET and one.fields <= _FIELDS), 1)


def _too_much(pieces: Sequence[Piece]) -> bool:
    together = _joined(pieces)
    largest = len(together.text) > _LONG or together.cost > _BUDGET or together.fields > _FIELDS
    return len(pieces) > _TOGETHER or largest


def _joined(pieces: Sequence[Piece]) -> Piece:
    return Piece(" ".join(one.text for one in pieces), sum(one.cost for one in pieces))


def _query(pieces: Sequence[Piece]) -> str:
    return f"{{ {' '.join(f'q{place}: {one.text}' for place, one in enumerate(pieces))} }}"
