"""Every reply of the gateway carries its security headers, whatever it answers (ADR 41)."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute

from chassis.serving.headers import POLICY
from gateway.app import build
from gateway.http.pages import WEB_HEADERS
from gateway.settings import GatewaySettings
from tests.unit.gateway.serving import Answer, Browser, served

PARAMETERS = {"year:int": "2024", "id": "x", "account": "x", "job": "x"}


def requests(app: Starlette) -> Iterator[tuple[str, str]]:
    """A method and a path of everything that the application routes, and of what it does not."""
    for route in app.routes:
        if isinstance(route, Route):
            path = re.sub(r"{([^}]*)}", lambda found: PARAMETERS.get(found[1], "x"), route.path)
            for method in {*(route.methods or ()), "PATCH"}:
                yield method, path
        elif isinstance(route, Mount):
            yield from (("GET", route.path + "/"), ("GET", route.path + "/nowhere"))
        else:
            assert isinstance(route, WebSocketRoute)
            yield "GET", route.path
    yield from (("GET", "/nowhere"), ("OPTIONS", "/graphql"), ("GET", "//"), ("GET", "/%00"))


def secured(answer: Answer, over_tls: bool = False) -> bool:
    """Whether the reply has all of the headers."""
    headers = answer.headers
    return (
        headers["content-security-policy"].startswith(("default-src 'self'", "default-src 'none'"))
        and "frame-ancestors 'none'" in headers["content-security-policy"]
        and headers["x-content-type-options"] == "nosniff"
        and headers["referrer-policy"] == "no-referrer"
        and ("strict-transport-security" in headers) == over_tls
    )


@pytest.mark.parametrize("over_tls", [False, True])
async def test_every_route_and_every_refusal_carries_them(settings: GatewaySettings, over_tls: bool) -> None:
    app = build(settings)
    sent = {"X-Forwarded-Proto": "https"} if over_tls else {}
    async with served(app) as browser:
        seen: set[int] = set()
        for method, path in requests(app):
            for body in (None, {}, {"query": "{ __typename }"}):
                answer = await browser.send(method, path, json=body, headers=sent, allow_redirects=False)
                assert secured(answer, over_tls), (method, path, answer.status, answer.headers)
                seen.add(answer.status)
        assert seen >= {200, 308, 400, 401, 404, 405, 415}


async def test_a_stream_carries_them(browser: Browser) -> None:
    answer = await browser.graphql("{ __typename }", headers={"Accept": "text/event-stream"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert secured(answer)


async def test_what_no_application_ever_saw_carries_them(browser: Browser) -> None:
    host, port = browser.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/1.1\r\n" + b"x: a\r\n" * 200 + b"\r\n")
    reply = (await reader.read()).decode()
    writer.close()
    assert reply.startswith("HTTP/1.1 431 ")
    assert f"content-security-policy: {POLICY}" in reply


async def test_the_explorer_has_a_policy_of_its_own_and_its_scripts_are_the_gateways(
    settings: GatewaySettings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("explorer")
    (folder / "index.html").write_text("<title>x</title>")
    (folder / "public.html").write_text("<title>y</title>")
    async with served(build(settings.model_copy(update={"explorer_dir": folder, "web_dir": folder}))) as browser:
        answer = await browser.send("GET", "/explorer/")
        assert secured(answer)
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert {name for name, sources in policy.items() if "unsafe" in sources} == {"style-src"}
        assert policy["default-src"] == "'self'"
        assert "script-src" not in policy
        other = await browser.send("GET", "/")
        assert (other.text, other.headers["content-security-policy"]) == (
            "<title>y</title>",
            WEB_HEADERS["Content-Security-Policy"],
        )
