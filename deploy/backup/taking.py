"""What a night's backup does beside dumping and examining: it notes that there is a good one, and drops old ones."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from chassis.storage.backups import note_backup
from chassis.storage.mongo import connect
from deploy.backup.copying import OWN_NAME, file_name


async def note(url: str, name: str, taken: datetime) -> None:
    """Note in the service's database up to when its newest examined backup reaches.

    Args:
        url: As the service's user.
        name: The service's database.
        taken: Up to when the backup reaches.

    Raises:
        StorageError: The database is away.
    """
    async with connect(url, OWN_NAME) as client:
        await note_backup(client[name], taken)


def drop_old(folder: Path, service: str, kept: Path, days: int, now: datetime) -> Iterator[Path]:
    """Drop a service's backups of more than some days ago, and what dumps that were cut off have left.

    Args:
        folder: Where they are.
        service: Whose.
        kept: The backup that was taken and examined; it stays.
        days: How many days the others are kept.
        now: The instant.

    Yields:
        Each file, once it is gone.
    """
    oldest = file_name(folder, service, now - timedelta(days=days)).stem
    yesterday = file_name(folder, service, now - timedelta(days=1)).stem
    for file in sorted(folder.glob(f"{service}-*")):
        if file == kept or file.suffix not in {".backup", ".part"}:
            continue
        if file.stem < (oldest if file.suffix == ".backup" else yesterday):
            file.unlink()
            yield file
