"""Aggregates in a collection, guarded by `version`, with their events inside (ADR 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from pymongo import ASCENDING

from chassis.context import current_act
from chassis.events import DomainEvent, current_actor, seal
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import mark_for
from chassis.storage.mongo import BATCH, Collection, Database, Document, Session, from_document, to_document
from chassis.storage.timeline import Timelines, create_waiting_index
from kernel.errors import Refusal
from kernel.refusals import NOT_FOUND, STALE_VERSION

INTERNAL_FIELDS = {"events": 0, "requests": 0, "index": 0, "changed": 0}
"""The projection that leaves out what a document holds besides its aggregate."""
CHANGED = "changed"
"""The field of who has made the latest version of an aggregate; documents of before it was kept lack it."""
MOST_REQUESTS = 50
"""How many marks an aggregate keeps, the latest; a request is repeated within minutes."""


_SOMEBODY = ("他人", "Somebody else")
_UNNAMED = frozenset({Scope.EXPERT.value})
"""Roles whose acts are told without a name even to their organisation: no base learns who reviews its project (R15)."""
_ROLES = {
    Scope.MINISTRY.value: ("教师工作司", "The ministry"),
    Scope.EXPERT.value: ("评审专家", "An expert"),
    Scope.BASE.value: ("培训基地", "A base"),
    Scope.SCHOOL.value: ("学校", "A school"),
    Scope.TEACHER.value: ("教师", "A teacher"),
    Scope.PROVINCE.value: ("省级教育行政部门", "A province"),
}


def changed_now() -> Document:
    """The field `changed` of a write that happens now: who acts, as the audit log names it (R40)."""
    return {CHANGED: {"by": current_actor()}}


def _shown_actor(actor: Document | None, reader: Principal | None) -> Document | None:
    """An actor as a reader may know them: the role always, who it was only within their own organisation (R40)."""
    if actor is None or _may_know(actor, reader):
        return actor
    return {"subject": None, "scope": actor["scope"], "organization": None, "name": None}


def _may_know(actor: Document, reader: Principal | None) -> bool:
    if reader is None:
        return False
    if reader.scope is Scope.MINISTRY or reader.subject == actor["subject"]:
        return True
    organization = actor["organization"]
    return organization is not None and organization == reader.organization and actor["scope"] not in _UNNAMED


def _words(actor: Document | None) -> tuple[str, str]:
    if actor is None:
        return _SOMEBODY
    zh, en = _ROLES.get(actor["scope"], _SOMEBODY)
    name = actor["name"]
    return (f"{name}（{zh}）", f"{name} ({en.lower()})") if name else (zh, en)


class Aggregate(Protocol):
    """A frozen dataclass with an id and the version that it was read in."""

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
        collection: The collection's name.
        kind: The aggregate's dataclass.
        producer: The service's name, part of event ids.
        noun: The aggregate's noun, part of event ids and of refusals; it is data.
    """

    def __init__(self, database: Database, collection: str, kind: type[A], *, producer: str, noun: str) -> None:
        self.collection: Collection = database[collection]
        self.kind = kind
        self._producer = producer
        self._noun = noun
        self._timelines = Timelines(database)

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.collection.name

    async def prepare(self) -> None:
        """Create the partial indexes: of waiting events, for the relay, and of marks of requests."""
        await create_waiting_index(self.collection)
        await self.collection.create_index(
            [("requests.key", ASCENDING)],
            name="requests",
            unique=True,
            partialFilterExpression={"requests.key": {"$exists": True}},
        )

    async def find_by_request(self, key: str) -> tuple[A, str] | None:
        """The aggregate that carries the mark of a request, with the digest of that request's input."""
        document = await self.collection.find_one({"requests.key": key}, {"events": 0})
        if document is None:
            return None
        digest = next(mark["input"] for mark in document["requests"] if mark["key"] == key)
        return from_document(document, self.kind), digest

    async def find(self, key: str, session: Session | None = None) -> A | None:
        """The aggregate with that id, or None."""
        document = await self.collection.find_one({"_id": key}, INTERNAL_FIELDS, session=session)
        return from_document(document, self.kind) if document else None

    async def get(self, key: str, session: Session | None = None) -> A:
        """The aggregate with that id.

        Raises:
            Refusal: `NOT_FOUND`.
        """
        aggregate = await self.find(key, session)
        if aggregate is None:
            raise NOT_FOUND(kind=self._noun, id=key)
        return aggregate

    async def as_read(self, key: str, version: int, session: Session | None = None) -> A:
        """The aggregate with that id, still in the version that a caller has read.

        Args:
            key: The aggregate's id.
            version: That version.
            session: The transaction to read in.

        Raises:
            Refusal: `NOT_FOUND`; `STALE_VERSION`: somebody has changed it since.
        """
        aggregate = await self.get(key, session)
        if aggregate.version != version:
            raise await self.stale(key, session)
        return aggregate

    async def find_many(self, keys: Sequence[str]) -> list[A | None]:
        """The aggregates with those ids, in that order, None where there is none; by one operation at most."""
        if not keys:
            return []
        cursor = self.collection.find({"_id": {"$in": list(set(keys))}}, INTERNAL_FIELDS, batch_size=BATCH)
        by_id = {document["_id"]: from_document(document, self.kind) async for document in cursor}
        return [by_id.get(key) for key in keys]

    async def query(
        self,
        where: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] = (("_id", ASCENDING),),
        limit: int = 0,
        session: Session | None = None,
    ) -> list[A]:
        """The aggregates that match.

        Args:
            where: MongoDB's filter.
            sort: Fields and directions; by id by default, and empty for no order. With thousands of keys in the filter
                the order by id makes the database read the whole collection.
            limit: The most aggregates; 0 for all.
            session: The transaction to read in.
        """
        cursor = self.collection.find(
            where, INTERNAL_FIELDS, sort=list(sort) or None, limit=limit, batch_size=BATCH, session=session
        )
        return [from_document(document, self.kind) async for document in cursor]

    def index(self, aggregate: A) -> Document:
        """Derived fields that queries need, stored as `index` and renewed with every write; none by default."""
        del aggregate
        return {}

    async def insert(self, aggregate: A, events: Sequence[DomainEvent] = (), session: Session | None = None) -> A:
        """Store a new aggregate with its first events.

        Args:
            aggregate: With version 1.
            events: Published by the relay, in this order.
            session: The transaction to write in.

        Returns:
            The aggregate.

        Raises:
            DuplicateKey: Its id or a unique key is taken.
        """
        document = self.document(aggregate) | changed_now()
        document["events"] = await self.stamp(self.sealed(events, aggregate))
        if mark := mark_for(self.name, aggregate.id):
            document["requests"] = [mark]
        await self.collection.insert_one(document, session=session)
        return aggregate

    async def save(self, aggregate: A, events: Sequence[DomainEvent] = (), session: Session | None = None) -> A:
        """Store a changed aggregate and its events in one write, guarded by the version that was read.

        Args:
            aggregate: The changed state, still with the version that it was read in.
            events: Published by the relay, in this order, after those that wait already.
            session: The transaction to write in.

        Returns:
            The aggregate with its new version.

        Raises:
            Refusal: `STALE_VERSION`: somebody else saved it meanwhile, or this very request did so before; nothing was
                written.
            DuplicateKey: A unique key is taken.
        """
        saved = cast("A", replace(cast("Any", aggregate), version=aggregate.version + 1))
        document = self.document(saved) | changed_now()
        key = document.pop("_id")
        push: Document = {}
        read: Document = {"_id": key, "version": aggregate.version}
        if events:
            push["events"] = {"$each": await self.stamp(self.sealed(events, saved))}
        if mark := mark_for(self.name, key):
            push["requests"] = {"$each": [mark], "$slice": -MOST_REQUESTS}
            # The unique index forbids one mark in two documents, but not twice in the array of one document.
            read["requests.key"] = {"$ne": mark["key"]}
        update: Document = {"$set": document} | ({"$push": push} if push else {})
        result = await self.collection.update_one(read, update, session=session)
        if result.matched_count == 0:
            raise await self.stale(key, session)
        return saved

    async def stale(self, key: str, session: Session | None = None) -> Refusal:
        """The refusal of a change to an aggregate that somebody else has changed since it was read.

        It tells the current version and in which role it was made, so it is for callers only who may see the aggregate.
        Subject, organisation and name are for the ministry and the actor's own organisation (R40).

        Args:
            key: The aggregate's id.
            session: The transaction to read in.

        Returns:
            `STALE_VERSION`; `NOT_FOUND` where there is no such aggregate.
        """
        document = await self.collection.find_one({"_id": key}, {"version": 1, CHANGED: 1}, session=session)
        if document is None:
            return NOT_FOUND(kind=self._noun, id=key)
        return self.stale_since(key, document["version"], document.get(CHANGED))

    def stale_since(self, key: str, version: int, changed: Document | None) -> Refusal:
        """`STALE_VERSION` for an aggregate whose current version is at hand.

        Args:
            key: The aggregate's id.
            version: Its current version.
            changed: The field `changed` of its document; None where it is unknown who made the version.
        """
        actor = _shown_actor(changed["by"], current_act().principal) if changed else None
        return STALE_VERSION(
            kind=self._noun,
            id=key,
            version=version,
            changedBy=actor,
            detail=_words(actor) if changed and changed["by"] else ("系统", "The system") if changed else _SOMEBODY,
        )

    async def put(self, aggregate: A, session: Session | None = None) -> None:
        """Store this service's view of another service's aggregate, replacing the one before.

        No version guards it: the events that it is built from arrive in order, one at a time.
        """
        document = to_document(aggregate)
        await self.collection.replace_one({"_id": document["_id"]}, document, upsert=True, session=session)

    def document(self, aggregate: A) -> Document:
        """The aggregate as it is stored, with its derived fields and without its events."""
        index = self.index(aggregate)
        return to_document(aggregate) | ({"index": index} if index else {})

    async def stamp(self, events: list[Document]) -> list[Document]:
        """Sealed events with the timeline of the database (ADR 69); to be called right before they are written."""
        return await self._timelines.stamp(events)

    def sealed(self, events: Sequence[DomainEvent], aggregate: A) -> list[Document]:
        """Events as they wait inside the aggregate that they report on, but for the timeline (`stamp`).

        Args:
            events: In the order in which they will be published.
            aggregate: With its version after the write.
        """
        return seal(events, producer=self._producer, kind=self._noun, subject=aggregate.id, version=aggregate.version)
