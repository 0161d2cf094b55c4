"""Second factors and challenges in the gateway's database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chassis.storage.mongo import Database, from_document, to_document
from chassis.storage.mongo import Session as Transaction
from gateway.identity.second_factor import Challenge, SecondFactor

SEALED = ("second_factors", "challenges")
"""The collections with sealed fields."""


class FactorStore:
    """Stores second factors and challenges; whatever is good once is taken by one atomic write.

    Args:
        database: The gateway's database.
    """

    def __init__(self, database: Database) -> None:
        self._factors = database["second_factors"]
        self._challenges = database["challenges"]

    async def prepare(self) -> None:
        """Create the indexes; idempotent."""
        await self._challenges.create_index("expires_at", expireAfterSeconds=0)
        await self._challenges.create_index("account")

    async def find(self, account: str, session: Transaction | None = None) -> SecondFactor | None:
        """The second factor of an account; None while no device is enrolled."""
        document = await self._factors.find_one({"_id": account}, session=session)
        return from_document(document, SecondFactor) if document else None

    async def put(self, factor: SecondFactor, session: Transaction) -> None:
        """Store an account's second factor in place of any before."""
        await self._factors.replace_one({"_id": factor.id}, to_document(factor), upsert=True, session=session)

    async def remove(self, account: str, session: Transaction) -> bool:
        """Remove an account's second factor; False where there is none."""
        return (await self._factors.delete_one({"_id": account}, session=session)).deleted_count == 1

    async def take_step(self, factor: SecondFactor, step: int) -> bool:
        """Accept the code of a time step; False where it or a later one was accepted before (RFC 6238, section 5.2)."""
        fresh = {"_id": factor.id, "enrolled_at": factor.enrolled_at, "last_step": {"$lt": step}}
        return (await self._factors.update_one(fresh, {"$set": {"last_step": step}})).modified_count == 1

    async def take_recovery(self, account: str, hashed: str, session: Transaction) -> bool:
        """Spend a recovery code; False where the account has no such code."""
        where = {"_id": account, "recovery": hashed}
        result = await self._factors.update_one(where, {"$pull": {"recovery": hashed}}, session=session)
        return result.modified_count == 1

    async def set_recovery(self, account: str, hashes: Sequence[str], session: Transaction) -> None:
        """Put other recovery codes in the place of those that an account has."""
        await self._factors.update_one({"_id": account}, {"$set": {"recovery": list(hashes)}}, session=session)

    async def open_challenge(self, challenge: Challenge) -> None:
        """Store a new challenge."""
        await self._challenges.insert_one(to_document(challenge))

    async def challenge(self, key: str, now: datetime) -> Challenge | None:
        """The challenge of that id; None when it is over."""
        document = await self._challenges.find_one({"_id": key, "expires_at": {"$gt": now}})
        return from_document(document, Challenge) if document else None

    async def give_secret(self, challenge: Challenge, sealed: str) -> Challenge:
        """The challenge with the secret of a device that is to be enrolled."""
        await self._challenges.update_one({"_id": challenge.id}, {"$set": {"secret_sealed": sealed}})
        return replace(challenge, secret_sealed=sealed)

    async def take_challenge(self, key: str, session: Transaction | None = None) -> bool:
        """End a challenge; False where another request has done so first."""
        return (await self._challenges.delete_one({"_id": key}, session=session)).deleted_count == 1

    async def end_challenges(self, account: str, session: Transaction) -> None:
        """End every challenge of an account."""
        await self._challenges.delete_many({"account": account}, session=session)
