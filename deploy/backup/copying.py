"""Copy a service's database into a file and back, as it was at one instant (ADR 70)."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import bson
from bson.raw_bson import RawBSONDocument
from pymongo import DESCENDING, MongoClient
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database

from chassis.storage.backups import RESTORING
from chassis.storage.timeline import META
from deploy.backup.archive import Damaged, Writer, records

Client = MongoClient[dict[str, Any]]
OWN_NAME = "guopei-backup"
"""What these commands call themselves to MongoDB."""
_ROWS_BYTES = 4 << 20
_HISTORY_SECONDS = 1_800
_IDS = 10_000  # in one query
_OLDEST = datetime.fromtimestamp(0, UTC)
_RAW: "bson.CodecOptions[RawBSONDocument]" = bson.CodecOptions(document_class=RawBSONDocument)
_KEPT_OPTIONS = frozenset({"clusteredIndex", "expireAfterSeconds", "capped", "size", "max", "collation"})


class NotEmpty(ValueError):  # noqa: N818 - says what the database is
    """The database to be restored into holds documents."""


class Unfinished(ValueError):  # noqa: N818 - says what the database is
    """A restore of the database has not ended; the message names its backup."""


class OfAnother(ValueError):  # noqa: N818 - says what the file is
    """The file is the backup of another service."""


@dataclass(slots=True)
class Tally:
    """What is counted of a collection.

    Attributes:
        count: Its documents.
        size: Their bytes.
        digest: SHA-256 over them in the order of their ids.
    """

    count: int = 0
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def take(self, document: RawBSONDocument) -> None:
        """Count a document."""
        self.count += 1
        self.size += len(document.raw)
        self.digest.update(document.raw)

    def row(self) -> dict[str, Any]:
        """As the manifest has it."""
        return {"count": self.count, "bytes": self.size, "sha256": self.digest.hexdigest()}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        service: Whose database it is.
        taken: Up to when it reaches, by the database's clock.
        collections: Count, bytes and hash of each collection.
    """

    service: str
    taken: datetime
    collections: Mapping[str, Mapping[str, Any]]

    @property
    def documents(self) -> int:
        """How many documents it holds."""
        return sum(each["count"] for each in self.collections.values())


@contextmanager
def history(url: str | None) -> Iterator[None]:
    """The block may read a snapshot for half an hour, on a server that keeps none for so long.

    Args:
        url: The database's administrator; None where the server is set up so (`minSnapshotHistoryWindowInSeconds`).
    """
    if url is None:
        yield
        return
    name = "minSnapshotHistoryWindowInSeconds"
    with MongoClient[dict[str, Any]](url, appname=OWN_NAME) as client:
        before = client.admin.command({"getParameter": 1, name: 1})[name]
        client.admin.command({"setParameter": 1, name: max(before, _HISTORY_SECONDS)})
        try:
            yield
        finally:
            client.admin.command({"setParameter": 1, name: before})


def dump(client: Client, service: str, database: str, file: BinaryIO, key: bytes) -> Manifest:
    """Write a database as it is at one instant; its service may work on.

    Args:
        client: As the service's user.
        service: Whose database it is.
        database: Its name.
        file: Where to.
        key: The backup key.

    Raises:
        Unfinished: A restore of it has not ended, so it is no state of the service's.
    """
    source = client[database]
    if begun := source[RESTORING].find_one({}):
        raise Unfinished(begun["file"])
    listed = sorted(source.list_collections(), key=lambda each: str(each["name"]))
    collections = [each for each in listed if each["type"] == "collection" and not _is_beside(each["name"])]
    archive, tallies = Writer(file, service, key), dict[str, Tally]()
    with client.start_session(snapshot=True) as session:
        source[META].find_one({}, session=session)  # the first read sets the instant
        taken = client.admin.command("hello")["localTime"].replace(tzinfo=UTC)
        for each in collections:
            name = each["name"]
            indexes = [dict(index) for index in source[name].list_indexes()]
            archive.add({"collection": name, "options": each.get("options", {}), "indexes": indexes})
            tallies[name] = Tally()
            for rows in _windows(source[name], tallies[name], session):
                archive.add({"rows": rows})
    manifest = {"service": service, "taken": taken, "collections": {name: each.row() for name, each in tallies.items()}}
    archive.close({"manifest": manifest})
    return _manifest(manifest)


def _windows(
    collection: Collection[dict[str, Any]], tally: Tally, session: ClientSession
) -> Iterator[list[RawBSONDocument]]:
    rows, size = list[RawBSONDocument](), 0
    for row in collection.with_options(_RAW).find({}, sort=[("_id", 1)], session=session):
        tally.take(row)
        rows.append(row)
        size += len(row.raw)
        if size >= _ROWS_BYTES:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def restore(
    client: Client,
    service: str,
    database: str,
    file: BinaryIO,
    key: bytes,
    *,
    replace: bool = False,
    accept: Callable[[Manifest], None] | None = None,
) -> Manifest:
    """Put a database back as it was. Leases of then have ended: their processes are no more.

    Args:
        client: As the service's user; or where the copy is to be examined, of another server.
        service: Whose database it is.
        database: Its name.
        file: The backup, at its beginning.
        key: The backup key.
        replace: Whether what the database holds is dropped.
        accept: Told what the backup holds when nothing else refuses the restore any more, before the first write; what
            it raises leaves the database as it is.

    Raises:
        NotEmpty: It holds documents, and they are not to be dropped; nothing was written.
        Damaged: The file is not whole or was changed; nothing was written.
        OfAnother: The file is the backup of another service; nothing was written.
    """
    manifest = examine(file, key)  # before anything is dropped
    if manifest.service != service:
        raise OfAnother(manifest.service)
    file.seek(0)
    target = client[database]
    names = [name for name in target.list_collection_names() if not _is_beside(name)]
    if not replace and any(target[name].find_one({}, {"_id": 1}) for name in names):
        raise NotEmpty(target.name)
    if accept:
        accept(manifest)
    for name in names:
        target.drop_collection(name)
    into = target[META]
    for record in records(file, key):
        if "collection" in record:
            into = _create(target, bson.decode(record.raw))
        elif "rows" in record:
            rows = list(record["rows"])
            into.insert_many([_ended(row) for row in rows] if into.name == "leases" else rows)
    return manifest


def examine(file: BinaryIO, key: bytes) -> Manifest:
    """Read a whole backup, and compare it with its manifest.

    Raises:
        Damaged: It is not whole, or was changed.
    """
    tallies, name, manifest = dict[str, Tally](), "", dict[str, Any]()
    for record in records(file, key):
        if "collection" in record:
            name = str(record["collection"])
            tallies[name] = Tally()
        elif "rows" in record:
            for row in record["rows"]:
                tallies[name].take(row)
        else:
            manifest = bson.decode(record.raw, bson.CodecOptions(tz_aware=True, tzinfo=UTC))["manifest"]
    if manifest.get("collections") != {each: tally.row() for each, tally in tallies.items()}:
        raise Damaged("the manifest says something else")
    return _manifest(manifest)


def _is_beside(name: str) -> bool:
    """Whether a collection is no part of a service's state: MongoDB's own, and the mark of a restore."""
    return name == RESTORING or name.startswith("system.")


def _ended(lease: RawBSONDocument) -> dict[str, Any]:
    """A lease that nobody holds, or another run of a restore that was cut off would see its holder at work."""
    return bson.decode(lease.raw) | {"until": _OLDEST}


def _create(target: Database[dict[str, Any]], head: Mapping[str, Any]) -> Collection[dict[str, Any]]:
    options = {name: value for name, value in head["options"].items() if name in _KEPT_OPTIONS}
    made = target.create_collection(head["collection"], **options)
    indexes = [dict(index) for index in head["indexes"] if not index.get("clustered") and index["name"] != "_id_"]
    if indexes:
        kept = [{name: value for name, value in index.items() if name not in {"v", "ns"}} for index in indexes]
        target.command("createIndexes", made.name, indexes=kept)
    return made


def _manifest(row: Mapping[str, Any]) -> Manifest:
    return Manifest(row["service"], row["taken"], row["collections"])


def reaches(database: Database[dict[str, Any]], taken: datetime) -> datetime:
    """Up to when a restored copy reaches: to the instant that it was taken at, or to its latest event.

    Clocks differ a little; no event that the copy has may seem to be of the lost time.

    Args:
        database: As it was restored.
        taken: By the database's clock, with a time zone.
    """
    latest = taken
    for row in database["sent"].find({}, {"event.at": 1}, sort=[("sent", DESCENDING)], limit=1_000):
        latest = max(latest, aware(row["event"]["at"]))
    last = [("events.at", DESCENDING)]
    for each in _telling(database):
        for row in each.find({"events.at": {"$exists": True}}, {"events.at": 1}, sort=last, limit=100):
            latest = max(latest, *(aware(event["at"]) for event in row["events"]))
    return latest


def known(database: Database[dict[str, Any]], events: Sequence[str]) -> set[str]:
    """Which events a restored copy has, sent or still waiting.

    Args:
        database: As it was restored.
        events: Their ids.
    """
    found = set[str]()
    for begin in range(0, len(events), _IDS):
        asked = {"_id": {"$in": events[begin : begin + _IDS]}}
        found.update(row["_id"] for row in database["sent"].find(asked, {"_id": 1}))
    for each in _telling(database):
        for row in each.find({"events.at": {"$exists": True}}, {"events.id": 1}):
            found.update(event["id"] for event in row["events"])
    return found & set(events)


def _telling(database: Database[dict[str, Any]]) -> list[Collection[dict[str, Any]]]:
    """The collections whose documents carry events until the relay has sent them."""
    collections = [database[name] for name in database.list_collection_names()]
    return [each for each in collections if "waiting" in each.index_information()]


def aware(at: datetime) -> datetime:
    """An instant of the database, with the time zone that it has there."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def file_name(folder: Path, service: str, at: datetime) -> Path:
    """The name of a new backup."""
    return folder / f"{service}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup"
