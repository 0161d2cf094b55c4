"""MongoDB: the client, aggregates guarded by `version` with their events inside, and transactions (notes N18–N22)."""

import asyncio
import random
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

from kernel.dates import SHANGHAI

Document = dict[str, Any]
Database = AsyncDatabase[Document]
Collection = AsyncCollection[Document]
Session = AsyncClientSession
DuplicateKey = DuplicateKeyError
StorageError = PyMongoError

_FULL, _INTERRUPTED, _TOO_LATE, _UNCONFIRMED = 14031, 11601, 50, 64  # MongoDB's error codes
_PASSING_CODES = {_FULL, _INTERRUPTED, _TOO_LATE, _UNCONFIRMED}


_ATTEMPTS = 30
_WAIT_SECONDS = 0.002
_WAIT_CEILING_SECONDS = 0.25


def is_transient(error: Exception) -> bool:
    """Whether the database is away, full or too busy: the same will do later, so wait and try again."""
    if not isinstance(error, PyMongoError):
        return False
    return (
        isinstance(error, ConnectionFailure)
        or error.has_error_label("TransientTransactionError")
        or getattr(error, "code", None) in _PASSING_CODES
    )


T = TypeVar("T")


def connect(url: str) -> AsyncMongoClient[Document]:
    """A client whose writes are acknowledged by a majority and journalled; instants come back in Asia/Shanghai."""
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
    """A dataclass as a document: dates as ISO text (they sort), datetimes native, enums by value."""
    document = cast("Document", msgspec.to_builtins(value, builtin_types=(datetime,), str_keys=True))
    if "id" in document:
        document["_id"] = document.pop("id")
    return document


def from_document(document: Mapping[str, Any], kind: type[T]) -> T:
    """The dataclass of a document; fields it does not know are passed over."""
    fields = dict(document)
    if "_id" in fields:
        fields["id"] = fields.pop("_id")
    return msgspec.convert(fields, kind, str_keys=True)


async def transact(client: AsyncMongoClient[Document], work: Callable[[Session], Awaitable[T]]) -> T:
    """Run `work` in a transaction, for the places where two aggregates change together (notes N21).

    `work` is run again, whole, on a transient conflict, after a growing, jittered pause; a commit of unknown
    outcome is committed again. Everything `work` reads and writes must be given the session.

    Raises:
        StorageError: The conflict outlasted every attempt, or the database failed otherwise.
    """
    async with client.start_session() as session:
        for attempt in range(_ATTEMPTS):
            try:
                return await _attempt(session, work)
            except PyMongoError as error:
                if not error.has_error_label("TransientTransactionError") or attempt == _ATTEMPTS - 1:
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
