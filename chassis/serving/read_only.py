"""A process that is for reading only, while a database is restored or a release is exchanged (docs/runbook.md)."""

from collections.abc import Callable, Collection

from prometheus_client import Gauge
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.runtime.outcomes import GRAPH
from kernel.errors import Refusal
from kernel.refusals import READ_ONLY

RETRY_SECONDS = 60
"""When it is worth asking again; nobody knows when an operator will be done."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
READING = frozenset({"query", "subscription"})
"""The kinds of operations that change nothing."""
IS_READ_ONLY = Gauge("guopei_read_only", "1 while this process refuses what would change anything (READ_ONLY)")


def read_only() -> Refusal:
    """Why a change is refused at present."""
    return READ_ONLY(retryAfter=RETRY_SECONDS)


class ReadOnly:
    """An ASGI layer that refuses all requests beside the graph that may change something, before they are read.

    A method that is not safe may, unless its path is known to change nothing. Of the graph the operation's kind says
    it, so whoever executes operations refuses them.

    Args:
        app: The application.
        reads: Paths that may be asked by any method; one that ends with a slash stands for all below it.
        refuse: Makes the reply.
    """

    def __init__(self, app: ASGIApp, reads: Collection[str], refuse: Callable[[Refusal, Request], Response]) -> None:
        self._app = app
        self._reads = frozenset({GRAPH, *reads})
        self._below = tuple(path for path in reads if path.endswith("/"))
        self._refuse = refuse
        IS_READ_ONLY.set(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application."""
        if scope["type"] != "http" or scope["method"] in SAFE or self._changes_nothing(scope["path"]):
            await self._app(scope, receive, send)
            return
        await self._refuse(read_only(), Request(scope))(scope, receive, send)

    def _changes_nothing(self, path: str) -> bool:
        return path in self._reads or path.startswith(self._below)
