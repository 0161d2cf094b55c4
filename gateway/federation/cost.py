"""The cost of an operation, known before any fetch: an upper bound on the objects that it may return (notes N7).

After the IBM GraphQL cost specification: an object counts 1 and a leaf 0, unless `@cost` gives another weight, and a
list multiplies what is below it by its length. The length is that of its slicing argument, named in `@listSize` or by
the convention of connections (`first`, `last` or `limit`, of the field itself or of the parent of the lists); without
one it is the assumed size of `@listSize`, or ten. A mutation's root fields count ten each.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldDefinitionNode,
    InterfaceTypeDefinitionNode,
    IntValueNode,
    ListTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    TypeNode,
    ValueNode,
    VariableNode,
)

from gateway.federation.directives import directives
from gateway.federation.selection import Selected, Selection
from gateway.refusals import QUERY_TOO_COSTLY
from kernel.errors import Refusal

Values = Mapping[str, Any]
Length = Callable[[Values], float]
_ASSUMED = 10
_MUTATION = 10.0
_SLICING = ("first", "last", "limit")
_LONGEST = 1_000_000
_CHARACTERS = 5


@dataclass(frozen=True, slots=True)
class Price:
    """What one field costs.

    Attributes:
        weight: Weight of the field itself; None for the default.
        is_list: Whether it returns a list.
        slicing: Arguments that give a list's length, with their defaults.
        sized: The fields below whose length they give; None for all lists directly below a field that is no list.
        assumed: The length of the list without them.
    """

    weight: float | None = None
    is_list: bool = False
    slicing: tuple[tuple[str, int | None], ...] = ()
    sized: frozenset[str] | None = None
    assumed: int = _ASSUMED


_PLAIN = Price()


@dataclass(frozen=True, slots=True)
class _Sized:
    """The length of the lists below a field: of the named fields or, for None, of all."""

    fields: frozenset[str] | None
    length: Length


@dataclass(frozen=True, slots=True)
class Cost:
    """What a field costs, with all below it; of a whole operation the fields of its root are below.

    Attributes:
        name: The field's name; empty for an operation.
        weight: Weight of one object of the field itself.
        below: What its fields cost, for one object.
        length: How many objects it has; None for one.
    """

    name: str
    weight: float
    below: "tuple[Cost, ...]"
    length: Length | None = None

    def __call__(self, values: Values) -> float:
        """The cost for the variables' values."""
        return self._times(values) * (self.weight + sum(part(values) for part in self.below))

    def dearest(self, values: Values) -> str:
        """The path of the innermost field that still makes at least half of the cost, as `projects.nodes.enrollments`.

        Where no field makes half of it, the dearest one of the operation's root.

        Args:
            values: The variables' values.
        """
        path: list[str] = []
        half, times, here = self(values) / 2, 1.0, self
        while here.below:
            times *= here._times(values)
            cost, name = max((part(values) * times, part.name) for part in here.below)
            if cost < half and path:
                break
            path.append(name)
            here = next(part for part in here.below if part.name == name and part(values) * times == cost)
        return ".".join(path)

    def _times(self, values: Values) -> float:
        return 1.0 if self.length is None else self.length(values)


def read_prices(document: DocumentNode) -> dict[str, Price]:
    """The price of every field of the supergraph, by `Type.field`; only those that differ from a plain one."""
    return {name: price for name, price in _prices(document) if price != _PLAIN}


def _prices(document: DocumentNode) -> Iterator[tuple[str, Price]]:
    for node in document.definitions:
        if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            for field in node.fields or ():
                yield f"{node.name.value}.{field.name.value}", _price(field)


def _price(field: FieldDefinitionNode) -> Price:
    weight = next(
        (float(directive["weight"]) for directive in directives(field, "cost") if "weight" in directive), None
    )
    size = next(directives(field, "listSize"), {})
    names = size.get("slicingArguments") or _SLICING
    defaults = {
        argument.name.value: int(argument.default_value.value)
        if isinstance(argument.default_value, IntValueNode)
        else None
        for argument in field.arguments or ()
    }
    return Price(
        weight,
        _is_list(field.type),
        tuple((name, defaults[name]) for name in names if name in defaults),
        frozenset(size["sizedFields"]) if size.get("sizedFields") else None,
        int(size.get("assumedSize") or _ASSUMED),
    )


def _is_list(node: TypeNode) -> bool:
    return isinstance(node.type if isinstance(node, NonNullTypeNode) else node, ListTypeNode)


def compile_cost(prices: Mapping[str, Price], selection: Selection, kind: str) -> Cost:
    """The cost of an operation, for any values of its variables."""
    plain = _MUTATION if kind == "mutation" else 1.0
    fields = [selected for selected in selection.fields if _counts(selected)]
    return Cost("", 0.0, tuple(_field(prices, selection.type, selected, None, plain) for selected in fields))


def reading_cost(characters: int) -> float:
    """What it costs to parse, validate and plan a text of so many characters, 1 for each five.

    A dense text of 4 KB takes the gateway about as much CPU as the objects of the dearest operation do.
    """
    return characters / _CHARACTERS


def too_costly(cost: float, budget: int, dearest: str) -> Refusal:
    """The refusal of an operation beyond its budget; it names the field that makes most of the cost."""
    return QUERY_TOO_COSTLY(cost=round(cost), budget=budget, dearest=dearest)


def _field(
    prices: Mapping[str, Price], owner: str, selected: Selected, sized: _Sized | None, plain: float = 1.0
) -> Cost:
    """The cost of a field.

    Args:
        prices: The supergraph's prices, by `Type.field`.
        owner: The type that the field is selected on.
        selected: The field.
        sized: Lengths of the lists below the parent field, where its arguments say them.
        plain: The weight of an object without a price of its own.
    """
    price = prices.get(f"{owner}.{selected.name}", _PLAIN)
    weight = price.weight if price.weight is not None else plain if selected.selection else 0.0
    length = _length(price, selected.argument_nodes)
    hands_on = _Sized(price.sized, length) if price.slicing and not price.is_list else None
    type_, fields = (selected.selection.type, selected.selection.fields) if selected.selection else ("", ())
    parts = [_field(prices, type_, child, hands_on) for child in fields if _counts(child)]
    below = tuple(part for part in parts if part.weight or part.below)  # leaves cost nothing
    if not price.is_list:
        return Cost(selected.name, weight, below)
    if sized and (sized.fields is None or selected.name in sized.fields):
        length = sized.length
    return Cost(selected.name, weight, below, length)


def _counts(selected: Selected) -> bool:
    return not selected.denied and not selected.name.startswith("__")


def _length(price: Price, arguments: tuple[ArgumentNode, ...]) -> Length:
    """How long a list is: the largest of its slicing arguments counts; an argument left out has its default."""
    values_by_name = {argument.name.value: argument.value for argument in arguments}
    readers = [_reader(values_by_name.get(name), default) for name, default in price.slicing]
    assumed = price.assumed

    def length(values: Mapping[str, Any]) -> float:
        lengths = [number for number in (read(values) for read in readers) if number is not None]
        return min(max(lengths), _LONGEST) if lengths else assumed

    return length


def _reader(node: ValueNode | None, default: int | None) -> Callable[[Mapping[str, Any]], int | None]:
    if isinstance(node, VariableNode):
        name = node.name.value
        return lambda values: _positive(values.get(name, default))
    number = int(node.value) if isinstance(node, IntValueNode) else default if node is None else None
    return lambda _: _positive(number)


def _positive(number: Any) -> int | None:
    return max(number, 0) if isinstance(number, int) else None
