"""MongoDB: the client, documents of dataclasses, and transactions that are retried (notes N18–N22)."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pymongo
from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern

from chassis.runtime.measures import CLOCK_SKEW
from chassis.storage.condition_wait import mend
from chassis.storage.driver_metrics import measure, watch
from kernel.dates import SHANGHAI

mend()
measure()
Document = dict[str, Any]
Database = AsyncDatabase[Document]
Collection = AsyncCollection[Document]
Client = AsyncMongoClient[Document]
Session = AsyncClientSession
DuplicateKey = DuplicateKeyError
StorageError = PyMongoError
BATCH = 1_000
"""How many documents come in one round trip, so that what belongs together does; by default the first brings 101."""

_DUPLICATE_KEY = 11000
# MongoDB's error codes: OutOfDiskSpace, Interrupted, MaxTimeMSExpired, WriteConcernFailed
_TRANSIENT_CODES = {14031, 11601, 50, 64}
# What a primary says that goes, or that has just gone, where the driver does not say it by the exception's type:
# HostUnreachable, HostNotFound, CursorNotFound, NetworkTimeout, ShutdownInProgress,
# ReadConcernMajorityNotAvailableYet, PrimarySteppedDown, ExceededTimeLimit, SocketException, NotWritablePrimary,
# InterruptedAtShutdown, InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary
_TRANSIENT_CODES |= {6, 7, 43, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436}
_OF_A_LOST_SERVER = ("RetryableWriteError", "UnknownTransactionCommitResult")


_CONFLICT = "TransientTransactionError"  # the label of MongoDB's own conflicts
_ATTEMPTS = 30
_PING_SECONDS = 20.0
_RERUN_SECONDS = 10.0
_RERUN_ABSENT_SECONDS = 5.0  # after it, one more wait for a server would outlast whoever waits
WORK_SECONDS = 20.0
"""How long the reads and writes of a transaction may take, less than what mongod lets it live (notes N87)."""
_WAIT_SECONDS = 0.002
_WAIT_CEILING_SECONDS = 0.25
_COMMIT_SECONDS = 15.0
_ABORT_SECONDS = 1.0  # a transaction that cannot be aborted ends by itself
_SHORTEST_SECONDS = 0.001


@contextmanager
def bounded(seconds: float | None) -> Iterator[None]:
    """Let driver calls in the block fail by themselves once it has lasted `seconds`; None sets no bound (notes N85).

    A call that is cancelled gives up its connection, and mongod works on for nobody. One that knows its bound tells it
    to mongod (`maxTimeMS`), waits for a server and for a place in the pool no longer than that, and within the bound
    repeats what a failover interrupted. Tasks that begin in the block inherit the bound, change streams too.

    Args:
        seconds: From now; a bound around the block holds as well.
    """
    with pymongo.timeout(None if seconds is None else max(seconds, _SHORTEST_SECONDS)):
        yield


def is_late(error: Exception) -> bool:
    """Whether an operation was ended because it took longer than `bounded` allows, by a database that answers."""
    return isinstance(error, ExecutionTimeout)


def is_away(error: Exception) -> bool:
    """Whether the database is away, full or too busy for anything, or its primary has just changed."""
    if isinstance(error, ConnectionFailure):
        return True
    if not isinstance(error, PyMongoError):
        return False
    if any(error.has_error_label(label) for label in _OF_A_LOST_SERVER):
        return True
    return not _TRANSIENT_CODES.isdisjoint(_codes(error))


def _codes(error: PyMongoError) -> list[Any]:
    """The error's code; of a bulk write those of its parts, for its own says nothing."""
    if not isinstance(error, BulkWriteError):
        return [getattr(error, "code", None)]
    details: Mapping[str, Any] = error.details or {}
    return [each.get("code") for each in (*details.get("writeConcernErrors", ()), *details.get("writeErrors", ()))]


def is_duplicate(error: BulkWriteError) -> bool:
    """Whether nothing but keys that are taken stopped parts of a bulk write."""
    return set(_codes(error)) == {_DUPLICATE_KEY}


def is_transient(error: Exception) -> bool:
    """Whether the same operation may succeed later: the database is away, or others write the same documents."""
    return is_away(error) or _had_no_effect(error)


class Conflict(PyMongoError):  # noqa: N818 - not an error: the attempt is run again
    """Inside a transaction: what it has read, or what its writes expect, is not so any more."""

    def __init__(self, message: str) -> None:
        super().__init__(message, [_CONFLICT])


def is_conflict(error: Exception) -> bool:
    """Whether a transaction lost to another one, so that it had no effect and may be run again on fresh data."""
    return not isinstance(error, ConnectionFailure) and _had_no_effect(error)


def _had_no_effect(error: Exception) -> bool:
    """Whether a transaction may be run again: it met a conflict, or it lost its server before the commit."""
    return isinstance(error, PyMongoError) and error.has_error_label(_CONFLICT)


T = TypeVar("T")


_DEFAULTS = {
    "serverSelectionTimeoutMS": 8_000,  # longer than an election (notes N86), shorter than a request's deadline
    "connectTimeoutMS": 5_000,
    "heartbeatFrequencyMS": 5_000,  # a server that stands still is given up after this and the one above
    "maxPoolSize": 20,
    "waitQueueTimeoutMS": 2_000,
    "appname": "guopei",
}
"""Options of the driver unless the connection string names others."""


def connect(url: str, name: str | None = None) -> Client:
    """A client whose writes are acknowledged by a majority and journalled; it reads instants as Asia/Shanghai.

    Args:
        url: The connection string. Options in it, such as `maxPoolSize`, have precedence over the defaults here.
        name: What the client calls itself to the server (`appname`); by default as all processes do.
    """
    given = {name.lower() for name, _ in parse_qsl(urlsplit(url).query)}
    defaults: dict[str, Any] = {name: value for name, value in _DEFAULTS.items() if name.lower() not in given}
    if name:
        defaults["appname"] = name
    client: Client = AsyncMongoClient(url, tz_aware=True, tzinfo=SHANGHAI, w="majority", journal=True, **defaults)
    watch(client)
    return client


async def ping(database: Database) -> None:
    """Ask the database whether it is there, and what time it has; a driver that works returns or raises within 20 s.

    Raises:
        StorageError: It is not.
    """
    asked = time.time()
    with bounded(_PING_SECONDS):
        said = await database.command("hello")
    CLOCK_SKEW.set((asked + time.time()) / 2 - said["localTime"].timestamp())


def to_document(value: Any) -> Document:
    """The document of a dataclass: dates as ISO text, which sorts; datetimes native; enumerations by value."""
    document = cast("Document", msgspec.to_builtins(value, builtin_types=(datetime,), str_keys=True))
    if "id" in document:
        document["_id"] = document.pop("id")
    return document


def begins_with(text: str) -> Document:
    """The condition of a field whose text begins so, which an index on it answers; no character means more."""
    return {"$regex": f"^{re.escape(text)}"}


def from_document(document: Mapping[str, Any], kind: type[T]) -> T:
    """The dataclass of a document; fields that it does not have are ignored."""
    fields = dict(document)
    if "_id" in fields:
        fields["id"] = fields.pop("_id")
    return msgspec.convert(fields, kind, str_keys=True)


async def transact(
    client: Client,
    work: Callable[[Session], Awaitable[T]],
    *,
    attempts: int = _ATTEMPTS,
    seconds: float = _RERUN_SECONDS,
) -> T:
    """Run `work` in a transaction, where several documents change together (notes N21).

    Two transactions that write one document conflict, and MongoDB aborts one of them at once. That one is run again as
    a whole, on fresh data, after a growing pause; the pause is random, or the losers would meet again. So is one whose
    primary went before the commit. A commit whose outcome is unknown is repeated alone: committing twice is harmless,
    running `work` twice would not be.

    Args:
        client: The service's client.
        work: Runs once per attempt, so it must have no effect outside the transaction, and must use the session in
            every read and write. It may raise `Conflict`.
        attempts: How often it is run at most.
        seconds: After how long it is not run again; where no server is found, after five seconds.

    Returns:
        What the attempt that was committed returned.

    Raises:
        StorageError: The database failed, or conflicts outlasted the attempts (`is_conflict`).
    """
    began = time.monotonic()
    async with client.start_session() as session:
        for attempt in range(attempts):
            try:
                return await _attempt(session, work)
            except PyMongoError as error:
                patience = min(seconds, _RERUN_ABSENT_SECONDS) if is_away(error) else seconds
                if not _had_no_effect(error) or attempt == attempts - 1 or time.monotonic() - began > patience:
                    raise
            pause = min(_WAIT_SECONDS * 2**attempt, _WAIT_CEILING_SECONDS)
            await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")


async def _attempt(session: Session, work: Callable[[Session], Awaitable[T]]) -> T:
    await session.start_transaction(
        read_concern=ReadConcern("snapshot"),
        write_concern=WriteConcern("majority", j=True),
        read_preference=ReadPreference.PRIMARY,
    )
    try:
        with bounded(WORK_SECONDS):
            result = await work(session)
    except BaseException:
        if session.in_transaction:
            with bounded(_ABORT_SECONDS):
                await session.abort_transaction()
        raise
    with bounded(_COMMIT_SECONDS):
        await _commit(session)
    return result


async def _commit(session: Session) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            await session.commit_transaction()
        except (ConnectionFailure, OperationFailure) as error:
            if not error.has_error_label("UnknownTransactionCommitResult") or attempt == _ATTEMPTS - 1 or error.timeout:
                raise
        else:
            return
