"""`python -m services.assessment audit verify|export` and `certificates check`: what anybody can verify (R32, R40).

`python -m services.assessment audit diff`: what a service has told since an instant to which it was restored (ADR 69).

`python -m services.assessment annual recompute YEAR`: every score follows from the facts that are kept, and so do the
national means and, where the points in force tell, who has the best grade (R38).

`python -m services.assessment ballots vote`: answer a questionnaire without a browser (R34).

An export is JSON lines: a header `{"format", "genesis"}`, every row `{"sequence", "previous", "act", "hash"}` in order,
and the head `{"head": {"sequence", "hash"}}`. A row's hash is SHA-256 over the UTF-8 of
`{"act":…,"previous":…,"sequence":…}`, JSON with sorted keys and without blanks; the first row's `previous` is the
genesis, 64 zeros. An export can therefore be verified without this program.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, TextIO

import msgspec
import typer

from chassis.events import timeline_of
from chassis.runtime.console import FORMATS, console, database_is_away
from chassis.runtime.settings import DatabaseSettings
from chassis.storage.mongo import StorageError, connect
from chassis.storage.yearly_keys import YearlyKeys
from services.assessment.commands.credentials import is_listed, verified
from services.assessment.commands.rubrics import require_rubric
from services.assessment.domain.annual import faults_of, follows_share, national_faults_of
from services.assessment.domain.audit import GENESIS, Fault, Head, Row, Verification
from services.assessment.domain.certificate import Claims
from services.assessment.domain.vocabulary import SealState
from services.assessment.store import Assessments, AuditLog, Evidence
from services.assessment.voting import Election, backup_code, new_seed, seed_of

FORMAT = "guopei-audit/1"
commands = console("One process of assessment, or an operator's command.")
audit = console("The audit log (R40).")
commands.add_typer(audit, name="audit")
certificates = console("Certificates (R32).")
commands.add_typer(certificates, name="certificates")


annual = console("Annual assessments (R38).")
commands.add_typer(annual, name="annual")

ballot_commands = console("Anonymous evaluation, for those who rather trust a command than a page (R34).")
commands.add_typer(ballot_commands, name="ballots")


@ballot_commands.command()
def vote(
    instrument: Annotated[str, typer.Argument(help="The questionnaire's id.")],
    answers: Annotated[typer.FileText, typer.Option(help="The answer sheet, JSON.")],
    url: Annotated[str, typer.Option(help="The gateway's root.")] = "http://127.0.0.1:8000",
    code: Annotated[str | None, typer.Option(help="The backup code of a token that was asked for before.")] = None,
    list_sha256: Annotated[str | None, typer.Option(help="The key list's hash, as noted elsewhere.")] = None,
) -> None:
    """Answer a questionnaire; the variable ACCESS_TOKEN has the login, which goes to the register only."""
    seed = seed_of(code) if code else new_seed()
    typer.echo(f"备份码 backup code: {backup_code(seed)}")
    election = Election(url, os.environ["ACCESS_TOKEN"])
    receipt = asyncio.run(election.vote(instrument, json.load(answers), seed, list_sha256))
    typer.echo(f"回执 receipt: {receipt}")


@annual.command("recompute")
def recompute(year: Annotated[int, typer.Argument(help="The year of the round.")]) -> None:
    """Compute every assessment of a year again from the facts that are kept; exit 1 and name what does not follow."""
    count, faults, shared = asyncio.run(_recomputed(year))
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"一致 equal: {count} assessments")
    if not shared:
        typer.echo("优秀名额未核对 share of the best grade: not checked (not all final, or points changed since)")


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


@audit.command("diff")
def diff(
    producer: Annotated[str, typer.Option(help="The service whose database was restored, such as enrollment.")],
    since: Annotated[datetime, typer.Option(formats=FORMATS, help="Real time, of Asia/Shanghai by default.")],
    timeline: Annotated[int | None, typer.Option(help="Only events of timelines before this one.")] = None,
) -> None:
    """Print what the audit has of a service since an instant, a line of JSON each: after a restore, what is undone."""

    async def run() -> None:
        async with _log() as log:
            async for row in log.since(producer, since):
                if timeline is None or timeline_of(row.act.event) < timeline:
                    _print({"sequence": row.sequence, **row.act.content()})

    try:
        asyncio.run(run())
    except StorageError as error:
        raise database_is_away(error) from error


@audit.command()
def export() -> None:
    """Print the whole log as JSON lines."""
    asyncio.run(_export())


_File = typer.Option(exists=True, dir_okay=False, show_default=False)


@certificates.command("check")
def check_certificate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The PDF, or its certificate.jwt.")],
    keys: Annotated[Path, _File],
    seals: Annotated[Path | None, _File] = None,
    status: Annotated[Path | None, _File] = None,
) -> None:
    """Check a certificate without any server; exit 1 where something does not hold.

    `--keys` is the file of `/certificates/keys.json`, `--seals` the PEM file of the seals' certificates, `--status` the
    file of `/certificates/status/<year>.jwt`. What is not given is not checked, and the command says so.
    """
    from services.assessment.documents.seal import examine, seals_of

    raw, signing = file.read_bytes(), YearlyKeys.load(keys)
    token: str | None = raw.decode("ascii", errors="replace").strip()
    if raw.startswith(b"%PDF"):
        found = examine(raw, seals_of(seals.read_bytes()) if seals else [])
        token = found.twin
        if seals is None:
            typer.echo("印章未核验 seal: not checked (--seals)")
        else:
            _say_or_fail("印章 seal", found.seal.value, holds=found.seal is SealState.INTACT)
    try:
        claims = Claims.read(verified(signing, token or ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        _say_or_fail("签名 signature", "INVALID", holds=False)
        return
    typer.echo(json.dumps(asdict(claims), ensure_ascii=False, default=str))
    if status is None:
        typer.echo("状态未核验 status: not checked (--status)")
        return
    try:
        ended = is_listed(verified(signing, status.read_text(encoding="ascii").strip()), claims.place)
    except ValueError:
        _say_or_fail("状态清单 status list", "INVALID", holds=False)
        return
    _say_or_fail("状态 status", "ENDED" if ended else "VALID", holds=not ended)


def _say_or_fail(what: str, found: str, *, holds: bool) -> None:
    typer.echo(f"{what}: {found}", err=not holds)
    if not holds:
        raise typer.Exit(1)


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


async def _recomputed(year: int) -> tuple[int, list[str], bool]:
    """How many assessments a year has, what does not follow from the facts, and whether the share could be checked."""
    settings = DatabaseSettings()
    faults: list[str] = []
    async with connect(settings.mongodb_url.get_secret_value()) as client:
        database = client[settings.mongodb_database]
        evidence, assessments = Evidence(database), await Assessments(database).of_year(year)
        rows = {assessment.id: await evidence.behind(assessment) for assessment in assessments}
    rubrics = {assessment.rubric: require_rubric(assessment.rubric) for assessment in assessments}
    for assessment in assessments:
        found = faults_of(assessment, rubrics[assessment.rubric], rows[assessment.id])
        faults += [f"{assessment.id}: {fault}" for fault in found]
    faults += national_faults_of(assessments, rubrics, rows)
    return len(assessments), faults, follows_share(assessments)


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
