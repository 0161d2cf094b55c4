"""`/metrics` on a listener of its own, so that no public port has it (ADR 73)."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import cast

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.runtime.server_settings import ServerSettings
from chassis.serving.connections import BoundedProtocol, Guard
from chassis.serving.headers import SecureHeaders

_CONNECTIONS = 100


class MetricsServer(uvicorn.Server):
    """Serves the metrics of this process, inside the loop of another server.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 for any.
        settings: The bounds of connections.
    """

    def __init__(self, host: str, port: int, settings: ServerSettings) -> None:
        guard = Guard(settings.model_copy(update={"connections": _CONNECTIONS}))
        config = uvicorn.Config(
            SecureHeaders(Starlette(routes=[Route("/metrics", _metrics)])),
            host=host,
            port=port,
            http=cast("type[asyncio.Protocol]", partial(BoundedProtocol, guard)),
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=settings.idle_seconds,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the other server."""
        yield


@asynccontextmanager
async def running(server: MetricsServer | None) -> AsyncIterator[None]:
    """Serve metrics while the block lasts.

    Args:
        server: What serves them; None for nothing.
    """
    if server is None:
        yield
        return
    task = asyncio.ensure_future(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await task


def _metrics(_: Request) -> Response:
    """All metrics; a function, so that a thread writes their thousands of lines while the loop serves."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
