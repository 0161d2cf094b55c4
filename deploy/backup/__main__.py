"""`python -m deploy.backup key|dump|restore|verify|take`: backups of the services' databases (ADR 70, ADR 77).

Exit codes: 0 done; 1 refused, or the backup or what is in it is wrong; 2 bad usage, or the database is away.

The ballot box has no backup, nor have the keys that are to be destroyed with its ballots: whatever is restored would
undo that (ADR 54). Other keys are not in a backup either; they are kept apart from it, or it would open itself.
"""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pymongo import MongoClient

from chassis.messaging.sent import KEPT_DAYS
from chassis.runtime.console import FORMATS, WRONG, Operator, act_of, console, database_is_away
from chassis.storage.mongo import StorageError
from deploy.backup.archive import Damaged, new_key, read_key
from deploy.backup.copying import OWN_NAME, Manifest, NotEmpty, OfAnother, Unfinished, dump, file_name, history
from deploy.backup.restoring import AnotherTime, Failed, Restore, TooOld
from deploy.backup.taking import drop_old, note
from deploy.backup.verifying import empty_server, verify
from deploy.processes import PRODUCERS
from kernel.dates import SHANGHAI

_EMPTY = "A server with an empty database; one is started if none is given."
cli = console("Backups of the services' databases (ADR 70).")
Service = Annotated[str, typer.Argument(help=f"One of {', '.join(PRODUCERS)}.")]
KeyFile = Annotated[
    Path, typer.Option("--key", envvar="BACKUP_KEY_FILE", exists=True, dir_okay=False, help="The backup key's file.")
]
Url = Annotated[str, typer.Option(envvar="MONGODB_URL", help="As the service's user.", show_default=False)]
Name = Annotated[str | None, typer.Option(envvar="MONGODB_DATABASE", help="The service's database.")]
Folder = Annotated[Path, typer.Argument(file_okay=False, help="Where the backup goes; it is made if need be.")]
Backup = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The backup.")]


@cli.command()
def key() -> None:
    """Print a new backup key: keep it apart from the backups, and in two places."""
    typer.echo(new_key())


@cli.command("dump")
def dump_(
    *,
    service: Service,
    folder: Folder,
    key_file: KeyFile,
    url: Url,
    name: Name = None,
    admin: Annotated[
        str | None, typer.Option(help="The database's administrator, where it keeps no snapshots for half an hour.")
    ] = None,
) -> None:
    """Write a service's database as it is at this instant, sealed; the service may work on. Prints the file's name."""
    _require(service)
    file, _ = _dump(service, folder, _key(key_file), url=url, name=name or service, admin=admin)
    typer.echo(file)


@cli.command()
def take(
    *,
    service: Service,
    folder: Folder,
    key_file: KeyFile,
    url: Url,
    name: Name = None,
    empty: Annotated[str | None, typer.Option("--verify-at", help=_EMPTY)] = None,
    keep_days: Annotated[
        int, typer.Option(min=1, help="Older backups are dropped; never the one that was taken.")
    ] = 35,
) -> None:
    """What a night does: dump, restore the copy elsewhere and examine it, note that it is good, and drop old ones.

    The service's metric `guopei_backup_taken_seconds` shows what was noted. Exit 1 where the copy does not hold: then
    nothing is noted and nothing dropped.
    """
    _require(service)
    secret = _key(key_file)
    file, manifest = _dump(service, folder, secret, url=url, name=name or service)
    _verify(file, secret, empty)
    try:
        asyncio.run(note(url, name or service, manifest.taken))
    except StorageError as error:
        raise database_is_away(error) from error
    for old in drop_old(folder, service, file, keep_days, datetime.now(UTC)):
        typer.echo(f"已删除 dropped {old.name}", err=True)
    typer.echo(file)


@cli.command("restore")
def restore_(
    *,
    service: Service,
    file: Backup,
    key_file: KeyFile,
    environments: Annotated[
        typer.FileText, typer.Option(help='JSON: {"environments": {"catalog": {"MONGODB_URL": …}, …}}.')
    ],
    reason: Annotated[str, typer.Option(help="Why, for the audit and the provinces (R40).")],
    at: Annotated[
        datetime | None, typer.Option(formats=FORMATS, help="Up to when the copy reaches, if not as the backup says.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Drop what the database holds.")] = False,
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help=f"Though others keep only {KEPT_DAYS} days of what they have sent.")
    ] = False,
    operator: Operator = "",
) -> None:
    """Put a service's database back, in the order in which nobody takes the past for the present (ADR 69).

    Stop all processes of the service before, and start them afterwards. Prints what the audit knows of the service and
    the copy does not, a line of JSON each: what is to be done anew by hand, or is given up.
    """
    _require(service)
    work = Restore(service, json.load(environments)["environments"], lambda step: typer.echo(step, err=True))
    point = at if at is None or at.tzinfo else at.replace(tzinfo=SHANGHAI)
    acting = act_of(operator).operator or ""
    try:
        done = work.run(
            file, _key(key_file), reason=reason, operator=acting, at=point, replace=replace, incomplete=incomplete
        )
    except Unfinished as error:
        _refuse(
            f"对 {error} 的恢复中断未完成，请重新运行它，或加 --replace 放弃; "
            f"a restore of {error} was cut off: run it again, or give it up with --replace"
        )
    except NotEmpty as error:
        _refuse(f"数据库 {error} 非空，覆盖请加 --replace the database holds documents: --replace drops them")
    except Damaged as error:
        _refuse(f"备份损坏 the backup is damaged: {error}")
    except OfAnother as error:
        _refuse(f"该备份属于 {error}，不属于 {service}；未作任何改动 the backup is of {error}; nothing was changed")
    except AnotherTime as error:
        _refuse(
            f"中断的恢复至 {error}，去掉 --at 即可继续；未作任何改动 "
            f"the restore that was cut off reaches {error}: without --at it goes on; nothing was changed"
        )
    except TooOld as error:
        _refuse(
            f"其他服务已不再保留 {error} 发送的事件，仍要恢复请加 --incomplete; "
            f"others no longer keep what they sent in {error}: --incomplete restores without it; nothing was changed"
        )
    except Failed as error:
        _refuse(f"{error}\n未完成，再次运行同一命令即可继续 it has not ended: run the same command again to go on")
    except StorageError as error:
        raise database_is_away(error) from error
    _show(done.manifest)
    for act in done.undone:
        typer.echo(json.dumps(act, ensure_ascii=False, sort_keys=True))
    typer.echo(f"已恢复至 restored to {done.reaches.isoformat()}；已作废 undone: {len(done.undone)}", err=True)


@cli.command("verify")
def verify_(
    file: Backup,
    key_file: KeyFile,
    url: Annotated[str | None, typer.Option(help=_EMPTY)] = None,
) -> None:
    """Restore a backup into an empty database and examine it; exit 1 and name what does not hold."""
    _verify(file, _key(key_file), url)
    typer.echo("完好 intact")


def _dump(
    service: str, folder: Path, key: bytes, *, url: str, name: str, admin: str | None = None
) -> tuple[Path, Manifest]:
    """Write a new backup, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    file = file_name(folder, service, datetime.now(UTC))
    begun = file.with_suffix(".part")
    try:
        with history(admin), MongoClient[dict[str, Any]](url, appname=OWN_NAME) as client, begun.open("wb") as rows:
            manifest = dump(client, service, name, rows, key)
    except Unfinished as error:
        begun.unlink(missing_ok=True)
        _refuse(f"对 {error} 的恢复未完成，不能备份 a restore of {error} has not ended: there is no state to back up")
    except StorageError as error:
        begun.unlink(missing_ok=True)
        raise database_is_away(error) from error
    begun.rename(file)
    _show(manifest)
    return file, manifest


def _verify(file: Path, secret: bytes, url: str | None) -> None:
    """Examine a backup's copy; end the command where something does not hold in it."""
    try:
        if url:
            manifest, faults = asyncio.run(verify(file, secret, url))
        else:
            with empty_server() as address:
                manifest, faults = asyncio.run(verify(file, secret, address))
    except NotEmpty as error:
        _refuse(f"数据库 {error} 非空 the database holds documents")
    except Damaged as error:
        _refuse(f"备份损坏 the backup is damaged: {error}")
    except StorageError as error:
        raise database_is_away(error) from error
    _show(manifest)
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(WRONG)


def _require(service: str) -> None:
    if service not in PRODUCERS:
        raise typer.BadParameter(
            f"没有备份的服务 {service} has no backup; SERVICE is one of {', '.join(PRODUCERS)} (ADR 54, ADR 70)"
        )


def _key(file: Path) -> bytes:
    try:
        return read_key(file)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--key") from error


def _show(manifest: Manifest) -> None:
    size = sum(each["bytes"] for each in manifest.collections.values())
    typer.echo(
        f"{manifest.service}: 截至 as of {manifest.taken.isoformat()}，{manifest.documents} 个文档 documents, "
        f"{size / 1e6:.1f} MB",
        err=True,
    )


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(WRONG)


if __name__ == "__main__":
    cli()
