"""A serving process: its command line, and an orderly end at SIGTERM, streams and sockets included."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import TypeVar, cast

import structlog
import typer
import uvicorn
from starlette.applications import Starlette

from chassis.messaging.republishing import event_commands
from chassis.messaging.timelines import timeline_commands
from chassis.runtime.console import console
from chassis.runtime.measures import say_build, watch_server
from chassis.runtime.server_settings import ServerSettings
from chassis.runtime.settings import DatabaseSettings, ServiceSettings
from chassis.runtime.tasks import Role
from chassis.runtime.telemetry import configure_logs, configure_traces
from chassis.serving.addresses import Proxies
from chassis.serving.connections import BoundedProtocol, BoundedSocket, Guard
from chassis.serving.descriptors import within_limit
from chassis.serving.headers import SecureHeaders
from chassis.serving.listener import close_gently
from chassis.serving.metrics import MetricsServer, running
from chassis.serving.watchdog import Watchdog
from chassis.storage.migration import Migrations, migrate_command
from chassis.storage.rotation import vault_commands

S = TypeVar("S", bound=ServiceSettings)
_PARTS = {
    Role.ALL: "every part",
    Role.API: "requests only",
    Role.RELAY: "the relay of events only",
    Role.WORKER: "consumers, timers and deliveries only",
}
_LAST_WORDS_SECONDS = 5.0
_STARTUP_FAILURE = 3  # the exit code of uvicorn's own command line
log = structlog.get_logger()


class Stopping:
    """Announces the end of the process, in two steps: first that it drains, later that streams and sockets end.

    The application has it as `app.state.stopping`; true once the process drains.
    """

    def __init__(self) -> None:
        self._draining = asyncio.Event()
        self._announced = asyncio.Event()
        self._live = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    def __bool__(self) -> bool:
        return self._draining.is_set()

    @property
    def drained(self) -> bool:
        """Whether streams and sockets have been told to end, so that nothing new is begun any more."""
        return self._announced.is_set()

    def drain(self) -> None:
        """Say that the process is about to stop: it is not ready any more, and takes no more work beside requests."""
        self._draining.set()

    async def begun(self) -> None:
        """Wait until the process drains."""
        await self._draining.wait()

    async def wait(self) -> None:
        """Wait until streams and sockets have to end."""
        await self._announced.wait()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Make the process wait for the end of this block, up to five seconds, before it closes connections."""
        self._live += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._live -= 1
            if not self._live:
                self._quiet.set()

    async def stop(self) -> None:
        """End streams and sockets, and wait until all blocks have ended, or for five seconds."""
        self.drain()
        self._announced.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await self._quiet.wait()


class Server(uvicorn.Server):
    """uvicorn with bounds, and with an end in order; by itself it closes its listener at once, and cuts streams.

    Args:
        app: The application; `app.state.stopping` is told of the end, `app.state.hangup` called at SIGHUP.
        host: Address to listen on.
        port: Port to listen on; 0 for any.
        settings: Bounds, and the times of the end.
        message_bytes: The most bytes of a WebSocket message; None for no WebSockets.
        proxies: Addresses or networks whose `X-Forwarded-For` is trusted, by commas; None for this host's, and for no
            limit on the connections of an address.
        metrics_port: Port of a listener of its own, which answers `/metrics` and nothing else; None for none.
    """

    def __init__(
        self,
        app: Starlette,
        host: str,
        port: int,
        settings: ServerSettings | None = None,
        *,
        message_bytes: int | None = None,
        proxies: str | None = None,
        metrics_port: int | None = None,
    ) -> None:
        self._settings = settings = within_limit(settings or ServerSettings())
        self._stopping: Stopping = getattr(app.state, "stopping", Stopping())
        self._hangup: Callable[[], None] = getattr(app.state, "hangup", _ignore_hangup)
        self._guard = Guard(settings, Proxies(proxies) if proxies else None)
        self._watchdog = Watchdog(settings.stall_seconds, settings.stop_seconds)
        config = uvicorn.Config(
            SecureHeaders(app),
            host=host,
            port=port,
            loop="uvloop",
            http=cast("type[asyncio.Protocol]", partial(BoundedProtocol, self._guard)),
            ws=cast("type[asyncio.Protocol]", partial(BoundedSocket, self._guard)) if message_bytes else "none",
            ws_max_size=message_bytes or 1,
            ws_per_message_deflate=False,  # a client's few bytes must not become many of ours
            access_log=False,
            log_level="warning",
            server_header=False,
            forwarded_allow_ips=proxies,
            timeout_keep_alive=settings.idle_seconds,
            timeout_graceful_shutdown=cast("int", settings.grace_seconds),  # uvicorn says int, and waits for any number
        )
        super().__init__(config)
        watch_server(self.server_state.tasks, self.server_state.connections)
        self._metrics = None if metrics_port is None else MetricsServer(host, metrics_port, settings)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until SIGTERM, watched; SIGHUP ends nothing."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            super().run(sockets)
        finally:
            self._watchdog.end()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve inside a running loop."""
        self._watchdog.start()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hangup)
        async with running(self._metrics):
            await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal asks the process to stop: from now on the watchdog counts."""
        self._watchdog.stopping()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain; close the listener, then end streams and sockets, then connections, then the application.

        Streams end after the listener is closed, so that their clients come back to another process.
        """
        self._guard.drain()
        self._stopping.drain()
        for connection in self.server_state.connections:
            if isinstance(connection, BoundedProtocol):
                connection.say_goodbye()
        await asyncio.sleep(self._settings.drain_seconds)
        await close_gently(self.servers)
        await self._stopping.stop()
        await super().shutdown(sockets)


def _ignore_hangup() -> None:
    log.info("SIGHUP ignored")


def main(
    name: str,
    commands: typer.Typer,
    *,
    build: Callable[[S, Role], Starlette],
    settings: Callable[[], S],
    migrations: Migrations,
    sealed: Sequence[str] = (),
) -> None:
    """Run `python -m services.<name>`: serve in one role or in all, or run an operator command.

    Args:
        name: The process's name, for logs and traces.
        commands: The service's own operator commands.
        build: Makes the application of a role.
        settings: Reads the settings of serving from the environment; operator commands read their own.
        migrations: The steps of the service's database, for the command `migrate` (ADR 71).
        sealed: Names of the collections with sealed fields, for the commands `vault` (R41); none without.
    """

    def start(role: Role | None = None) -> None:
        values = settings()
        configure_logs(name)
        configure_traces(name)
        say_build(name)
        serve(
            build(values, role or values.role),
            values.host,
            values.port,
            values.server,
            metrics_port=values.metrics_port,
        )

    root = console(commands.info.help or name)
    root.add_typer(commands)

    @root.callback(invoke_without_command=True, no_args_is_help=False)
    def default(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            start()

    for role in Role:
        _serve_as(root, role, start)
    root.command("migrate")(migrate_command(migrations, DatabaseSettings))
    root.add_typer(event_commands(migrations), name="events")
    root.add_typer(timeline_commands(migrations), name="timeline")
    if sealed:
        root.add_typer(vault_commands(sealed, migrations), name="vault")
    root(prog_name=f"python -m services.{name}")


def _serve_as(commands: typer.Typer, role: Role, start: Callable[[Role], None]) -> None:
    @commands.command(role.value, help=f"Serve {_PARTS[role]}.")
    def serve_role() -> None:
        start(role)


def serve(
    app: Starlette,
    host: str,
    port: int,
    settings: ServerSettings | None = None,
    *,
    message_bytes: int | None = None,
    proxies: str | None = None,
    metrics_port: int | None = None,
) -> None:
    """Serve until SIGTERM, then end in order (ADR 41; notes N39, N16).

    Args:
        app: The application.
        host: Address to listen on.
        port: Port to listen on.
        settings: Bounds, and the times of the end.
        message_bytes: The most bytes of a WebSocket message; None for no WebSockets.
        proxies: Addresses or networks whose `X-Forwarded-For` is trusted, separated by commas; None for this host's.
        metrics_port: Port of the listener for `/metrics`; None for none.
    """
    server = Server(app, host, port, settings, message_bytes=message_bytes, proxies=proxies, metrics_port=metrics_port)
    gc.collect()
    gc.freeze()  # modules and schemas live as long as the process: the collector need not visit them (notes N61)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_STARTUP_FAILURE)
