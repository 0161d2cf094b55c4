"""The engine around a plan: limits, introspection, caches, what has no end."""

import pytest
from graphql import DocumentNode, get_introspection_query

from gateway.federation.engine import Engine, Request
from gateway.federation.supergraph import load_supergraph
from kernel.errors import Refusal
from tests.unit.federation.case import SHOP, SUPERGRAPHS, Ask, Canned, Case

_NAME = "query { product(id: 1) { name } }"


async def test_limits_run_before_validation_and_speak_the_callers_language() -> None:
    def limits(document: DocumentNode) -> None:
        assert document.definitions
        raise Refusal("TOO_MUCH", "过多", "Too much")

    nobody = {"rule": None, "clause": None, "unblock": None}
    reply = await Engine(SHOP, Canned([]), limits=limits).execute(Request("{ nonsense }"))
    assert reply.json() == {"errors": [{"message": "过多", "extensions": {"code": "TOO_MUCH"} | nobody}]}


async def test_introspection_can_be_refused() -> None:
    case = Case("", "{ __schema { __typename } }", [], ..., [(None, "GRAPHQL_VALIDATION_FAILED")])
    await case.check(introspection=False)


async def test_without_introspection_errors_suggest_nothing() -> None:
    reply = await Engine(SHOP, Canned([]), introspection=False).execute(Request("{ versio }"))
    assert "Did you mean" not in str(reply.errors)


@pytest.mark.parametrize(
    "request_",
    [
        Request('{ product(id: {a: "13800138000"}) { name } }'),
        Request("query($id: ID!) { product(id: $id) { name } }", variables={"id": {"mobile": "13800138000"}}),
    ],
)
async def test_r41_an_error_about_a_wrong_value_does_not_repeat_a_personal_number(request_: Request) -> None:
    reply = await Engine(SHOP, Canned([])).execute(request_)
    assert reply.errors
    assert "13800138000" not in str(reply.json())


async def test_the_whole_schema_can_be_introspected() -> None:
    reply = await Engine(SHOP, Canned([])).execute(Request(get_introspection_query()))
    names = {one["name"] for one in reply.data["__schema"]["types"]}
    assert "Product" in names
    assert not any(name.startswith(("join__", "link__", "_")) for name in names if not name.startswith("__"))


async def test_tokens_are_counted_before_parsing() -> None:
    reply = await Engine(SHOP, Canned([]), max_tokens=5).execute(Request("{ a b c d e f g }"))
    assert reply.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"


async def test_caches_are_bounded() -> None:
    engine = Engine(SHOP, Canned([]), documents=3, plans=2)
    for n in range(10):
        engine.plan(f"{{ v{n}: version }}")
    assert len(engine._caches.documents) == 3
    assert len(engine._caches.plans) == 2


def padded(number: int, size: int) -> str:
    """A document of that size, of its own kind."""
    text = f"{{ v{number}: version "
    return text + " " * (size - len(text) - 1) + "}"


async def test_caches_are_bounded_by_their_text_and_keep_nothing_long() -> None:
    engine = Engine(SHOP, Canned([]), characters=10_000)
    for n in range(50):
        engine.plan(padded(n, 2_000))
    assert len(engine._caches.documents) == 5
    assert 0 < len(engine._caches.plans) < 5
    assert engine.plan(padded(49, 2_000)) is engine.plan(padded(49, 2_000))
    long = padded(0, 8_000)
    assert engine.plan(long) is not engine.plan(long)
    assert len(engine._caches.documents) == 5


async def test_what_a_short_text_with_fragments_grows_to_weighs_too() -> None:
    engine = Engine(SHOP, Canned([]), characters=10_000)
    spread = " ".join(f"a{n}: product(id: {n}) {{ ...f }}" for n in range(20))
    for n in range(20):
        engine.plan(f"query q{n} {{ {spread} }} fragment f on Product {{ name kind }}")
    assert len(engine._caches.plans) < len(engine._caches.documents)


async def test_a_trusted_document_is_kept_however_long_it_is() -> None:
    engine = Engine(SHOP, Canned([]), documents=1)
    long = padded(0, 8_000)
    engine.trust(long)
    plan = engine.plan(long)
    engine.plan(_NAME)
    assert engine.plan(long) is plan


async def test_a_cached_plan_is_used_again_and_scopes_that_matter_are_told_apart() -> None:
    engine = Engine(SHOP, Canned([]))
    text = "{ products { name cost } }"
    base = engine.plan(text, scopes=frozenset({"base"}))
    assert engine.plan(text, scopes=frozenset({"base", "unheard-of"})) is base
    assert engine.plan(text, scopes=frozenset({"ministry"})) is not base


async def test_a_payload_that_returns_the_query_type_reaches_every_subgraph() -> None:
    case = Case(
        "re-entry",
        "mutation { touch { query { version user { name } } } }",
        [
            Ask(
                "a",
                "mutation { touch { query { user { name } } } }",
                {"data": {"touch": {"query": {"user": {"name": "n"}}}}},
            ),
            Ask("b", "query { version }", {"data": {"version": 3}}),
        ],
        {"touch": {"query": {"version": 3, "user": {"name": "n"}}}},
    )
    await case.check(load_supergraph((SUPERGRAPHS / "reentry.graphql").read_text(encoding="utf-8")))


async def test_an_operation_that_fans_out_without_end_is_refused_in_time() -> None:
    query = "id"
    for _ in range(8):
        query = f"id next {{ {query} }}"
    case = Case("fan", f"{{ node {{ {query} }} }}", [], ..., [(None, "QUERY_TOO_COMPLEX")])
    await case.check(load_supergraph((SUPERGRAPHS / "fan.graphql").read_text(encoding="utf-8")))


@pytest.mark.parametrize("depth", [20, 80, 150])
async def test_nesting_without_limits_is_answered_or_refused(depth: int) -> None:
    query = "topReview { id }"
    for _ in range(depth):
        query = query.replace("{ id }", "{ id product { reviews { id } } }")
    reply = await Engine(SHOP, Canned([])).execute(Request(f"{{ {query} }}"))
    assert {error["extensions"]["code"] for error in reply.errors} <= {
        "SUBGRAPH_UNREACHABLE",
        "QUERY_TOO_COMPLEX",
        "GRAPHQL_PARSE_FAILED",
    }


async def test_a_warmed_document_is_not_planned_when_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """ADR 47."""
    engine = Engine(load_supergraph((SUPERGRAPHS / "shop.graphql").read_text(encoding="utf-8")), Canned([]))
    document = "query A { __typename } query B($on: Boolean!) { b: __typename @include(if: $on) }"
    engine.warm(document, frozenset())
    monkeypatch.setattr("gateway.federation.engine.plan", None)
    for name in "AB":
        response = await engine.execute(Request(document, name, {"on": True}, frozenset()))
        assert not response.errors
