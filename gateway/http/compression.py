"""Compress replies by zstd or gzip where the client takes it (ADR 49; RFC 9110, 12.5.3; RFC 8878)."""

import asyncio
import re
import sys
from http import HTTPStatus
from typing import Final, Literal

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Coding = Literal["zstd", "gzip", "identity"]
LEAST_BYTES = 1024
"""The smallest body that is compressed."""
_GZIP_LEVEL, _ZSTD_LEVEL = 4, 1
_THREAD_BYTES = 128 * 1024
_SECRET = "/auth"  # noqa: S105 - a path
_COMPRESSED = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/pdf",
    "application/octet-stream",
)
_EXCLUDED: Final = (*DEFAULT_EXCLUDED_CONTENT_TYPES, *_COMPRESSED)
_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*$", re.IGNORECASE)


class Compression:
    """Compresses what the application answers, from 1 KiB on; streams of events, workbooks and tokens never.

    A big body is compressed in a thread.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http" or scope["path"] == _SECRET or scope["path"].startswith(f"{_SECRET}/"):
            await self._app(scope, receive, send)
            return
        coding = coding_of(Headers(scope=scope).get("accept-encoding", ""))
        await _responder(self._app, coding)(scope, receive, _weakening(send))


def coding_of(header: str) -> Coding:
    """The coding that a client takes most gladly: of equals zstd, then gzip, then the plain reply.

    A client that takes anything (`*`) gets gzip: who cannot read zstd may not know that there is such a coding.

    Args:
        header: `Accept-Encoding`; an empty one takes the plain reply only.
    """
    if not header:
        return "identity"
    weights = {part.partition(";")[0].strip().lower(): _weight(part) for part in header.split(",")}
    by_zstd, by_gzip = weights.get("zstd", 0.0), weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    best = max(by_zstd, by_gzip)
    if best == 0 or best < weights.get("identity", 0.0):
        return "identity"
    return "zstd" if by_zstd == best else "gzip"


def takes_gzip(header: str) -> bool:
    """Whether a client takes a body that is compressed by gzip already, though it may prefer another coding.

    Args:
        header: `Accept-Encoding`.
    """
    weights = {part.partition(";")[0].strip().lower(): _weight(part) for part in header.split(",")}
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _responder(app: ASGIApp, coding: Coding) -> IdentityResponder:
    match coding:
        case "zstd":
            return _ZstdResponder(app, LEAST_BYTES, exclude_content_types=_EXCLUDED)
        case "gzip":
            return GZipResponder(app, LEAST_BYTES, _GZIP_LEVEL, exclude_content_types=_EXCLUDED)
        case "identity":
            return IdentityResponder(app, LEAST_BYTES, exclude_content_types=_EXCLUDED)


class _ZstdResponder(IdentityResponder):
    """As Starlette's for gzip; at this level a frame's window is far below the 8 MB of RFC 9659."""

    content_encoding = "zstd"
    _compressor: zstd.ZstdCompressor | None = None

    async def send_with_compression(self, message: Message) -> None:
        """Pass over an empty first piece: zstd makes nothing of it, and Starlette takes that for a plain body."""
        is_piece = message["type"] == "http.response.body" and message.get("more_body", False)
        if is_piece and not self.started and not message.get("body"):
            return
        await super().send_with_compression(message)

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        if len(body) >= _THREAD_BYTES:
            return await asyncio.to_thread(self._compress, body, more_body)
        return self._compress(body, more_body)

    def _compress(self, body: bytes, more_body: bool) -> bytes:
        if self._compressor is None and not more_body:
            return zstd.compress(body, _ZSTD_LEVEL)  # with its length in the frame's head
        if self._compressor is None:
            self._compressor = zstd.ZstdCompressor(level=_ZSTD_LEVEL)
        compressor = self._compressor
        return compressor.compress(body, compressor.FLUSH_BLOCK if more_body else compressor.FLUSH_FRAME)


def _weight(part: str) -> float:
    """A coding's weight; 1 without one, 0 for one that cannot be read, for a plain reply is right for everybody."""
    if ";" not in part:
        return 1.0
    found = _QUALITY.search(part)
    return float(found[1]) if found else 0.0


def _weakening(send: Send) -> Send:
    """Send on what caches have to know of a reply that may be compressed.

    A compressed body is not the one that the strong `ETag` is of, so the tag goes out as a weak one (8.8.3). A 304 says
    `Vary` like the reply that it stands for, or a cache forgets it (RFC 9111, 3.2).
    """

    async def weaken(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            tag = headers.get("etag", "")
            if "content-encoding" in headers and tag.startswith('"'):
                headers["ETag"] = f"W/{tag}"
            if message["status"] == HTTPStatus.NOT_MODIFIED:
                headers.add_vary_header("Accept-Encoding")
            if "vary" in headers:
                named = (name.strip() for line in headers.getlist("vary") for name in line.split(","))
                headers["Vary"] = ", ".join({name.lower(): name for name in named}.values())  # each once
        await send(message)

    return weaken
