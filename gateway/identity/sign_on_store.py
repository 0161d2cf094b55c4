"""Sign-ons under way in the gateway's database (ADR 45)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.storage.mongo import Database, from_document, to_document


@dataclass(frozen=True, slots=True)
class SignOn:
    """A sign-on under way.

    Attributes:
        id: Digest of the ticket that the client holds.
        state: Digest of the state that comes back.
        nonce: What the provider has to repeat in its token.
        verifier: The PKCE verifier (RFC 7636).
        redirect_uri: Where the provider sends the person back to.
        expires_at: When it ends.
    """

    id: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    expires_at: datetime


class SignOnStore:
    """Sign-ons under way in the gateway's database.

    Args:
        database: The gateway's database.
    """

    def __init__(self, database: Database) -> None:
        self._sign_ons = database["sign_ons"]

    async def prepare(self) -> None:
        """Create the index; idempotent."""
        await self._sign_ons.create_index("expires_at", expireAfterSeconds=0)

    async def open(self, sign_on: SignOn) -> None:
        """Store a new one."""
        await self._sign_ons.insert_one(to_document(sign_on))

    async def take(self, key: str) -> SignOn | None:
        """Take the one of that id, once; None where there is none, or its time is over."""
        document = await self._sign_ons.find_one_and_delete({"_id": key, "expires_at": {"$gt": datetime.now(UTC)}})
        return from_document(document, SignOn) if document else None
