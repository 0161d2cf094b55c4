"""ADR 48: an answer may be kept for as long as the least of what was asked, and often not at all."""

import re

import pytest

from contracts.graph_files import SUPERGRAPH
from gateway.federation.caching import compile_max_age
from gateway.federation.document import Document, read_document
from gateway.federation.model import Supergraph
from gateway.federation.prepare import plan
from gateway.federation.selection import Selection
from gateway.federation.supergraph import load_supergraph
from tests.support.fixtures import supergraph

PROVINCES = "{ provinces { code } }"


def selection(query: str, graph: Supergraph, scopes: frozenset[str] | None = frozenset()) -> Selection:
    document = read_document(query, graph.schema, introspection=True, limits=None, max_tokens=None)
    assert isinstance(document, Document), document
    return plan(graph, document, document.operation(None), scopes).everything.selection


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        (PROVINCES, 3600),
        ("{ provinces { code } rounds { year } }", 60),
        ("{ rounds { year phases { name opens } steps { name guard } } }", 60),
        ("{ bases { nodes { name organization { name } } pageInfo { endCursor } totalCount } }", 60),
        ("{ projects { nodes { title base { name } round { title } } } }", 60),
        ("{ __typename provinces { __typename code } }", 3600),
        ("{ ...P } fragment P on Query { provinces { code } }", 3600),
        ("{ rounds { year phases { secondsToClosing } } }", 0),
        ("{ rounds { year openPhases } }", 0),
        ("{ projects { nodes { title seats { left } } } }", 0),
        ("{ me { id } }", 0),
        ("{ provinces { code } me { id } }", 0),
        ("{ __typename }", 0),
        ("{ rounds { year amendments { reason } } }", 0),
    ],
)
def test_an_answer_is_kept_for_the_least_of_what_was_asked(query: str, seconds: int) -> None:
    graph = supergraph()
    assert compile_max_age(graph, selection(query, graph), "query") == seconds


@pytest.mark.parametrize("scopes", [frozenset(), frozenset({"ministry"}), None])
@pytest.mark.parametrize(
    "query", ["{ rounds { year amendments { reason } } }", "{ bases { nodes { name provinceReason } } }"]
)
def test_what_asks_for_scopes_is_never_kept_whatever_its_hint_and_whoever_asks(
    query: str, scopes: frozenset[str] | None
) -> None:
    text = SUPERGRAPH.read_text(encoding="utf-8")
    asked = re.compile(r'@requiresScopes\((?=\s*scopes: \[\["\w)')
    graph = load_supergraph(asked.sub(lambda found: f"@cacheControl(maxAge: 60) {found[0]}", text))
    assert graph.max_ages["Round.amendments"] == graph.max_ages["Base.provinceReason"] == 60
    assert compile_max_age(graph, selection(query, graph, scopes), "query") == 0


@pytest.mark.parametrize("kind", ["mutation", "subscription"])
def test_only_queries_are_kept(kind: str) -> None:
    graph = supergraph()
    assert compile_max_age(graph, selection(PROVINCES, graph), kind) == 0
