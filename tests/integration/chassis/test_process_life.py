"""How a process ends: by SIGTERM in order, or by its watchdog (ADR 41)."""

import asyncio
import signal
from functools import partial
from typing import Any

from uvicorn import Config
from uvicorn.server import ServerState

from chassis.runtime.server_settings import ServerSettings
from chassis.serving.connections import BoundedProtocol, Guard
from chassis.serving.watchdog import OVERRUN, STALLED
from tests.integration.chassis.serving import Connection, get, post, server
from tests.support.eventually import eventually


async def test_at_sigterm_it_goes_on_to_serve_and_every_reply_closes_its_connection() -> None:
    async with server(drain_seconds=2.0) as running:
        kept, slow, idle = [await running.connect() for _ in range(3)]
        for connection in (kept, idle):
            await connection.send(get())
            status, headers, _ = await connection.reply()
            assert (status, headers.get("connection")) == (200, None)
        await slow.send(get("/wait"))
        running.process.send_signal(signal.SIGTERM)
        await eventually(lambda: "beside: ended" in running.lines)
        status, headers, _ = await running.ask(get("/readyz"))
        assert (status, headers["connection"]) == (503, "close"), "a new connection is taken, and told"
        await kept.send(get())
        status, headers, _ = await kept.reply()
        assert (status, headers["connection"]) == (200, "close")
        assert await kept.rest() == b""
        assert (await running.ask(get("/open")))[0] == 200
        status, headers, body = await slow.reply()
        assert (status, headers["connection"], body) == (200, "close", b"waited"), "under way since before"
        assert running.process.returncode is None
        assert await idle.rest() == b""
        assert await running.ended() == -signal.SIGTERM


async def test_streams_end_properly_after_the_drain() -> None:
    async with server(drain_seconds=1.0) as running:
        connection = await running.connect()
        await connection.send(get("/stream"))
        await connection.reader.readuntil(b"event: next")
        running.process.send_signal(signal.SIGTERM)
        await eventually(lambda: "beside: ended" in running.lines)
        assert (await running.ask(get()))[0] == 200
        assert b"event: complete" in await connection.rest()
        assert await running.ended() == -signal.SIGTERM


async def test_a_stop_waits_half_its_grace_for_who_does_not_read() -> None:
    grace = 8.0
    async with server(grace_seconds=grace) as running:
        connection = await running.connect()
        await connection.send(get("/large"))
        await connection.reader.readuntil(b"\r\n\r\n")
        running.process.send_signal(signal.SIGTERM)
        began = asyncio.get_running_loop().time()
        assert await running.ended() == -signal.SIGTERM
        assert asyncio.get_running_loop().time() - began < grace


async def test_requests_under_way_finish_after_the_listener_has_closed() -> None:
    async with server() as running:
        slow = await running.connect()
        await slow.send(post(b"0123456789")[:-3])
        assert await running.status("/readyz") == 200, "what was sent before has been read"
        running.process.send_signal(signal.SIGTERM)
        await eventually(lambda: _closed(running.port))
        await slow.send(b"789")
        status, headers, body = await slow.reply()
        assert (status, headers["connection"], body) == (200, "close", b"127.0.0.1 10")
        assert await running.ended() == -signal.SIGTERM


async def test_connections_that_wait_when_the_listener_closes_are_answered() -> None:
    """A proxy that has sent a POST on one would have to say 502."""
    async with server(drain_seconds=0.5) as running:
        busy = await running.connect()
        running.process.send_signal(signal.SIGTERM)
        await eventually(lambda: "beside: ended" in running.lines)
        await busy.send(get("/busy"))
        waiting = [await running.connect() for _ in range(10)]
        for connection in waiting:
            await connection.send(post(b"0123456789"))
        for connection in waiting:
            status, headers, body = await connection.reply()
            assert (status, headers["connection"], body) == (200, "close", b"127.0.0.1 10")
        assert await running.ended() == -signal.SIGTERM


async def test_a_request_that_has_come_is_answered_although_its_connection_was_idle_for_too_long() -> None:
    """The kernel has it, and the loop has not read it yet, when the time is over."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    state = ServerState()
    make = partial(
        BoundedProtocol, Guard(ServerSettings()), config=Config(app, access_log=False), server_state=state, app_state={}
    )
    listening = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    async with listening:
        idle = Connection(*await asyncio.open_connection(*listening.sockets[0].getsockname()))
        for _ in range(2):
            await idle.send(get())
            assert (await idle.reply())[0] == 204
        (protocol,) = state.connections
        assert isinstance(protocol, BoundedProtocol)
        idle.writer.write(get())
        protocol.timeout_keep_alive_handler()
        assert (await idle.reply())[0] == 204
        protocol.timeout_keep_alive_handler()
        assert await idle.rest() == b""
        idle.writer.close()


async def _closed(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return True
    writer.transport.abort()
    return False


async def test_a_hangup_ends_nothing() -> None:
    async with server() as running:
        running.process.send_signal(signal.SIGHUP)
        await eventually(lambda: any("SIGHUP ignored" in line for line in running.lines))
        assert await running.status("/") == 200


async def test_a_loop_that_stands_still_is_ended_with_a_line_that_says_where() -> None:
    async with server(stall_seconds=0.5) as running:
        connection = await running.connect()
        await connection.send(get("/stall"))
        assert await running.ended() == STALLED
        (line,) = await eventually(lambda: [line for line in running.lines if "stood still" in line])
        assert '"exit":70' in line
        assert "server_process.py" in line
        assert " stall" in line


async def test_a_process_that_was_stopped_as_a_whole_is_not_taken_for_one_that_stands_still() -> None:
    async with server(stall_seconds=0.5) as running:
        running.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(1.5)  # the stop itself: longer than the loop may stand still
        running.process.send_signal(signal.SIGCONT)
        assert await running.status("/") == 200
        assert running.process.returncode is None


async def test_a_stop_that_swallows_its_cancellation_is_ended_with_a_line_that_says_what_ran() -> None:
    async with server(stubborn=True, grace_seconds=0, stall_seconds=0.5, close_seconds=1.0) as running:
        running.process.send_signal(signal.SIGTERM)
        assert await running.ended() == OVERRUN
        (line,) = await eventually(lambda: [line for line in running.lines if "the stop has taken" in line])
        assert '"exit":71' in line
        assert "swallow" in line
