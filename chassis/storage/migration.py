"""Migrations: numbered steps that bring a service's database to what its code needs (ADR 71).

A step may run while processes of this release and of the one before serve, may be killed anywhere and begin anew, and
changes nothing when it runs a second time. Indexes are made by steps alone. What has run is recorded in the collection
`schema`: number, name, end and duration.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Protocol

import structlog
import typer
from pydantic import SecretStr
from pymongo import DESCENDING

from chassis.runtime.console import UNAVAILABLE, WRONG, database_is_away
from chassis.runtime.tasks import Tasks
from chassis.storage.backups import is_half_restored
from chassis.storage.lease import Lease, LeaseLost
from chassis.storage.mongo import Database, StorageError, connect

_LOOK_SECONDS = 1.0  # between two looks of a process that waits for its database to be migrated
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        number: Its place, from 1 without a gap; it is data.
        name: What it does, in a word or two; it is data.
        run: Does it.
    """

    number: int
    name: str
    run: Callable[[Database], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Migrations:
    """All steps of a service's database.

    Attributes:
        service: The service's name, part of the lease's.
        steps: The steps in their order.
    """

    service: str
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if [step.number for step in self.steps] != list(range(1, len(self.steps) + 1)):
            raise ValueError(f"{self.service}: steps are numbered from 1 without a gap")

    @property
    def version(self) -> int:
        """The version of a database that has had every step."""
        return len(self.steps)


class Address(Protocol):
    """Where a service's database is, as its settings say."""

    @property
    def mongodb_url(self) -> SecretStr:
        """The connection string."""

    @property
    def mongodb_database(self) -> str:
        """The database's name."""


async def version_of(database: Database) -> int:
    """The number of the last step that a database has had; 0 for none.

    Raises:
        StorageError: The database is away.
    """
    last = await database["schema"].find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
    return int(last["_id"]) if last else 0


async def migrate(
    database: Database, migrations: Migrations, tell: Callable[[Step, float], None] = lambda *_: None
) -> None:
    """Run the steps that a database lacks, in their order; of several processes one does it, and the others wait.

    Args:
        database: The service's database.
        migrations: Its steps.
        tell: Called after each step with the seconds that it took.

    Raises:
        BaseExceptionGroup: What a step failed with; `LeaseLost` where the database was away for too long. What has run
            until then is recorded, so another call goes on from there.
        StorageError: The database is away.
    """
    if await version_of(database) >= migrations.version:
        return
    lease = Lease(database, f"{migrations.service}.migrate", told=False)

    async def work(_: int) -> None:
        had = await version_of(database)  # another process may have done it all while this one waited
        for step in migrations.steps[had:]:
            began = time.monotonic()
            await step.run(database)
            lease.check()
            seconds = time.monotonic() - began
            row = {"name": step.name, "at": datetime.now(UTC), "seconds": round(seconds, 3)}
            await database["schema"].update_one({"_id": step.number}, {"$setOnInsert": row}, upsert=True)
            tell(step, seconds)

    await lease.hold(work)


class SchemaCheck:
    """Whether a database is at the version that this process's code needs, and no restore of it is half done.

    A process whose database is below it is not ready until somebody has migrated it. One above, which a later release
    has migrated, is said once and served: steps only add what the release before passes over.

    Args:
        database: The service's database.
        migrations: The steps of this code.
        every_seconds: The pause between two looks while it is below.
    """

    def __init__(self, database: Database, migrations: Migrations, every_seconds: float = _LOOK_SECONDS) -> None:
        self._database = database
        self._migrations = migrations
        self._every_seconds = every_seconds
        self._passed = asyncio.Event()
        self._why = ""

    @property
    def missing(self) -> str:
        """Why the process cannot serve; empty where the database is as it needs it."""
        return "" if self._passed.is_set() else self._why or "the database has not answered yet"

    async def look(self) -> None:
        """Compare the versions once; an absent database leaves the question open."""
        needed = self._migrations.version
        try:
            found = await version_of(self._database)
            half_restored = await is_half_restored(self._database)
        except StorageError as error:
            log.warning("database version unknown", error=type(error).__name__)
            return
        why = f"the database has schema version {found}, this code needs {needed}: migrate it"
        if half_restored:
            why = "a restore of the database was cut off: run it again"
        if half_restored or found < needed:
            if why != self._why:
                log.warning("not ready", why=why)
            self._why = why
            return
        if found > needed:
            log.warning("database is newer than this code", found=found, needed=needed)
        self._passed.set()

    async def watch(self) -> None:
        """Look until the database is as it has to be."""
        while not self._passed.is_set():
            await asyncio.sleep(self._every_seconds)
            await self.look()

    async def passed(self) -> None:
        """Wait until the database is as it has to be."""
        await self._passed.wait()

    async def gate(self, tasks: Tasks) -> Tasks:
        """Look once, and hold tasks back until the database is as it has to be.

        Args:
            tasks: A process's.

        Returns:
            The same tasks, and the one that goes on looking.
        """
        await self.look()
        held = tasks.after(self.passed)
        return replace(held, api=(*held.api, self.watch))


async def require_current(database: Database, migrations: Migrations) -> None:
    """Stop an operator's command on a database that lacks a step: it could write what an index would refuse.

    Raises:
        Exit: It lacks one; a line says so.
        StorageError: The database is away.
    """
    if await version_of(database) < migrations.version:
        typer.echo("数据库尚未迁移，请先运行 migrate the database is not migrated: run `migrate` first", err=True)
        raise typer.Exit(WRONG)


def migrate_command(migrations: Migrations, settings: Callable[[], Address]) -> Callable[[bool], None]:
    """The command `migrate [--check]` of a service, for its command line.

    Args:
        migrations: The service's steps.
        settings: Reads where its database is.
    """

    def migrate_(
        check: Annotated[bool, typer.Option("--check", help="Only list what it lacks; exit 1 if anything.")] = False,
    ) -> None:
        """Bring the database to what this code needs, while processes serve; may be interrupted and run again."""
        try:
            code = asyncio.run(_run(migrations, settings(), check=check))
        except* LeaseLost:
            typer.echo("数据库中断，请再次运行 the database was away for too long: run it again", err=True)
            code = UNAVAILABLE
        except* StorageError as group:
            raise database_is_away(_first(group)) from None
        if code:
            raise typer.Exit(code)

    return migrate_


async def _run(migrations: Migrations, settings: Address, *, check: bool) -> int:
    def tell(step: Step, seconds: float) -> None:
        typer.echo(f"{migrations.service} {step.number} {step.name}: {seconds:.2f} s")

    async with connect(settings.mongodb_url.get_secret_value()) as client:
        database = client[settings.mongodb_database]
        if not check:
            await migrate(database, migrations, tell)
        version = await version_of(database)
    lacking = migrations.steps[version:]
    for step in lacking:
        typer.echo(f"{migrations.service} {step.number} {step.name}: 待运行 pending")
    if not lacking:
        typer.echo(f"{migrations.service}: 版本 version {version}")
    return WRONG if lacking else 0


def _first(group: BaseExceptionGroup[BaseException]) -> Exception:
    """An error of those in a group."""
    error = group.exceptions[0]
    if isinstance(error, BaseExceptionGroup):
        return _first(error)
    return error if isinstance(error, Exception) else RuntimeError(type(error).__name__)
