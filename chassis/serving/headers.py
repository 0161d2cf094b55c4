"""Headers that every reply of every process carries, so that a browser does no more with it than it must (ADR 41)."""

from collections.abc import Awaitable, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
"""The Content-Security-Policy of every reply that has none of its own; what it does not name falls to `default-src`."""
_POLICY = b"content-security-policy"
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (_POLICY, POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
TRANSPORT_SECURITY = b"max-age=63072000; includeSubDomains"
"""Two years; sent where the client came by TLS, as a trusted proxy says."""
_BUT_POLICY = SECURITY_HEADERS[1:]
_OVER_TLS = {"https", "wss"}
_STARTS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}


class SecureHeaders:
    """Adds the headers to every reply; one that has a policy keeps its own.

    Args:
        app: The application, with its own handling of errors inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        def send_secured(message: Message) -> Awaitable[None]:
            if message["type"] in _STARTS:
                message["headers"] = [*message.get("headers", ()), *_missing(message, scope)]
            return send(message)

        await self._app(scope, receive, send_secured)


def _missing(message: Message, scope: Scope) -> Sequence[tuple[bytes, bytes]]:
    headers = SECURITY_HEADERS
    for name, _ in message.get("headers", ()):
        if name == _POLICY:
            headers = _BUT_POLICY
    if scope["scheme"] in _OVER_TLS:
        return (*headers, (b"strict-transport-security", TRANSPORT_SECURITY))
    return headers
