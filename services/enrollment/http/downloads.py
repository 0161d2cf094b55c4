"""What the endpoints of workbooks share: dependencies, the limit of concurrent files, one way to answer (R22, R42)."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from chassis.principal import TokenVerifier
from services.enrollment.commands import Deps

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_AT_ONCE = 2


class FileEndpoints:
    """Base of the endpoints that read or write workbooks.

    Attributes:
        deps: The service's dependencies, set when the process has connected.
        slots: Held while a workbook is read or written. That takes a thread and up to some seconds of processor time,
            so a few go on at once and the others wait; GraphQL requests are not held up.
    """

    deps: Deps

    def __init__(self) -> None:
        self.slots = asyncio.Semaphore(_MOST_AT_ONCE)

    def routes(self, verifier: TokenVerifier) -> list[Route]:
        """The routes, behind the gateway's internal token as `/graphql` is."""
        raise TypeError(f"{type(self).__name__} must list its routes for {verifier!r}")


def download(content: bytes | AsyncIterator[bytes], name: str, ascii_name: str) -> Response:
    """Answer with a workbook that a browser saves.

    Args:
        content: The file, whole or in pieces.
        name: Its name without `.xlsx`, in any script (RFC 5987).
        ascii_name: The same for clients that read ASCII only.
    """
    names = f"filename=\"{ascii_name}.xlsx\"; filename*=UTF-8''{quote(name, safe='')}.xlsx"
    headers = {
        "Content-Disposition": f"attachment; {names}",
        "Cache-Control": "no-store",  # it holds names, and masked numbers (R41)
        "X-Content-Type-Options": "nosniff",
    }
    if isinstance(content, bytes):
        return Response(content, headers=headers, media_type=_XLSX)
    return StreamingResponse(content, headers=headers, media_type=_XLSX)
