"""Every list declares its size, and ordinary pages of each role cost less than the budget (notes N7, ADR 35)."""

from collections.abc import Iterator

import pytest
from graphql import (
    FieldDefinitionNode,
    ListTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    parse,
)

from contracts.graph_files import SUPERGRAPH
from gateway.federation.directives import directives
from gateway.federation.engine import Engine
from gateway.federation.prepare import plan, prepare
from gateway.protection import Limits
from tests.support.fixtures import supergraph
from tests.unit.federation.case import Canned

PAGES = {
    "a base's projects with seats, and enrollments with teacher and school": """{
      myBases { id projects { nodes { id title seats { capacity accepted left }
        enrollments(first: 20) { nodes { id status teacher { name } school { name } } } } } } }""",
    "the catalogue with themes, faculty and timetable": """{
      projects { totalCount nodes { id title fee { yuan } base { name } themes { name } faculty { name title }
        timetable { title hours } } } }""",
    "the ministry's board of reviews and verdicts": """{
      projects { nodes { id title base { name } warnings { message }
        reviews { expert { name } verdicts { verdict comment } } } } }""",
    "the catalogue with its counts": """{
      projects { totalCount facets { categories { count } provinces { count } modes { count }
        majorCategories { count } } nodes { id title fee { yuan } base { name } } } }""",
    "the progress of all provinces": """{
      provinceProgress(year: 2024) { province { name } schools submittingSchools statuses { status count } } }""",
    "an expert's reviews": """{
      myReviews { nodes { id verdicts { verdict comment } project { title base { name } themes { name }
        timetable { title } faculty { name } } } } }""",
    "a school's teachers with enrollments": """{
      mySchool { name teachers { nodes { id name enrollments { nodes { id status project { title } } } } } } }""",
    "fifty rows of a roster with problems": """{
      rosterJob(id: "1") { rows(first: 50) { nodes { number problems { message } warnings { message } } } } }""",
}


def fields() -> Iterator[tuple[str, FieldDefinitionNode]]:
    for node in parse(SUPERGRAPH.read_text(encoding="utf-8")).definitions:
        if isinstance(node, ObjectTypeDefinitionNode) and "__" not in node.name.value:
            yield from ((f"{node.name.value}.{field.name.value}", field) for field in node.fields or ())


def is_list(field: FieldDefinitionNode) -> bool:
    kind = field.type.type if isinstance(field.type, NonNullTypeNode) else field.type
    return isinstance(kind, ListTypeNode)


def test_every_list_declares_its_size() -> None:
    """Add the field to `ASSUMED` in `chassis/graph/list_sizes.py`, with its length in an ordinary answer."""
    lists = [(name, field) for name, field in fields() if is_list(field)]
    assert len(lists) > 50
    missing = [
        f"{name}: give its ordinary length in ASSUMED of chassis/graph/list_sizes.py"
        for name, field in lists
        if not name.endswith(("Connection.nodes", "Connection.edges")) and not any(directives(field, "listSize"))
    ]
    assert missing == []


def test_every_connection_is_as_long_as_its_first() -> None:
    pages = [
        (name, field) for name, field in fields() if any(one.name.value == "first" for one in field.arguments or ())
    ]
    assert len(pages) > 10
    sized = {name: [size.get("slicingArguments") for size in directives(field, "listSize")] for name, field in pages}
    assert {name for name, sizes in sized.items() if sizes != [["first"]]} == set()


@pytest.mark.parametrize("page", PAGES)
def test_an_ordinary_page_passes_at_its_default_size(page: str) -> None:
    graph = supergraph()
    engine = Engine(graph, Canned([]))
    document = engine._document(PAGES[page])
    cost = prepare(graph, plan(graph, document, document.operation(None), None), {}, None).cost({})
    assert 0 < cost <= Limits().cost
