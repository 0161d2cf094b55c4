"""Deliveries and notices in MongoDB (R24); an attempt is claimed by one write and settled by another."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, ReturnDocument, UpdateOne

from chassis.principal import Principal, Scope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, Session, from_document, to_document
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import Repository
from chassis.storage.unit_of_work import UnitOfWork
from services.enrollment.domain.notifications import Delivery, Notice
from services.enrollment.domain.vocabulary import DeliveryChannel, DeliveryFault, DeliveryState
from services.enrollment.store.visibility import NOTHING, own_province

_BY_ID = [("_id", ASCENDING)]
_LATEST = [("_id", DESCENDING)]
_UNDELIVERED = {"$in": [DeliveryState.PENDING.value, DeliveryState.FAILED.value]}


class Deliveries(Repository[Delivery]):
    """One document a delivery, of all channels.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "deliveries", Delivery, producer="enrollment", noun="delivery")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.create_index([("state", ASCENDING), ("due", ASCENDING)], name="due")
        await self.collection.create_index([("enrollment", ASCENDING)], name="enrollment")
        undelivered = [("year", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)]
        await self.collection.create_index(undelivered, name="left")

    async def claim(self, channel: DeliveryChannel, now: datetime, until: datetime) -> Delivery | None:
        """Claim the delivery that has waited longest, for one attempt; no other process gets it meanwhile.

        Args:
            channel: The channel; documents of earlier releases name none and are the inbox's.
            now: Real time.
            until: Real time at which others may try again, should this process die.
        """
        mail = DeliveryChannel.EMAIL.value
        where = {
            "state": DeliveryState.PENDING.value,
            "due": {"$not": {"$gt": now}},
            "channel": mail if channel is DeliveryChannel.EMAIL else {"$ne": mail},
        }
        claimed = await self.collection.find_one_and_update(
            where,
            {"$set": {"due": until}, "$inc": {"attempts": 1, "version": 1}},
            {"events": 0},
            sort=[("due", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        return from_document(claimed, Delivery) if claimed else None

    async def delivered(self, delivery: Delivery, now: datetime) -> bool:
        """Settle an attempt that succeeded; False where it is not the last one any more."""
        return await self._settle(
            delivery, {"state": DeliveryState.DELIVERED.value, "delivered_at": now, "due": None, "fault": None}
        )

    async def reschedule(self, delivery: Delivery, fault: DeliveryFault, until: datetime) -> bool:
        """Settle an attempt that failed and is to be repeated.

        Args:
            delivery: As it was claimed.
            fault: Why the attempt failed.
            until: Real time before which nobody tries again.

        Returns:
            False where the attempt is not the last one any more; nothing is changed then.
        """
        return await self._settle(delivery, {"due": until, "fault": fault.value})

    async def fail(self, delivery: Delivery, fault: DeliveryFault) -> bool:
        """Settle an attempt that failed for good; False where it is not the last one any more."""
        return await self._settle(delivery, {"state": DeliveryState.FAILED.value, "due": None, "fault": fault.value})

    async def by_enrollment(self, enrollments: Sequence[str]) -> dict[str, list[Delivery]]:
        """The deliveries of enrollments in order, by enrollment."""
        deliveries: dict[str, list[Delivery]] = {key: [] for key in enrollments}
        for delivery in await self.query({"enrollment": {"$in": list(enrollments)}}):
            deliveries[delivery.enrollment].append(delivery)
        return deliveries

    def stage(self, deliveries: Iterable[Delivery], unit: UnitOfWork) -> None:
        """Stage deliveries to be made; one that is stored already stays as it is."""
        for delivery in deliveries:
            unit.put(self.collection, _once(delivery))

    async def add(self, deliveries: Sequence[Delivery], session: Session | None = None) -> None:
        """Leave deliveries to be made; one that is stored already stays as it is."""
        if deliveries:
            await self.collection.bulk_write([_once(delivery) for delivery in deliveries], session=session)

    async def undelivered(self, principal: Principal, year: int, part: PageRequest) -> Sequence[Delivery]:
        """Up to `first + 1` of a year's deliveries that have not arrived, the oldest first."""
        where = all_of(_undelivered(principal, year), after_position(_BY_ID, part.after))
        return await self.query(where, limit=part.first + 1)

    async def count_undelivered(self, principal: Principal, year: int) -> int:
        """How many of a year's deliveries have not arrived."""
        return await self.collection.count_documents(_undelivered(principal, year))

    async def _settle(self, delivery: Delivery, changes: Document) -> bool:
        last_attempt = {"_id": delivery.id, "state": DeliveryState.PENDING.value, "attempts": delivery.attempts}
        result = await self.collection.update_one(last_attempt, {"$set": changes, "$inc": {"version": 1}})
        return result.matched_count == 1


class Notices:
    """The entries of inboxes.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self.collection = database["notices"]

    async def prepare(self) -> None:
        """Create the index of a box, latest first."""
        await self.collection.create_index([("to", ASCENDING), ("_id", DESCENDING)], name="box")

    def stage(self, notices: Iterable[Notice], unit: UnitOfWork) -> None:
        """Stage notices for their boxes; a second time changes nothing."""
        for notice in notices:
            unit.put(self.collection, _once(notice))

    async def put(self, notice: Notice, session: Session | None = None) -> None:
        """Place a notice in its box; a second time changes nothing."""
        await self.collection.bulk_write([_once(notice)], session=session)

    async def page(self, boxes: Sequence[str], part: PageRequest, *, unread: bool = False) -> list[Notice]:
        """Up to `first + 1` notices of some boxes after a position, the latest first.

        Args:
            boxes: Such as `teacher:<id>`.
            part: Which part of the list.
            unread: Only those that nobody has marked read.
        """
        where = all_of(_in_boxes(boxes, unread=unread), after_position(_LATEST, part.after))
        cursor = self.collection.find(where, sort=_LATEST, limit=part.first + 1)
        return [from_document(document, Notice) async for document in cursor]

    async def count(self, boxes: Sequence[str], *, unread: bool = False) -> int:
        """How many notices the boxes hold."""
        return await self.collection.count_documents(_in_boxes(boxes, unread=unread))

    async def mark_read(self, boxes: Sequence[str], keys: Sequence[str], now: datetime) -> list[Notice]:
        """Mark notices read for all who share the boxes; the time of a notice that was read before stays.

        Args:
            boxes: The caller's.
            keys: Ids of notices; those of other boxes are passed over.
            now: Domain time.

        Returns:
            Those of the notices that lie in the boxes.
        """
        where = {"_id": {"$in": list(keys)}, "to": {"$in": list(boxes)}}
        await self.collection.update_many(where | {"read_at": None}, {"$set": {"read_at": now}})
        return [from_document(document, Notice) async for document in self.collection.find(where, sort=_LATEST)]


def _once(entry: Delivery | Notice) -> UpdateOne:
    document = to_document(entry)
    key = document.pop("_id")
    return UpdateOne({"_id": key}, {"$setOnInsert": document}, upsert=True)


def _in_boxes(boxes: Sequence[str], *, unread: bool) -> Document:
    return {"to": {"$in": list(boxes)}} | ({"read_at": None} if unread else {})


def _undelivered(principal: Principal, year: int) -> Document:
    """The deliveries that have not arrived and that the reader may see: its school's, its province's, or all."""
    match principal.scope:
        case Scope.MINISTRY:
            own: Document = {}
        case Scope.SCHOOL if principal.school:
            own = {"school": principal.school}
        case Scope.PROVINCE if province := own_province(principal):
            own = {"province": province}
        case _:
            own = NOTHING
    return {"year": year, "state": _UNDELIVERED, **own}
