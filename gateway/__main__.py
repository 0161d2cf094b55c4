"""`python -m gateway`: serve, or manage accounts."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from chassis.asgi import serve
from chassis.errors import Refusal
from chassis.mongo import connect
from chassis.principal import Scope
from chassis.telemetry import configure_logs, configure_traces
from gateway.app import create_app, create_open_app, explain
from gateway.identity.accounts import Identity, provision, reset
from gateway.identity.passwords import Passwords
from gateway.identity.sessions import Sessions
from gateway.identity.store import IdentityStore
from gateway.settings import GatewaySettings

cli = typer.Typer(add_completion=False, help=__doc__)
accounts = typer.Typer(help="Provision accounts; their one-time codes are printed once.")
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
        serve(create_app(settings), settings.host, settings.port)
    elif no_auth:
        serve(create_open_app(supergraph, {}), host, port)
    else:
        raise typer.BadParameter("--supergraph goes with --no-auth; with logins, use SUPERGRAPH_FILE")


@cli.command()
def plan(
    supergraph: Annotated[Path, typer.Argument(help="The supergraph SDL.")],
    query: Annotated[Path, typer.Argument(help="The query's file; - is standard input.")],
    variables: Annotated[str, typer.Option(help="Its variables, a JSON object.")] = "{}",
    operation: Annotated[str | None, typer.Option(help="Which operation of the file.")] = None,
) -> None:
    """Print the plan of a query as a tree."""
    sdl = supergraph.read_text(encoding="utf-8")
    typer.echo(explain(sdl, _text(query), json.loads(variables), operation))


@accounts.command("import")
def import_accounts(
    file: Annotated[Path, typer.Argument(help="A JSON list of accounts; - is standard input.")],
) -> None:
    """Provision many: `[{"login", "scope", "organization"?, "bases"?, "school"?, "province"?, "person"?, "name"?}]`."""
    rows = json.loads(_text(file))

    async def work(identity: Identity) -> list[dict[str, str]]:
        return [await _provision(identity, row) for row in rows]

    typer.echo(json.dumps(_run(work)))


@accounts.command("reset")
def reset_account(login: str, scope: Scope) -> None:
    """Put one account back into its initial state and print its new code."""

    async def work(identity: Identity) -> dict[str, str]:
        return {"login": login, "scope": scope.value, "code": await reset(identity, login=login, scope=scope)}

    typer.echo(json.dumps(_run(work)))


async def _provision(identity: Identity, row: dict[str, Any]) -> dict[str, str]:
    holder = {name: value for name, value in row.items() if name not in ("login", "scope")}
    holder["bases"] = tuple(holder.get("bases", ()))
    scope = Scope(row["scope"])
    _, code = await provision(identity, login=row["login"], scope=scope, **holder)
    return {"login": row["login"], "scope": scope.value, "code": code}


def _text(file: Path) -> str:
    return typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text(encoding="utf-8")


def _run(work: Callable[[Identity], Awaitable[Any]]) -> Any:
    async def session() -> Any:
        settings = GatewaySettings()
        async with connect(settings.mongodb_url.get_secret_value()) as client:
            store = IdentityStore(client[settings.mongodb_database])
            await store.prepare()
            sessions = Sessions(store, settings.keys())
            return await work(Identity(store, Passwords(), sessions, settings.literal_initial_password))

    try:
        return asyncio.run(session())
    except Refusal as refusal:
        typer.echo(f"{refusal.code}: {refusal.en}", err=True)
        raise typer.Exit(1) from refusal


if __name__ == "__main__":
    cli()
