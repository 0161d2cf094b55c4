"""Notes N61: what is kept of a document is small, and the garbage collector has little to visit."""

import gc
from collections.abc import Callable

import pytest
from graphql import OperationDefinitionNode, parse, validate

from chassis.cache import MOST_CHARACTERS
from gateway.federation.document import Document, read_document
from gateway.federation.engine import Engine, Request
from tests.unit.federation.case import SHOP, Canned

_FIELDS = " ".join(f"a{n}: product(id: {n}) {{ name kind }}" for n in range(10))


def plain(number: int) -> str:
    """A document of thirty fields, of its own kind."""
    return f"query q{number}($id: ID) {{ {_FIELDS} }}"


def conditional(number: int) -> str:
    return f"query q{number}($c: Boolean!) {{ version @include(if: $c) {_FIELDS} }}"


def tracked() -> int:
    """Objects that the garbage collector visits."""
    gc.collect()
    return len(gc.get_objects())


async def kept(engine: Engine, text: Callable[[int], str], documents: int) -> int:
    """How many objects more there are for so many documents."""
    await engine.execute(Request(text(0), variables={"c": True}))
    before = tracked()
    for number in range(1, documents + 1):
        await engine.execute(Request(text(number), variables={"c": True}))
    return tracked() - before


async def test_a_cached_document_has_few_objects() -> None:
    engine = Engine(SHOP, Canned([]))
    assert await kept(engine, plain, 50) / 50 < 300


async def test_no_number_of_documents_makes_more_objects_than_a_short_pause_can_visit() -> None:
    for text in (plain, conditional):
        engine = Engine(SHOP, Canned([]), characters=MOST_CHARACTERS // 10)
        assert await kept(engine, text, 200) < 10_000


async def test_a_cached_document_takes_variables_and_refuses_them_like_a_new_one() -> None:
    engine = Engine(SHOP, Canned([]))
    query = "query($id: ID!) { ...f } fragment f on Query { product(id: $id) { title: name } }"
    for variables in ({"id": "1"}, {"id": None}, {}):
        first, second = [(await engine.execute(Request(query, variables=variables))).json() for _ in "12"]
        assert first == second
        assert "data" in (await engine.execute(Request(query, variables={"id": "1"}))).json()


def test_what_is_kept_of_an_operation_is_its_head_without_places() -> None:
    """The values of variables are as the client wrote them, to any depth."""
    values = '[{name: """a "b" ""\\n c""", min: -1.5e3, kind: [A, B]}]'
    text = f'query q($id: ID = "7\\n", $in: [Filter!]! = {values}) {{ version }}'
    document = Document(text, {"q": operation_of(text)}, {}, ())
    head = document.slim().operation("q")
    assert [it.to_dict() for it in head.variable_definitions or ()] == [
        it.to_dict() for it in operation_of(text).variable_definitions or ()
    ]
    assert "'start'" not in str(head.to_dict(locations=True))
    assert not head.selection_set.selections


@pytest.mark.parametrize(
    "text",
    [
        "{ version }",
        "{ product(id: 1) { nonsense } }",
        "{ ...f }",
        "{ product { name } }",
        "{ version @include(if: 7) } fragment f on Query { version }",
        "query q { version } query q { version }",
    ],
)
def test_a_document_without_variables_is_judged_as_by_all_rules(text: str) -> None:
    """Rules of variables have nothing to say of it."""
    found = read_document(text, SHOP.schema, introspection=True, limits=None, max_tokens=None)
    errors = found if isinstance(found, list) else []
    assert [error.message for error in errors] == [error.message for error in validate(SHOP.schema, parse(text))]


def operation_of(text: str) -> OperationDefinitionNode:
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation
