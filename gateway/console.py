"""Operator's commands of the gateway: accounts and their one-time codes, query plans, trusted documents.

Exit codes: 0 done; 1 refused; 2 bad usage, or the database is away. A one-time code is printed once, and stored only as
a hash (R4).
"""

import asyncio
import csv
import json
import sys
from codecs import BOM_UTF8
from collections.abc import Awaitable, Callable
from http.client import HTTPException
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import urlopen

import typer

from chassis.context import acting
from chassis.messaging.republishing import event_commands
from chassis.messaging.timelines import timeline_commands
from chassis.principal import Scope
from chassis.runtime.console import WRONG, Operator, act_of, console, database_is_away
from chassis.storage.migration import require_current
from chassis.storage.mongo import StorageError, connect
from chassis.storage.rotation import vault_commands
from gateway.federation.explain import explain
from gateway.identity.deps import Deps
from gateway.identity.factor_store import SEALED
from gateway.identity.password_hashing import THREADS, Passwords
from gateway.identity.provisioning import disable, issue_codes, provision_all, reset, unlock
from gateway.identity.second_step import reset_factor_of
from gateway.identity.sessions import Sessions
from gateway.identity.store import IdentityStore
from gateway.migrations import MIGRATIONS
from gateway.operations_table import rows_of, table_of
from gateway.protection.trusted_documents import manifest
from gateway.settings import GatewaySettings
from kernel.dates import SHANGHAI
from kernel.errors import Refusal

T = TypeVar("T")
_METRICS_SECONDS = 10.0
commands = console("The gateway in one of its roles, the router alone, or an operator's command.")
accounts = console("Accounts (R3, R4); one-time codes are printed once.")
commands.add_typer(accounts, name="accounts")
commands.add_typer(vault_commands(SEALED, MIGRATIONS), name="vault")
commands.add_typer(event_commands(MIGRATIONS), name="events")
commands.add_typer(timeline_commands(MIGRATIONS), name="timeline")
Login = Annotated[str, typer.Option(help="Login name.")]
AccountScope = Annotated[Scope, typer.Option("--scope", help="The account's one role.")]


@accounts.callback()
def _as_operator(
    context: typer.Context,
    operator: Operator = "",
) -> None:
    """Name who acts: every act upon an account is in the audit log (R40)."""
    context.with_resource(acting(act_of(operator)))


@accounts.command("provision")
def provision_account(
    *,
    login: Login,
    scope: AccountScope,
    organization: Annotated[str | None, typer.Option(help="Code of its organisation.")] = None,
    base: Annotated[list[str] | None, typer.Option(help="Id of a base; again for each.")] = None,
    school: Annotated[str | None, typer.Option(help="School code, for schools and teachers.")] = None,
    province: Annotated[str | None, typer.Option(help="Province code, for provinces.")] = None,
    person: Annotated[str | None, typer.Option(help="Id of the teacher or expert.")] = None,
    name: Annotated[str | None, typer.Option(help="The person recorded in every act (R5).")] = None,
) -> None:
    """Create one account and print its code."""
    holder = {"organization": organization, "school": school, "province": province, "person": person, "name": name}
    _create([{"login": login, "scope": scope.value, "bases": base or [], **holder}])


@accounts.command("import")
def import_accounts(
    file: Annotated[Path, typer.Argument(help="A JSON list of accounts; - is standard input.")],
) -> None:
    """Create many: `[{"login", "scope", "organization"?, "bases"?, "school"?, "province"?, "person"?, "name"?}]`."""
    rows = json.loads(_text_of(file))
    _create(rows if isinstance(rows, list) else [rows])


@accounts.command("codes")
def print_codes(
    *,
    scope: Annotated[Scope | None, typer.Option(help="Accounts of that role only.")] = None,
    province: Annotated[str | None, typer.Option(help="Accounts of that province only; 00 is none.")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Only who has no code, or an expired one.")] = False,
) -> None:
    """Issue new codes to accounts in their initial state and print them, once, as CSV; earlier codes end."""
    if scope is None and province is None:
        raise typer.BadParameter("--scope, --province, or both")

    async def work(deps: Deps) -> None:
        out = csv.writer(sys.stdout)
        out.writerow([f"{BOM_UTF8.decode()}登录名", "角色", "省份", "激活码", "有效期至"])  # the mark is for Excel
        async for account, code in issue_codes(deps, scope=scope, province=province, missing=missing):
            until = account.code_expires_at and f"{account.code_expires_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
            out.writerow([account.login, account.scope, account.home, code, until])
            sys.stdout.flush()  # a code that is stored must be printed even if the command is interrupted

    _run(work)


@accounts.command("reset")
def reset_account(login: Login, scope: AccountScope) -> None:
    """Put one account back into its initial state, unlock it, and print its new code."""

    async def work(deps: Deps) -> dict[str, str]:
        return {"login": login, "scope": scope.value, "code": await reset(deps, login=login, scope=scope)}

    typer.echo(json.dumps(_run(work)))


@accounts.command("unlock")
def unlock_account(login: Login, scope: AccountScope) -> None:
    """Forget an account's failed logins, so that its holder need not wait; the password stays."""

    async def work(deps: Deps) -> None:
        await unlock(deps, login=login, scope=scope)

    _run(work)


@accounts.command("reset-second-factor")
def reset_second_factor(login: Login, scope: AccountScope) -> None:
    """Remove one account's second factor: its sessions end, and its next login enrols another device (ADR 44)."""

    async def work(deps: Deps) -> None:
        await reset_factor_of(deps, login=login, scope=scope)

    _run(work)


@accounts.command("disable")
def disable_account(login: Login, scope: AccountScope) -> None:
    """Close one account until it is reset."""

    async def work(deps: Deps) -> None:
        await disable(deps, login=login, scope=scope)

    _run(work)


@commands.command()
def plan(
    supergraph: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The supergraph SDL.")],
    query: Annotated[Path, typer.Argument(help="The query's file; - is standard input.")],
    operation: Annotated[str | None, typer.Option(help="Which operation of the file.")] = None,
    stages: Annotated[bool, typer.Option("--stages", help="Print first what each stage of planning made.")] = False,
) -> None:
    """Print the plan of a query as a tree."""
    sdl = supergraph.read_text(encoding="utf-8")
    typer.echo(explain(sdl, _text_of(query), operation, stages=stages))


@commands.command()
def documents(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Files of one document each.")],
) -> None:
    """Print a manifest of trusted documents, each under the SHA-256 of its text."""
    texts = manifest(file.read_text(encoding="utf-8") for file in files)
    typer.echo(json.dumps(texts, ensure_ascii=False, indent=2))


@commands.command()
def operations(
    urls: Annotated[
        list[str], typer.Argument(help="Address of each gateway's metrics, such as http://127.0.0.1:9000/metrics.")
    ],
) -> None:
    """Print what front ends' operations cost, the dearest first, from the metrics of running gateways."""
    typer.echo(table_of(rows_of(map(_metrics_of, urls))))


def _metrics_of(url: str) -> str:
    """The metrics of a running gateway.

    Raises:
        BadParameter: It is no address, or does not answer.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise typer.BadParameter(f"应为 http 或 https 地址 an address of http or https is wanted: {url}")
    try:
        with urlopen(url, timeout=_METRICS_SECONDS) as reply:  # noqa: S310 - HTTP, as checked
            return str(reply.read().decode())
    except (OSError, ValueError, HTTPException) as error:
        raise typer.BadParameter(f"无法读取 cannot read {url}: {type(error).__name__}") from error


def _text_of(file: Path) -> str:
    """The text of a file; `-` is standard input.

    Raises:
        BadParameter: It cannot be read.
    """
    try:
        return typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"无法读取 cannot read {file}: {type(error).__name__}") from error


def _create(rows: list[Any]) -> None:
    """Create these accounts and print a JSON list of results; exit 1 if any was refused."""

    async def work(deps: Deps) -> list[dict[str, str]]:
        return await provision_all(deps, rows)

    results = _run(work)
    typer.echo(json.dumps(results))
    refused = [row for row in results if "refusal" in row]
    for row in refused:
        typer.echo(f"{row['refusal']}: {row['login']} ({row['scope']})", err=True)
    if refused:
        raise typer.Exit(WRONG)


def _run(work: Callable[[Deps], Awaitable[T]]) -> T:
    """Connect, do the work, and return its result; a refusal exits with 1, a database that is away with 2."""

    async def connected() -> T:
        settings = GatewaySettings()
        async with connect(settings.mongodb_url.get_secret_value()) as client:
            store = IdentityStore(client[settings.mongodb_database])
            await require_current(store.database, MIGRATIONS)
            sessions = Sessions(store, settings.key_file().keys, settings.two_factors)
            passwords, literal = Passwords(THREADS), settings.literal_initial_password
            return await work(Deps(store, passwords, sessions, literal, settings.factor_rules()))

    try:
        return asyncio.run(connected())
    except Refusal as refusal:
        typer.echo(f"{refusal.code}: {refusal.en} {json.dumps(refusal.details) if refusal.details else ''}", err=True)
        raise typer.Exit(WRONG) from refusal
    except StorageError as error:
        raise database_is_away(error) from error
