"""GraphQL over HTTP at the gateway alone: media types, methods, statuses, and coded refusals (notes N8)."""

import asyncio
import io
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import HTTPConnection

from contracts.graph_files import SUPERGRAPH
from gateway.app import build_standalone
from gateway.http.responses import GRAPHQL, JSON, address_of
from gateway.settings import StandaloneSettings
from tests.unit.gateway.serving import Browser, served

QUERY = "{ __typename }"
BODY = b'{"query":"{ __typename }"}'


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The router alone, as `standalone` serves it."""
    async with served(build_standalone(SUPERGRAPH, StandaloneSettings())) as browser:
        yield browser


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (GRAPHQL, GRAPHQL),
        (JSON, JSON),
        ("*/*", JSON),
        ("", JSON),
        (" , ", JSON),
        ("a/b, */*", JSON),
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.4, {JSON};q=0.9", JSON),
        (f"text/event-stream;q=0, {JSON}", JSON),
        (f"*/*;q=0.1, {GRAPHQL};q=0.2", GRAPHQL),
        (f"{JSON}; q=0, */*", GRAPHQL),
        (f"{JSON};q=x, {GRAPHQL};q=0.9", JSON),
        (f"{JSON};q=nan, a/b", JSON),
    ],
)
async def test_both_media_types_are_offered(browser: Browser, accept: str, kind: str) -> None:
    answer = await browser.graphql(QUERY, headers={"Accept": accept})
    assert (answer.status, answer.json) == (200, {"data": {"__typename": "Query"}})
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"data": QUERY, "headers": {"Content-Type": "text/plain"}}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"data": BODY, "headers": {"Content-Type": f"{JSON}; charset=utf-16"}}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"data": BODY, "headers": {"Content-Type": f'{JSON};a=b; Charset="gbk"'}}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"data": {"query": QUERY}}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"data": b"{", "headers": {"Content-Type": JSON}}, 400, "BAD_REQUEST"),
        ({"json": "text"}, 400, "BAD_REQUEST"),
        ({"json": {}}, 400, "BAD_REQUEST"),
        ({"json": {"query": 1}}, 400, "BAD_REQUEST"),
        ({"json": {"query": QUERY, "variables": []}}, 400, "BAD_REQUEST"),
        ({"json": {"query": QUERY, "operationName": 1}}, 400, "BAD_REQUEST"),
        ({"json": {"query": QUERY, "extensions": 1}}, 400, "BAD_REQUEST"),
        ({"json": [{"query": QUERY}]}, 400, "BATCHING_NOT_OFFERED"),
        ({"data": io.BytesIO(b"1" * 5_000_000), "headers": {"Content-Type": JSON}}, 413, "BODY_TOO_LARGE"),
        ({"json": {"query": QUERY}, "headers": {"Idempotency-Key": "k" * 256}}, 400, "BAD_REQUEST"),
        ({"json": {"query": QUERY}, "headers": {"Idempotency-Key": ""}}, 400, "BAD_REQUEST"),
        ({"json": {"query": QUERY}, "headers": {"Accept": "text/html"}}, 406, "NOT_ACCEPTABLE"),
        ({"json": {"query": QUERY}, "headers": {"Accept": f"{JSON};q=0, a/b;q=0.0"}}, 406, "NOT_ACCEPTABLE"),
    ],
)
async def test_what_is_no_request_is_refused_with_its_code(
    browser: Browser, sent: dict[str, Any], status: int, code: str
) -> None:
    answer = await browser.send("POST", "/graphql", **sent)
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize("charset", ["utf-8", '"UTF-8"', "utf8"])
async def test_json_is_utf_8_whatever_way_that_is_said(browser: Browser, charset: str) -> None:
    headers = {"Content-Type": f"{JSON}; charset={charset}"}
    assert (await browser.send("POST", "/graphql", data=BODY, headers=headers)).status == 200


async def test_whoever_sends_too_large_a_body_to_its_end_before_reading_is_told_so(browser: Browser) -> None:
    """A connection that is closed before its client has sent all is reset, and the reply lost (RFC 9112, 9.6)."""
    host, _, port = browser.url.removeprefix("http://").partition(":")
    size = 12 * 1024 * 1024

    def send_all_then_read() -> bytes:
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nContent-Length: {size}\r\n"
            connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + b" " * size)
            return connection.recv(12)

    assert await asyncio.to_thread(send_all_then_read) == b"HTTP/1.1 413"


@pytest.mark.parametrize(
    ("query", "code"),
    [("{", "GRAPHQL_PARSE_FAILED"), ("{ nowhere }", "GRAPHQL_VALIDATION_FAILED"), ("subscription { x }", None)],
)
async def test_an_invalid_document_is_200_in_json_and_400_in_graphql_response(
    browser: Browser, query: str, code: str | None
) -> None:
    for accept, status in ((JSON, 200), (GRAPHQL, 400)):
        answer = await browser.graphql(query, headers={"Accept": accept})
        assert answer.status == status
        assert "data" not in answer.json
        assert code is None or answer.code == code


async def test_an_unknown_operation_is_the_callers_to_mend(browser: Browser) -> None:
    answer = await browser.send("POST", "/graphql", json={"query": QUERY, "operationName": "X"})
    extensions = answer.json["errors"][0]["extensions"]
    assert (extensions["code"], extensions["unblock"]) == ("BAD_REQUEST", "SELF")
    assert extensions["field"] == "operationName"


async def test_a_query_may_come_by_get_and_nothing_else_may(browser: Browser) -> None:
    answer = await browser.send("GET", "/graphql", params={"query": "query($a: Boolean!) { __typename @skip(if: $a) }"})
    assert answer.json["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    params = {"query": "query q($a: Boolean!) { __typename @skip(if: $a) }", "variables": '{"a": false}'}
    answer = await browser.send("GET", "/graphql", params=params | {"operationName": "q"})
    assert answer.json == {"data": {"__typename": "Query"}}
    mutation = {"query": 'query q { __typename } mutation m { startProject(id: "1") { id } }', "operationName": "m"}
    answer = await browser.send("GET", "/graphql", params=mutation)
    assert (answer.status, answer.code, answer.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "POST")
    assert (await browser.send("HEAD", "/graphql", params=mutation)).status == 405
    answer = await browser.send("GET", "/graphql", params={"query": QUERY, "variables": "["})
    assert answer.code == "BAD_REQUEST"
    assert (await browser.send("PUT", "/graphql", json={"query": QUERY})).status == 405


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        (None, ""),
    ],
)
def test_facts_33_a_subscribers_ipv6_addresses_are_one(host: str | None, address: str) -> None:
    scope = {"type": "http", "client": (host, 1) if host is not None else None}
    assert address_of(HTTPConnection(scope)) == address


async def test_what_has_no_address_is_coded_too(browser: Browser) -> None:
    answer = await browser.send("GET", "/nowhere")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("language", "english"),
    [
        (None, False),
        ("zh-CN,en;q=0.8", False),
        ("en-GB, en; q=0.9", True),
        ("fr, en;q=0.5, zh;q=0.1", True),
        (";q=", False),
    ],
)
async def test_refusals_speak_the_callers_language_and_chinese_by_default(
    browser: Browser, language: str | None, english: bool
) -> None:
    headers = {"Accept-Language": language} if language else {}
    answer = await browser.send("POST", "/graphql", json=[], headers=headers)
    assert answer.json["errors"][0]["message"].isascii() is english


async def test_it_lives_is_ready_and_says_that_the_explorer_is_missing(browser: Browser) -> None:
    for path, text in (
        ("/livez", ""),
        ("/readyz", ""),
        ("/explorer/", "make explorer"),
    ):
        answer = await browser.send("GET", path)
        assert answer.status == 200
        assert text in answer.text
    assert (await browser.send("GET", "/metrics")).status == 404


async def test_no_other_page_frames_the_explorer(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "index.html").write_text("<title>x</title>")
    async with served(build_standalone(SUPERGRAPH, StandaloneSettings(explorer_dir=tmp_path))) as there:
        for answer in (await there.send("GET", "/explorer/"), await browser.send("GET", "/explorer/")):
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert (await there.send("POST", "/explorer/nowhere")).code == "METHOD_NOT_ALLOWED"
        assert (await there.send("GET", "/nowhere")).code == "NOT_FOUND"


async def test_the_root_of_the_router_alone_leads_to_the_explorer(browser: Browser) -> None:
    answer = await browser.send("GET", "/", allow_redirects=False)
    assert (answer.status, answer.headers["location"]) == (307, "explorer/")


async def test_no_other_origin_is_let_in_by_default(browser: Browser) -> None:
    answer = await browser.graphql(QUERY, headers={"Origin": "https://elsewhere.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
