"""A short way to the graph: the application's layers cost a quarter of a query whose plan is known (ADR 58)."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.compression import LEAST_BYTES, Compression, coding_of
from gateway.http.responses import Endpoint, guarded


class DirectRoute(Route):
    """A path that is answered before routing, counting and the layers' own guards (`Direct`).

    Its endpoint counts its requests itself; a streamed reply is not compressed. Methods that it does not name are
    refused as at any other route.

    Args:
        path: The path, without parameters.
        endpoint: Answers it.
        methods: The methods.
    """

    def __init__(self, path: str, endpoint: Endpoint, methods: list[str]) -> None:
        self.answer = guarded(endpoint)
        self.named = frozenset(methods)
        super().__init__(path, self.answer, methods=methods)


class Direct:
    """Answers the direct routes, and leaves everything else to the application.

    Args:
        app: The application.
        routes: Its routes.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._routes = {route.path: route for route in routes if isinstance(route, DirectRoute)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        route = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if route is None or scope["method"] not in route.named:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive, send)
        response = await route.answer(request)
        if len(getattr(response, "body", b"")) < LEAST_BYTES:
            await response(scope, receive, send)
        elif coding_of(request.headers.get("accept-encoding", "")) != "identity":
            await Compression(response)(scope, receive, send)
        else:
            response.headers.setdefault("Vary", "Accept-Encoding")
            await response(scope, receive, send)
