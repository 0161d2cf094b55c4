"""When a service's database was last backed up: what its relay shows, and `deploy.backup take` notes (ADR 77)."""

from datetime import UTC, datetime

from chassis.storage.mongo import Database
from chassis.storage.timeline import META

RESTORING = "restoring"
"""The collection that says how far a restore of the database has come; it is there only until the restore has ended."""
_KEY = "backup"


async def note_backup(database: Database, taken: datetime) -> None:
    """Note a backup of the database, in its own collection `meta`; a copy that is restored knows of earlier ones only.

    Args:
        database: The service's database.
        taken: Up to when the backup reaches; it was restored elsewhere and examined.
    """
    note = {"taken": taken, "verified": datetime.now(UTC)}
    await database[META].update_one({"_id": _KEY}, {"$set": note}, upsert=True)


async def last_backup(database: Database) -> datetime | None:
    """Up to when the newest backup reaches that was examined; None where there is none.

    Args:
        database: The service's database.

    Raises:
        StorageError: The database is away.
    """
    note = await database[META].find_one({"_id": _KEY}, {"taken": 1})
    return note["taken"] if note else None


async def is_half_restored(database: Database) -> bool:
    """Whether a restore of the database was begun and has not ended.

    Args:
        database: The service's database.

    Raises:
        StorageError: The database is away.
    """
    return await database[RESTORING].find_one({}, {"_id": 1}) is not None
