"""`python -m gateway`: serve, or manage accounts."""

import json
from pathlib import Path
from typing import Annotated

import typer

from chassis.runtime.telemetry import configure_logs, configure_traces
from chassis.serving.process import serve
from gateway.app import OPEN_LIMITS, create_app, create_open_app
from gateway.console import accounts, text_of
from gateway.federation.explain import explain
from gateway.protection.trusted_documents import manifest
from gateway.settings import GatewaySettings, OpenSettings

cli = typer.Typer(add_completion=False, help=__doc__)
cli.add_typer(accounts, name="accounts")


@cli.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    supergraph: Annotated[Path | None, typer.Option(help="Serve this supergraph SDL, alone.")] = None,
    port: Annotated[int, typer.Option(help="Where to listen, with --supergraph.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on, with --supergraph.")] = "127.0.0.1",
    no_auth: Annotated[bool, typer.Option("--no-auth", help="No login, no scopes: for development.")] = False,
) -> None:
    """Serve the gateway: by the environment's settings, or alone on any supergraph."""
    if context.invoked_subcommand:
        return
    configure_logs("gateway")
    configure_traces("gateway")
    if supergraph is None:
        settings = GatewaySettings()
        serve(
            create_app(settings),
            settings.host,
            settings.port,
            message_bytes=settings.limits.body_bytes,
            proxies=settings.forwarded_allow_ips,
        )
    elif no_auth:
        serve(create_open_app(supergraph, OpenSettings()), host, port, message_bytes=OPEN_LIMITS.body_bytes)
    else:
        raise typer.BadParameter("--supergraph goes with --no-auth; with logins, use SUPERGRAPH_FILE")


@cli.command()
def plan(
    supergraph: Annotated[Path, typer.Argument(help="The supergraph SDL.")],
    query: Annotated[Path, typer.Argument(help="The query's file; - is standard input.")],
    operation: Annotated[str | None, typer.Option(help="Which operation of the file.")] = None,
    stages: Annotated[bool, typer.Option("--stages", help="Print first what each stage of planning made.")] = False,
) -> None:
    """Print the plan of a query as a tree."""
    sdl = supergraph.read_text(encoding="utf-8")
    typer.echo(explain(sdl, text_of(query), operation, stages=stages))


@cli.command()
def documents(files: Annotated[list[Path], typer.Argument(help="Files of one document each.")]) -> None:
    """Print a manifest of trusted documents, each under the SHA-256 of its text."""
    made = manifest(file.read_text(encoding="utf-8") for file in files)
    typer.echo(json.dumps(made, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    cli()
