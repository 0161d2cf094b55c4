"""ADR 57: subscriptions of a subgraph behind graphql-ws, through the router alone, to the clients of front ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.gateway.peers import free_port
from gateway.app import build_standalone
from gateway.http.subscribing import SubscriptionProtocol, SubscriptionSettings
from gateway.settings import StandaloneSettings
from tests.e2e.conftest import Scripts
from tests.e2e.test_clients import output
from tests.unit.gateway.serving import Browser, json_reply, served

SUPERGRAPH = Path(__file__).parent / "prices" / "supergraph.graphql"
FOLLOW = """subscription($sku: ID!, $count: Int!) {
  priceChanged(sku: $sku, count: $count) { cents product { name sku } }
}"""
SETTINGS = {"prices": SubscriptionSettings(protocol=SubscriptionProtocol.WEBSOCKET, path="/live")}


@dataclass(slots=True)
class Market:
    """The gateway, and what the subgraph prints."""

    browser: Browser
    printed: asyncio.StreamReader

    async def says(self) -> str:
        """What the subgraph prints next."""
        async with asyncio.timeout(30):
            return (await self.printed.readline()).decode().strip()


async def _products(request: Request) -> Response:
    """The other subgraph: the names of products."""
    asked = await request.json()
    (representations,) = asked["variables"].values()
    return json_reply({"data": {"_entities": [{"name": f"No. {entity['sku']}"} for entity in representations]}})


@asynccontextmanager
async def _process(command: list[str]) -> AsyncIterator[asyncio.StreamReader]:
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert running.stdout
    try:
        yield running.stdout
    finally:
        running.terminate()
        await running.wait()


@pytest.fixture
async def market(scripts: Scripts) -> AsyncIterator[Market]:
    port = free_port()
    products = Starlette(routes=[Route("/graphql", _products, methods=["POST"])])
    async with _process([*scripts("prices"), str(port)]) as printed, served(products) as named:
        urls = {"prices": f"http://127.0.0.1:{port}/graphql", "products": f"{named.url}/graphql"}
        settings = StandaloneSettings(subgraph_urls=urls, subgraph_subscriptions=SETTINGS)
        async with served(await asyncio.to_thread(build_standalone, SUPERGRAPH, settings)) as browser:
            market = Market(browser, printed)
            assert await market.says() == "ready"
            yield market


def event(cents: int) -> Any:
    return {"data": {"priceChanged": {"cents": cents, "product": {"name": "No. 7", "sku": "7"}}}}


async def followed(market: Market, scripts: Scripts, kind: str, taken: int, count: int) -> Any:
    """What an official client takes of a subscription of so many events."""
    command = [*scripts("follow"), kind, f"{market.browser.url}/graphql", "", str(taken), FOLLOW]
    return await output([*command, orjson.dumps({"sku": "7", "count": count}).decode()])


@pytest.mark.parametrize("kind", ["sse", "ws"])
async def test_every_event_is_joined_and_told_to_its_end(market: Market, scripts: Scripts, kind: str) -> None:
    assert await followed(market, scripts, kind, 10, 3) == [event(1), event(2), event(3)]
    assert [await market.says() for _ in "123"] == ["followed", "left", "closed 1000"]


@pytest.mark.parametrize("kind", ["sse", "ws"])
async def test_a_client_that_has_enough_ends_it_at_the_subgraph(market: Market, scripts: Scripts, kind: str) -> None:
    assert await followed(market, scripts, kind, 2, 1_000_000_000) == [event(1), event(2)]
    # graphql-ws hears of the close while its generator may still be waiting for the next price.
    assert await market.says() == "followed"
    assert {await market.says(), await market.says()} == {"left", "closed 1000"}


@pytest.mark.parametrize("kind", ["sse", "ws"])
async def test_what_the_subgraph_refuses_is_told_as_it_says_it(market: Market, scripts: Scripts, kind: str) -> None:
    ((result,),) = [await followed(market, scripts, kind, 10, 0)]
    assert result["errors"][0]["message"] == "Sold out"
