"""Documents and variables that are made to be costly to refuse, with the code of their refusal (notes N1–N8).

`tests/security/test_attacks.py` shows that each is refused and in how many steps, `bench/gateway/attacks.py` in what
time. None is longer than a body may be.
"""

from dataclasses import dataclass
from typing import Any

_BODY = 65_000
PARSING, VALIDATION, VALUE = "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"
LIMITED = frozenset(
    {
        "CIRCULAR_FRAGMENT",
        "QUERY_TOO_DEEP",
        "QUERY_TOO_LARGE",
        "TOO_MANY_ALIASES",
        "TOO_MANY_DIRECTIVES",
        "TOO_MANY_EQUAL_KEYS",
        "TOO_MANY_FRAGMENTS",
        "TOO_MANY_OPERATIONS",
        "TOO_MANY_ROOT_FIELDS",
        "TOO_MANY_VALUES",
    }
)
"""The codes of `gateway.protection.limits`, which refuses before validation."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One hostile request.

    Attributes:
        query: The document.
        codes: The codes of its refusal.
        variables: The variables.
    """

    query: str
    codes: frozenset[str]
    variables: dict[str, Any] | None = None


def many(text: str, times: int) -> str:
    """A text so many times, with its number for each `#`."""
    return " ".join(text.replace("#", str(number)) for number in range(times))


def doubling(fragments: int) -> str:
    """Notes N1: each fragment spreads the next one twice."""
    parts = [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(fragments)]
    return "{ ...f0 } " + " ".join(parts) + f" fragment f{fragments} on Query {{ rounds {{ year }} }}"


def _to(head: str, part: str, tail: str = "") -> str:
    """A document as long as a body may be: its middle is one part again and again."""
    return head + part * ((_BODY - len(head) - len(tail)) // len(part)) + tail


def _project(selections: str) -> str:
    return "{ project(id: 1) {" + selections + "} }"


def _filter(value: str) -> str:
    return "{ projects(filter: " + value + ") { totalCount } }"


def _twenty(selections: str) -> str:
    """Twenty fragments with the same fields, side by side."""
    return _project(many("...f#", 20)) + many("fragment f# on Project { " + selections + " }", 20)


def _nested(depth: int, value: Any) -> Any:
    for _ in range(depth):
        value = [value]
    return value


_FIELDS = " ".join(f"f{n}" for n in range(17))
_SELECTIONS = {
    "fragments that double": (doubling(16), "QUERY_TOO_LARGE"),
    "fragments that double into nothing": (doubling(20).replace("f20 on", "nowhere on"), "QUERY_TOO_LARGE"),
    "a repeated field": ("{ projects { nodes {" + "id " * 500 + "} } }", "QUERY_TOO_LARGE"),
    "a repeated field, spread": (
        _project(many("...f#", 18)) + many("fragment f# on Project {" + "id " * 20 + "}", 18),
        "TOO_MANY_EQUAL_KEYS",
    ),
    "a repeated field, nested": (_project(many("base {" + "id " * 19 + "}", 19)), "TOO_MANY_EQUAL_KEYS"),
    "as many equal fields as may be": (_project((_FIELDS + " ") * 20), VALIDATION),
    "equal fields in fragments": (_twenty(_FIELDS), VALIDATION),
    "equal fields in fragments, deep": (_twenty("a { b { c { d { e { f { g h i j k } } } } } }"), VALIDATION),
    "equal fields on many types": (
        "{ projects { nodes {" + many("... on T# {" + _FIELDS + "}", 20) + "} } }",
        VALIDATION,
    ),
    "many fragments side by side": (
        _project(many("...f#", 150)) + many("fragment f# on Project { id }", 150),
        "TOO_MANY_FRAGMENTS",
    ),
    "a large fragment that nothing spreads": (
        "{ __typename } fragment f on Project {" + "x: a x: b " * 320 + "}",
        "QUERY_TOO_LARGE",
    ),
    "two fragments of one name": (
        "{ ...f } fragment f on Project {" + "x: a x: b " * 300 + "} fragment f on Query { rounds { year } }",
        "QUERY_TOO_LARGE",
    ),
    "fragments that nothing spreads": (
        "{ __typename } " + many("fragment f# on Project {" + "x " * 30 + "}", 49),
        "QUERY_TOO_LARGE",
    ),
    "a circle that nothing spreads": (
        "{ __typename } fragment a on Query { ...b } fragment b on Query { ...a }",
        "CIRCULAR_FRAGMENT",
    ),
    "directives that nothing spreads": (
        "{ __typename } fragment f on Project " + "@a " * 300 + "{ id }",
        "TOO_MANY_DIRECTIVES",
    ),
    "circular fragments": ("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }", "CIRCULAR_FRAGMENT"),
    "a fragment in itself": ("{ ...a } fragment a on Query { rounds { year } ...a }", "CIRCULAR_FRAGMENT"),
    "many operations": (many("query q# { __typename }", 300), "TOO_MANY_OPERATIONS"),
    "ten large operations": (many("query q# {" + _project(many("f#", 180)).strip("{} ") + "} }", 10), VALIDATION),
    "ten operations with one fragment": (
        many("query q# { ...f }", 10) + " fragment f on Query " + _project(" ".join(f"f{n}" for n in range(380))),
        VALIDATION,
    ),
    "an alias flood": ("{" + many("a#: rounds { year }", 200) + "}", "TOO_MANY_ALIASES"),
    "twenty and more logins in one": (
        "mutation {" + many('a#: signUp(projectId: "1") { id }', 21) + "}",
        "TOO_MANY_ALIASES",
    ),
    "a directive flood": ("{ rounds " + "@include(if: true) " * 200 + "{ year } }", "TOO_MANY_DIRECTIVES"),
    "deep nesting": ("{" + "a {" * 60 + "b" + "}" * 60 + "}", "QUERY_TOO_DEEP"),
    "nesting beyond the parser": ("{" + "a{" * 20_000 + "b" + "}" * 20_000 + "}", PARSING),
    "inline fragments": (_project("... on Project { id } " * 300), "TOO_MANY_EQUAL_KEYS"),
    "inline fragments, deep": ("{" + "... {" * 60 + "b" + "}" * 60 + "}", "QUERY_TOO_DEEP"),
    "definitions of types": ("{ __typename } " + many("type T# { a: Int }", 250), VALIDATION),
    "wrong fields": (_project(many("projectCodeSeatsTitleBaseName#", 390)), VALIDATION),
    "introspection": ("{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }", VALIDATION),
    "the schema by federation's own door": ("{ _service { sdl } }", VALIDATION),
    "entities by federation's own door": (
        '{ _entities(representations: [{__typename: "Base", id: {_ne: null}}]) { __typename } }',
        VALIDATION,
    ),
    "a guess at names": ("{ projcts { id } }", VALIDATION),
}
_VALUES = {
    "a nested literal": ("{ project(id: " + "[" * 900 + "]" * 900 + ") { id } }", PARSING),
    "a deep object": (_filter("{codes: " * 150 + "1" + "}" * 150), VALUE),
    "a long list": (_filter("{codes: [" + "1 " * 1_900 + "]}"), "TOO_MANY_VALUES"),
    "a wide object": (_filter("{" + many("f#: 1", 640) + "}"), "TOO_MANY_VALUES"),
    "a wide object as a default": (
        "query($f: ProjectFilter = {" + many("f#: 1", 600) + "}) " + _filter("$f"),
        "TOO_MANY_VALUES",
    ),
    "a wide object of long texts": (_filter("{" + many(f'f#: "{"x" * 500}"', 100) + "}"), "TOO_MANY_VALUES"),
    "many arguments": ("{ projects(" + many("a#: 1", 640) + ") { totalCount } }", "TOO_MANY_VALUES"),
    "one argument many times": ("{ projects(" + "first: 1 " * 640 + ") { totalCount } }", "TOO_MANY_VALUES"),
    "one argument of a directive many times": ("{ rounds @skip(" + "if: 1 " * 600 + ") { year } }", "TOO_MANY_VALUES"),
    "arguments of equal fields": (
        _project(many("enrollments(filter: [" + "1 " * 80 + "]) { nodes { id } }", 20)),
        "TOO_MANY_VALUES",
    ),
    "many variables": ("query(" + many("$v#: Int", 480) + ") { __typename }", VALIDATION),
    "too many variables": ("query(" + many("$v#: Int", 2_000) + ") { __typename }", PARSING),
    "one variable many times": ("query(" + "$v: Int " * 480 + ") { __typename }", VALIDATION),
    "variables of unknown types": ("query(" + many("$v#: T#", 480) + ") { __typename }", VALIDATION),
    "a variable of a deep type": ("query($v: " + "[" * 900 + "Int" + "]" * 900 + ") { __typename }", PARSING),
    "variables of deep types": (
        "query(" + many("$v#: " + "[" * 90 + "Int" + "]" * 90, 10) + ") { __typename }",
        VALIDATION,
    ),
}
_TEXTS = {
    "too many tokens": ("{" + "a " * 20_000 + "}", frozenset({PARSING})),
    "spaces": (_to("{ nonsense }", " "), frozenset({VALIDATION})),
    "line ends": (_to("{ nonsense }", "\r\n"), frozenset({VALIDATION})),
    "commas": (_to("{ nonsense }", ","), frozenset({VALIDATION})),
    "comments": (_to("{ nonsense }", "#\n"), frozenset({PARSING})),
    "a long comment": (_to("{ nonsense } #", "x"), frozenset({VALIDATION})),
    "a long name": (_to("{ ", "projectz", " }"), frozenset({VALIDATION})),
    "a long name of a type": (_to("query($v: ", "A", ") { __typename }"), frozenset({VALIDATION})),
    "a long value": (_to("{ projects(orderBy: ", "A", ") { totalCount } }"), frozenset({VALUE})),
    "escapes": (_to('{ project(id: "', "\\u0041", '") { nonsense } }'), frozenset({VALIDATION})),
    "escapes in braces": (_to('{ project(id: "', "\\u{41}", '") { nonsense } }'), frozenset({VALIDATION})),
    "a block string": (_to('{ project(id: """', "\n x", '""") { id } }'), frozenset({"TOO_MANY_VALUES"})),
    "a block string of blank lines": (_to('{ project(id: """', "\n", '""") { nonsense } }'), frozenset({VALIDATION})),
    "a string without end": (_to('{ project(id: "', "x"), frozenset({PARSING})),
}
_CODES = "query($f: [String!]) { projects(filter: {codes: $f}) { totalCount } }"
_FILTER = "query($f: ProjectFilter) { projects(filter: $f) { totalCount } }"
_VARIABLES = {
    "a list of wrong values": (_CODES, [1] * 30_000),
    "nested lists": (_CODES, [_nested(240, 1)] * 100),
    "a list of objects": (_CODES, [{"a": 1}] * 8_000),
    "an object of unknown fields": (_FILTER, {f"a{n}": 1 for n in range(6_000)}),
    "a deep object in a variable": (_FILTER, {"codes": _nested(240, {})}),
}
ATTACKS = (
    {name: Attack(query, frozenset({code})) for name, (query, code) in (_SELECTIONS | _VALUES).items()}
    | {name: Attack(query, codes) for name, (query, codes) in _TEXTS.items()}
    | {name: Attack(query, frozenset({VALUE}), {"f": value}) for name, (query, value) in _VARIABLES.items()}
)
