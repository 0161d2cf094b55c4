"""The least and the most that a mutation's numbers and lists may be sent as, found in a subgraph's own schema."""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
)
from strawberry.types import ExecutionResult

from chassis.graph import SubgraphSchema
from chassis.serving.asgi import error_json
from kernel.language import Language

MANY = 10_000
NUMBERS = {"least": -(2**31), "-1": -1, "0": 0, "most": 2**31 - 1}
"""The extremes of a number; those of a list are `empty`, `many` and, for every item, `twice`."""
TAKEN = "taken"
MASKED = frozenset({"INTERNAL", "UNAVAILABLE", "BUSY"})
"""Codes that say nothing about what was sent."""
_NUMERIC = {"Int", "Float", "Fen"}
_WIDE = {"least": -(2**53) + 1, "most": 2**53 - 1}
BY_CODE = {
    "CALENDAR_OUTSIDE_YEAR": "year",
    "STALE_VERSION": "version",
    "REVIEW_INCOMPLETE": "verdicts",
    "YEAR_FIXED": "year",
    "INVALID_QUOTA": "limit",
}
"""Codes that can be of one field only."""
SYNONYMS = {"year": "round", "sessionDates": "timetable", "sessionTeachers": "timetable"}
Arguments = dict[str, Any]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A number or a list of a mutation.

    Attributes:
        mutation: The root field.
        path: The argument and the input fields below it; a step into a list's first item counts none.
        is_list: Whether it is the list at the path, and not a number there.
        kind: The scalar or input type of the number or of the list's items.
    """

    mutation: str
    path: Path
    is_list: bool
    kind: str

    def __str__(self) -> str:
        return ".".join((self.mutation, *self.path)) + ("[]" if self.is_list else "")

    @property
    def names(self) -> tuple[str, ...]:
        """What its extremes are called."""
        return ("empty", "many", "twice") if self.is_list else tuple(NUMBERS)

    def extreme(self, arguments: Arguments, name: str) -> Arguments:
        """The arguments with the extreme of that name in this place."""
        if not self.is_list:
            return self._with(arguments, _WIDE.get(name, NUMBERS[name]) if self.kind == "Fen" else NUMBERS[name])
        item = self._value(arguments)[0]
        if name == "many":
            return self._with(
                arguments, [f"{item}{number}" if self.kind in {"String", "ID"} else item for number in range(MANY)]
            )
        return self._with(arguments, [item, item] if name == "twice" else [])

    def _value(self, arguments: Arguments) -> Any:
        value: Any = arguments
        for step in self.path:
            value = (value[0] if isinstance(value, list) else value)[step]
        return value

    def _with(self, arguments: Arguments, value: Any) -> Arguments:
        changed = deepcopy(arguments)
        place: Any = changed
        for step in self.path[:-1]:
            place = place[step]
            place = place[0] if isinstance(place, list) else place
        last = self.path[-1]
        in_list = not self.is_list and isinstance(place.get(last), list)
        place[last] = [value] if in_list else value
        return changed


def places(schema: SubgraphSchema) -> list[Place]:
    """Every number and list of every mutation."""
    kind = schema._schema.mutation_type
    assert isinstance(kind, GraphQLObjectType)
    return [
        place
        for name, field in kind.fields.items()
        for argument, given in field.args.items()
        for place in _places(given.type, name, (argument,))
    ]


def _places(given: GraphQLInputType, mutation: str, path: Path) -> Iterator[Place]:
    kind: Any = given
    while isinstance(kind, GraphQLNonNull | GraphQLList):
        if isinstance(kind, GraphQLList):
            yield Place(mutation, path, True, get_named_type(kind).name)
        kind = kind.of_type
    if isinstance(kind, GraphQLInputObjectType):
        for name, field in kind.fields.items():
            yield from _places(field.type, mutation, (*path, name))
    elif kind.name in _NUMERIC:
        yield Place(mutation, path, False, kind.name)


def operation(schema: SubgraphSchema, mutation: str) -> str:
    """A mutation that takes all its arguments as variables, and asks for the refusals of its rows if it has rows."""
    kind = schema._schema.mutation_type
    assert isinstance(kind, GraphQLObjectType)
    field = kind.fields[mutation]
    answer = get_named_type(field.type)
    declared = ", ".join(f"${argument}: {given.type}" for argument, given in field.args.items())
    passed = ", ".join(f"{argument}: ${argument}" for argument in field.args)
    if not isinstance(answer, GraphQLObjectType):
        return f"mutation({declared}) {{ {mutation}({passed}) }}"
    shown = "refusal { code details }" if "refusal" in answer.fields else "__typename"
    return f"mutation({declared}) {{ {mutation}({passed}) {{ {shown} }} }}"


def wrong(place: Place, result: ExecutionResult) -> str | None:
    """What is wrong with how an extreme was answered; None for a refusal that says of what, and `TAKEN` for none.

    A refused row is told from the others by its place in the answer; what refuses the whole names the field.
    """
    errors = [error_json(error, Language.EN) for error in result.errors or ()]
    (value,) = (result.data or {"": None}).values()
    rows = [row["refusal"] for row in (value if isinstance(value, list) else ()) if row.get("refusal")]
    codes = {error["extensions"]["code"] for error in errors} | {row["code"] for row in rows}
    if codes & MASKED:
        return f"broke: {codes}"
    if not codes:
        return TAKEN
    named = all(_names(error, place) for error in errors)
    return None if named else f"names no field: {errors}"


def _names(error: Mapping[str, Any], place: Place) -> bool:
    """Whether an error names the place: a step of its path, or what else the step is called."""
    extensions, last = error["extensions"], place.path[-1]
    spoken = f"{error['message']} {[value for name, value in extensions.items() if name not in {'code', 'clause'}]}"
    words = {*place.path, SYNONYMS.get(last, last)} - {"input"}
    return BY_CODE.get(extensions["code"]) == last or any(word in spoken for word in words)


class Asking(Protocol):
    """A service with something for every mutation."""

    async def ordinary(self, mutation: str) -> Arguments:
        """Arguments that are taken, or refused for the state only, as things are now."""

    async def send(self, mutation: str, query: str, arguments: Arguments) -> ExecutionResult:
        """Ask as somebody who may."""


async def untold(
    schema: SubgraphSchema, where: Iterable[Place], asking: Asking, taken: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Of each place the extremes that are answered otherwise than is known; a place that is no more is one as well.

    Args:
        schema: The subgraph's.
        where: The places.
        asking: Who asks.
        taken: By place the extremes that are taken, and within which bound.
    """
    wanted = {place: dict.fromkeys(known, TAKEN) for place, known in taken.items()}
    found = {str(place): await _tried(schema, place, asking) for place in where}
    return {place: answers for place, answers in found.items() if answers != wanted.get(place, {})} | {
        place: {} for place in taken.keys() - found.keys()
    }


async def _tried(schema: SubgraphSchema, place: Place, asking: Asking) -> dict[str, str]:
    """What is wrong with each extreme in a place, by what the extreme is called; nothing of those that are refused."""
    query, found = operation(schema, place.mutation), {}
    for name in place.names:
        arguments = place.extreme(await asking.ordinary(place.mutation), name)
        if said := wrong(place, await asking.send(place.mutation, query, arguments)):
            found[name] = said
    return found
