"""Accounts and sessions in MongoDB database `gateway`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from chassis.principal import Scope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, DuplicateKey, from_document, to_document, transact
from chassis.storage.mongo import Session as Transaction
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import INTERNAL_FIELDS, Repository
from gateway.identity.account import Account, AccountState
from gateway.identity.events import AccountProvisioned, SessionsRevoked, of
from gateway.identity.login_throttle import Attempts
from gateway.refusals import ACCOUNT_EXISTS

T = TypeVar("T")
COLLECTIONS = ("accounts",)
"""The collections whose aggregates carry events."""


@dataclass(frozen=True, slots=True)
class Session:
    """A family of refresh tokens, one after the other.

    Attributes:
        id: Names the family.
        account: Whose it is.
        counter: The number of the token that is valid now.
        rotated_at: When it became so.
        expires_at: When the family ends.
        opened_at: When its holder logged in.
        client: What it was opened with, as roughly as a holder needs to recognise it; no address.
        proof: Digest of the secret that opened it; once the account has another, the family is over.
    """

    id: str
    account: str
    counter: int
    rotated_at: datetime
    expires_at: datetime
    opened_at: datetime | None = None
    client: str | None = None
    proof: str | None = None


class IdentityStore:
    """Reads and writes of identity.

    Args:
        database: The gateway's database.

    Attributes:
        accounts: The accounts.
        attempts: The counts of failed logins.
    """

    def __init__(self, database: Database) -> None:
        self.accounts = Repository(database, "accounts", Account, producer="gateway", noun="account")
        self._sessions = database["sessions"]
        self.attempts = Attempts(database)

    async def prepare(self) -> None:
        """Create the indexes; idempotent."""
        await self.accounts.prepare()
        accounts = self.accounts.collection
        await accounts.create_index([("login", 1), ("scope", 1)], unique=True)
        people = {"person": {"$type": "string"}}
        await accounts.create_index([("person", 1), ("scope", 1)], unique=True, partialFilterExpression=people)
        await accounts.create_index([("state", 1), ("home", 1)])
        await accounts.create_index([("school", 1), ("_id", 1)])
        await self._sessions.create_index("expires_at", expireAfterSeconds=0)
        await self._sessions.create_index("account")
        await self.attempts.prepare()

    async def close(self) -> None:
        """Close the connection to the database."""
        await self.accounts.collection.database.client.close()

    async def by_login(self, login: str, scope: Scope | None, session: Transaction | None = None) -> list[Account]:
        """The accounts of a login name, of one scope if it is given."""
        return await self.accounts.query({"login": login} | ({"scope": scope.value} if scope else {}), session=session)

    async def by_person(self, person: str, scope: Scope, session: Transaction | None = None) -> list[Account]:
        """The account of a person in that role, if there is one."""
        return await self.accounts.query({"person": person, "scope": scope.value}, session=session)

    async def initial(
        self, scope: Scope | None, home: str | None, *, without_code_at: datetime | None
    ) -> AsyncIterator[Account]:
        """The accounts in their initial state whose code an administrator hands out, by login name.

        A school hands out those of its designated person and, where no role is named, of its teachers (R3, R5).

        Args:
            scope: Of that role only.
            home: Of that province only.
            without_code_at: Only those that nobody has a code of that is good at that time.
        """
        where: dict[str, Any] = {"state": AccountState.INITIAL.value}
        where["scope"] = scope.value if scope else {"$ne": Scope.TEACHER.value}
        where |= {"home": home} if home else {}
        where["$nor"] = [{"scope": Scope.SCHOOL.value, "$expr": {"$ne": ["$login", "$school"]}}]
        if without_code_at:
            where["$or"] = [{"secret": ""}, {"code_expires_at": {"$lte": without_code_at}}]
        cursor = self.accounts.collection.find(where, INTERNAL_FIELDS, sort=[("login", 1), ("scope", 1)])
        async for found in cursor:
            yield from_document(found, Account)

    async def page(self, where: Mapping[str, Any], slice_: PageRequest) -> list[Account]:
        """The accounts that match, by their ids; one more than asked for, where there is one."""
        order = [("_id", 1)]
        return await self.accounts.query(
            all_of(where, after_position(order, slice_.after)), sort=order, limit=slice_.first + 1
        )

    async def delegates(self, school: str, session: Transaction) -> list[Account]:
        """The designated persons' accounts of a school that are not closed (R5)."""
        live = {"$ne": AccountState.DISABLED.value}
        return await self.accounts.query(
            {"school": school, "scope": Scope.SCHOOL.value, "login": {"$ne": school}, "state": live}, session=session
        )

    async def together(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do in one transaction what must change together."""
        return await transact(self.accounts.collection.database.client, work)

    async def add(self, account: Account, session: Transaction | None = None) -> Account:
        """Store a new account, and that it was provisioned.

        Raises:
            Refusal: `ACCOUNT_EXISTS`.
        """
        try:
            told = AccountProvisioned(**of(account), bases=account.bases)
            return await self.accounts.insert(account, [told], session)
        except DuplicateKey as error:
            raise ACCOUNT_EXISTS() from error

    async def open_session(self, session: Session) -> None:
        """Store a new family of refresh tokens."""
        await self._sessions.insert_one(to_document(session))

    async def session(self, key: str) -> Session | None:
        """The family of that id, None when it is over."""
        found = await self._sessions.find_one({"_id": key, "expires_at": {"$gt": datetime.now(UTC)}})
        return from_document(found, Session) if found else None

    async def sessions(self, account: str) -> list[Session]:
        """The families of an account, the one used last first."""
        live = {"account": account, "expires_at": {"$gt": datetime.now(UTC)}}
        cursor = self._sessions.find(live, sort=[("rotated_at", -1), ("_id", 1)])
        return [from_document(found, Session) async for found in cursor]

    async def revoke(
        self, account: str, *, only: str | None = None, but: str | None = None, reused: bool = False
    ) -> int:
        """End one family of an account, or all but one, and tell it; returns how many there were."""
        which: dict[str, Any] = {"$eq": only} if only else {"$ne": but}

        async def work(session: Transaction) -> int:
            ended = await self._sessions.delete_many({"account": account, "_id": which}, session=session)
            if ended.deleted_count:
                known = await self.accounts.get(account, session)
                told = SessionsRevoked(**of(known), sessions=ended.deleted_count, reused=reused)
                await self.accounts.save(known, [told], session)
            return ended.deleted_count

        return await self.together(work)

    async def rotate(self, session: Session, now: datetime) -> bool:
        """Make the next token the valid one; False when another request was faster."""
        result = await self._sessions.update_one(
            {"_id": session.id, "counter": session.counter},
            {"$inc": {"counter": 1}, "$set": {"rotated_at": now}},
        )
        return result.modified_count == 1

    async def end_session(self, key: str) -> None:
        """Revoke one family."""
        await self._sessions.delete_one({"_id": key})

    async def end_sessions(self, account: str, session: Transaction | None = None) -> None:
        """Revoke every family of an account."""
        await self._sessions.delete_many({"account": account}, session=session)
