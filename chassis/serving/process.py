"""A serving process: its command line, and an orderly end at SIGTERM, streams and sockets included."""

import asyncio
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

import typer
import uvicorn
from starlette.applications import Starlette

from chassis.runtime.console import console
from chassis.runtime.settings import ServiceSettings
from chassis.runtime.tasks import Role
from chassis.runtime.telemetry import configure_logs, configure_traces
from chassis.storage.rotation import vault_commands

S = TypeVar("S", bound=ServiceSettings)
GRACE_SECONDS = 10
_PARTS = {
    Role.ALL: "every part",
    Role.API: "requests only",
    Role.RELAY: "the relay of events only",
    Role.WORKER: "consumers, timers and deliveries only",
}
_LAST_WORDS_SECONDS = 5.0
_STARTUP_FAILURE = 3  # the exit code of uvicorn's own command line


class Stopping:
    """Announces to streams and sockets that the process stops, so that they end properly towards their clients.

    The application has it as `app.state.stopping`; true once the process stops.
    """

    def __init__(self) -> None:
        self._announced = asyncio.Event()
        self._live = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    def __bool__(self) -> bool:
        return self._announced.is_set()

    async def wait(self) -> None:
        """Wait until the process stops."""
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
        """Announce the stop, and wait until all blocks have ended, or for five seconds."""
        self._announced.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await self._quiet.wait()


class Server(uvicorn.Server):
    """uvicorn, but streams and sockets end properly first; by itself it waits for them for ever, or cuts them."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams and sockets, then connections, then the application."""
        app = self.config.app
        if isinstance(app, Starlette) and (stopping := getattr(app.state, "stopping", None)):
            await stopping.stop()
        await super().shutdown(sockets)


def main(
    name: str,
    commands: typer.Typer,
    *,
    build: Callable[[S, Role], Starlette],
    settings: Callable[[], S],
    sealed: Sequence[str] = (),
) -> None:
    """Run `python -m services.<name>`: serve in one role or in all, or run an operator command.

    Args:
        name: The process's name, for logs and traces.
        commands: The service's own operator commands.
        build: Makes the application of a role.
        settings: Reads the settings of serving from the environment; operator commands read their own.
        sealed: Names of the collections with sealed fields, for the commands `vault` (R41); none without.
    """

    def start(role: Role | None = None) -> None:
        values = settings()
        configure_logs(name)
        configure_traces(name, values.traces_file)
        serve(build(values, role or values.role), values.host, values.port)

    root = console(commands.info.help or name)
    root.add_typer(commands)

    @root.callback(invoke_without_command=True, no_args_is_help=False)
    def default(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            start()

    for role in Role:
        _serve_as(root, role, start)
    if sealed:
        root.add_typer(vault_commands(sealed), name="vault")
    root(prog_name=f"python -m services.{name}")


def _serve_as(commands: typer.Typer, role: Role, start: Callable[[Role], None]) -> None:
    @commands.command(role.value, help=f"Serve {_PARTS[role]}.")
    def serve_role() -> None:
        start(role)


def serve(
    app: Starlette, host: str, port: int, *, message_bytes: int | None = None, proxies: str | None = None
) -> None:
    """Serve until SIGTERM; running requests may finish within ten seconds (notes N39, N16).

    Args:
        app: The application.
        host: Address to listen on.
        port: Port to listen on.
        message_bytes: The most bytes of a WebSocket message; None for no WebSockets.
        proxies: Addresses or networks whose `X-Forwarded-For` is trusted, separated by commas; None for this host's.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio" if message_bytes else "none",
        ws_max_size=message_bytes or 1,
        ws_per_message_deflate=False,  # a client's few bytes must not become many of ours
        access_log=False,
        log_level="warning",
        server_header=False,
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_STARTUP_FAILURE)
