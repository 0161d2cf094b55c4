"""R42: workbooks are passed on to enrollment for who is signed in, as they come; nothing else is reached that way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from chassis.principal import TokenMinter, TokenVerifier
from gateway.federation.engine import Engine
from gateway.http.operations import Operations
from gateway.http.proxied_routes import export_routes, year_routes
from gateway.http.proxy import SubgraphProxy
from gateway.http.transport import HttpTransport
from tests.support.fixtures import supergraph
from tests.unit.gateway.following import PROVINCE, holder
from tests.unit.gateway.serving import Browser, json_reply, served

KEYS = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
SIGNED_IN = {"Authorization": "Bearer t", "Accept-Language": "en"}


@dataclass
class Enrollment:
    """Answers every request alike, and remembers them."""

    reply: Response
    seen: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def app(self) -> Starlette:
        async def answer(request: Request) -> Response:
            self.seen.append(request)
            self.bodies.append(await request.body())
            return self.reply

        return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


@asynccontextmanager
async def gateway(behind: Enrollment | None) -> AsyncIterator[Browser]:
    """The gateway's exports before an enrollment, or before nothing."""
    async with served((behind or Enrollment(Response())).app()) as enrollment:
        url = f"{enrollment.url}/graphql" if behind else "http://127.0.0.1:9/graphql"
        transport = HttpTransport({"enrollment": url}, TokenMinter(KEYS))
        operations = Operations(Engine(supergraph(), transport), holder())
        routes = export_routes(SubgraphProxy(operations, transport, "enrollment"))
        async with served(Starlette(routes=routes)) as browser:
            yield browser


def workbook(content: bytes = b"PK", status: int = 200) -> Response:
    headers = {"Content-Disposition": "attachment; filename=x.xlsx", "Set-Cookie": "a=1", "Server": "inner"}
    return Response(content, status, headers, "application/zip")


async def test_a_workbook_is_passed_on_with_who_asks_and_what_for() -> None:
    behind = Enrollment(workbook())
    async with gateway(behind) as browser:
        query = {"year": "2024", "status": "ACCEPTED", "secret": "x"}
        answer = await browser.send("GET", "/exports/provinces/44.xlsx", params=query, headers=SIGNED_IN)
    assert (answer.status, answer.text, answer.headers["cache-control"]) == (200, "PK", "no-store")
    assert answer.headers["content-disposition"] == "attachment; filename=x.xlsx"
    assert "set-cookie" not in answer.headers
    (request,) = behind.seen
    assert (request.url.path, request.url.query) == ("/exports/provinces/44.xlsx", "year=2024&status=ACCEPTED")
    assert request.headers["accept-language"] == "en"
    token = request.headers["authorization"].removeprefix("Bearer ")
    assert TokenVerifier(KEYS, "enrollment").verify(token) == PROVINCE


async def test_when_to_ask_again_is_passed_on() -> None:
    async with gateway(Enrollment(Response(b"{}", 429, {"Retry-After": "7"}))) as browser:
        answer = await browser.send("GET", "/exports/provinces/44.xlsx", headers=SIGNED_IN)
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}, {"Authorization": "Basic t"}])
async def test_who_is_not_signed_in_reaches_nothing(headers: dict[str, str]) -> None:
    behind = Enrollment(workbook())
    async with gateway(behind) as browser:
        answer = await browser.send("GET", "/exports/provinces/44.xlsx", headers=headers)
    assert (answer.status, answer.code, behind.seen) == (401, "UNAUTHENTICATED", [])


@pytest.mark.parametrize(
    "path",
    ["a", "provinces/../graphql", "provinces/4%2f4", "teachers/1", "provinces/44/1", "schools/", "projects/a%00"],
)
async def test_other_paths_reach_nothing(path: str) -> None:
    behind = Enrollment(workbook())
    async with gateway(behind) as browser:
        answer = await browser.send("GET", f"/exports/{path}.xlsx", headers=SIGNED_IN)
        assert (answer.status, behind.seen) == (404, [])
        assert (await browser.send("POST", "/exports/provinces/44.xlsx", headers=SIGNED_IN)).status == 405


@pytest.mark.parametrize(("path", "passed"), [("annual/2024", True), ("years/2025", True), ("annual/24", False)])
async def test_r42_the_workbooks_of_a_year_are_assessments(path: str, passed: bool) -> None:
    behind = Enrollment(workbook())
    async with served(behind.app()) as assessment:
        transport = HttpTransport({"assessment": f"{assessment.url}/graphql"}, TokenMinter(KEYS))
        operations = Operations(Engine(supergraph(), transport), holder())
        routes = year_routes(SubgraphProxy(operations, transport, "assessment"))
        async with served(Starlette(routes=routes)) as browser:
            answer = await browser.send("GET", f"/exports/{path}.xlsx", params={"secret": "x"}, headers=SIGNED_IN)
    assert answer.status == (200 if passed else 404)
    assert [(request.url.path, request.url.query) for request in behind.seen] == [(f"/exports/{path}.xlsx", "")][
        :passed
    ]


async def test_refusals_come_back_as_they_are_and_defects_masked() -> None:
    refusal = {"errors": [{"message": "未找到该数据", "extensions": {"code": "NOT_FOUND"}}]}
    async with gateway(Enrollment(json_reply(refusal, 404))) as browser:
        answer = await browser.send("GET", "/exports/provinces.xlsx", headers=SIGNED_IN)
    assert (answer.status, answer.json) == (404, refusal)
    refusal = {"errors": [{"message": "系统繁忙", "extensions": {"code": "BUSY"}}]}
    async with gateway(Enrollment(json_reply(refusal, 503, {"Retry-After": "1"}))) as browser:
        answer = await browser.send("GET", "/exports/provinces.xlsx", headers=SIGNED_IN)
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "BUSY", "1")
    for behind in (Enrollment(workbook(b"Traceback of 10.0.0.7", 500)), None):
        async with gateway(behind) as browser:
            answer = await browser.send("GET", "/exports/provinces.xlsx", headers=SIGNED_IN)
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "UNAVAILABLE", "5")
        assert "10.0.0.7" not in answer.text


async def test_a_workbook_is_streamed_and_never_whole_in_the_gateway() -> None:
    more = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        await more.wait()
        yield b"second"

    async with gateway(Enrollment(StreamingResponse(pieces()))) as browser:
        url = f"{browser.url}/exports/provinces.xlsx"
        async with browser.http.get(url, headers=SIGNED_IN) as reply:
            assert await reply.content.readany() == b"first"
            more.set()
            assert await reply.content.readany() == b"second"


async def test_r41_a_purpose_is_passed_on_in_the_body_alone() -> None:
    behind, path = Enrollment(workbook()), "/exports/projects/018f/numbers.xlsx"
    asked = {"purpose": "核对报到证件", "ids": ["a"]}
    async with gateway(behind) as browser:
        answer = await browser.send("POST", path, json=asked, params={"purpose": "x"}, headers=SIGNED_IN)
        assert (answer.status, answer.text, answer.headers["cache-control"]) == (200, "PK", "no-store")
        (request,) = behind.seen
        assert (request.method, request.url.path, request.url.query) == ("POST", path, "")
        assert behind.bodies == [orjson.dumps(asked)]
        refused: list[tuple[dict[str, Any], int]] = [
            ({"json": asked}, 401),
            ({"data": "purpose=x", "headers": SIGNED_IN}, 415),
            ({"json": {"purpose": "x" * 40_000}, "headers": SIGNED_IN}, 413),
        ]
        for sent, status in refused:
            assert (await browser.send("POST", path, **sent)).status == status
        elsewhere = "/exports/projects/a%2f..%2fb/numbers.xlsx"
        assert (await browser.send("POST", elsewhere, json=asked, headers=SIGNED_IN)).status in {404, 405}
        read = await browser.send("GET", path, headers=SIGNED_IN)
        assert (read.status, read.code, read.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "POST")
        assert read.json["errors"][0]["extensions"]["allow"] == ["POST"]
    assert len(behind.seen) == 1
