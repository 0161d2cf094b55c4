"""Aggregates in a collection, guarded by `version`, with their events inside (ADR 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from pymongo import ASCENDING

from chassis.events import DomainEvent, seal
from chassis.storage.idempotency import mark_for
from chassis.storage.mongo import Collection, Database, Document, Session, from_document, to_document
from kernel.refusals import NOT_FOUND, STALE_VERSION

INTERNAL_FIELDS = {"events": 0, "requests": 0, "index": 0}
"""What a document holds besides its aggregate, as a projection that leaves it out."""


_PAGE = 1_000  # what belongs to the rows of one page comes in one operation; by default 101 documents do
_MOST_REQUESTS = 50  # an aggregate's latest; a repeat comes within minutes


class Aggregate(Protocol):
    """A frozen dataclass with an id and the version that was read."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> str:
        """Stored as `_id`."""

    @property
    def version(self) -> int:
        """1 when inserted, one more with every save."""


A = TypeVar("A", bound=Aggregate)


class Repository(Generic[A]):
    """One collection of aggregates: a single-document write carries the state and its events.

    Args:
        database: The service's database.
        collection: Its name.
        kind: The aggregate's dataclass.
        producer: The service's name, for event ids.
        noun: The aggregate's noun, for event ids and refusals.
    """

    def __init__(self, database: Database, collection: str, kind: type[A], *, producer: str, noun: str) -> None:
        self.collection: Collection = database[collection]
        self._kind = kind
        self._producer = producer
        self._noun = noun

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.collection.name

    async def prepare(self) -> None:
        """Create the partial indexes of waiting events, for the relay (notes N20), and of requests that took effect."""
        await self.collection.create_index(
            [("events.at", ASCENDING)], name="waiting", partialFilterExpression={"events.at": {"$exists": True}}
        )
        await self.collection.create_index(
            [("requests.key", ASCENDING)],
            name="requests",
            unique=True,
            partialFilterExpression={"requests.key": {"$exists": True}},
        )

    async def find_by_request(self, key: str) -> tuple[A, str] | None:
        """The aggregate that bears the mark of a request, and the digest of that request's input."""
        document = await self.collection.find_one({"requests.key": key}, {"events": 0})
        if document is None:
            return None
        digest = next(one["input"] for one in document["requests"] if one["key"] == key)
        return from_document(document, self._kind), digest

    async def find(self, key: str, session: Session | None = None) -> A | None:
        """The aggregate with that id, or None."""
        document = await self.collection.find_one({"_id": key}, INTERNAL_FIELDS, session=session)
        return from_document(document, self._kind) if document else None

    async def get(self, key: str, session: Session | None = None) -> A:
        """The aggregate with that id.

        Raises:
            Refusal: `NOT_FOUND`.
        """
        found = await self.find(key, session)
        if found is None:
            raise NOT_FOUND(kind=self._noun, id=key)
        return found

    async def find_many(self, keys: Sequence[str]) -> list[A | None]:
        """The aggregates of those ids in that order, in one database operation."""
        cursor = self.collection.find({"_id": {"$in": list(set(keys))}}, INTERNAL_FIELDS, batch_size=_PAGE)
        found = {document["_id"]: from_document(document, self._kind) async for document in cursor}
        return [found.get(key) for key in keys]

    async def query(
        self,
        where: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] = (("_id", ASCENDING),),
        limit: int = 0,
        session: Session | None = None,
    ) -> list[A]:
        """The aggregates that match, sorted; `limit` 0 means all."""
        cursor = self.collection.find(
            where, INTERNAL_FIELDS, sort=list(sort), limit=limit, batch_size=_PAGE, session=session
        )
        return [from_document(document, self._kind) async for document in cursor]

    def index(self, aggregate: A) -> Document:
        """What the aggregate is found by besides its own fields, renewed with every write; empty for nothing."""
        del aggregate
        return {}

    async def insert(self, aggregate: A, events: Sequence[DomainEvent] = (), session: Session | None = None) -> A:
        """Store a new aggregate with the events of its birth.

        Raises:
            DuplicateKey: Its id or a unique key is taken.
        """
        document = self._kept(aggregate)
        document["events"] = self._seal(events, aggregate.id, aggregate.version)
        if mark := mark_for(self.name, aggregate.id):
            document["requests"] = [mark]
        await self.collection.insert_one(document, session=session)
        return aggregate

    async def insert_many(self, born: Sequence[tuple[A, Sequence[DomainEvent]]], session: Session) -> None:
        """Store new aggregates, each with the events of its birth, in one operation of a transaction."""
        documents = [self._kept(one) | {"events": self._seal(events, one.id, one.version)} for one, events in born]
        await self.collection.insert_many(documents, session=session)

    async def save(self, aggregate: A, events: Sequence[DomainEvent] = (), session: Session | None = None) -> A:
        """Store a changed aggregate and its events in one write, guarded by the version that was read.

        Returns:
            The aggregate with its new version.

        Raises:
            Refusal: `STALE_VERSION`: somebody else was faster, or the same request was; nothing was written.
            DuplicateKey: A unique key is taken.
        """
        version = aggregate.version + 1
        document = self._kept(aggregate) | {"version": version}
        key = document.pop("_id")
        push: Document = {}
        read: Document = {"_id": key, "version": aggregate.version}
        if events:
            push["events"] = {"$each": self._seal(events, key, version)}
        if mark := mark_for(self.name, key):
            push["requests"] = {"$each": [mark], "$slice": -_MOST_REQUESTS}
            read["requests.key"] = {"$ne": mark["key"]}  # a unique index keeps documents apart, not a document's rows
        update: Document = {"$set": document} | ({"$push": push} if push else {})
        result = await self.collection.update_one(read, update, session=session)
        if result.matched_count == 0:
            raise STALE_VERSION(kind=self._noun, id=key)
        return cast("A", replace(cast("Any", aggregate), version=version))

    async def put(self, aggregate: A, session: Session | None = None) -> None:
        """Store a projection of another service's aggregate whatever was there; its events arrive in order."""
        document = to_document(aggregate)
        await self.collection.replace_one({"_id": document["_id"]}, document, upsert=True, session=session)

    def _kept(self, aggregate: A) -> Document:
        index = self.index(aggregate)
        return to_document(aggregate) | ({"index": index} if index else {})

    def _seal(self, events: Sequence[DomainEvent], key: str, version: int) -> list[Document]:
        return seal(events, producer=self._producer, kind=self._noun, subject=key, version=version)
