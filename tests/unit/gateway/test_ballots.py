"""R34, R36: a ballot is passed on without anything that tells whose it is."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.ballots import Ballots
from gateway.http.evaluations import evaluation_routes
from gateway.http.transport import HttpTransport
from tests.unit.gateway.serving import Browser, served

INSTRUMENT = f"ins{'0' * 25}"


class Box:
    """Remembers exactly what it was sent, and answers as it is told."""

    def __init__(self, reply: Response | None = None) -> None:
        self.reply = reply or Response(b'{"receipt":"r"}', 200, {"Set-Cookie": "a=1", "X-Inner": "1"})
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []

    def app(self) -> Starlette:
        async def answer(request: Request) -> Response:
            sent = request.method, str(request.url).partition("/ballots")[2], dict(request.headers)
            self.seen.append((*sent, await request.body()))
            return self.reply

        return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


@asynccontextmanager
async def gateway(box: Box | None) -> AsyncIterator[Browser]:
    """The gateway before a recording box, or before nothing."""
    async with served((box or Box()).app()) as behind:
        routes = Ballots(behind.url if box else "http://127.0.0.1:9").routes()
        async with served(Starlette(routes=routes)) as browser:
            yield browser


async def test_r34_nothing_reaches_the_box_but_method_path_body_and_language() -> None:
    box = Box()
    told = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Real-IP": "203.0.113.9",
        "Forwarded": "for=203.0.113.9",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate": "a=b",
        "X-Request-Id": "r-1",
        "User-Agent": "Somebody's own browser",
        "Referer": "https://front.example/teacher/7",
        "Origin": "https://front.example",
        "Accept-Language": "en-GB,en;q=0.9,ug;q=0.1",
        "Idempotency-Key": "k",
    }
    async with gateway(box) as browser:
        sent = await browser.send("POST", "/ballots?who=7", json={"v": 1}, headers=told)
        asked = await browser.send("GET", f"/ballots/{INSTRUMENT}?who=7", headers=told)

    assert (sent.status, asked.status) == (200, 200)
    (method, tail, headers, body), (second, path, fewer, _) = box.seen
    assert (method, tail, json.loads(body)) == ("POST", "", {"v": 1})
    assert (second, path) == ("GET", f"/{INSTRUMENT}")
    del headers["host"], fewer["host"]
    length = headers.pop("content-length")
    assert (headers, length) == ({"accept-language": "en", "content-type": "application/json"}, str(len(body)))
    assert fewer == {"accept-language": "en"}


async def test_r34_nothing_comes_back_that_could_be_kept() -> None:
    async with gateway(Box()) as browser:
        answer = await browser.send("POST", "/ballots", json={})
    assert (answer.status, answer.json) == (200, {"receipt": "r"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not {"set-cookie", "x-inner", "traceresponse"} & answer.headers.keys()


async def test_r34_an_answer_beyond_all_measure_is_none() -> None:
    async with gateway(Box(Response(b"x" * 9_000))) as browser:
        answer = await browser.send("POST", "/ballots", json={})
    assert (answer.status, answer.json["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")


@pytest.mark.parametrize("name", ["Authorization", "Cookie"])
async def test_r34_whoever_says_who_they_are_is_refused_before_anything_is_read(name: str) -> None:
    box = Box()
    async with gateway(box) as browser:
        answers = [
            await browser.send("POST", "/ballots", data=b"x" * 100_000, headers={name: ""}),
            await browser.send("POST", "/ballots", json={}, headers={name: "Bearer t"}),
            await browser.send("GET", f"/ballots/{INSTRUMENT}", headers={name: "a=b"}),
        ]
    assert [(answer.status, answer.code) for answer in answers] == [(400, "IDENTITY_NOT_WANTED")] * 3
    assert box.seen == []


async def test_r34_nothing_else_of_the_box_can_be_reached() -> None:
    box = Box()
    async with gateway(box) as browser:
        for path in ("/internal/turnout", "/ballots/../internal/turnout", "/ballots/x", "/ballots/INS", "/readyz"):
            assert (await browser.send("GET", path)).status == 404
        assert (await browser.send("DELETE", f"/ballots/{INSTRUMENT}")).status == 405
        large = await browser.send("POST", "/ballots", json={"x": "y" * 9_000})
        form = await browser.send("POST", "/ballots", data={"a": "b"})
    assert (large.code, form.code) == ("BODY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE")
    assert box.seen == []


@pytest.mark.parametrize(
    ("reply", "status", "code"),
    [
        (Response(b'{"errors":[{"extensions":{"code":"TOKEN_INVALID"}}]}', 403), 403, "TOKEN_INVALID"),
        (Response(b'{"errors":[{"extensions":{"code":"BUSY"}}]}', 503, {"Retry-After": "1"}), 503, "BUSY"),
        (Response(b"Traceback", 500), 503, "UNAVAILABLE"),
        (None, 503, "UNAVAILABLE"),
    ],
)
async def test_r34_what_the_box_refuses_is_passed_on_and_its_failure_is_told(
    reply: Response | None, status: int, code: str
) -> None:
    async with gateway(Box(reply) if reply else None) as browser:
        answer = await browser.send("POST", "/ballots", json={})
    assert (answer.status, answer.code) == (status, code)
    assert ("retry-after" in answer.headers) is (status == 503)


async def test_r34_a_failure_leaves_no_line_that_names_a_questionnaire() -> None:
    with structlog.testing.capture_logs() as lines:
        async with gateway(None) as browser:
            await browser.send("GET", f"/ballots/{INSTRUMENT}")
    assert [line["event"] for line in lines] == ["ballot box unavailable"]
    assert INSTRUMENT not in str(lines)


async def test_r34_without_a_box_there_is_no_questionnaire() -> None:
    async with served(Starlette(routes=Ballots(None).routes())) as browser:
        assert (await browser.send("POST", "/ballots", json={})).code == "NOT_FOUND"


async def test_r36_key_lists_and_receipts_are_passed_on_to_everybody_as_they_are() -> None:
    box = Box(Response(b'{"a":1}', 200, {"Cache-Control": "public", "Set-Cookie": "a=1"}, "application/json"))
    async with served(box.app()) as behind:
        transport = HttpTransport({"assessment": f"{behind.url}/graphql"}, None)
        async with served(Starlette(routes=evaluation_routes(transport.replicas))) as browser:
            keys = await browser.send("GET", "/evaluations/keys/2024-06-04.json")
            receipts = await browser.send("GET", f"/evaluations/receipts/{INSTRUMENT}.txt")
            wrong = [
                await browser.send("GET", f"/evaluations/{path}")
                for path in ("keys/4-6-2024.json", "keys/..%2F..%2Fgraphql.json", "receipts/x.txt")
            ]
    assert (keys.text, receipts.text, keys.headers["cache-control"]) == ('{"a":1}', '{"a":1}', "public")
    assert "set-cookie" not in keys.headers
    assert {answer.status for answer in wrong} == {404}
    assert len(box.seen) == 2
