"""How far a restore has come: a mark in the database itself, so that one that was cut off can be run again (ADR 77)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from chassis.storage.backups import RESTORING
from chassis.storage.timeline import META
from deploy.backup.copying import OWN_NAME, aware

_KEY = "restore"
_COUNTERS = {"timeline new": (META, "timeline"), "feed new-epoch": ("feed_state", "epochs")}
"""Steps that begin something which must not be begun twice, and the document that grows by them."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a restore that has not ended has done.

    Attributes:
        backup: What tells its backup from all others.
        file: The backup's name, for people.
        point: Up to when the copy reaches; None while it is not whole.
        done: The steps after the copy that have ended.
        before: The length of the past of what steps begin, as it was in the copy.
    """

    backup: str
    file: str
    point: datetime | None
    done: frozenset[str]
    before: dict[str, int]


class Progress:
    """The mark of a restore in its database. No connection stays open, for commands refuse to run beside one.

    Args:
        url: As the service's user.
        name: The service's database.
    """

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name

    def mark(self) -> Mark | None:
        """The mark of a restore that has not ended; None where none was begun."""
        with self._database() as database:
            row = database[RESTORING].find_one({"_id": _KEY})
        if row is None:
            return None
        point = aware(row["point"]) if row.get("point") else None
        return Mark(row["backup"], row["file"], point, frozenset(row["done"]), row["before"])

    def begin(self, backup: str, file: str) -> None:
        """Note that a backup is about to be copied into the database, before anything there is dropped."""
        row: dict[str, Any] = {"backup": backup, "file": file, "point": None, "done": [], "before": {}}
        with self._database() as database:
            database[RESTORING].replace_one({"_id": _KEY}, row, upsert=True)

    def copied(self, point: datetime) -> None:
        """Note that the copy is whole, and up to when it reaches."""
        with self._database() as database:
            before = {step: _length(database, step) for step in _COUNTERS}
            database[RESTORING].update_one({"_id": _KEY}, {"$set": {"point": point, "before": before}})

    def did(self, step: str) -> None:
        """Note that a step after the copy has ended."""
        with self._database() as database:
            database[RESTORING].update_one({"_id": _KEY}, {"$addToSet": {"done": step}})

    def has_done(self, step: str) -> bool:
        """Whether a step has ended, also where the note of it was cut off and its work shows it."""
        mark = self.mark()
        if mark is None:
            return False
        if step in _COUNTERS:
            with self._database() as database:
                return _length(database, step) > mark.before[step]
        return step in mark.done

    def end(self) -> None:
        """Forget the restore: it has ended."""
        with self._database() as database:
            database.drop_collection(RESTORING)

    @contextmanager
    def _database(self) -> Iterator[Database[dict[str, Any]]]:
        with MongoClient[dict[str, Any]](self._url, appname=OWN_NAME, w="majority") as client:
            yield client[self._name]


def _length(database: Database[dict[str, Any]], step: str) -> int:
    """How often a step has been done in the life of the database."""
    collection, key = _COUNTERS[step]
    row = database[collection].find_one({"_id": key}) or {}
    return len(row.get("past" if collection == META else "epochs", ()))
