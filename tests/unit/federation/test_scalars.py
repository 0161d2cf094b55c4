"""Result coercion of the built-in scalars (GraphQL 3.5): what is no value of the type is null and an error."""

from typing import Any

import orjson
import pytest

from gateway.federation.condition import ALWAYS
from gateway.federation.engine import Call, Engine, Request
from gateway.federation.executor.projection import compile_projection
from gateway.federation.planner import Place
from gateway.federation.selection import Selected, Selection
from gateway.federation.supergraph import load_supergraph
from tests.unit.federation.case import SUPERGRAPHS

GRAPH = load_supergraph((SUPERGRAPHS / "scalars.graphql").read_text(encoding="utf-8"))
MOST, LEAST = 2**31 - 1, -(2**31)
SHOWN = [
    ("int", MOST, MOST),
    ("int", LEAST, LEAST),
    ("int", 7.0, 7),
    ("float", 7, 7),
    ("float", -0.5, -0.5),
    ("float", 2**62, 2**62),
    ("string", "", ""),
    ("boolean", False, False),
    ("id", "x", "x"),
    ("id", 2**62, str(2**62)),
    ("any", 2**62, 2**62),
    ("any", {"a": [True]}, {"a": [True]}),
]
MALFORMED: dict[str, list[Any]] = {
    "int": [MOST + 1, LEAST - 1, 1e10, 0.5, True, "1", [1]],
    "float": [True, "0.5", {}],
    "string": [1, 0.5, True, []],
    "boolean": [0, 1, "true"],
    "id": [True, 1.0, 0.5, {}],
}


class Subgraph:
    """A subgraph that answers with one object."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer

    async def send(self, call: Call, context: Any) -> bytes:
        del call, context
        return orjson.dumps({"data": {"one": self.answer}})


async def answered(query: str, answer: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The value of `one`, and the errors as (path, code)."""
    response = await Engine(GRAPH, Subgraph(answer)).execute(Request(f"{{ one {{ {query} }} }}"))
    return response.data["one"], [(error["path"], error["extensions"]["code"]) for error in response.errors]


@pytest.mark.parametrize(("field", "value", "shown"), SHOWN)
async def test_a_value_of_the_type_is_shown(field: str, value: Any, shown: Any) -> None:
    one, errors = await answered(field, {field: value})
    assert (one, errors, type(one[field])) == ({field: shown}, [], type(shown))


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in MALFORMED.items() for value in values]
)
async def test_any_other_value_is_null_and_an_error_at_its_path(field: str, value: Any) -> None:
    assert await answered(field, {field: value}) == ({field: None}, [(["one", field], "SUBGRAPH_MALFORMED_RESPONSE")])


async def test_an_item_is_null_alone() -> None:
    one, errors = await answered("ints", {"ints": [1, MOST + 1, 3]})
    assert (one, errors) == ({"ints": [1, None, 3]}, [(["one", "ints", 1], "SUBGRAPH_MALFORMED_RESPONSE")])


async def test_where_null_is_not_allowed_its_parent_is_null() -> None:
    one, errors = await answered("must { int ints }", {"must": {"int": MOST + 1, "ints": []}})
    assert (one, errors) == ({"must": None}, [(["one", "must", "int"], "SUBGRAPH_MALFORMED_RESPONSE")])
    one, errors = await answered("must { int ints }", {"must": {"int": 1, "ints": [1, LEAST - 1]}})
    assert one == {"must": {"int": 1, "ints": None}}
    assert errors == [(["one", "must", "ints", 1], "SUBGRAPH_MALFORMED_RESPONSE")]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("field", ["int", "float"])
def test_what_is_no_finite_number_is_null_even_where_the_parser_would_let_it_pass(field: str, value: float) -> None:
    selected = Selected(field, field, "", frozenset(), frozenset({"One"}), None, when=ALWAYS)
    project = compile_projection(GRAPH, Selection("One", (selected,)), Place(GRAPH))
    data, errors = project({field: value}, [])
    assert (data, [error["path"] for error in errors]) == ({field: None}, [[field]])
