"""A backup is the database at one instant, sealed; a copy that does not hold is found out (ADR 70)."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from typer.testing import CliRunner

from chassis.messaging import sent
from chassis.messaging.outbox import Relay
from chassis.messaging.sent import KEPT_DAYS
from chassis.storage.backups import last_backup
from chassis.storage.migration import SchemaCheck, migrate, version_of
from chassis.storage.mongo import Client, Database, connect
from chassis.storage.timeline import create_waiting_index
from deploy import __main__ as local
from deploy.backup.archive import Damaged, new_key, read_key, records
from deploy.backup.copying import Unfinished, history, known, reaches
from deploy.backup.progress import Progress
from deploy.backup.restoring import AnotherTime, Restore
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.processes import PRODUCERS
from services.assessment.store import AuditLog
from services.enrollment.migrations import MIGRATIONS
from services.enrollment.store import Feed
from tests.integration.enrollment.test_feed_worker import event, read_by
from tests.support.eventually import eventually
from tests.support.processes import Finished, command

TARGET = "copy"


class Desk:
    """An operator at a database."""

    def __init__(self, parts: Parts, database: Database, folder: Path) -> None:
        self.parts, self.database, self.folder = parts, database, folder
        self.key = folder / "backup.key"
        self.key.write_text(new_key(), encoding="ascii")
        self.url = parts.mongodb_url(ADMIN)

    async def run(self, *arguments: str) -> Finished:
        environment = {"MONGODB_URL": self.url, "MONGODB_DATABASE": self.database.name}
        return await command("deploy.backup", *arguments, "--key", str(self.key), environment=environment)

    async def dump(self, service: str) -> Path:
        done = await self.run("dump", service, str(self.folder), "--admin", self.url)
        assert done.code == 0, done.error
        return Path(done.out.strip())


@pytest.fixture
async def desk(parts: Parts, database: Database, tmp_path: Path) -> Desk:
    return Desk(parts, database, tmp_path)


@pytest.fixture
async def emptied(parts: Parts) -> AsyncIterator[Client]:
    """The test's server, where no database has a service's name, before and after."""
    async with connect(parts.mongodb_url(ADMIN)) as client:
        yield client
        for name in PRODUCERS:
            await client.drop_database(name)


def environments(desk: Desk) -> Path:
    """What a restore is given: every service's database is the desk's."""
    own = {"MONGODB_URL": desk.url, "MONGODB_DATABASE": desk.database.name, "AMQP_URL": desk.parts.amqp_url(ADMIN)}
    file = desk.folder / "environments.json"
    file.write_text(json.dumps({"environments": dict.fromkeys(PRODUCERS, own)}), encoding="utf-8")
    return file


async def filled(database: Database) -> None:
    """A feed, with indexes of all kinds and a clustered collection."""
    feed = Feed(database)
    await feed.prepare()
    await (await feed.writer()).append([read_by(event(number)) for number in range(1, 30)])
    await sent.create_index(database)
    await database.create_collection("clustered", clusteredIndex={"key": {"_id": 1}, "unique": True})
    await database["clustered"].insert_one({"_id": "a", "at": datetime.now(UTC)})
    await database["leases"].insert_one({"_id": "enrollment.relay", "until": datetime.now(UTC) + timedelta(hours=1)})


async def content(database: Database) -> dict[str, Any]:
    names = sorted(await database.list_collection_names())
    return {
        name: (
            await database[name].find().sort("_id").to_list(),
            {key: sorted(map(str, index.items())) for key, index in (await database[name].index_information()).items()},
            await database[name].options(),
        )
        for name in names
        if name != "leases"
    }


async def test_a_verified_copy_is_the_database_with_its_indexes_and_options(desk: Desk, emptied: Client) -> None:
    await filled(desk.database)
    file = await desk.dump("enrollment")
    assert b"submitted" not in file.read_bytes(), "it is sealed"
    done = await desk.run("verify", str(file), "--url", desk.url)
    assert (done.code, done.out.strip()) == (0, "完好 intact"), done.error
    assert await content(emptied["enrollment"]) == await content(desk.database)
    lease = await emptied["enrollment"]["leases"].find_one() or {}
    assert lease["until"] < datetime.now(UTC), "the process that held it is no more"
    again = await desk.run("verify", str(file), "--url", desk.url)
    assert (again.code, "holds documents" in again.error) == (1, True)


async def test_what_does_not_hold_in_a_copy_is_named(desk: Desk, emptied: Client) -> None:
    await filled(desk.database)
    await desk.database["feed"].delete_one({"province": "44", "sequence": 2})
    await desk.database["seats"].insert_one({"_id": "p1", "capacity": 1, "accepted": 1, "offered": 1, "waitlisted": 0})
    file = await desk.dump("enrollment")
    done = await desk.run("verify", str(file), "--url", desk.url)
    assert done.code == 1
    assert "log of 44" in done.error
    assert "seats of p1" in done.error
    await emptied.drop_database("enrollment")


async def test_a_broken_audit_chain_is_named(desk: Desk, emptied: Client) -> None:
    log = AuditLog(desk.database)
    await log.prepare()
    await log.append([event(number) for number in range(1, 4)])
    await log.rows.update_one({"_id": 2}, {"$set": {"act.subject": "another"}})
    file = await desk.dump("assessment")
    done = await desk.run("verify", str(file), "--url", desk.url)
    assert (done.code, "audit row 2" in done.error) == (1, True)
    assert emptied


@pytest.mark.parametrize("damage", ["changed", "cut", "frame lost", "another key", "no backup", "another service"])
async def test_a_file_that_is_not_whole_writes_nothing(desk: Desk, emptied: Client, damage: str) -> None:
    await filled(desk.database)
    file = await desk.dump("enrollment")
    raw = file.read_bytes()
    head = raw.index(b"\n") + 1
    first = head + 4 + int.from_bytes(raw[head : head + 4], "big")
    broken = {
        "changed": raw[:-40] + bytes([raw[-40] ^ 1]) + raw[-39:],
        "cut": raw[:first],
        "frame lost": raw[:head] + raw[first:],
        "another key": raw,
        "no backup": b"{}\n" + raw,
        "another service": raw.replace(b"enrollment", b"catalog", 1),
    }[damage]
    file.write_bytes(broken)
    if damage == "another key":
        desk.key.write_text(new_key(), encoding="ascii")
    with pytest.raises(Damaged), file.open("rb") as rows:
        list(records(rows, read_key(desk.key)))
    done = await desk.run("verify", str(file), "--url", desk.url)
    assert (done.code, "damaged" in done.error) == (1, True)
    assert not await emptied["enrollment"].list_collection_names()


async def test_a_backup_of_another_service_drops_nothing(desk: Desk) -> None:
    await filled(desk.database)
    file = await desk.dump("enrollment")
    await desk.database["leases"].delete_many({})
    held = await content(desk.database)
    arguments = ["--environments", str(environments(desk)), "--reason", "演练", "--replace"]
    done = await desk.run("restore", "catalog", str(file), *arguments)
    assert (done.code, "the backup is of enrollment" in done.error) == (1, True), done.error
    assert await content(desk.database) == held


@pytest.mark.parametrize("service", ["ballots", "nobody"])
async def test_the_ballot_box_has_no_backup(desk: Desk, service: str) -> None:
    """R34, ADR 54: what is to be destroyed is not kept elsewhere."""
    done = await desk.run("dump", service, str(desk.folder), "--admin", desk.url)
    assert (done.code, "ADR 54" in done.error) == (2, True)
    assert list(desk.folder.glob("*.backup")) == []


async def test_a_copy_reaches_to_its_latest_event_though_a_clock_was_ahead(desk: Desk) -> None:
    taken = datetime.now(UTC).replace(microsecond=0)
    ahead = taken + timedelta(seconds=3)
    waiting = {"_id": "c1", "events": [{"id": "e", "at": ahead}]}
    await create_waiting_index(desk.database["courses"])
    await desk.database["courses"].insert_one(waiting)
    with MongoClient[dict[str, Any]](desk.url, tz_aware=True) as client:
        assert reaches(client[desk.database.name], taken) == ahead
        assert reaches(client[desk.database.name], ahead + timedelta(seconds=1)) == ahead + timedelta(seconds=1)


async def test_a_backup_of_an_older_schema_is_migrated_before_anything_is_told(desk: Desk) -> None:
    """ADR 71: the collection `schema` goes back with the copy, and the operator's commands refuse an older one."""
    await filled(desk.database)
    file = await desk.dump("enrollment")
    await desk.database["leases"].delete_many({})
    await migrate(desk.database, MIGRATIONS)
    arguments = ["--environments", str(environments(desk)), "--reason", "演练", "--replace"]
    done = await desk.run("restore", "enrollment", str(file), *arguments)
    assert await version_of(desk.database) == MIGRATIONS.version, done.error
    steps = [line for line in done.error.splitlines() if line.startswith("python -m")]
    assert [step.split()[2:5] for step in steps[:2]] == [
        ["services.enrollment", "migrate"],
        ["services.enrollment", "timeline", "new"],
    ]


async def test_a_restore_to_a_time_that_others_no_longer_keep_is_refused_and_names_the_gap(desk: Desk) -> None:
    """ADR 66: what was sent is kept for thirty days."""
    await filled(desk.database)
    file = await desk.dump("enrollment")
    await desk.database["leases"].delete_many({})
    held = await content(desk.database)
    old = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    arguments = ["--environments", str(environments(desk)), "--reason", "演练", "--replace"]
    arguments += ["--at", old.strftime("%Y-%m-%dT%H:%M:%S%z")]
    done = await desk.run("restore", "enrollment", str(file), *arguments)
    assert (done.code, "--incomplete" in done.error) == (1, True), done.error
    assert (old - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S") in done.error
    assert await content(desk.database) == held
    anyway = await desk.run("restore", "enrollment", str(file), *arguments, "--incomplete")
    assert "missing for good" in anyway.error
    assert await version_of(desk.database) == MIGRATIONS.version, anyway.error


class Asked(CommandListener):
    """Counts what a database is asked."""

    number = 0

    def started(self, event: CommandStartedEvent) -> None:
        self.number += event.command_name in {"find", "aggregate"}

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


async def test_what_a_copy_knows_is_read_once_however_much_is_asked(desk: Desk) -> None:
    at, ids = datetime.now(UTC), [f"catalog/project:p{number}/1/0" for number in range(300)]
    await desk.database["sent"].insert_many([{"_id": key, "sent": at} for key in ids[:100]])
    await create_waiting_index(desk.database["courses"])
    await desk.database["courses"].insert_one({"_id": "c1", "events": [{"id": key, "at": at} for key in ids[100:103]]})
    asked = Asked()
    with MongoClient[dict[str, Any]](desk.url, event_listeners=[asked]) as client:
        assert known(client[desk.database.name], ids[50:]) == {*ids[50:103]}
    names = await desk.database.list_collection_names()
    telling = [name for name in names if "waiting" in await desk.database[name].index_information()]
    assert asked.number == len(["sent", *telling]), "one question a collection"


def test_a_restore_of_the_local_suite_leaves_no_passwords_in_its_home(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "HOME", home / "restore-data")
    file = tmp_path / "catalog.backup"
    file.write_bytes(b"no backup")
    done = CliRunner().invoke(local.cli, ["restore-data", "catalog", str(file)])
    assert done.exit_code == 1, done.output
    assert not list(local.HOME.glob("environments.json"))


def test_a_key_file_without_a_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    for text in ("", "x", json.dumps({}), "QUJD"):
        file.write_text(text, encoding="ascii")
        with pytest.raises(ValueError, match="no key"):
            read_key(file)


class CutOffError(BaseException):
    """The restore's process is killed."""


class Restoring:
    """Restores of one database, each of which may be cut off before one of its steps."""

    def __init__(self, desk: Desk, file: Path) -> None:
        settings = json.loads(environments(desk).read_text(encoding="utf-8"))["environments"]
        self.said: list[str] = []
        self.feed: list[Any] = []
        self._left = -1
        self._work = Restore("enrollment", settings, self._say)
        self._desk, self._file = desk, file

    def _say(self, step: str) -> None:
        if self._left == 0:
            raise CutOffError
        self._left -= 1
        self.said.append(step)

    async def run(
        self, *, steps: int = -1, replace: bool = False, file: Path | None = None, at: datetime | None = None
    ) -> None:
        """Restore; cut off before the step of that number, counted from 0."""
        self.said, self._left = [], steps
        key = read_key(self._desk.key)
        restore = partial(
            self._work.run, file or self._file, key, reason="演练", operator="李工", replace=replace, at=at
        )
        await asyncio.to_thread(restore)


@pytest.fixture
async def restoring(desk: Desk) -> Restoring:
    """A database that has been backed up, and has changed since."""
    await filled(desk.database)
    await migrate(desk.database, MIGRATIONS)
    file = await desk.dump("enrollment")
    await desk.database["leases"].delete_many({})
    work = Restoring(desk, file.rename(desk.folder / "first.backup"))
    work.feed = await desk.database["feed"].find().sort("_id").to_list()
    await desk.database["feed"].delete_many({"sequence": 1})
    return work


@pytest.mark.parametrize("moment", ["while it copies", "before a step", "before a step is noted"])
async def test_a_restore_that_was_cut_off_goes_on_and_does_nothing_twice(
    desk: Desk, restoring: Restoring, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """ADR 77: whatever kills it, the same command ends it; until then no process of the service is ready."""
    check, insert, did = SchemaCheck(desk.database, MIGRATIONS), Collection.insert_many, Progress.did

    def inserting(collection: Collection[Any], rows: Any, *more: Any) -> Any:
        if collection.name == "schema":
            raise CutOffError
        return insert(collection, rows, *more)

    def noting(progress: Progress, step: str) -> None:
        if step in {"timeline new", "feed new-epoch"}:
            raise CutOffError
        did(progress, step)

    with monkeypatch.context() as patched:
        if moment == "while it copies":
            patched.setattr(Collection, "insert_many", inserting)
        if moment == "before a step is noted":
            patched.setattr(Progress, "did", noting)
        with pytest.raises(CutOffError):
            await restoring.run(replace=True, steps=4 if moment == "before a step" else -1)
    await check.look()
    assert "cut off: run it again" in check.missing
    refused = await desk.run("dump", "enrollment", str(desk.folder), "--admin", desk.url)
    assert (refused.code, "has not ended" in refused.error) == (1, True), "half a database is no backup"
    await restoring.run()
    assert "cut off" in restoring.said[0]
    assert ("copying anew" in restoring.said[0]) == (moment == "while it copies")
    await check.look()
    assert check.missing == ""
    assert await desk.database["feed"].find().sort("_id").to_list() == restoring.feed, "the copy is back"
    timeline = await desk.database["meta"].find_one({"_id": "timeline"}) or {}
    epochs = await desk.database["feed_state"].find_one({"_id": "epochs"}) or {}
    assert (len(timeline["past"]), len(epochs["epochs"])) == (1, 1)
    assert "restoring" not in await desk.database.list_collection_names()


async def test_a_restore_that_was_cut_off_goes_on_to_its_own_time_and_to_no_other(restoring: Restoring) -> None:
    with pytest.raises(CutOffError):
        await restoring.run(replace=True, steps=1)
    with pytest.raises(AnotherTime) as refused:
        await restoring.run(at=datetime(2024, 5, 1, tzinfo=UTC))
    await restoring.run(at=datetime.fromisoformat(str(refused.value)))


async def test_another_backup_does_not_go_on_with_a_restore_that_was_cut_off(desk: Desk, restoring: Restoring) -> None:
    other = desk.folder / "other.backup"
    other.write_bytes((await desk.dump("enrollment")).read_bytes())
    with pytest.raises(CutOffError):
        await restoring.run(replace=True, steps=1)
    held = await content(desk.database)
    with pytest.raises(Unfinished, match=r"first\.backup"):
        await restoring.run(file=other)
    assert await content(desk.database) == held
    with pytest.raises(CutOffError):
        await restoring.run(file=other, replace=True, steps=1)
    mark = await desk.database["restoring"].find_one() or {}
    assert mark["file"] == "other.backup"


async def test_a_night_takes_a_backup_examines_it_notes_it_and_drops_old_ones(desk: Desk, emptied: Client) -> None:
    """What was noted is shown by the relay, where the alert BackupOld reads it."""
    await filled(desk.database)
    desk.folder.joinpath("backups").mkdir()
    now = datetime.now(UTC)
    ages = {f"enrollment-{now - timedelta(days=days):%Y%m%dT%H%M%SZ}.{kind}": days for days, kind in _KEPT}
    for name in (*ages, "catalog-20200101T000000Z.backup"):
        (desk.folder / "backups" / name).write_bytes(b"")
    assert await last_backup(desk.database) is None
    arguments = ("take", "enrollment", str(desk.folder / "backups"), "--verify-at", desk.url, "--keep-days", "30")
    with history(desk.url):
        done = await desk.run(*arguments)
    assert done.code == 0, done.error
    taken = await last_backup(desk.database)
    assert taken
    assert timedelta(0) <= datetime.now(UTC) - taken < timedelta(minutes=2)
    left = {file.name for file in (desk.folder / "backups").glob("enrollment-*")} - {Path(done.out.strip()).name}
    assert left == {name for name, days in ages.items() if days < (1 if name.endswith(".part") else 30)}
    assert (desk.folder / "backups" / "catalog-20200101T000000Z.backup").exists(), "it is another service's"
    relay = Relay(desk.database, ["feed_state"], desk.parts.amqp_url(ADMIN), "enrollment")
    measuring = asyncio.ensure_future(relay.run())
    try:
        await eventually(lambda: shown() == pytest.approx(taken.timestamp(), abs=1))
    finally:
        measuring.cancel()
        await asyncio.wait([measuring])
    await emptied.drop_database("enrollment")


_KEPT = ((29, "backup"), (31, "backup"), (0.5, "part"), (2, "part"))


def shown() -> float | None:
    return REGISTRY.get_sample_value("guopei_backup_taken_seconds", {"service": "enrollment"})


async def test_a_night_whose_copy_does_not_hold_notes_nothing_and_drops_nothing(desk: Desk, emptied: Client) -> None:
    await filled(desk.database)
    await desk.database["feed"].delete_one({"province": "44", "sequence": 2})
    old = desk.folder / "enrollment-20200101T000000Z.backup"
    old.write_bytes(b"")
    with history(desk.url):
        done = await desk.run("take", "enrollment", str(desk.folder), "--verify-at", desk.url)
    assert (done.code, "log of 44" in done.error) == (1, True)
    assert await last_backup(desk.database) is None
    assert old.exists()
    await emptied.drop_database("enrollment")
