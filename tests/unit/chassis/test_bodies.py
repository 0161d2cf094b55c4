"""Bodies up to a bound: what is kept, and what becomes of the rest."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message

from chassis.serving.bodies import BodyTooLargeError, bounded, bounded_body
from tests.unit.gateway.serving import served

MOST = 64 * 1024


@given(st.lists(st.binary(max_size=8), max_size=8), st.integers(0, 40))
def test_a_body_is_whole_or_refused_and_nothing_is_read_beyond_the_piece_that_is_too_much(
    pieces: list[bytes], most: int
) -> None:
    read: list[bytes] = []

    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            read.append(piece)
            yield piece

    whole = b"".join(pieces)
    if len(whole) <= most:
        assert asyncio.run(bounded(body(), most)) == whole
    else:
        with pytest.raises(BodyTooLargeError):
            asyncio.run(bounded(body(), most))
        assert len(b"".join(read[:-1])) <= most


async def test_a_client_that_sends_too_much_reads_its_refusal_whatever_length_it_announced() -> None:
    async def take(request: Request) -> Response:
        try:
            return PlainTextResponse(str(len(await bounded_body(request, MOST))))
        except BodyTooLargeError:
            return PlainTextResponse("too large", 413)

    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * MOST

    async with served(Starlette(routes=[Route("/", take, methods=["POST"])])) as browser:
        assert (await browser.send("POST", "/", data=pieces(1))).text == str(MOST)
        for data in (pieces(2), pieces(100), b"x" * (MOST + 1)):
            answer = await browser.send("POST", "/", data=data)
            assert (answer.status, answer.text) == (413, "too large")


async def test_of_a_body_that_has_come_whole_no_more_is_waited_for_however_large_it_is() -> None:
    pieces = [(b"x" * MOST, True), (b"x", False)]

    async def receive() -> Message:
        body, more = pieces.pop(0)  # to ask once more would be to wait for the client to leave
        return {"type": "http.request", "body": body, "more_body": more}

    with pytest.raises(BodyTooLargeError):
        await bounded_body(Request({"type": "http"}, receive), MOST)
    assert pieces == []


async def test_a_client_that_leaves_within_its_body_is_told_from_one_that_sends_too_much() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}
    ]  # fmt: skip

    async def receive() -> Message:
        return messages.pop(0)

    with pytest.raises(ClientDisconnect):
        await bounded_body(Request({"type": "http"}, receive), MOST)
