"""Cursors, pages, entity keys, errors and the cache of documents of a subgraph."""

from typing import Any

import pytest
import strawberry
from graphql import DocumentNode
from hypothesis import given
from hypothesis import strategies as st
from strawberry.types import ExecutionResult

from chassis.cache import Cache
from chassis.graph import SubgraphSchema, public
from chassis.graph.connection import page_info
from chassis.serving.asgi import error_json
from chassis.storage.cursor import cursor_of, page_of, page_size, position_of
from kernel.errors import Refusal, Unblock
from kernel.language import Language


@strawberry.federation.type(keys=["id"])
class Thing:
    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: str) -> "Thing":  # noqa: A002 - the key's name
        return cls(id=strawberry.ID(id))


@strawberry.type
class Query:
    @strawberry.field(description=public("A thing"))
    def thing(self) -> Thing:
        return Thing(id=strawberry.ID("1"))

    @strawberry.field
    def refused(self) -> int:
        raise Refusal("QUOTA_EXCEEDED", "名额已用完", "Quota used up", rule="R11", unblock=Unblock.MINISTRY, used=3)

    @strawberry.field
    def broken(self) -> int:
        raise RuntimeError("mongodb://secret-host")


SCHEMA = SubgraphSchema(query=Query)
ENTITIES = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { id } } }"


async def ask(query: str, **variables: Any) -> ExecutionResult:
    return await SCHEMA.execute(query, variable_values=variables)


@given(st.lists(st.one_of(st.text(), st.integers(-(2**53), 2**53), st.none()), min_size=1))
def test_a_cursor_decodes_to_its_position(position: list[Any]) -> None:
    assert position_of(cursor_of(*position)) == position


@pytest.mark.parametrize("cursor", ["", "!", "bm90anNvbg", cursor_of({"$gt": 1}), "eyJhIjoxfQ"])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Refusal) as refused:
        position_of(cursor)
    assert (refused.value.code, refused.value.extensions()["field"]) == ("BAD_CURSOR", "after")


async def test_a_valid_document_is_parsed_once_and_the_cache_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache: Cache[str, DocumentNode] = Cache(1_000, characters=100)
    monkeypatch.setattr("chassis.graph.schema.known_documents", lambda: cache)
    schema = SubgraphSchema(query=Query)
    text = "{ thing { id } }"
    first = await schema.execute(text)
    document = cache.get(text)
    assert document
    assert (await schema.execute(text)).data == first.data == {"thing": {"id": "1"}}
    assert cache.get(text) is document
    assert (await schema.execute("{ nowhere }")).errors
    assert len(cache) == 1
    for number in range(20):
        await schema.execute(f"query q{number} {{ thing {{ id }} }}")
    assert len(cache) == 100 // len("query q10 { thing { id } }")
    before = len(cache)
    await schema.execute("{ thing { id } }" + " " * 20_000)
    assert len(cache) == before


def test_a_page_says_whether_more_rows_follow() -> None:
    page = page_of([1, 2, 3], 2, lambda row: [row])
    assert [row for _, row in page.rows] == [1, 2]
    assert page_info(page).has_next_page
    assert position_of(page_info(page).end_cursor or "") == [2]
    assert not page_of([1, 2], 2, lambda row: [row]).has_next


@pytest.mark.parametrize("first", [0, -1, 101])
def test_a_page_has_one_to_a_hundred_rows(first: int) -> None:
    with pytest.raises(Refusal) as refused:
        page_size(first)
    assert refused.value.code == "BAD_PAGE_SIZE"


async def test_an_entity_resolves_and_the_callers_variables_are_not_changed() -> None:
    representations = [{"__typename": "Thing", "id": "7"}]
    result = await ask(ENTITIES, r=representations)
    assert result.data == {"_entities": [{"id": "7"}]}
    assert representations == [{"__typename": "Thing", "id": "7"}]


@pytest.mark.parametrize("key", [{"$ne": None}, ["1"], None, 1.5])
async def test_an_entity_key_that_is_no_scalar_is_refused(key: Any) -> None:
    result = await ask(ENTITIES, r=[{"__typename": "Thing", "id": key}])
    assert result.errors
    assert error_json(result.errors[0], Language.EN)["extensions"]["code"] == "BAD_ENTITY_KEY"


@pytest.mark.parametrize(
    "bad",
    [{"__typename": "Thing", "id": {"$ne": None}}, {"id": "1"}, {"__typename": "Nothing", "id": "1"}, "Thing"],
)
async def test_a_bad_representation_nulls_its_own_entity_alone(bad: Any) -> None:
    good = {"__typename": "Thing", "id": "7"}
    result = await ask(ENTITIES, r=[good, bad, good])
    assert result.errors
    assert result.data == {"_entities": [{"id": "7"}, None, {"id": "7"}]}
    assert [error.path for error in result.errors] == [["_entities", 1]]
    assert error_json(result.errors[0], Language.EN)["extensions"]["code"] == "BAD_ENTITY_KEY"


async def test_a_refusal_is_coded_and_in_the_callers_language() -> None:
    result = await ask("{ refused }")
    assert result.errors
    reply = error_json(result.errors[0], Language.of("en-GB,en;q=0.9"))
    assert reply["message"] == "Quota used up"
    assert reply["extensions"] == {
        "code": "QUOTA_EXCEEDED",
        "rule": "R11",
        "clause": "二、项目数量",
        "unblock": "MINISTRY",
        "used": 3,
    }
    assert error_json(result.errors[0], Language.ZH)["message"] == "名额已用完"


async def test_a_defect_is_masked() -> None:
    result = await ask("{ broken }")
    assert result.errors
    reply = error_json(result.errors[0], Language.EN)
    nobody = {"rule": None, "clause": None, "unblock": None}
    assert reply == {"message": "Internal error", "extensions": {"code": "INTERNAL"} | nobody, "path": ["broken"]}
