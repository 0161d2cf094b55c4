"""`python -m services.<name> vault rotate|keys`: seal all personal data with the active key (R41).

Order of a rotation: first every process gets a vault file that has the new key and names it active; then `rotate`; then
the old key may be removed, once `keys` counts no seal of it. The services run meanwhile.

Each document that is sealed anew gets a new version. Otherwise a command that read the document before and saves it
afterwards would write the old seal back; so it is refused as stale, and what a pass has renewed stays renewed. The
command may be interrupted and run again: documents with the active key are skipped.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from pymongo import ASCENDING, UpdateOne

from chassis.runtime.console import MongoUrl, Name, console, database_is_away
from chassis.storage.migration import Migrations, require_current
from chassis.storage.mongo import Collection, Database, Document, StorageError, connect
from chassis.storage.vault import Vault

_WINDOW = 500
_FIELD, _SUFFIX = "sealed", "_sealed"
Paths = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of one pass over a collection.

    Attributes:
        collection: The collection's name.
        seen: Documents read.
        renewed: Documents sealed anew.
        missed: Documents that somebody else wrote between read and write; the next pass renews them.
    """

    collection: str
    seen: int = 0
    renewed: int = 0
    missed: int = 0

    def after(self, seen: int, wanted: int, renewed: int) -> "Progress":
        """The progress after one more window.

        Args:
            seen: Documents read in the window.
            wanted: Documents of the window with an old seal.
            renewed: Those of them that were written.
        """
        return Progress(self.collection, self.seen + seen, self.renewed + renewed, self.missed + wanted - renewed)


async def rotate(database: Database, collections: Sequence[str], vault: Vault, tell: Callable[[Progress], None]) -> int:
    """Seal everything with the active key; passes are repeated until one finds nothing to do.

    Args:
        database: The service's database.
        collections: Names of the collections with sealed fields.
        vault: Has the old keys and the active one.
        tell: Called after each window of 500 documents.

    Returns:
        How many documents were sealed anew.

    Raises:
        KeyError: The vault lacks the key of a seal.
        cryptography.exceptions.InvalidTag: A seal was altered.
    """
    renewed = 0
    for name in collections:
        while (done := await _pass(database[name], vault, tell)).renewed or done.missed:
            renewed += done.renewed
    return renewed


async def keys(database: Database, collections: Sequence[str]) -> Counter[str]:
    """Count the seals of each key id."""
    seals: Counter[str] = Counter()
    for name in collections:
        async for document in database[name].find({}, {"events": 0}):
            seals.update(Vault.key_of(sealed) for _, sealed in sealed_in(document))
    return seals


def sealed_in(value: Any, path: str = "") -> Paths:
    """The dotted path and the seal of every field of a document that is named `sealed` or `…_sealed`."""
    if isinstance(value, dict):
        for name, inner in value.items():
            where = f"{path}.{name}" if path else name
            if isinstance(inner, str) and (name == _FIELD or name.endswith(_SUFFIX)):
                yield where, inner
            else:
                yield from sealed_in(inner, where)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from sealed_in(inner, f"{path}.{place}")


async def _pass(collection: Collection, vault: Vault, tell: Callable[[Progress], None]) -> Progress:
    progress = Progress(collection.name)
    last: Document = {}
    while window := await collection.find(last, {"events": 0}, sort=[("_id", ASCENDING)], limit=_WINDOW).to_list():
        updates = [update for document in window if (update := _renewal(document, vault))]
        done = (await collection.bulk_write(updates, ordered=False)).modified_count if updates else 0
        progress = progress.after(len(window), len(updates), done)
        tell(progress)
        last = {"_id": {"$gt": window[-1]["_id"]}}
    return progress


def _renewal(document: Document, vault: Vault) -> UpdateOne | None:
    old = {path: sealed for path, sealed in sealed_in(document) if Vault.key_of(sealed) != vault.active}
    if not old:
        return None
    renewed = {path: vault.seal(vault.open(sealed)) for path, sealed in old.items()}
    read = {"_id": document["_id"], **old}
    if "version" not in document:  # no aggregate: nobody reads it to save it again with its old seals
        return UpdateOne(read, {"$set": renewed})
    return UpdateOne(read | {"version": document["version"]}, {"$set": renewed, "$inc": {"version": 1}})


File = Annotated[Path, typer.Option(envvar="VAULT_FILE", help="The keys, old and active.", show_default=False)]


def vault_commands(collections: Sequence[str], migrations: Migrations) -> typer.Typer:
    """The commands `vault …` of a service.

    Args:
        collections: Names of the collections with sealed fields.
        migrations: The steps of its database, which has to have had them (ADR 71).
    """
    group = console("Personal data at rest (R41).")

    @group.command("rotate")
    def rotate_(url: MongoUrl, name: Name, file: File) -> None:
        """Seal everything with the active key while the services run; may be interrupted and run again."""
        vault = Vault.load(file)

        async def run() -> None:
            async with connect(url) as client:
                await require_current(client[name], migrations)
                renewed = await rotate(client[name], collections, vault, _print)
            typer.echo(f"完成 done: {renewed} 个文档改用密钥 documents now under key {vault.active}")

        _run(run())

    @group.command("keys")
    def keys_(url: MongoUrl, name: Name) -> None:
        """Print how many seals each key has; a key without any may be removed from the vault file."""

        async def run() -> None:
            async with connect(url) as client:
                for key, count in sorted((await keys(client[name], collections)).items()):
                    typer.echo(f"{key}: {count}")

        _run(run())

    return group


def _print(progress: Progress) -> None:
    typer.echo(
        f"{progress.collection}: 已检查 seen {progress.seen}，已重新加密 sealed anew {progress.renewed}，"
        f"待再查 to see again {progress.missed}"
    )


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(work)
    except KeyError as error:
        typer.echo(f"密钥文件中没有密钥 the vault file lacks key {error}", err=True)
        raise typer.Exit(1) from None
    except StorageError as error:
        raise database_is_away(error) from error
