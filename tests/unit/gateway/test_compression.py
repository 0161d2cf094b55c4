"""ADR 49: replies are compressed for who takes it, and never what must not be."""

import gzip
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gateway.http.compression import coding_of
from gateway.http.lifespan import Lifespan, application
from tests.unit.gateway.serving import Browser, served

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BODY = b'{"data":"' + b"a" * 4096 + b'"}'
BIG = b'{"data":"' + b"ab" * 200_000 + b'"}'
PIECES = [b"", b"BEGIN:VCALENDAR\r\n", BIG, b"", b"END:VCALENDAR\r\n"]
DECODERS: dict[str | None, Callable[[bytes], bytes]] = {None: bytes, "gzip": gzip.decompress, "zstd": zstd.decompress}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def app() -> Starlette:
    async def say(request: Request) -> Response:
        kind = request.query_params.get("kind", "application/json")
        body = BIG if "big" in request.query_params else BODY[: int(request.query_params.get("bytes", 9999))]
        return Response(body, media_type=kind, headers={"ETag": '"tag"', "Vary": "Accept"})

    async def tell(_: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in PIECES:
                yield piece

        return StreamingResponse(pieces(), media_type="text/calendar")

    routes = [Route("/auth/login", say), Route("/auth", say), Route("/said", say), Route("/told", tell)]
    return application(routes, Lifespan())


async def coding(browser: Browser, path: str = "/said", accepted: str = "gzip") -> tuple[str | None, bytes, str, str]:
    """The reply's coding, its plain body, its tag, and what it varies by."""
    headers = {"Accept-Encoding": accepted}
    async with browser.http.get(browser.url + path, headers=headers, auto_decompress=False) as reply:
        raw, encoding = await reply.read(), reply.headers.get("Content-Encoding")
        plain = DECODERS[encoding](raw)
        assert int(reply.headers["Content-Length"]) == len(raw)
        return encoding, plain, reply.headers["ETag"], reply.headers["Vary"]


@pytest.mark.parametrize("named", ["gzip", "zstd"])
async def test_a_reply_is_compressed_for_who_takes_it_and_its_tag_is_weak(named: str) -> None:
    async with served(app()) as browser:
        assert await coding(browser, accepted=named) == (named, BODY, 'W/"tag"', "Accept, Accept-Encoding")
        assert await coding(browser, "/said?big=1", named) == (named, BIG, 'W/"tag"', "Accept, Accept-Encoding")
        assert await coding(browser, accepted="br") == (None, BODY, '"tag"', "Accept, Accept-Encoding")
        assert (await coding(browser, accepted=f"{named};q=0, *;q=0"))[0] is None


@pytest.mark.parametrize("named", ["gzip", "zstd"])
async def test_a_reply_in_pieces_is_compressed_as_it_comes(named: str) -> None:
    async with served(app()) as browser:
        headers = {"Accept-Encoding": named}
        async with browser.http.get(f"{browser.url}/told", headers=headers, auto_decompress=False) as reply:
            assert (reply.headers["Content-Encoding"], "Content-Length" in reply.headers) == (named, False)
            assert DECODERS[named](await reply.read()) == b"".join(PIECES)


async def test_others_can_read_what_is_sent_as_zstd() -> None:
    """RFC 8878, by the reference implementation's command."""
    command = shutil.which("zstd")
    if command is None:
        pytest.skip("there is no zstd")
    async with served(app()) as browser:
        headers = {"Accept-Encoding": "gzip, deflate, br, zstd"}
        async with browser.http.get(f"{browser.url}/said?big=1", headers=headers, auto_decompress=False) as reply:
            raw = await reply.read()
    assert subprocess.run([command, "-dc"], input=raw, stdout=subprocess.PIPE, check=True).stdout == BIG  # noqa: S603, ASYNC221


@pytest.mark.parametrize("named", ["gzip", "zstd"])
@pytest.mark.parametrize(
    "path",
    ["/auth/login", "/auth", "/said?bytes=1023", "/said?kind=text/event-stream", f"/said?kind={XLSX}"],
)
async def test_secrets_streams_workbooks_and_short_replies_stay_plain(path: str, named: str) -> None:
    async with served(app()) as browser:
        assert (await coding(browser, path, named))[0] is None


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("gzip", "gzip"),
        ("deflate, GZIP;q=0.5", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "gzip"),
        ("*;q=0.1", "gzip"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0.000, *;q=1", "identity"),
        ("identity;q=1, gzip;q=0.5", "identity"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("gzip;q=nonsense", "identity"),
        ("", "identity"),
        ("notgzip", "identity"),
        ("br, zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("ZSTD;q=0.5, gzip;q=0.5", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("zstd, gzip;q=0.5", "zstd"),
        ("zstd;q=0, gzip", "gzip"),
        ("zstd;q=0, *", "gzip"),
        ("zstd;q=nonsense", "identity"),
        ("identity, zstd;q=0.9", "identity"),
        ("zstd;q=0.001", "zstd"),
        ("zstd;q=0, gzip;q=0", "identity"),
        ("zstandard", "identity"),
    ],
)
def test_the_coding_is_the_one_that_is_weighed_most(header: str, chosen: str) -> None:
    assert coding_of(header) == chosen


@given(st.text(alphabet="zstdgip*;q=0.15, identity", max_size=60))
def test_whatever_is_sent_there_is_a_coding_and_never_one_that_is_not_named(header: str) -> None:
    chosen = coding_of(header)
    assert chosen == "identity" or chosen in header or (chosen == "gzip" and "*" in header)
