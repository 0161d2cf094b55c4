"""R41: all seals get the active key while the services run."""

import json
import os
from base64 import b64encode
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pymongo.asynchronous.collection import AsyncCollection

from chassis.storage import rotation
from chassis.storage.migration import migrate
from chassis.storage.mongo import Collection, Database
from chassis.storage.repository import Repository
from chassis.storage.rotation import Progress, keys, rotate, sealed_in
from chassis.storage.vault import Vault
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from kernel.errors import Refusal
from services.catalog.migrations import MIGRATIONS
from tests.support.processes import Finished, command

ROOT = Path(__file__).resolve().parents[3]
OLD = Vault({"k1": os.urandom(32)}, "k1", os.urandom(32))
NEW = replace(OLD, keys=OLD.keys | {"k2": os.urandom(32)}, active="k2")
NUMBERS = [f"138{serial:08d}" for serial in range(25)]


class Interrupted(Exception):  # noqa: N818 - what an operator does
    """The command was stopped."""


@dataclass(frozen=True, slots=True)
class Card:
    """A document with seals at every depth that services use."""

    id: str
    version: int
    phone_sealed: str
    name: str = "某人"
    inner: dict[str, str] = field(default_factory=dict)
    team: tuple[dict[str, str], ...] = ()


@pytest.fixture
async def cards(database: Database) -> Repository[Card]:
    """Twenty-five documents sealed with the old key."""
    repository: Repository[Card] = Repository(database, "cards", Card, producer="test", noun="card")
    for number in NUMBERS:
        seal = OLD.seal(number)
        team = ({"phone_sealed": OLD.seal(number)}, {"phone_sealed": OLD.seal(number)})
        await repository.insert(Card(number[-3:], 1, seal, inner={"sealed": OLD.seal(number)}, team=team))
    return repository


def quiet(_: Progress) -> None:
    """Report to nobody."""


async def opened(cards: Repository[Card], vault: Vault) -> list[set[str]]:
    """The texts that are sealed in each document."""
    documents: list[dict[str, Any]] = await cards.collection.find(sort=[("_id", 1)]).to_list()
    return [{vault.open(sealed) for _, sealed in sealed_in(document)} for document in documents]


async def test_rotation_renews_every_seal_and_keeps_every_text(
    cards: Repository[Card], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "_WINDOW", 10)
    progress: list[Progress] = []
    assert await rotate(database, ["cards"], NEW, progress.append) == len(NUMBERS)
    assert [step.seen for step in progress[:3]] == [10, 20, 25]
    assert await keys(database, ["cards"]) == {"k2": 4 * len(NUMBERS)}
    without_the_old = replace(NEW, keys={"k2": NEW.keys["k2"]})
    assert await opened(cards, without_the_old) == [{number} for number in NUMBERS]
    assert await rotate(database, ["cards"], NEW, quiet) == 0


async def test_an_interrupted_rotation_continues_when_run_again(
    cards: Repository[Card], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "_WINDOW", 10)

    def interrupt(_: Progress) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        await rotate(database, ["cards"], NEW, interrupt)
    assert await keys(database, ["cards"]) == {"k2": 40, "k1": 60}
    assert await opened(cards, NEW) == [{number} for number in NUMBERS]
    assert await rotate(database, ["cards"], NEW, quiet) == 15
    assert await keys(database, ["cards"]) == {"k2": 100}


async def test_a_command_that_read_an_old_seal_cannot_write_it_back(
    cards: Repository[Card], database: Database
) -> None:
    read = await cards.get("003")
    await rotate(database, ["cards"], NEW, quiet)
    with pytest.raises(Refusal) as refused:
        await cards.save(replace(read, name="改名"))
    assert refused.value.code == "STALE_VERSION"


async def test_a_document_written_during_a_pass_is_renewed_by_the_next(
    cards: Repository[Card], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write happens between the pass's read and its write."""
    left = ["018", "007"]
    write = AsyncCollection.bulk_write

    async def late(collection: Collection, *arguments: Any, **options: Any) -> Any:
        while left:
            await collection.update_one({"_id": left.pop()}, {"$set": {"name": "改名"}, "$inc": {"version": 1}})
        return await write(collection, *arguments, **options)

    monkeypatch.setattr(AsyncCollection, "bulk_write", late)
    progress: list[Progress] = []
    assert await rotate(database, ["cards"], NEW, progress.append) == len(NUMBERS)
    assert (progress[0].renewed, progress[0].missed) == (len(NUMBERS) - 2, 2)
    assert (await cards.get("007")).name == (await cards.get("018")).name == "改名"
    assert await keys(database, ["cards"]) == {"k2": 4 * len(NUMBERS)}


async def test_a_document_without_a_version_is_renewed_only_if_unchanged(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a document is renewed by the next pass where somebody sealed another text in between."""
    await database["rows"].insert_many([{"_id": number, "mobile": {"sealed": OLD.seal(number)}} for number in NUMBERS])
    left = [NUMBERS[3]]
    write = AsyncCollection.bulk_write

    async def late(collection: Collection, *arguments: Any, **options: Any) -> Any:
        while left:
            await collection.update_one({"_id": left.pop()}, {"$set": {"mobile.sealed": OLD.seal("13900000000")}})
        return await write(collection, *arguments, **options)

    monkeypatch.setattr(AsyncCollection, "bulk_write", late)
    assert await rotate(database, ["rows"], NEW, quiet) == len(NUMBERS)
    rows = {row["_id"]: row async for row in database["rows"].find()}
    assert {NEW.open(row["mobile"]["sealed"]) for row in rows.values()} == {
        *NUMBERS[:3],
        "13900000000",
        *NUMBERS[4:],
    }
    assert {frozenset(row) for row in rows.values()} == {frozenset({"_id", "mobile"})}
    assert await keys(database, ["rows"]) == {"k2": len(NUMBERS)}


async def run(parts: Parts, database: Database, file: Path, *arguments: str) -> Finished:
    """The command line of the catalog's vault, on this test's database."""
    settings = {"MONGODB_URL": parts.mongodb_url(ADMIN), "MONGODB_DATABASE": database.name, "VAULT_FILE": str(file)}
    return await command("services.catalog", "vault", *arguments, environment=settings)


async def test_the_command_line_rotates_and_reports_progress_and_keys(
    cards: Repository[Card], database: Database, parts: Parts, tmp_path: Path
) -> None:
    await migrate(database, MIGRATIONS)
    await cards.collection.rename("bases", dropTarget=True)
    file = tmp_path / "vault.json"

    def write(vault: Vault) -> None:
        named = {name: b64encode(key).decode() for name, key in vault.keys.items()}
        file.write_text(json.dumps({"active": vault.active, "keys": named, "hash": b64encode(vault.hash_key).decode()}))

    write(replace(NEW, keys={"k2": NEW.keys["k2"]}))
    refused = await run(parts, database, file, "rotate")
    assert (refused.code, "k1" in refused.error) == (1, True)
    write(NEW)
    done = await run(parts, database, file, "rotate")
    assert (done.code, done.error) == (0, "")
    assert "seen 25" in done.out
    assert "k2" in done.out.splitlines()[-1]
    assert (await run(parts, database, file, "keys")).out == "k2: 100\n"
    assert not [number for number in NUMBERS if number in done.out + refused.error]
