"""A gateway on a database that lacks a migration's step (ADR 71)."""

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from chassis.storage.refusals import ABSENT_SECONDS
from gateway.http.unmigrated import Unmigrated
from tests.unit.gateway.serving import served


def _gateway() -> Starlette:
    routes = [Route(path, lambda _: PlainTextResponse("here")) for path in ("/readyz", "/auth/x")]
    return Starlette(routes=routes, middleware=[Middleware(Unmigrated, missing=lambda: "a step")])


async def test_requests_and_handshakes_are_told_when_to_come_again_and_probes_pass() -> None:
    async with served(_gateway()) as browser:
        answer = await browser.send("GET", "/auth/x")
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "UNAVAILABLE", str(ABSENT_SECONDS))
        assert (await browser.send("GET", "/readyz")).text == "here"
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await http.ws_connect(f"{browser.url}/graphql")
    assert refused.value.status == 503
    assert refused.value.headers is not None
    assert refused.value.headers["retry-after"] == str(ABSENT_SECONDS)
