"""Operator commands of enrollment: `python -m services.enrollment schools import FILE` (R3)."""

import asyncio
import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any

import typer
from python_calamine import CalamineError, CalamineWorkbook

from chassis.context import Act, acting
from chassis.messaging.timelines import Why, refuse_beside
from chassis.principal import Principal, Scope
from chassis.runtime.console import WRONG, Operator, act_of, console, database_is_away
from chassis.runtime.settings import DatabaseSettings
from chassis.storage.migration import require_current
from chassis.storage.mongo import StorageError, connect
from chassis.storage.timeline import working
from chassis.storage.vault import Vault
from kernel.errors import Refusal
from kernel.free_text import Reason
from kernel.personal_numbers import holds_number
from kernel.reference import provinces
from services.enrollment.commands import Deps, ImportedSchool, NewSchool, import_schools
from services.enrollment.migrations import MIGRATIONS
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import Epoch, Feed, Store

commands = console("One process of enrollment, or an operator's command.")
schools = console("Schools on file (R3).")
commands.add_typer(schools, name="schools")

feed = console("The logs that provinces read (R27).")
commands.add_typer(feed, name="feed")

_MINISTRY = Principal("command-line", Scope.MINISTRY)
"""The scope that the national list is imported under; the audit names the operator (R40)."""
_COLUMNS = {
    "code": ("code", "学校标识码", "统一社会信用代码", "学校代码"),
    "name": ("name", "学校名称", "名称"),
    "province": ("province", "省份", "省份代码"),
}
"""The headings that a column may have; the first in Chinese is the one to ask for."""
_NO_PROVINCE = "?"
"""Stands for an empty cell, and is refused: no school becomes a line ministry's by a slip (ADR 17)."""
_DRY = "would be registered"
_STATES = {"registered": "登记 registered", _DRY: f"将登记 {_DRY}", "known": "已有 on file", "refused": "拒绝 refused"}
"""What became of a row, or with `--dry-run` would, and how it is summed up."""
_HIDDEN = "…"
_OWN_NAME = "guopei-feed"


@schools.callback()
def _group() -> None:
    """A group, though it has one command."""


@feed.callback()
def _feed() -> None:
    """A group, though it has one command."""


@feed.command("new-epoch")
def new_epoch(reason: Why, operator: Operator = "") -> None:
    """After a restore from an older copy: the numbers that the logs have are kept, those above begin anew (ADR 69).

    Provinces withdraw what they have above. Exit 1 if a process of enrollment runs.
    """

    async def run() -> Epoch:
        settings = DatabaseSettings()
        async with connect(settings.mongodb_url.get_secret_value(), _OWN_NAME) as client:
            database = client[settings.mongodb_database]
            await require_current(database, MIGRATIONS)
            refuse_beside(await working(client, database, _OWN_NAME))
            return await Feed(database).begin_epoch(why.text)

    try:
        why = Reason.of(reason, "R40")
        with acting(act_of(operator)):
            epoch = asyncio.run(run())
    except Refusal as refusal:
        typer.echo(f"{refusal.code}: {refusal.zh} {refusal.en}", err=True)
        raise typer.Exit(WRONG) from refusal
    except StorageError as error:
        raise database_is_away(error) from error
    typer.echo(f"新纪元 new epoch: {epoch.number}; {json.dumps(epoch.base)}")


@schools.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(help="A .csv (UTF-8 or GB 18030) or .xlsx with a row of headings.")],
    dry: Annotated[bool, typer.Option("--dry-run", help="Write nothing; show the outcome of each row.")] = False,
    operator: Operator = "",
) -> None:
    """Put a list of schools on file: 学校标识码/code, 学校名称/name, 省份/province (a code, a name, or 00 for none).

    Prints a line of JSON for each row; exit 1 if a row was refused, 2 if the file cannot be read or the database is
    away. Schools on file stay as they are, so a list may be imported again.
    """
    act = Act() if dry else act_of(operator)
    rows = list(read_schools(file))
    try:
        counts = asyncio.run(_import(rows, act, dry=dry))
    except StorageError as error:
        raise database_is_away(error) from error
    summary = "、".join(f"{label} {counts[state]}" for state, label in _STATES.items() if counts[state])
    typer.echo(f"{'试运行 dry run：' if dry else ''}{summary or '没有数据 no rows'}", err=True)
    if counts["refused"]:
        raise typer.Exit(WRONG)


def read_schools(file: Path) -> Iterator[NewSchool]:
    """The rows of a table below its headings.

    Raises:
        BadParameter: It cannot be read, or a column is missing.
    """
    try:
        table = iter(_workbook(file) if file.suffix.lower() == ".xlsx" else _csv(file))
        places = _places(next(table, []))
    except (OSError, UnicodeDecodeError, CalamineError) as error:
        raise typer.BadParameter(f"无法读取 cannot read {file}: {type(error).__name__}") from error
    for row in table:
        cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
        yield NewSchool(code=cells["code"], name=cells["name"], province=_province(cells["province"]))


def _workbook(file: Path) -> Iterator[list[str]]:
    for row in CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python():
        yield [_text(cell) for cell in row]


def _csv(file: Path) -> Iterator[list[str]]:
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")  # what Excel writes on a Chinese desktop
    return csv.reader(io.StringIO(text))


def _text(cell: Any) -> str:
    """The cell as text; a code that was typed as a number comes as a float."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _places(headings: Sequence[str]) -> dict[str, int]:
    """Which column has which of the names in `_COLUMNS`.

    Raises:
        BadParameter: A column is missing.
    """
    present = [heading.strip().lower() for heading in headings]
    places = {
        name: next((present.index(heading) for heading in aliases if heading in present), -1)
        for name, aliases in _COLUMNS.items()
    }
    if missing := [_COLUMNS[name][1] for name, place in places.items() if place < 0]:
        raise typer.BadParameter(f"缺少列 missing columns: {'、'.join(missing)}")
    return places


def _province(text: str) -> str:
    """A province's code, whether the cell has the code or the name."""
    codes = {name: code for code, name in provinces().items()}
    return codes.get(text, text or _NO_PROVINCE)


async def _import(rows: Sequence[NewSchool], act: Act, *, dry: bool) -> Counter[str]:
    """Import the rows and print the outcome of each as it is there; how many came to which state."""
    settings = EnrollmentSettings()
    counts: Counter[str] = Counter()
    async with connect(settings.mongodb_url.get_secret_value()) as client:
        store = Store(client[settings.mongodb_database])
        await require_current(client[settings.mongodb_database], MIGRATIONS)
        deps = Deps(store, settings.clock(), Vault.load(settings.vault_file))
        with acting(act):
            async with aclosing(import_schools(deps, _MINISTRY, rows, dry=dry)) as results:
                async for result in results:
                    state = "refused" if result.refusal else "known" if result.known else _DRY if dry else "registered"
                    counts[state] += 1
                    typer.echo(json.dumps(_line(result, rows[result.index], state), ensure_ascii=False))
    return counts


def _line(result: ImportedSchool, row: NewSchool, state: str) -> dict[str, Any]:
    """A row's outcome by its number in the file; of a cell with a personal number in it no character (R41)."""
    cells = {"code": row.code, "name": row.name}
    shown = {name: _HIDDEN if holds_number(text) else text for name, text in cells.items()}
    line: dict[str, Any] = {"row": result.index + 2, **shown, "state": state}
    return line | ({"refusal": result.refusal.code, "message": result.refusal.zh} if result.refusal else {})
