"""Load sets, decide in memory, write each collection once: what one transaction reads and writes (ADR 23).

Reading first is right in a snapshot transaction that writes what it has read: a change by anybody since the snapshot is
a write conflict, so the decision is made again on fresh data. What is read and not written needs a guarded write
besides (`guard`), or two transactions could each miss the other (write skew, notes N21).
"""

import hmac
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast

from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from chassis.context import Act, acting
from chassis.events import DomainEvent
from chassis.storage.idempotency import RequestMark
from chassis.storage.mongo import (
    BATCH,
    Client,
    Collection,
    Conflict,
    Document,
    Session,
    StorageError,
    from_document,
    is_conflict,
    transact,
)
from chassis.storage.repository import CHANGED, MOST_REQUESTS, Aggregate, Repository, changed_now
from kernel.errors import Refusal
from kernel.refusals import BUSY, IDEMPOTENCY_KEY_REUSED, RETRY_AFTER_SECONDS

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T")
ATTEMPTS = 12
"""How often a transaction that meets conflicts is run at most: about a second."""
_SECONDS = 10.0
_DUPLICATE_KEY = 11000
_WITHOUT_EVENTS = {"events": 0, "index": 0}


@dataclass(slots=True)
class _Staged(Generic[A]):
    """The write of one aggregate; several steps of it are one write.

    Attributes:
        aggregate: As its last step leaves it.
        read_version: The version that it was loaded in; None for a new one.
        events: The sealed events of all its steps, in order.
        marks: The marks of the requests whose outcome it is.
        changed: Who made its last step, as it is stored.
    """

    aggregate: A
    read_version: int | None
    events: list[Document] = field(default_factory=list)
    marks: list[Document] = field(default_factory=list)
    changed: Document = field(default_factory=dict)


class UnitOfWork:
    """What one attempt of a transaction has loaded and will write.

    Args:
        session: The transaction.
        attempt: How many attempts failed before. The first one may use caches that a guard checks.
    """

    def __init__(self, session: Session, attempt: int = 0) -> None:
        self.session = session
        self.may_use_caches = attempt == 0
        self.used_caches = False
        self._loaded: dict[tuple[str, str], Any] = {}
        self._changed: dict[tuple[str, str], Document | None] = {}
        self._outcomes: dict[str, tuple[str, str]] = {}
        self._staged: dict[str, tuple[Repository[Any], dict[str, _Staged[Any]]]] = {}
        self._guards: dict[str, tuple[Collection, list[UpdateOne]]] = {}
        self._puts: dict[str, tuple[Collection, list[UpdateOne | DeleteOne]]] = {}

    async def load(
        self,
        repository: Repository[A],
        keys: Iterable[str] = (),
        *,
        marks: Iterable[RequestMark] = (),
        also: Sequence[Document] = (),
    ) -> list[A]:
        """Load aggregates by one query, or by none where nothing is asked for.

        Args:
            repository: Where they are.
            keys: Their ids.
            marks: Of requests; the aggregates that bear them are loaded too (see `outcome`).
            also: Further filters; what matches any of them is loaded too.

        Returns:
            The aggregates that there are, in no particular order.
        """
        clauses = [
            *_any_of("_id", keys),
            *_any_of("requests.key", (mark.key for mark in marks)),
            *also,
        ]
        if not clauses:
            return []
        where = clauses[0] if len(clauses) == 1 else {"$or": clauses}
        aggregates: list[A] = []
        cursor = repository.collection.find(where, _WITHOUT_EVENTS, batch_size=BATCH, session=self.session)
        async for document in cursor:
            requests = document.pop("requests", ())
            changed = document.pop(CHANGED, None)
            aggregate = from_document(document, repository.kind)
            self._changed[repository.name, aggregate.id] = changed
            self._outcomes.update({mark["key"]: (aggregate.id, mark["input"]) for mark in requests})
            self._loaded[repository.name, aggregate.id] = aggregate
            aggregates.append(aggregate)
        return aggregates

    def outcome(self, repository: Repository[A], mark: RequestMark | None) -> A | None:
        """The aggregate that a request has led to before, in an earlier transaction or in this one; else None.

        Args:
            repository: Where outcomes are.
            mark: The request's, among those that were loaded; None for a request without `Idempotency-Key`.

        Raises:
            Refusal: `IDEMPOTENCY_KEY_REUSED`: the earlier request had other input.
        """
        if mark is None or mark.key not in self._outcomes:
            return None
        key, digest = self._outcomes[mark.key]
        if not hmac.compare_digest(digest, mark.input):
            raise IDEMPOTENCY_KEY_REUSED()
        return cast("A", self._loaded[repository.name, key])

    def stale(self, repository: Repository[A], aggregate: A) -> Refusal:
        """`STALE_VERSION` for a loaded aggregate of which the caller has read another version."""
        return repository.stale_since(
            aggregate.id, aggregate.version, self._changed.get((repository.name, aggregate.id))
        )

    def insert(
        self,
        repository: Repository[A],
        aggregate: A,
        events: Sequence[DomainEvent] = (),
        *,
        act: Act,
        request: RequestMark | None = None,
    ) -> A:
        """Stage a new aggregate.

        Args:
            repository: Where it goes.
            aggregate: With version 1.
            events: Its first events, in order.
            act: Who acts; sealed into the events.
            request: The request whose outcome it is.

        Returns:
            The aggregate.
        """
        self._of(repository)[aggregate.id] = _Staged(aggregate, None)
        return self._step(repository, aggregate, events, act, request)

    def save(
        self,
        repository: Repository[A],
        aggregate: A,
        events: Sequence[DomainEvent] = (),
        *,
        act: Act,
        request: RequestMark | None = None,
    ) -> A:
        """Stage a changed aggregate; the write is guarded by the version that was loaded.

        Args:
            repository: Where it is.
            aggregate: The changed state, with the version before the step.
            events: Of the step, in order.
            act: Who acts; sealed into the events.
            request: The request whose outcome it is.

        Returns:
            The aggregate with its new version.
        """
        self._of(repository).setdefault(aggregate.id, _Staged(aggregate, aggregate.version))
        saved = cast("A", replace(cast("Any", aggregate), version=aggregate.version + 1))
        return self._step(repository, saved, events, act, request)

    def guard(self, collection: Collection, update: UpdateOne) -> None:
        """Stage an update that must match a document, or the attempt is a `Conflict`. Guards are written first."""
        self._guards.setdefault(collection.name, (collection, []))[1].append(update)

    def put(self, collection: Collection, write: UpdateOne | DeleteOne) -> None:
        """Stage a write that need not match, such as an upsert. Puts are written last."""
        self._puts.setdefault(collection.name, (collection, []))[1].append(write)

    async def flush(self) -> None:
        """Write what is staged, by one `bulk_write` a collection.

        Of aggregates the changed ones are written before the new ones, whatever the order of the steps: a change of the
        kind of write would be another round trip.

        Raises:
            Conflict: A guard did not match, an aggregate has another version, or a unique key is taken.
        """
        try:
            for collection, updates in self._guards.values():
                result = await collection.bulk_write(updates, session=self.session)
                _require(result.matched_count + result.upserted_count, len(updates), collection)
            for repository, staged in self._staged.values():
                ordered = sorted(staged.values(), key=lambda write: write.read_version is None)
                for write in ordered:
                    await repository.stamp(write.events)
                writes = [_write_of(repository, write) for write in ordered]
                written = await repository.collection.bulk_write(writes, session=self.session)
                _require(written.matched_count + written.inserted_count, len(writes), repository.collection)
            for collection, puts in self._puts.values():
                await collection.bulk_write(puts, session=self.session)
        except BulkWriteError as error:
            if any(fault["code"] == _DUPLICATE_KEY for fault in error.details["writeErrors"]):
                raise Conflict("a unique key is taken") from error
            raise
        for staged_by_kind in (self._guards, self._staged, self._puts):
            staged_by_kind.clear()

    def _of(self, repository: Repository[A]) -> dict[str, _Staged[A]]:
        return self._staged.setdefault(repository.name, (repository, {}))[1]

    def _step(
        self,
        repository: Repository[A],
        aggregate: A,
        events: Sequence[DomainEvent],
        act: Act,
        request: RequestMark | None,
    ) -> A:
        write = self._of(repository)[aggregate.id]
        write.aggregate = aggregate
        with acting(act):
            write.events += repository.sealed(events, aggregate)
            write.changed = changed_now()
        self._changed[repository.name, aggregate.id] = write.changed[CHANGED]
        if request:
            write.marks.append({"key": request.key, "input": request.input})
            self._outcomes[request.key] = (aggregate.id, request.input)
        self._loaded[repository.name, aggregate.id] = aggregate
        return aggregate


async def in_unit_of_work(client: Client, work: Callable[[UnitOfWork], Awaitable[T]], *, attempts: int = ATTEMPTS) -> T:
    """Run `work` in a transaction, write what it has staged, and commit; after a conflict, run it again.

    Args:
        client: The service's client.
        work: Runs once an attempt; it loads, decides and stages, and has no other effect.
        attempts: How often it is run at most.

    Returns:
        What the committed attempt returned.

    Raises:
        Refusal: `BUSY`: conflicts outlasted the attempts or ten seconds; nothing was written.
        StorageError: The database failed otherwise. If that was at the commit, its outcome is unknown.
    """
    failed = 0

    async def attempt(session: Session) -> T:
        nonlocal failed
        unit = UnitOfWork(session, failed)
        failed += 1
        result = await work(unit)
        await unit.flush()
        return result

    try:
        return await transact(client, attempt, attempts=attempts, seconds=_SECONDS)
    except StorageError as error:
        if not is_conflict(error):
            raise
        raise BUSY(retryAfter=RETRY_AFTER_SECONDS) from error


def _any_of(field_name: str, values: Iterable[str]) -> list[Document]:
    unique = list(dict.fromkeys(values))
    return [{field_name: {"$in": unique}}] if unique else []


def _write_of(repository: Repository[A], staged: _Staged[A]) -> InsertOne[Document] | UpdateOne:
    document = repository.document(staged.aggregate) | staged.changed
    if staged.read_version is None:
        marks = {"requests": staged.marks} if staged.marks else {}
        return InsertOne(document | {"events": staged.events} | marks)
    key = document.pop("_id")
    push: Document = {"events": {"$each": staged.events}} if staged.events else {}
    if staged.marks:
        push["requests"] = {"$each": staged.marks, "$slice": -MOST_REQUESTS}
    update: Document = {"$set": document} | ({"$push": push} if push else {})
    return UpdateOne({"_id": key, "version": staged.read_version}, update)


def _require(count: int, expected: int, collection: Collection) -> None:
    if count != expected:
        raise Conflict(f"{expected - count} of {expected} writes in {collection.name} met another state")
