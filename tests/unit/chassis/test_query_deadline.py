"""A subgraph stops a query at the gateway's deadline, and never stops a mutation (notes N17)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import strawberry
from joserfc.jwk import ECKey, KeySet

from chassis.context import REMAINING
from chassis.graph import SubgraphSchema
from chassis.principal import Principal, Scope, TokenMinter, TokenVerifier
from chassis.serving.asgi import Running, subgraph_app
from tests.support.eventually import eventually
from tests.unit.gateway.serving import Answer, Browser, served

KEYS = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
TOKEN = TokenMinter(KEYS).mint(Principal("a1", Scope.BASE), "slow", 3_600)
DONE: list[str] = []
GO = asyncio.Event()


async def _wait(name: str) -> int:
    try:
        await GO.wait()
    except asyncio.CancelledError:
        DONE.append(f"{name} cancelled")
        raise
    DONE.append(name)
    return 1


@strawberry.type
class Query:
    @strawberry.field
    async def look(self) -> int:
        return await _wait("look")


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change(self) -> int:
        return await _wait("change")


@asynccontextmanager
async def _start() -> AsyncIterator[Running]:
    yield Running(None)


async def _ask(browser: Browser, query: str, milliseconds: int) -> Answer:
    headers = {"Authorization": f"Bearer {TOKEN}", REMAINING: str(milliseconds), "Accept-Language": "en"}
    return await browser.graphql(query, headers=headers)


async def test_a_query_is_stopped_at_its_deadline_and_a_mutation_runs_to_its_end() -> None:
    DONE.clear()
    GO.clear()
    schema = SubgraphSchema(query=Query, mutation=Mutation)
    async with served(subgraph_app("slow", schema, TokenVerifier(KEYS, "slow"), _start)) as browser:
        answer = await _ask(browser, "query { look }", 20)
        assert (answer.status, answer.code) == (504, "DEADLINE_EXCEEDED")
        assert DONE == ["look cancelled"]
        changing = asyncio.ensure_future(_ask(browser, "mutation { change }", 20))
        await eventually(lambda: not changing.done())
        GO.set()
        assert (await changing).json == {"data": {"change": 1}}
        assert (await _ask(browser, "query { look }", 10_000)).json == {"data": {"look": 1}}
    assert DONE == ["look cancelled", "change", "look"]
