"""Nothing is executed on a database that lacks a migration's step (ADR 71)."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from chassis.storage.refusals import ABSENT_SECONDS
from gateway.http.responses import refused
from kernel.errors import Refusal
from kernel.refusals import UNAVAILABLE

_PROBES = {"/livez", "/readyz"}


class Unmigrated:
    """An ASGI layer that refuses requests and handshakes with `UNAVAILABLE` until the database is migrated.

    Probes pass.

    Args:
        app: The application.
        missing: What the database lacks; empty for nothing.
    """

    def __init__(self, app: ASGIApp, missing: Callable[[], str]) -> None:
        self._app = app
        self._missing = missing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application."""
        if scope["type"] == "lifespan" or not self._missing() or scope["path"] in _PROBES:
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            socket = WebSocket(scope, receive, send)
            await socket.send_denial_response(refused(_refusal(), socket))
            return
        await refused(_refusal(), Request(scope))(scope, receive, send)


def _refusal() -> Refusal:
    return UNAVAILABLE(retryAfter=ABSENT_SECONDS)
