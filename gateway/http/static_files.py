"""A file that is read once and sent to browsers as it is: what they may do with it, its tag, its body by gzip."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caching import has_tag
from gateway.http.compression import LEAST_BYTES, takes_gzip

KINDS: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".txt": "text/plain; charset=utf-8",
}
"""A file name's suffix to the media type; what is not here is not served."""
ASKED_ANEW = "no-cache"
"""A browser may keep it, and asks at every visit whether it is still the one."""
KEPT = "public, max-age=31536000, immutable"
"""For what has a hash of its content in its name."""
_PICTURES = {"image/png", "image/vnd.microsoft.icon"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent.

    Attributes:
        content: Its bytes.
        compressed: The same by gzip; None where that gains nothing.
        headers: What every reply with it says, its strong `ETag` among that.
    """

    content: bytes
    compressed: bytes | None
    headers: Mapping[str, str]

    @classmethod
    def of(cls, content: bytes, kind: str, headers: Mapping[str, str]) -> Self:
        """A file of that media type, compressed once for all who ask.

        Args:
            content: Its bytes.
            kind: The media type.
            headers: What a reply with it says besides type and tag.
        """
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        small = len(content) < LEAST_BYTES or kind in _PICTURES
        compressed = None if small else gzip.compress(content, mtime=0)
        return cls(content, compressed, {**headers, "Content-Type": kind, "ETag": tag, "Vary": "Accept-Encoding"})

    def answer(self, request: Request) -> Response:
        """The reply to a request for the file: 304 where the client has it."""
        if has_tag(request, self.headers["ETag"]):
            kept = {name: value for name, value in self.headers.items() if name != "Content-Type"}
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)
        return self._whole(request, HTTPStatus.OK, self.headers)

    def instead(self, request: Request, status: HTTPStatus) -> Response:
        """The file as what is said in the place of another, which no cache stores."""
        headers = {name: value for name, value in self.headers.items() if name != "ETag"}
        return self._whole(request, status, headers | {"Cache-Control": "no-store"})

    def _whole(self, request: Request, status: HTTPStatus, headers: Mapping[str, str]) -> Response:
        if self.compressed is not None and takes_gzip(request.headers.get("accept-encoding", "")):
            # The strong tag is of the plain body (RFC 9110, 8.8.3).
            tag = {"ETag": f"W/{headers['ETag']}"} if "ETag" in headers else {}
            return Response(self.compressed, status, headers={**headers, **tag, "Content-Encoding": "gzip"})
        return Response(self.content, status, headers=dict(headers))
