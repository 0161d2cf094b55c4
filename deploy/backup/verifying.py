"""Whether a backup is one to go back to: it is restored into an empty database, and examined there (ADR 70)."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from chassis.storage.mongo import connect
from deploy.backup.archive import head_of
from deploy.backup.copying import OWN_NAME, Manifest, restore
from deploy.backup.invariants import INVARIANTS
from deploy.local.mongod import Mongod
from deploy.local.ports import Ports
from deploy.local.secrets import Secrets


@contextmanager
def empty_server() -> Iterator[str]:
    """The address of a mongod with nothing in it, which goes with the block."""
    with tempfile.TemporaryDirectory(prefix="guopei-verify-") as folder:
        home = Path(folder)
        ports, secrets = Ports(home), Secrets(home)
        mongod = Mongod(home, [ports["mongod"]], secrets)
        try:
            mongod.start()
            mongod.wait_ready()
            yield mongod.url("admin")
        finally:
            mongod.stop()
            ports.release()


async def verify(file: Path, key: bytes, url: str) -> tuple[Manifest, list[str]]:
    """Restore a backup into an empty database, and examine the copy.

    Args:
        file: The backup.
        key: The backup key.
        url: A server where the service's database is empty.

    Returns:
        What it holds, and what does not hold in it.

    Raises:
        NotEmpty: The database there holds documents.
        Damaged: The backup is not whole.
    """
    with file.open("rb") as rows:
        service = head_of(rows).service
        rows.seek(0)
        with MongoClient[dict[str, Any]](url, appname=OWN_NAME) as client:
            manifest = restore(client, service, service, rows, key)
    async with connect(url, OWN_NAME) as client_:
        faults = [fault async for fault in INVARIANTS[service](client_[service])]
    return manifest, faults
