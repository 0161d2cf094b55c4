"""`python -m services.assessment audit verify|export`: the audit log proven, and taken out of the database (R40).

An export is JSON lines: a header `{"format", "genesis"}`, every row `{"sequence", "previous", "act", "hash"}` in order,
and the head `{"head": {"sequence", "hash"}}`. A row's hash is SHA-256 over the UTF-8 of
`{"act":…,"previous":…,"sequence":…}`, JSON with sorted keys and without blanks; the first row's `previous` is the
genesis, 64 zeros. Whoever has an export can check it without us.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from chassis.mongo import connect
from chassis.settings import DatabaseSettings
from services.assessment.domain.audit import GENESIS, Fault, Head, Row, verify
from services.assessment.store import AuditLog

FORMAT = "guopei-audit/1"
cli = typer.Typer(add_completion=False, help=__doc__)
audit = typer.Typer(help="The audit log (R40).")
cli.add_typer(audit, name="audit")


@audit.command("verify")
def check(
    file: Annotated[Path | None, typer.Option(help="An export, instead of the database.")] = None,
    anchor: Annotated[list[str] | None, typer.Option(help="NUMBER:HASH, as written down elsewhere.")] = None,
) -> None:
    """Recompute the whole chain; exit 1 and name every row where it does not hold."""
    anchors = {int(number): digest for number, _, digest in (one.partition(":") for one in anchor or ())}
    rows, head = read_export(file) if file else asyncio.run(_read())
    faults = list(verify(rows, head, anchors))
    for fault in faults:
        typer.echo(_said(fault), err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"完好 intact: {head.sequence} rows; anchor {head.sequence}:{head.hash}")


@audit.command()
def export() -> None:
    """Print the whole log as JSON lines."""
    asyncio.run(_export())


def read_export(file: Path) -> tuple[list[Row], Head]:
    """The rows and the head of an export.

    Raises:
        ValueError: It is not one, or not of this format.
    """
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    if not lines or lines[0] != {"format": FORMAT, "genesis": GENESIS}:
        raise ValueError(f"not an export of the format {FORMAT}")
    ends = [line["head"] for line in lines if "head" in line]
    rows = [msgspec.convert(line, Row) for line in lines[1:] if "head" not in line]
    return rows, msgspec.convert(ends[-1], Head) if ends else Head(len(lines), "cut off")


@asynccontextmanager
async def _log() -> AsyncIterator[AuditLog]:
    settings = DatabaseSettings()
    async with connect(settings.mongodb_url.get_secret_value()) as client:
        yield AuditLog(client[settings.mongodb_database])


async def _read() -> tuple[list[Row], Head]:
    """The rows up to the head as it is now, and whatever lies beyond the head as it is afterwards.

    What is appended while they are read is no fault; a row that no head has reached is one.
    """
    async with _log() as log:
        head = await log.head()
        rows = [row async for row in log.all()]
        reached = (await log.head()).sequence
    return [row for row in rows if not head.sequence < row.sequence <= reached], head


async def _export() -> None:
    async with _log() as log:
        head = await log.head()
        _print({"format": FORMAT, "genesis": GENESIS})
        async for row in log.all():
            if row.sequence > head.sequence:
                break
            _print(asdict(row))
        _print({"head": asdict(head)})


def _print(content: dict[str, object]) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, sort_keys=True))


def _said(fault: Fault) -> str:
    return f"第{fault.sequence}行 row {fault.sequence}: {fault.what}"
