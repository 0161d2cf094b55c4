"""`python -m services.enrollment schools import FILE`: the national list of schools, from a table (R3)."""

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
from chassis.principal import Principal, Scope
from chassis.runtime.console import console
from chassis.storage.mongo import connect
from chassis.storage.vault import Vault
from kernel.reference import provinces
from services.enrollment.commands import Deps, ImportedSchool, NewSchool, import_schools
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import Store

commands = console("One process of enrollment, or an operator's command.")
schools = console("Schools on file (R3).")
commands.add_typer(schools, name="schools")

_OPERATOR = Principal("command-line", Scope.MINISTRY, name="命令行导入")
_COLUMNS = {
    "code": ("code", "学校标识码", "统一社会信用代码", "学校代码"),
    "name": ("name", "学校名称", "名称"),
    "province": ("province", "省份", "省份代码"),
}
_MUST_SAY = "?"


@schools.callback()
def _group() -> None:
    """Keep `import` a subcommand, though it is the only one."""


@schools.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A .csv (UTF-8 or GB 18030) or .xlsx with a row of headings.")],
    dry: Annotated[bool, typer.Option("--dry-run", help="Write nothing; tell what would become of each row.")] = False,
) -> None:
    """Put a list of schools on file: 学校标识码/code, 学校名称/name, 省份/province (a code, a name, or 00 for none).

    Prints one line of JSON a row. What is on file already stays, so a list may be imported again.
    """
    rows = list(read_schools(file))
    counts = asyncio.run(_import(rows, dry=dry))
    told = "、".join(f"{zh} {counts[state]}" for state, zh in _STATES.items() if counts[state])
    typer.echo(f"{'试运行 dry run：' if dry else ''}{told or '没有数据 no rows'}", err=True)
    if counts["refused"]:
        raise typer.Exit(1)


_STATES = {"registered": "登记 registered", "known": "已有 on file", "refused": "拒绝 refused"}


def read_schools(file: Path) -> Iterator[NewSchool]:
    """The rows of a table below its headings.

    Raises:
        BadParameter: It cannot be read, or a column is missing.
    """
    try:
        table = iter(_workbook(file) if file.suffix.lower() == ".xlsx" else _csv(file))
        places = _places(next(table, []))
    except (OSError, UnicodeDecodeError, CalamineError) as error:
        raise typer.BadParameter(f"无法读取 cannot read {file.name}: {type(error).__name__}") from error
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
    """A code that was typed as a number comes as a float."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _places(headings: Sequence[str]) -> dict[str, int]:
    given = [heading.strip().lower() for heading in headings]
    found = {name: next((given.index(one) for one in known if one in given), -1) for name, known in _COLUMNS.items()}
    if missing := [_COLUMNS[name][1] for name, place in found.items() if place < 0]:
        raise typer.BadParameter(f"缺少列 missing columns: {'、'.join(missing)}")
    return found


def _province(text: str) -> str:
    """A code by itself or by its name; nobody becomes a line ministry's school by an empty cell."""
    named = {name: code for code, name in provinces().items()}
    return named.get(text, text or _MUST_SAY)


async def _import(rows: Sequence[NewSchool], *, dry: bool) -> Counter[str]:
    settings = EnrollmentSettings()
    counts: Counter[str] = Counter()
    async with connect(settings.mongodb_url.get_secret_value()) as client:
        store = Store(client[settings.mongodb_database])
        await store.prepare()
        deps = Deps(store, settings.clock(), Vault.load(settings.vault_file))
        with acting(Act(_OPERATOR)):
            async with aclosing(import_schools(deps, _OPERATOR, rows, dry=dry)) as done:
                async for row in done:
                    state = "refused" if row.refusal else "known" if row.known else "registered"
                    counts[state] += 1
                    typer.echo(json.dumps(_line(row, rows[row.index], state), ensure_ascii=False))
    return counts


def _line(row: ImportedSchool, given: NewSchool, state: str) -> dict[str, Any]:
    line: dict[str, Any] = {"row": row.index + 2, "code": given.code, "name": given.name, "state": state}
    return line | ({"refusal": row.refusal.code, "message": row.refusal.zh} if row.refusal else {})
