"""The box's own database: boxes, and ballots of which nothing is kept but receipt and sealed sheet.

`ballots` is clustered by `_id`, so its natural order is that of the receipts and tells nothing of arrival; ids are
text, for a range over binary ids would find nothing (BSON compares their lengths first).
"""

from typing import Any

from pymongo.errors import CollectionInvalid

from chassis.storage.mongo import Database, Document, DuplicateKey, from_document, to_document
from services.assessment.ballots.box import Ballot, Box, BoxState

_CLUSTERED: dict[str, Any] = {"key": {"_id": 1}, "unique": True}


class Store:
    """Boxes and ballots.

    Args:
        database: The box's own database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.boxes = database["boxes"]
        self.ballots = database["ballots"]

    async def prepare(self) -> None:
        """Create the clustered collection where it is not there."""
        if "ballots" not in await self._database.list_collection_names():
            try:
                await self._database.create_collection("ballots", clusteredIndex=_CLUSTERED)
            except CollectionInvalid:
                return

    async def find(self, instrument: str) -> Box | None:
        """The box of a questionnaire."""
        document = await self.boxes.find_one({"_id": instrument})
        return from_document(document, Box) if document else None

    async def open_boxes(self) -> list[Box]:
        """All boxes that are not closed."""
        return [from_document(document, Box) async for document in self.boxes.find({"state": BoxState.OPEN.value})]

    async def insert(self, box: Box) -> bool:
        """Set a box up; False where there is one already."""
        try:
            await self.boxes.insert_one(to_document(box))
        except DuplicateKey:
            return False
        return True

    async def change(self, instrument: str, **fields: Any) -> None:
        """Change fields of a box."""
        await self.boxes.update_one({"_id": instrument}, {"$set": fields})

    async def has(self, ballot: Ballot) -> bool:
        """Whether a ballot under this receipt is in its box."""
        return await self.ballots.find_one({"_id": _key(ballot)}, {"_id": 1}) is not None

    async def add(self, ballot: Ballot) -> None:
        """Put a ballot in; of two under one receipt the first stays, and nobody is told."""
        try:
            await self.ballots.insert_one({"_id": _key(ballot), "sealed": ballot.sealed})
        except DuplicateKey:
            return

    async def count(self, instrument: str) -> int:
        """How many ballots a box has."""
        return await self.ballots.count_documents(_of(instrument))

    async def all(self, instrument: str) -> list[tuple[str, bytes]]:
        """Receipt and sealed sheet of every ballot of a box, in the order of receipts."""
        documents = self.ballots.find(_of(instrument), sort=[("_id", 1)])
        return [(document["_id"].partition("/")[2], bytes(document["sealed"])) async for document in documents]

    async def empty(self, instrument: str) -> None:
        """Remove all ballots of a box; of the box stays that there was one, and how many it had."""
        await self.ballots.delete_many(_of(instrument))
        await self.boxes.update_one(
            {"_id": instrument},
            [
                {
                    "$replaceWith": {"_id": "$_id", "n": "$n", "key": "$key", "state": BoxState.EMPTIED.value}
                    | {"counted": {"$ifNull": ["$counted", None]}}
                }
            ],
        )


def _key(ballot: Ballot) -> str:
    return f"{ballot.instrument}/{ballot.receipt}"


def _of(instrument: str) -> Document:
    return {"_id": {"$gte": f"{instrument}/", "$lt": f"{instrument}0"}}  # `0` comes after `/`
