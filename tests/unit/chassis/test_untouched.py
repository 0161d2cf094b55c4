"""A subgraph that starts or stops executes nothing, and says so: anybody may repeat the request elsewhere (ADR 42)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import strawberry
from joserfc.jwk import ECKey, KeySet

from chassis.graph import SubgraphSchema
from chassis.principal import Principal, Scope, TokenMinter, TokenVerifier
from chassis.serving.asgi import Running, subgraph_app
from tests.unit.gateway.serving import served

KEYS = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
SIGNED = {"Authorization": f"Bearer {TokenMinter(KEYS).mint(Principal('a1', Scope.BASE), 'demo', 3_600)}"}


@strawberry.type
class Query:
    @strawberry.field
    def here(self) -> bool:
        return True


@strawberry.type
class Mutation:
    done = 0

    @strawberry.mutation
    def change(self) -> int:
        Mutation.done += 1
        return Mutation.done


@pytest.mark.parametrize("cause", ["starts", "stops"])
async def test_who_starts_or_stops_executes_nothing_and_says_so(cause: str) -> None:
    ready = True

    @asynccontextmanager
    async def start() -> AsyncIterator[Running]:
        yield Running(None, ready=lambda: ready)

    app = subgraph_app("demo", SubgraphSchema(query=Query, mutation=Mutation), TokenVerifier(KEYS, "demo"), start)
    async with served(app) as browser:
        answer = await browser.graphql("mutation { change }", headers=SIGNED)
        assert (answer.status, answer.json) == (200, {"data": {"change": Mutation.done}})
        before = Mutation.done
        if cause == "starts":
            ready = False
        else:
            app.state.stopping.drain()
            assert (await browser.send("GET", "/readyz")).status == 503
            assert (await browser.graphql("mutation { change }", headers=SIGNED)).status == 200, "while it drains"
            before = Mutation.done
            await app.state.stopping.stop()
        answer = await browser.graphql("mutation { change }", headers=SIGNED)
        assert (answer.status, answer.headers["guopei-untouched"], answer.headers["connection"]) == (503, "1", "close")
        assert (await browser.send("GET", "/livez")).status == 200
        assert "guopei-untouched" not in (await browser.send("GET", "/readyz")).headers
    assert Mutation.done == before
