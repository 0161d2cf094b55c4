"""MongoDB: the client, documents of dataclasses, and transactions that are retried (notes N18–N22)."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar, cast

import msgspec
from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from chassis.storage.condition_wait import mend
from kernel.dates import SHANGHAI

mend()
Document = dict[str, Any]
Database = AsyncDatabase[Document]
Collection = AsyncCollection[Document]
Client = AsyncMongoClient[Document]
Session = AsyncClientSession
DuplicateKey = DuplicateKeyError
StorageError = PyMongoError
BATCH = 1_000
"""How many documents come in one round trip, so that what belongs together does; by default the first brings 101."""

# MongoDB's error codes: OutOfDiskSpace, Interrupted, MaxTimeMSExpired, WriteConcernFailed
_TRANSIENT_CODES = {14031, 11601, 50, 64}


_CONFLICT = "TransientTransactionError"  # the label of MongoDB's own conflicts
_ATTEMPTS = 30
_WAIT_SECONDS = 0.002
_WAIT_CEILING_SECONDS = 0.25


def is_away(error: Exception) -> bool:
    """Whether the database is away, full or too busy for anything."""
    return isinstance(error, ConnectionFailure) or (
        isinstance(error, PyMongoError) and getattr(error, "code", None) in _TRANSIENT_CODES
    )


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


def connect(url: str) -> Client:
    """A client whose writes are acknowledged by a majority and journalled; it reads instants as Asia/Shanghai."""
    return AsyncMongoClient(
        url,
        tz_aware=True,
        tzinfo=SHANGHAI,
        w="majority",
        journal=True,
        serverSelectionTimeoutMS=5_000,
        appname="guopei",
    )


def to_document(value: Any) -> Document:
    """The document of a dataclass: dates as ISO text, which sorts; datetimes native; enumerations by value."""
    document = cast("Document", msgspec.to_builtins(value, builtin_types=(datetime,), str_keys=True))
    if "id" in document:
        document["_id"] = document.pop("id")
    return document


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
    seconds: float | None = None,
) -> T:
    """Run `work` in a transaction, where several documents change together (notes N21).

    Two transactions that write one document conflict, and MongoDB aborts one of them at once. That one is run again as
    a whole, on fresh data, after a growing pause; the pause is random, or the losers would meet again. A commit whose
    outcome is unknown is repeated alone: committing twice is harmless, running `work` twice would not be.

    Args:
        client: The service's client.
        work: Runs once per attempt, so it must have no effect outside the transaction, and must use the session in
            every read and write. It may raise `Conflict`.
        attempts: How often it is run at most.
        seconds: After how long it is not run again; None for no limit.

    Returns:
        What the attempt that was committed returned.

    Raises:
        StorageError: The database failed, or conflicts outlasted the attempts (`is_conflict`).
    """
    ends = time.monotonic() + (seconds or math.inf)
    async with client.start_session() as session:
        for attempt in range(attempts):
            try:
                return await _attempt(session, work)
            except PyMongoError as error:
                if not _had_no_effect(error) or attempt == attempts - 1 or time.monotonic() > ends:
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
        result = await work(session)
    except BaseException:
        if session.in_transaction:
            await session.abort_transaction()
        raise
    await _commit(session)
    return result


async def _commit(session: Session) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            await session.commit_transaction()
        except (ConnectionFailure, OperationFailure) as error:
            if not error.has_error_label("UnknownTransactionCommitResult") or attempt == _ATTEMPTS - 1:
                raise
        else:
            return
