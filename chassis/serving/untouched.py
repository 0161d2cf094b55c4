"""Say of a request that nothing of it was executed, so that anybody may repeat it elsewhere (ADR 42)."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

UNTOUCHED = "Guopei-Untouched"
"""Header of a reply 503, with the value 1: nothing of the request was executed, mutations included."""
_PROBES = {"/livez", "/readyz"}
_HEADERS = [(UNTOUCHED.lower().encode("ascii"), b"1"), (b"connection", b"close"), (b"content-length", b"0")]


class Untouched:
    """An ASGI layer that answers 503 before anything is executed while the process cannot serve; probes pass.

    Args:
        app: The application.
        serving: Whether the process serves.
    """

    def __init__(self, app: ASGIApp, serving: Callable[[], bool]) -> None:
        self._app = app
        self._serving = serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application."""
        if scope["type"] != "http" or self._serving() or scope["path"] in _PROBES:
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 503, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": b""})
