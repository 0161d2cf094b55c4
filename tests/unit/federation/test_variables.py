"""Values of variables become what the library would make of them, by the short way or by its own."""

from typing import Any

from graphql import OperationDefinitionNode, build_schema, parse
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.federation.variables import given_as_they_are

_SCHEMA = build_schema("scalar Date enum Kind { A } input In { a: Int } type Query { a(i: ID, f: Float): Int }")
_TYPES = ("ID", "String", "Boolean", "Int", "Float", "Date", "Kind", "In", "[ID!]")
_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**32), 2**32),
    st.sampled_from([-(2**31) - 1, -(2**31), 2**31 - 1, 2**31]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "A", "7", "true"]),
    st.just(["7"]),
    st.just({"a": 1}),
)
_PLACES = "abc"


@given(
    st.lists(st.tuples(st.sampled_from(_TYPES), st.sampled_from(["", "!", " = null"])), min_size=1, max_size=3),
    st.dictionaries(st.sampled_from([*_PLACES, "other"]), _VALUES),
)
@example([("ID", "!")], {"a": "7"})
@example([("Int", "")], {"a": 2**31})
@example([("Boolean", "")], {"a": 1})
def test_values_that_are_taken_as_they_are_are_those_of_the_library(
    types: list[tuple[str, str]], given_values: dict[str, Any]
) -> None:
    text = ", ".join(f"${name}: {type_}{rest}" for name, (type_, rest) in zip(_PLACES, types, strict=False))
    (operation,) = parse(f"query ({text}) {{ a }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    definitions = operation.variable_definitions or ()
    taken = given_as_they_are(definitions, given_values)
    if taken is not None:
        library = get_variable_values(_SCHEMA, definitions, given_values)
        assert isinstance(library, VariableValues)
        assert taken == dict(library.coerced)
        assert list(map(type, taken.values())) == list(map(type, library.coerced.values()))


def test_given_built_in_scalars_are_taken_as_they_are() -> None:
    (operation,) = parse("query ($a: ID!, $b: Int, $c: Boolean!) { a }").definitions
    assert isinstance(operation, OperationDefinitionNode)
    values = {"a": "7", "b": -(2**31), "c": False, "other": 1}
    assert given_as_they_are(operation.variable_definitions or (), values) == {"a": "7", "b": -(2**31), "c": False}
