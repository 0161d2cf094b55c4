"""R29, R32: a base's files of a class are passed on to assessment; nobody else's request reaches it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO

import pytest
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.responses import Response

from chassis.principal import Principal, Scope, TokenMinter, TokenVerifier
from gateway.federation.engine import Engine
from gateway.http.classes import class_routes
from gateway.http.operations import Operations
from gateway.http.proxied_routes import MOST_BYTES
from gateway.http.proxy import SubgraphProxy
from gateway.http.transport import HttpTransport
from tests.support.fixtures import supergraph
from tests.unit.gateway.following import holder
from tests.unit.gateway.serving import Browser, served
from tests.unit.gateway.test_exports import SIGNED_IN, Enrollment

KEYS = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
BASE = Principal("a1", Scope.BASE, bases=("b1",))
BOOK = "/projects/018f/workbook.xlsx"
READ = [BOOK, "/projects/018f/sign-in.pdf?session=s1", "/certificates/projects/018f.zip"]


@asynccontextmanager
async def gateway(behind: Enrollment, who: Principal = BASE) -> AsyncIterator[Browser]:
    """The gateway's files of classes before an assessment."""
    async with served(behind.app()) as assessment:
        transport = HttpTransport({"assessment": f"{assessment.url}/graphql"}, TokenMinter(KEYS))
        operations = Operations(Engine(supergraph(), transport), holder(who=who))
        routes = class_routes(SubgraphProxy(operations, transport, "assessment"))
        async with served(Starlette(routes=routes)) as browser:
            yield browser


def answering() -> Enrollment:
    return Enrollment(Response(b"file", headers={"Content-Disposition": "attachment; filename=x"}))


@pytest.mark.parametrize("path", READ)
async def test_a_file_is_passed_on_with_who_asks(path: str) -> None:
    behind = answering()
    async with gateway(behind) as browser:
        answer = await browser.send("GET", path, headers=SIGNED_IN)
    assert (answer.status, answer.text, answer.headers["cache-control"]) == (200, "file", "no-store")
    (request,) = behind.seen
    assert f"{request.url.path}?{request.url.query}".rstrip("?") == path
    token = request.headers["authorization"].removeprefix("Bearer ")
    assert TokenVerifier(KEYS, "assessment").verify(token) == BASE


async def test_a_workbook_is_passed_on_as_it_is() -> None:
    behind = answering()
    async with gateway(behind) as browser:
        assert (await browser.send("POST", BOOK, data=b"PK\x03\x04", headers=SIGNED_IN)).status == 200
    (request,) = behind.seen
    assert (request.method, request.url.path, behind.bodies) == ("POST", BOOK, [b"PK\x03\x04"])
    assert request.headers["content-type"] == "application/octet-stream"


async def test_a_form_a_file_that_is_too_large_and_a_path_that_is_none_reach_nothing() -> None:
    behind = answering()
    async with gateway(behind) as browser:
        form = {"Content-Type": "multipart/form-data; boundary=x"}
        assert (
            await browser.send("POST", BOOK, data=b"--x", headers=SIGNED_IN | form)
        ).code == "UNSUPPORTED_MEDIA_TYPE"
        large = await browser.send("POST", BOOK, data=BytesIO(bytes(MOST_BYTES + 1)), headers=SIGNED_IN)
        assert large.code == "BODY_TOO_LARGE"
        for path in ("/projects/a%2e/workbook.xlsx", "/projects/..%00/sign-in.pdf", "/certificates/projects/a-b.zip"):
            assert (await browser.send("GET", path, headers=SIGNED_IN)).status == 404
    assert behind.seen == []


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope not in {Scope.BASE, Scope.PUBLIC}])
async def test_r3_only_a_base_reaches_the_files_of_its_classes(scope: Scope) -> None:
    behind = answering()
    async with gateway(behind, Principal("a2", scope)) as browser:
        for path in READ:
            assert (await browser.send("GET", path, headers=SIGNED_IN)).code == "FORBIDDEN"
        assert (await browser.send("POST", BOOK, data=b"PK", headers=SIGNED_IN)).code == "FORBIDDEN"
        assert (await browser.send("GET", BOOK)).code == "UNAUTHENTICATED"
    assert behind.seen == []
