"""`python -m tests.integration.chassis.server_process PORT SETTINGS`: a small application behind the real server.

SETTINGS is the JSON of `ServerSettings`, with `proxies`, `stubborn` and `descriptors` besides: the trusted proxies,
whether the application swallows every cancellation when it stops, and the limit of open files.
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from chassis.runtime.server_settings import ServerSettings
from chassis.runtime.tasks import Tasks, run_in_background
from chassis.runtime.telemetry import configure_logs
from chassis.serving.process import Stopping, serve
from chassis.serving.sse import EventStream

PORT, SETTINGS = int(sys.argv[1]), json.loads(sys.argv[2])
PROXIES, STUBBORN = SETTINGS.pop("proxies", None), SETTINGS.pop("stubborn", False)
DESCRIPTORS = SETTINGS.pop("descriptors", None)
stopping = Stopping()
opened = asyncio.Event()


async def echo(request: Request) -> Response:
    return PlainTextResponse(f"{request.client.host if request.client else ''} {len(await request.body())}")


async def large(_: Request) -> Response:
    """Answers with more than the kernels of both sides hold."""
    return Response(bytes(32 << 20))


async def early(_: Request) -> Response:
    """Answers before the body is there."""
    return PlainTextResponse("early", 413)


async def wait(_: Request) -> Response:
    """Answers once somebody asks for /open."""
    await opened.wait()
    return PlainTextResponse("waited")


async def open_all(_: Request) -> Response:
    opened.set()
    return PlainTextResponse("opened")


async def stall(_: Request) -> Response:
    time.sleep(600)  # noqa: ASYNC251 - that is the point
    return PlainTextResponse("never")


async def busy(_: Request) -> Response:
    """Keeps the loop from everything else for a second."""
    time.sleep(1)  # noqa: ASYNC251 - that is the point
    return PlainTextResponse("busy")


async def ready(_: Request) -> Response:
    return Response(status_code=503 if stopping else 200)


async def stream(_: Request) -> Response:
    async def results() -> AsyncIterator[bytes]:
        yield b"1"
        await asyncio.Event().wait()

    return EventStream(results(), stopping)  # type: ignore[arg-type]


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    with suppress(Exception):
        while True:
            text = await websocket.receive_text()
            await websocket.send_text("x" * (32 << 20) if text == "large" else text)


async def beside() -> None:
    print("beside: started", flush=True)  # noqa: T201 - the test reads it
    try:
        await asyncio.Event().wait()
    finally:
        print("beside: ended", flush=True)  # noqa: T201


async def swallow() -> None:
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    tasks = Tasks(api=(swallow,) if STUBBORN else (), worker=(beside,))
    async with run_in_background(tasks, stopping.begun):
        yield


app = Starlette(
    routes=[
        Route("/", echo, methods=["GET", "POST"]),
        Route("/early", early, methods=["POST"]),
        Route("/large", large),
        Route("/wait", wait),
        Route("/open", open_all),
        Route("/stall", stall),
        Route("/busy", busy),
        Route("/readyz", ready),
        Route("/stream", stream),
        WebSocketRoute("/socket", socket),
    ],
    lifespan=lifespan,
)
app.state.stopping = stopping

if __name__ == "__main__":
    configure_logs("test")
    if DESCRIPTORS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    serve(app, "127.0.0.1", PORT, ServerSettings(**SETTINGS), message_bytes=1_000_000, proxies=PROXIES)
