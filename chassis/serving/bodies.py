"""Read a body up to a bound, whatever its `Content-Length` says."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress

from starlette.requests import ClientDisconnect, Request

_UNREAD_BYTES, _UNREAD_SECONDS = 16 * 1024 * 1024, 5.0


class BodyTooLargeError(ValueError):
    """Raised where a body is larger than allowed."""


async def bounded(pieces: AsyncIterable[bytes], most: int) -> bytes:
    """The whole of what comes in pieces; no more is kept than the bound and one piece.

    Args:
        pieces: The body.
        most: The most bytes.

    Raises:
        BodyTooLargeError: There are more; the rest was not read.
    """
    raw = bytearray()
    async for piece in pieces:
        raw += piece
        if len(raw) > most:
            raise BodyTooLargeError(f"more than {most} bytes")
    return bytes(raw)


async def bounded_body(request: Request, most: int) -> bytes:
    """The body of a request.

    One that is too large is read on for a while and dropped: a connection that is closed while its client still sends
    is reset, and the reply lost.

    Args:
        request: The request.
        most: The most bytes.

    Raises:
        BodyTooLargeError: It is larger.
        ClientDisconnect: The client has left.
    """
    more = True

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal more
        while more:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            more = message.get("more_body", False)
            yield message.get("body", b"")

    try:
        return await bounded(pieces(), most)
    except BodyTooLargeError:
        if more:  # whoever asks for more than there is waits until the client leaves
            await _drop_rest(request)
        raise


async def _drop_rest(request: Request) -> None:
    left = _UNREAD_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(_UNREAD_SECONDS):
            while left > 0:
                message = await request.receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
