"""Notes N1, N2, N7: what would take a naive server seconds is refused by one linear pass."""

import pytest
from graphql import get_introspection_query, parse

from gateway.protection import Limits, check
from kernel.errors import Refusal

LIMITS = Limits()


def refused(query: str) -> Refusal:
    document = parse(query)
    with pytest.raises(Refusal) as caught:
        check(document, LIMITS)
    return caught.value


def fan_out(fragments: int) -> str:
    """Each fragment spreads the next one twice: 2ⁿ fields in a kilobyte."""
    parts = [f"fragment f{n} on Query {{ a: x {{ ...f{n + 1} ...f{n + 1} }} }}" for n in range(fragments)]
    return "{ ...f0 }" + " ".join(parts) + f" fragment f{fragments} on Query {{ x }}"


def fields(number: int) -> str:
    return " ".join(f"y{n}" for n in range(number))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (fan_out(11), "QUERY_TOO_LARGE"),
        (fan_out(49), "QUERY_TOO_DEEP"),
        ("{" + "a {" * 13 + "b" + "}" * 13 + "}", "QUERY_TOO_DEEP"),
        ("{" + "... {" * 60 + "b" + "}" * 60 + "}", "QUERY_TOO_DEEP"),
        ("{ x {" + "y " * 21 + "} }", "TOO_MANY_EQUAL_KEYS"),
        ("{ x {" + " ".join(f"a{n}: y" for n in range(21)) + "} }", "TOO_MANY_ALIASES"),
        ("{" + " ".join(f"f{n}" for n in range(11)) + "}", "TOO_MANY_ROOT_FIELDS"),
        ("{ x " + "@a " * 21 + "}", "TOO_MANY_DIRECTIVES"),
        ("query " + "@a " * 21 + "{ x }", "TOO_MANY_DIRECTIVES"),
        ("{ x {" + "... { y y y } " * 7 + "} }", "TOO_MANY_EQUAL_KEYS"),
        ("{ x {" + "z { y y y } " * 7 + "} }", "TOO_MANY_EQUAL_KEYS"),
        (
            "{ x { ...a ...b } }" + "".join(f" fragment {one} on X {{ {'y ' * 11} }}" for one in "ab"),
            "TOO_MANY_EQUAL_KEYS",
        ),
        (" ".join(f"query q{n} {{ x }}" for n in range(11)), "TOO_MANY_OPERATIONS"),
        ("{ x }" + "".join(f" fragment f{n} on X {{ y }}" for n in range(51)), "TOO_MANY_FRAGMENTS"),
        ("query (" + "$v: Int @a " * 21 + ") { x }", "TOO_MANY_DIRECTIVES"),
        ("{" + "...nowhere " * 401 + "}", "QUERY_TOO_LARGE"),
        ("{ ...a } fragment a on Query { x { ...b } } fragment b on X { ...a }", "CIRCULAR_FRAGMENT"),
        ("{ ...a } fragment a on Query { ...a }", "CIRCULAR_FRAGMENT"),
        ("{ x } fragment a on Query { ...a }", "CIRCULAR_FRAGMENT"),
        ("{ x } fragment a on X {" + "y " * 21 + "}", "TOO_MANY_EQUAL_KEYS"),
        ("{ x }" + "".join(f" fragment f{n} on X {{ {fields(50)} }}" for n in range(9)), "QUERY_TOO_LARGE"),
        ("{ ...a } fragment a on X {" + "y " * 21 + "} fragment a on X { y }", "TOO_MANY_EQUAL_KEYS"),
        ("{ z { ...a } } fragment a on X { y } fragment a on X {" + "y " * 21 + "}", "TOO_MANY_EQUAL_KEYS"),
        ("{ x } fragment a on X " + "@a " * 21 + "{ y }", "TOO_MANY_DIRECTIVES"),
        ("{ x(y: [" + "1 " * 300 + "]) }", "TOO_MANY_VALUES"),
        ("{ x(y: {" + "z: [1 {a: 2}] " * 80 + "}) }", "TOO_MANY_VALUES"),
        ('{ x(y: "' + "z" * 15_000 + '") }', "TOO_MANY_VALUES"),
        ("{ x @a(" + "b: 1 " * 301 + ") }", "TOO_MANY_VALUES"),
        ("query ($v: [Int] = [" + "1 " * 300 + "]) { x(y: $v) }", "TOO_MANY_VALUES"),
        ("{ x { ...a ...a } } fragment a on X { y(z: [" + "1 " * 150 + "]) }", "TOO_MANY_VALUES"),
    ],
)
def test_an_attack_is_refused_with_its_code(query: str, code: str) -> None:
    assert refused(query).code == code


def test_twenty_aliased_logins_are_twenty_aliases() -> None:
    query = "mutation {" + " ".join(f"a{n}: signUp(projectId: 1) {{ id }}" for n in range(21)) + "}"
    assert refused(query).extensions()["limit"] in {LIMITS.aliases, LIMITS.root_fields}


def test_what_a_front_end_asks_for_passes() -> None:
    check(
        parse(
            "query($id: ID!) { project(id: $id) { ...card base { name } seats { left } } }"
            " fragment card on P { id title }"
        ),
        LIMITS,
    )


def test_the_introspection_of_developers_tools_passes() -> None:
    check(parse(get_introspection_query(specified_by_url=True, input_value_deprecation=True)), LIMITS)


def test_two_hundred_ids_may_be_written() -> None:
    check(parse("mutation { x(keys: [" + '"65f0c0ffee0123456789abcd" ' * 200 + "]) { y } }"), LIMITS)


def test_a_missing_fragment_is_left_to_validation() -> None:
    check(parse("{ ...nowhere }"), LIMITS)
