"""Counting what a call asks of its database, by pymongo's own monitoring."""

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import ModuleType

from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from chassis.storage.mongo import Database, Document
from chassis.storage.timeline import META

READS = frozenset({"find", "aggregate", "count", "distinct"})
_COMMIT = "commitTransaction"
_AT_THE_START = ("find", META)


@dataclass(frozen=True, slots=True)
class Budget:
    """What a call takes: operations, each a round trip, and commits of transactions besides."""

    operations: int
    commits: int = 0

    def further(self, windows: int, each: "Budget") -> "Budget":
        """What it takes with that many windows more."""
        return Budget(self.operations + windows * each.operations, self.commits + windows * each.commits)


class Operations(CommandListener):
    """The operations that a client has sent since `clear`, each a round trip.

    Attributes:
        seen: Command and collection of each, in order; without commits, aborts, what keeps connections alive, and
            reads of the timeline, which a process makes when it starts (ADR 69).
        commits: How many transactions were committed.
    """

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.commits = 0

    def clear(self) -> None:
        """Count anew."""
        self.seen.clear()
        self.commits = 0

    @property
    def cost(self) -> Budget:
        """What was taken, to be compared with a budget."""
        return Budget(len(self.seen), self.commits)

    @property
    def reads(self) -> list[tuple[str, str]]:
        """Those that read."""
        return [(command, collection) for command, collection in self.seen if command in READS]

    def started(self, event: CommandStartedEvent) -> None:
        """Note a command; the database `admin` is where transactions end and connections are opened."""
        operation = (event.command_name, str(event.command[event.command_name]))
        if event.database_name != "admin":
            if operation != _AT_THE_START:
                self.seen.append(operation)
        elif event.command_name == _COMMIT:
            self.commits += 1

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Not of interest."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Not of interest."""


@asynccontextmanager
async def watched(url: str, name: str) -> AsyncIterator[tuple[Database, Operations]]:
    """A database through a client that is listened to, and what it has sent.

    Args:
        url: Of the server.
        name: Of the database.
    """
    operations = Operations()
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        url, tz_aware=True, w="majority", journal=True, event_listeners=[operations]
    )
    async with client:
        yield client[name], operations


def use_cases(commands: ModuleType) -> set[str]:
    """The names of a service's commands, each of which has a budget."""
    exported = {name: getattr(commands, name) for name in commands.__all__}
    return {
        name
        for name, command in exported.items()
        if inspect.iscoroutinefunction(command) or inspect.isasyncgenfunction(command)
    }
