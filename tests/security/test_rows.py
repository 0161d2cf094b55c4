"""R27, R41: whatever the graph can be asked, nobody reads a row of another tenant; and nothing is left unasked.

The questions are made from the clients' schema: every root field, every argument, every way on from it, with the ids
of both tenants (`tests.security.questions`, `tests.security.values`).
"""

import asyncio
import json
from typing import Any

import pytest
from graphql import build_schema

from chassis.principal import Scope
from contracts.access import rows
from deploy.seed.graph_client import Client
from tests.security.questions import Questions, Unknown
from tests.security.tenants import MINISTRY, World
from tests.security.values import values_of
from tests.support.fixtures import supergraph

SCHEMA = supergraph().schema
ROOTS = {row.field: row.scopes for row in rows() if row.type == "Query"}
PRINCIPALS = (
    *("public", MINISTRY, "base.a", "base.b", "expert.a", "expert.b", "province.a", "province.b"),
    *("school.a", "school.b", "school.c", "teacher.a1", "teacher.a2", "teacher.b1", "teacher.b2", "teacher.c1"),
)
QUIET = {"UNAUTHENTICATED", "UNAUTHORIZED_FIELD_OR_TYPE", "FORBIDDEN", "NOT_FOUND", "LIST_TOO_WIDE"}
"""What an answer may say beside its data; anything else, such as a query beyond the limits, would hide rows from us.

A list that is too wide to be sorted by names is asked for unsorted, too, and sorted within a project.
"""
MIRRORED = {"base.b", "expert.b", "province.b", "school.b", "teacher.a2", "teacher.b1", "teacher.b2"}
"""Who has the like of what somebody else has, who asks with every argument: these ask with those that must be given."""
AT_ONCE = 3
Found = dict[str, str]


@pytest.fixture(scope="session")
async def read(world: World) -> dict[str, Found]:
    """For every principal the secrets that its answers hold, each with a query that brought it."""
    questions = Questions(SCHEMA, values_of(world))
    at_once = asyncio.Semaphore(AT_ONCE)
    found: dict[str, Found] = {name: {} for name in PRINCIPALS}

    async def ask(name: str, query: str) -> None:
        async with at_once:
            answer = await world.clients[name].execute(query)
        assert codes(answer) <= QUIET, f"{name}: {answer['errors']} to {query}"
        text = json.dumps(answer, ensure_ascii=False)
        found[name] |= {value: query for value in world.secrets if value in text and value not in query}

    for name in PRINCIPALS:
        asked = questions.about(open_to(name), varied=name not in MIRRORED)
        await asyncio.gather(*(ask(name, query) for query in asked))
    return found


def codes(answer: dict[str, Any]) -> set[str]:
    return {str(error["extensions"].get("code")) for error in answer.get("errors", ())}


def open_to(principal: str) -> list[str]:
    scope = principal.partition(".")[0]
    return [name for name, scopes in ROOTS.items() if scopes is None or scope in scopes]


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_nobody_reads_what_is_anothers(world: World, read: dict[str, Found], principal: str) -> None:
    leaks = {value: query for value, query in read[principal].items() if principal not in world.secrets[value]}
    assert leaks == {}


def test_every_secret_is_found_by_somebody_who_may_read_it(world: World, read: dict[str, Found]) -> None:
    """So that the search for it would find a leak too."""
    seen = {value for name, found in read.items() for value in found if name in world.secrets[value]}
    unseen = {value: readers for value, readers in world.secrets.items() if value not in seen}
    assert unseen == {}


def test_every_principal_finds_something_of_its_own(world: World, read: dict[str, Found]) -> None:
    nothing = {name for name in PRINCIPALS if not any(name in world.secrets[value] for value in read[name])}
    assert nothing == {"public"}


def test_every_tenant_and_scope_asks(world: World) -> None:
    assert set(world.clients) == set(PRINCIPALS)
    assert {name.partition(".")[0] for name in PRINCIPALS} == {scope.value for scope in Scope}


def test_an_argument_that_the_table_does_not_know_stops_the_matrix() -> None:
    grown = build_schema("type Query { staff(of: ID!, by: By): Staff } input By { age: Int } type Staff { id: ID! }")
    with pytest.raises(Unknown, match=r"Query\.staff\.of"):
        list(Questions(grown, {}).about(["staff"]))
    with pytest.raises(Unknown, match=r"By\.age"):
        list(Questions(grown, {"Query.staff.of": ["1"]}).about(["staff"]))


def test_no_root_field_is_left_out() -> None:
    assert SCHEMA.query_type
    assert set(SCHEMA.query_type.fields) == set(ROOTS)


async def test_a_foreign_cursor_opens_nothing(world: World) -> None:
    """A cursor says where a page begins, never whose rows it has."""

    async def page(client: Client, after: str | None) -> Any:
        query = "query($after: String) { myEnrollments(first: 1, after: $after) { edges { cursor node { id } } } }"
        return (await client.ask(query, after=after))["myEnrollments"]["edges"]

    (theirs,) = await page(world.clients["school.a"], None)
    mine = await page(world.clients["school.b"], theirs["cursor"])
    own = {key for name, key in world.ids.items() if name.startswith("enrollment.b")}
    assert {edge["node"]["id"] for edge in mine} <= own
