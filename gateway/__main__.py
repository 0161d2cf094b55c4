"""`python -m gateway`: serve in a role, serve a supergraph alone, or run an operator's command; `--help` lists them."""

from pathlib import Path
from typing import Annotated

import typer

from chassis.runtime.console import console
from chassis.runtime.measures import say_build
from chassis.runtime.tasks import Role
from chassis.runtime.telemetry import configure_logs, configure_traces
from chassis.serving.process import serve
from chassis.storage.migration import migrate_command
from gateway.announcement import announcement
from gateway.app import BACKGROUND_ROLES, build, build_background, build_standalone, subgraph_addresses
from gateway.console import commands
from gateway.migrations import MIGRATIONS
from gateway.settings import GatewaySettings, IdentityDatabase, ProcessSettings, StandaloneSettings

_HELP = {
    Role.ALL: "Serve the graph and identity, and do all that runs beside requests.",
    Role.API: "Serve the graph and identity only.",
    Role.RELAY: "Send identity's waiting events only.",
    Role.WORKER: "Consume the events that make accounts only.",
}
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]


root = console("The gateway: one of its roles, a supergraph alone, or an operator's command.")
root.add_typer(commands)


@root.callback(invoke_without_command=True, no_args_is_help=False)
def default(
    context: typer.Context,
    supergraph: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="With --no-auth: the same as `standalone`.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port to listen on, with --supergraph.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on, with --supergraph.")] = "127.0.0.1",
    no_auth: Annotated[bool, typer.Option("--no-auth", help="No login, no scopes: for development.")] = False,
) -> None:
    """Serve in the role that the setting ROLE names, or run a command."""
    if context.invoked_subcommand:
        return
    if (supergraph is None) == no_auth:
        raise typer.BadParameter("--supergraph goes with --no-auth; with logins, use SUPERGRAPH_FILE")
    if supergraph is None:
        _serve()
    else:
        standalone(supergraph, port, host)


@root.command()
def standalone(
    supergraph: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The composed supergraph SDL.")],
    port: Port = 8000,
    host: Host = "127.0.0.1",
) -> None:
    """Serve any supergraph, with no database, no login and no scopes: for development."""
    _observe()
    settings = StandaloneSettings()
    app = build_standalone(supergraph, settings)
    for line in announcement(subgraph_addresses(supergraph, settings), host, port):
        typer.echo(line)
    serve(
        app,
        host,
        port,
        settings.server,
        message_bytes=settings.limits.body_bytes,
        metrics_port=settings.metrics_port,
    )


def _serve(role: Role | None = None) -> None:
    """Serve in a role, by default that of the settings; relay and worker need the settings of a process only."""
    _observe()
    process = ProcessSettings()
    role = role or process.role
    if role in BACKGROUND_ROLES:
        serve(
            build_background(process, role),
            process.host,
            process.port,
            process.server,
            metrics_port=process.metrics_port,
        )
        return
    settings = GatewaySettings()
    serve(
        build(settings, role),
        settings.host,
        settings.port,
        settings.server,
        message_bytes=settings.limits.body_bytes,
        proxies=settings.forwarded_allow_ips,
        metrics_port=settings.metrics_port,
    )


def _observe() -> None:
    configure_logs("gateway")
    configure_traces("gateway")
    say_build("gateway")


def _add_role(role: Role) -> None:
    @root.command(role.value, help=_HELP[role])
    def serve_role() -> None:
        _serve(role)


root.command("migrate")(migrate_command(MIGRATIONS, IdentityDatabase))

for served in Role:
    _add_role(served)

if __name__ == "__main__":
    root(prog_name="python -m gateway")
