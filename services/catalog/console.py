"""Operator commands of the catalog: `quotas reconcile [--year Y] [--repair]` compares quotas with their projects.

It may run beside the services: quotas are read and repaired in transactions, as submissions write them.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated

import typer

from chassis.context import Act, acting
from chassis.runtime.console import WRONG, Operator, act_of, console, database_is_away
from chassis.runtime.settings import DatabaseSettings
from chassis.storage.migration import require_current
from chassis.storage.mongo import StorageError, connect
from kernel.errors import Refusal
from services.catalog.commands.quotas import reconcile_quotas
from services.catalog.domain.quota import Difference
from services.catalog.migrations import MIGRATIONS
from services.catalog.store import Store

commands = console("One process of the catalog, or an operator's command.")
quotas = console("Projects a base may have in a round (R11).")
commands.add_typer(quotas, name="quotas")


@quotas.callback()
def _group() -> None:
    """Makes Typer keep the group `quotas`, which has a single command."""


@quotas.command()
def reconcile(
    year: Annotated[int | None, typer.Option(help="One round; all by default.")] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Set what is wrong to what is counted.")] = False,
    operator: Operator = "",
) -> None:
    """List every quota whose count is wrong; exit 1 if one is left unrepaired, 2 if the database is away."""
    act = act_of(operator) if repair else Act()
    try:
        with acting(act):
            differences, names = asyncio.run(_reconcile(year, repair=repair))
    except Refusal as refusal:
        typer.echo(f"{refusal.code}: {refusal.en}", err=True)
        raise typer.Exit(WRONG) from refusal
    except StorageError as error:
        raise database_is_away(error) from error
    for difference in differences:
        repaired = _repaired(difference, repair=repair)
        typer.echo(_line(difference, names.get(difference.base, "?"), repaired=repaired), err=True)
    if not all(_repaired(difference, repair=repair) for difference in differences):
        raise typer.Exit(WRONG)
    if not differences:
        typer.echo("一致 every quota is what is counted")


async def _reconcile(year: int | None, *, repair: bool) -> tuple[list[Difference], Mapping[str, str]]:
    settings = DatabaseSettings()
    async with connect(settings.mongodb_url.get_secret_value()) as client:
        store = Store(client[settings.mongodb_database])
        if repair:
            await require_current(client[settings.mongodb_database], MIGRATIONS)
        differences = await reconcile_quotas(store, year=year, repair=repair)
        bases = await store.bases.find_many([difference.base for difference in differences])
    return differences, {base.id: base.name for base in bases if base}


def _repaired(difference: Difference, *, repair: bool) -> bool:
    """Whether it was set right; a quota without a document cannot be."""
    return repair and difference.used is not None


def _line(difference: Difference, name: str, *, repaired: bool) -> str:
    used = "缺失 missing" if difference.used is None else difference.used
    counts = f"已用 used {used}，实际 counted {len(difference.projects)}"
    codes = ", ".join(difference.projects) or "无项目 no projects"
    return f"{difference.year} {name}（{difference.base}）：{counts}：{codes}{'；已修复 repaired' if repaired else ''}"
