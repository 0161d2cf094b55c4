"""What the endpoints of workbooks share: dependencies, the limit of concurrent files, one way to answer (R22, R42)."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import TokenVerifier
from chassis.serving import bodies
from chassis.serving.attachments import XLSX, attachment
from kernel.refusals import BODY_TOO_LARGE
from services.enrollment.commands import Deps

_MOST_AT_ONCE = 2


class FileEndpoints:
    """Base of the endpoints that read or write workbooks.

    An endpoint is a method that takes the request, the principal of the internal token and the language to answer in
    (`chassis.serving.asgi.internal`).

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


async def bounded_body(request: Request, most: int, rule: str) -> bytes:
    """The whole body.

    Args:
        request: The request.
        most: The most bytes.
        rule: The rule of the endpoint.

    Raises:
        Refusal: `BODY_TOO_LARGE`.
    """
    try:
        return await bodies.bounded_body(request, most)
    except bodies.BodyTooLargeError as error:
        raise BODY_TOO_LARGE(rule=rule, limit=most) from error


def download(content: bytes | AsyncIterator[bytes], name: str, ascii_name: str) -> Response:
    """Answer with a workbook that a browser saves.

    Args:
        content: The file, whole or in pieces.
        name: Its name without `.xlsx`, in any script (RFC 5987).
        ascii_name: The same for clients that read ASCII only.
    """
    return attachment(content, XLSX, name, ascii_name)
