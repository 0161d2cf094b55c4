"""A province's own system: the consumer that docs/events.md prints, as a process of its own."""

import asyncio
import os
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import closing
from pathlib import Path

from deploy.broker.definitions import queue_of
from deploy.local.suite import ROOT
from deploy.seed.account_provisioner import AccountProvisioner


async def started(provisioner: AccountProvisioner, file: Path, code: str, *, quiet: bool = False) -> Process:
    """Start it.

    Args:
        provisioner: Whose suite it listens to, and whose password its login has.
        file: Where it keeps its events.
        code: The province.
        quiet: Whether what it writes to standard error is left for the caller to read.
    """
    suite = provisioner.suite
    environment = {
        "EVENTS_FILE": str(file),
        "GRAPH": suite.url,
        "LOGIN": f"province{code}",
        "PASSWORD": provisioner.password,
        "AMQP": suite.parts.amqp_url(queue_of(code)),
        "QUEUE": queue_of(code),
    }
    script = str(ROOT / "docs" / "province_consumer.py")
    return await asyncio.create_subprocess_exec(
        sys.executable, script, env=os.environ | environment, stderr=PIPE if quiet else None
    )


def stored_events(file: Path, table: str = "events") -> list[tuple[int, str]]:
    """The numbers and ids in a table of its file, in order; none while it has just begun."""
    with closing(sqlite3.connect(file)) as connection:
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        query = f"SELECT sequence, id FROM {table} ORDER BY sequence"  # noqa: S608 - a name of ours
        return connection.execute(query).fetchall() if known else []
