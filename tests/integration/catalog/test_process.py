"""The catalog as a process: token or nothing, health, the public calendar (architecture.md, Trust)."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from joserfc.jwk import ECKey, KeySet
from pydantic import SecretStr

from chassis.principal import Principal, Scope, TokenMinter
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.catalog.app import build
from services.catalog.settings import CatalogSettings
from tests.integration.catalog.season import Season
from tests.support.eventually import eventually
from tests.support.principals import MINISTRY

ROUND = "{ round(year: 2024) { year } }"


@pytest.fixture(scope="module")
def keys() -> KeySet:
    """The gateway's signing keys."""
    return KeySet([ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})])


@pytest.fixture
async def address(season: Season, parts: Parts, amqp_url: str, tmp_path: Path, keys: KeySet) -> AsyncIterator[str]:
    """The address of a running catalog on the season's database."""
    (tmp_path / "jwks.json").write_text(json.dumps(keys.as_dict(private=False)))
    secret = base64.b64encode(os.urandom(32)).decode()
    (tmp_path / "vault.json").write_text(json.dumps({"active": "k1", "keys": {"k1": secret}, "hash": secret}))
    settings = CatalogSettings(
        mongodb_url=SecretStr(parts.mongodb_url(ADMIN)),
        mongodb_database=season.deps.store.projects.collection.database.name,
        amqp_url=SecretStr(amqp_url),
        internal_jwks_file=tmp_path / "jwks.json",
        vault_file=tmp_path / "vault.json",
        port=0,
    )
    server = uvicorn.Server(uvicorn.Config(build(settings), port=0, log_level="warning", loop="none"))
    serving = asyncio.ensure_future(server.serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


async def post(address: str, query: str, token: str | None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{address}/graphql", json={"query": query}, headers=headers) as reply,
    ):
        return reply.status, await reply.json()


async def test_without_the_gateways_token_for_the_catalog_there_is_no_answer(address: str, keys: KeySet) -> None:
    minter = TokenMinter(keys)
    for token in (None, "nonsense", minter.mint(MINISTRY, "enrollment")):
        status, body = await post(address, ROUND, token)
        assert status == 401
        assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    status, body = await post(address, ROUND, minter.mint(Principal("x", Scope.PUBLIC), "catalog"))
    assert (status, body) == (200, {"data": {"round": {"year": 2024}}})


async def test_health_and_the_public_calendar_need_no_token(address: str) -> None:
    async with aiohttp.ClientSession() as client:
        for path, status in (
            ("/livez", 200),
            ("/readyz", 200),
            ("/calendar/2024.ics", 200),
            ("/calendar/1.ics", 404),
            (f"/calendar/{'9' * 4301}.ics", 404),
            ("/calendar/x.ics", 404),
        ):
            async with client.get(f"{address}{path}") as reply:
                assert reply.status == status, path
        async with client.get(f"{address}/calendar/2024.ics") as reply:
            assert reply.content_type == "text/calendar"
            assert "SUMMARY:2024年项目申报" in await reply.text()


async def test_a_calendar_that_has_not_changed_is_not_sent_again(address: str, season: Season) -> None:
    url = f"{address}/calendar/2024.ics"
    async with aiohttp.ClientSession() as client:
        async with client.get(url) as reply:
            etag = reply.headers["etag"]
            assert reply.headers["cache-control"] == "public, max-age=300"
        async with client.get(url, headers={"If-None-Match": etag}) as reply:
            assert (reply.status, await reply.read(), reply.headers["etag"]) == (304, b"", etag)
        await season.act(
            MINISTRY,
            "mutation($input: PhaseOverrideInput!) { extendPhase(input: $input) { year } }",
            input={"year": 2024, "phase": "DECLARE", "closes": "2024-05-08", "reason": "系统故障"},
        )
        async with client.get(url, headers={"If-None-Match": f'"x", {etag}'}) as reply:
            assert reply.status == 200
            assert "SEQUENCE:1" in await reply.text()
            assert reply.headers["etag"] != etag
