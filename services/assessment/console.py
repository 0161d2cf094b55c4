"""`python -m services.assessment audit verify|export`: verify the hash chain of the audit log, or export it (R40).

An export is JSON lines: a header `{"format", "genesis"}`, every row `{"sequence", "previous", "act", "hash"}` in order,
and the head `{"head": {"sequence", "hash"}}`. A row's hash is SHA-256 over the UTF-8 of
`{"act":…,"previous":…,"sequence":…}`, JSON with sorted keys and without blanks; the first row's `previous` is the
genesis, 64 zeros. An export can therefore be verified without this program.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TextIO

import msgspec
import typer

from chassis.runtime.console import console
from chassis.runtime.settings import DatabaseSettings
from chassis.storage.mongo import connect
from services.assessment.domain.audit import GENESIS, Fault, Head, Row, Verification
from services.assessment.store import AuditLog

FORMAT = "guopei-audit/1"
commands = console("One process of assessment, or an operator's command.")
audit = console("The audit log (R40).")
commands.add_typer(audit, name="audit")


@audit.command("verify")
def check(
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="An export, instead of the database.")
    ] = None,
    anchor: Annotated[list[str] | None, typer.Option(help="NUMBER:HASH, as noted outside the database.")] = None,
) -> None:
    """Recompute the whole chain; exit 1 and name every row where it does not hold."""
    anchors = {int(number): digest for number, _, digest in (noted.partition(":") for noted in anchor or ())}
    faults, head = _of_file(file, anchors) if file else asyncio.run(_of_database(anchors))
    for fault in faults:
        typer.echo(_sentence(fault), err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"完好 intact: {head.sequence} rows; anchor {head.sequence}:{head.hash}")


@audit.command()
def export() -> None:
    """Print the whole log as JSON lines."""
    asyncio.run(_export())


def read_export(file: TextIO) -> Iterator[Row | Head]:
    """Read an export row by row.

    Returns:
        Its rows in order, and at last its head, if it has one.

    Raises:
        ValueError: The file is no export, or one of another format.
    """
    first = next(file, "null")
    if json.loads(first) != {"format": FORMAT, "genesis": GENESIS}:
        raise ValueError(f"not an export of the format {FORMAT}")
    for line in file:
        content = json.loads(line)
        yield msgspec.convert(content["head"], Head) if "head" in content else msgspec.convert(content, Row)


@asynccontextmanager
async def _log() -> AsyncIterator[AuditLog]:
    settings = DatabaseSettings()
    async with connect(settings.mongodb_url.get_secret_value()) as client:
        yield AuditLog(client[settings.mongodb_database])


def _of_file(file: Path, anchors: Mapping[int, str]) -> tuple[list[Fault], Head]:
    check, head = Verification(anchors), None
    faults: list[Fault] = []
    with file.open(encoding="utf-8", newline="\n") as lines:
        for line in read_export(lines):
            if isinstance(line, Head):
                head = line
            else:
                faults += check.take(line)
    # Without a head the end is missing, so at least one row is taken to be.
    head = head or Head(check.last.sequence + 1, "cut off")
    return [*faults, *check.end(head)], head


async def _of_database(anchors: Mapping[int, str]) -> tuple[list[Fault], Head]:
    """Verify the log while services append to it.

    Rows up to the head, as it was before reading, must hold. Rows beyond it may have been appended meanwhile: they are
    a fault only where the head, read again afterwards, has still not reached them.
    """
    check = Verification(anchors)
    faults: list[Fault] = []
    beyond: list[Row] = []
    async with _log() as log:
        head = await log.head()
        async for row in log.all():
            if row.sequence > head.sequence:
                beyond.append(row)
            else:
                faults += check.take(row)
        reached = (await log.head()).sequence
    faults += [fault for row in beyond if row.sequence > reached for fault in check.take(row)]
    return [*faults, *check.end(head)], head


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


def _sentence(fault: Fault) -> str:
    return f"第{fault.sequence}行 row {fault.sequence}: {fault.what}"
