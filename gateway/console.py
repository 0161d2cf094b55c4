"""`python -m gateway accounts …`: accounts, for administrators; one-time codes are printed once."""

import asyncio
import csv
import json
import sys
from codecs import BOM_UTF8
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from chassis.context import acting
from chassis.principal import Scope
from chassis.runtime.console import Operator, act_of
from chassis.storage.mongo import connect
from gateway.identity.deps import Deps
from gateway.identity.password_hashing import THREADS, Passwords
from gateway.identity.provisioning import disable, issue_codes, provision_all, reset, unlock
from gateway.identity.sessions import Sessions
from gateway.identity.store import IdentityStore
from gateway.settings import GatewaySettings
from kernel.dates import SHANGHAI
from kernel.errors import Refusal

accounts = typer.Typer(help="Accounts (R3, R4); one-time codes are printed once.", no_args_is_help=True)
Login = Annotated[str, typer.Option(help="Login name.")]
Role = Annotated[Scope, typer.Option(help="The account's one role.")]


@accounts.callback()
def operated(
    context: typer.Context,
    operator: Operator = "",
) -> None:
    """Name who acts: every act upon an account is in the audit log (R40)."""
    context.with_resource(acting(act_of(operator)))


@accounts.command("provision")
def provision_account(
    *,
    login: Login,
    scope: Role,
    organization: Annotated[str | None, typer.Option(help="Code of its organisation.")] = None,
    base: Annotated[list[str] | None, typer.Option(help="Id of a base; again for each.")] = None,
    school: Annotated[str | None, typer.Option(help="School code, for schools and teachers.")] = None,
    province: Annotated[str | None, typer.Option(help="Province code, for provinces.")] = None,
    person: Annotated[str | None, typer.Option(help="Id of the teacher or expert.")] = None,
    name: Annotated[str | None, typer.Option(help="The person recorded in every act (R5).")] = None,
) -> None:
    """Create one account."""
    holder = {"organization": organization, "school": school, "province": province, "person": person, "name": name}
    _create([{"login": login, "scope": scope.value, "bases": base or [], **holder}])


@accounts.command("import")
def import_accounts(
    file: Annotated[Path, typer.Argument(help="A JSON list of accounts; - is standard input.")],
) -> None:
    """Create many: `[{"login", "scope", "organization"?, "bases"?, "school"?, "province"?, "person"?, "name"?}]`."""
    rows = json.loads(text_of(file))
    _create(rows if isinstance(rows, list) else [rows])


@accounts.command("codes")
def print_codes(
    *,
    scope: Annotated[Scope | None, typer.Option(help="Accounts of that role only.")] = None,
    province: Annotated[str | None, typer.Option(help="Accounts of that province only; 00 is none.")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Only who has no code, or an expired one.")] = False,
) -> None:
    """Issue new codes to accounts in their initial state, and print them, once, as CSV; earlier ones end."""
    if scope is None and province is None:
        raise typer.BadParameter("--scope, --province, or both")

    async def work(deps: Deps) -> None:
        out = csv.writer(sys.stdout)
        out.writerow([f"{BOM_UTF8.decode()}登录名", "角色", "省份", "激活码", "有效期至"])  # the mark is for Excel
        async for account, code in issue_codes(deps, scope=scope, province=province, missing=missing):
            until = account.code_expires_at and f"{account.code_expires_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
            out.writerow([account.login, account.scope, account.home, code, until])
            sys.stdout.flush()  # what is stored is printed, whatever ends the command

    _run(work)


@accounts.command("reset")
def reset_account(login: Login, scope: Role) -> None:
    """Put one account back into its initial state, unlock it, and print its new code."""

    async def work(deps: Deps) -> dict[str, str]:
        return {"login": login, "scope": scope.value, "code": await reset(deps, login=login, scope=scope)}

    typer.echo(json.dumps(_run(work)))


@accounts.command("unlock")
def unlock_account(login: Login, scope: Role) -> None:
    """Forget an account's failed logins, so that its holder need not wait; the password stays."""

    async def work(deps: Deps) -> None:
        await unlock(deps, login=login, scope=scope)

    _run(work)


@accounts.command("disable")
def disable_account(login: Login, scope: Role) -> None:
    """Close one account until it is reset."""

    async def work(deps: Deps) -> None:
        await disable(deps, login=login, scope=scope)

    _run(work)


def text_of(file: Path) -> str:
    """The text of a file; `-` is standard input."""
    return typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text(encoding="utf-8")


def _create(rows: list[Any]) -> None:
    async def work(deps: Deps) -> list[dict[str, str]]:
        return await provision_all(deps, rows)

    made = _run(work)
    typer.echo(json.dumps(made))
    refused = [row for row in made if "refusal" in row]
    for row in refused:
        typer.echo(f"{row['refusal']}: {row['login']} ({row['scope']})", err=True)
    if refused:
        raise typer.Exit(1)


def _run(work: Callable[[Deps], Awaitable[Any]]) -> Any:
    async def session() -> Any:
        settings = GatewaySettings()
        async with connect(settings.mongodb_url.get_secret_value()) as client:
            store = IdentityStore(client[settings.mongodb_database])
            await store.prepare()
            sessions = Sessions(store, settings.keys())
            return await work(Deps(store, Passwords(THREADS), sessions, settings.literal_initial_password))

    try:
        return asyncio.run(session())
    except Refusal as refusal:
        typer.echo(f"{refusal.code}: {refusal.en} {json.dumps(refusal.details) if refusal.details else ''}", err=True)
        raise typer.Exit(1) from refusal
