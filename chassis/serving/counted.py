"""Counts the requests to endpoints that are not the graph, which counts its own by operation."""

import time
from collections.abc import Awaitable

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.runtime.outcomes import GRAPH, count_request, judged_by_status

_REFUSED_BY = "guopei.code"
_UNCOUNTED = {GRAPH, "/livez", "/readyz"}
_NO_REPLY = 500


def remember_code(request: HTTPConnection, code: str) -> None:
    """Note by which code a request is refused, for `Counted`."""
    request.scope[_REFUSED_BY] = code


class Counted:
    """Counts every request by route, method, outcome and code, probes and the graph apart.

    Args:
        app: The application, its router inside.
        service: The process's name.
    """

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http" or scope["path"] in _UNCOUNTED:
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), _NO_REPLY

        def send_seen(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            return send(message)

        try:
            await self._app(scope, receive, send_seen)
        finally:
            route = getattr(scope.get("route"), "path", "")  # a path that leads nowhere could be anything
            outcome = judged_by_status(status, scope.get(_REFUSED_BY))
            kind = scope["method"] if route else ""
            count_request(self._service, outcome, time.monotonic() - began, route=route, kind=kind)
