"""Deliveries: who tries which, and what became of it; each is claimed by one write and settled by another (R24)."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING, ReturnDocument

from chassis.principal import Principal, Scope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, from_document
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import Repository
from services.enrollment.domain.notifications import Delivery
from services.enrollment.domain.vocabulary import DeliveryChannel, DeliveryFault, DeliveryState
from services.enrollment.store.visibility import NOTHING, own_province

_BY_ID = [("_id", ASCENDING)]
_LEFT = {"$in": [DeliveryState.PENDING.value, DeliveryState.FAILED.value]}


class Deliveries(Repository[Delivery]):
    """The deliveries of all channels.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "deliveries", Delivery, producer="enrollment", noun="delivery")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.create_index([("state", ASCENDING), ("due", ASCENDING)], name="due")
        await self.collection.create_index([("enrollment", ASCENDING)], name="enrollment")
        left = [("year", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)]
        await self.collection.create_index(left, name="left")

    async def claim(self, channel: DeliveryChannel, now: datetime, until: datetime) -> Delivery | None:
        """Take the delivery that has waited longest, for one attempt that nobody else makes meanwhile.

        Args:
            channel: Of which channel; what a release before left is the inbox's.
            now: Real time.
            until: When somebody else may try, should this process die.
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

    async def delivered(self, one: Delivery, now: datetime) -> bool:
        """Settle an attempt that succeeded; False if it came too late to be the one that counts."""
        return await self._settle(
            one, {"state": DeliveryState.DELIVERED.value, "delivered_at": now, "due": None, "fault": None}
        )

    async def put_off(self, one: Delivery, fault: DeliveryFault, until: datetime) -> bool:
        """Settle an attempt that failed: again, but not before `until`."""
        return await self._settle(one, {"due": until, "fault": fault.value})

    async def give_up(self, one: Delivery, fault: DeliveryFault) -> bool:
        """Settle an attempt that failed for good."""
        return await self._settle(one, {"state": DeliveryState.FAILED.value, "due": None, "fault": fault.value})

    async def left(self, principal: Principal, year: int, part: PageRequest) -> Sequence[Delivery]:
        """Up to `first + 1` of a year's deliveries that have not arrived, the oldest first."""
        where = all_of(_left(principal, year), after_position(_BY_ID, part.after))
        return await self.query(where, limit=part.first + 1)

    async def count_left(self, principal: Principal, year: int) -> int:
        """How many of a year's deliveries have not arrived."""
        return await self.collection.count_documents(_left(principal, year))

    async def _settle(self, one: Delivery, changes: Document) -> bool:
        mine = {"_id": one.id, "state": DeliveryState.PENDING.value, "attempts": one.attempts}
        done = await self.collection.update_one(mine, {"$set": changes, "$inc": {"version": 1}})
        return done.matched_count == 1


def _left(principal: Principal, year: int) -> Document:
    """What has not arrived of the own school, the own province, or of all."""
    match principal.scope:
        case Scope.MINISTRY:
            own: Document = {}
        case Scope.SCHOOL if principal.school:
            own = {"school": principal.school}
        case Scope.PROVINCE if province := own_province(principal):
            own = {"province": province}
        case _:
            own = NOTHING
    return {"year": year, "state": _LEFT, **own}
