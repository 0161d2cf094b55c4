"""Accounts and sessions in MongoDB database `gateway`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from chassis.principal import Scope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, DuplicateKey, from_document, ping, to_document, transact
from chassis.storage.mongo import Session as Transaction
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import INTERNAL_FIELDS, Repository
from gateway.identity.account import Account, AccountState
from gateway.identity.events import AccountDisabled, AccountEvent, SessionsRevoked, of, provisioned
from gateway.identity.factor_store import FactorStore
from gateway.identity.login_throttle import CODES, LoginThrottle
from gateway.identity.second_factor import PASSWORD_ONLY
from gateway.identity.sign_on_store import SignOnStore
from gateway.refusals import ACCOUNT_EXISTS
from kernel.refusals import NOT_FOUND

T = TypeVar("T")
COLLECTIONS = ("accounts",)
"""The collections whose aggregates carry events."""


class Stay(StrEnum):
    """How a session's holder stays signed in (ADR 76)."""

    TOKEN = "token"  # noqa: S105 - the client keeps the refresh token
    BROWSER = "browser"  # by cookie, until the browser is closed or nothing was done for a while
    KEPT = "kept"  # by cookie, over the browser's end


@dataclass(frozen=True, slots=True)
class Session:
    """A login that lasts: a family of refresh tokens, each the successor of the one before.

    Attributes:
        id: Names the family.
        account: Id of the account that it belongs to.
        counter: Number of the token that is valid, from 0.
        rotated_at: When that token was issued.
        expires_at: When the family ends; each refresh puts it off where the holder stays by the browser.
        opened_at: When its holder logged in.
        client: The client's kind, such as `Chrome, Windows`; no address.
        proof: Digest of the secret that opened it (`Account.proof`); once the account has another, the family is over.
        amr: What its holder has proven, by the words of RFC 8176.
        stay: How its holder stays signed in.
    """

    id: str
    account: str
    counter: int
    rotated_at: datetime
    expires_at: datetime
    opened_at: datetime | None = None
    client: str | None = None
    proof: str | None = None
    amr: tuple[str, ...] = PASSWORD_ONLY
    stay: Stay = Stay.TOKEN


@dataclass(frozen=True, slots=True)
class LastLogin:
    """When an account was signed in to last.

    Attributes:
        at: When.
        client: The client's kind, such as `Chrome, Windows`; no address is stored.
    """

    at: datetime
    client: str | None


def first_events(account: Account) -> list[AccountEvent]:
    """The events of a new account; one whose holder has ended already is closed."""
    closed = [AccountDisabled(**of(account))] if account.state is AccountState.DISABLED else []
    return [provisioned(account), *closed]


class IdentityStore:
    """The accounts, sessions and throttles of identity.

    Args:
        database: The gateway's database.

    Attributes:
        accounts: The accounts.
        throttle: Counts failed logins.
        code_throttle: Counts wrong codes of second factors.
        factors: Second factors and challenges.
        sign_ons: Sign-ons by another provider under way.
    """

    def __init__(self, database: Database) -> None:
        self.accounts = Repository(database, "accounts", Account, producer="gateway", noun="account")
        self._sessions = database["sessions"]
        self._followed = database["followed"]
        self._last_logins = database["last_logins"]
        self.throttle = LoginThrottle(database)
        self.code_throttle = LoginThrottle(database, CODES)
        self.factors = FactorStore(database)
        self.sign_ons = SignOnStore(database)

    async def prepare(self) -> None:
        """Create the indexes; idempotent."""
        await self.accounts.prepare()
        accounts = self.accounts.collection
        await accounts.create_index([("login", 1), ("scope", 1)], unique=True)
        people = {"person": {"$type": "string"}}
        await accounts.create_index([("person", 1), ("scope", 1)], unique=True, partialFilterExpression=people)
        await accounts.create_index([("state", 1), ("home", 1)])
        await accounts.create_index([("school", 1), ("_id", 1)])
        acting = {"scope": Scope.BASE.value}
        await accounts.create_index([("bases", 1)], partialFilterExpression=acting, name="acting_for_base")
        await self._sessions.create_index("expires_at", expireAfterSeconds=0)
        await self._sessions.create_index("account")
        await self.throttle.prepare()
        await self.code_throttle.prepare()
        await self.factors.prepare()
        await self.sign_ons.prepare()

    @property
    def database(self) -> Database:
        """The database of identity."""
        return self.accounts.collection.database

    async def ping(self) -> None:
        """Ask the database whether it is there.

        Raises:
            StorageError: It is not.
        """
        await ping(self.database)

    async def close(self) -> None:
        """Close the connection to the database."""
        await self.accounts.collection.database.client.close()

    async def by_login(self, login: str, scope: Scope | None, session: Transaction | None = None) -> list[Account]:
        """The accounts of a login name, of one role or, for None, of any."""
        return await self.accounts.query({"login": login} | ({"scope": scope.value} if scope else {}), session=session)

    async def by_person(self, person: str, scope: Scope, session: Transaction | None = None) -> list[Account]:
        """The account of a person in that role: a list of one, or an empty one."""
        return await self.accounts.query({"person": person, "scope": scope.value}, session=session)

    async def by_base(self, base: str, session: Transaction | None = None) -> list[Account]:
        """The accounts that act for a base."""
        return await self.accounts.query({"bases": base, "scope": Scope.BASE.value}, session=session)

    async def close_account(
        self,
        account: Account,
        session: Transaction | None = None,
        *,
        told: Sequence[Any] = (),
        baseless: bool = False,
    ) -> Account:
        """Close an account and end its sessions; one that is closed already stays as it is, but for what is told of it.

        Closed for another reason than having no base, it is opened by no base any more (R2).

        Args:
            account: The account, with what else changes of it.
            session: The transaction to write in.
            told: Its events before the closing.
            baseless: Whether it is closed for having no base any more (R2).

        Raises:
            Refusal: `STALE_VERSION`.
        """
        closed, reopens = account, account.baseless and not baseless
        if account.state is not AccountState.DISABLED or reopens:
            closed, told = account.disabled(baseless=baseless), [*told, AccountDisabled(**of(account))]
        if told:
            closed = await self.accounts.save(closed, told, session)
        await self.end_sessions(account.id, session)
        return closed

    async def follow(self, kind: str, subject: str, version: int, session: Transaction, *, ended: bool = False) -> bool:
        """Note which version of a subject in another service the accounts follow, and whether this is the latest.

        The note is written in any case, so that two events of a subject at once conflict. It stands beside the accounts
        because an event may come before its subject has one.

        Args:
            kind: `base`, `expert`, `school` or `teacher`.
            subject: Its id there.
            version: Of the event; several events of one version are all followed, and the last of them counts.
            session: The transaction that follows it.
            ended: Whether nobody acts for the subject from this version on (see `ended`).

        Returns:
            False where a later version was followed already, so that the event must change nothing.
        """
        is_latest = {"$lte": [{"$ifNull": ["$version", 0]}, version]}
        latest = {
            "version": {"$max": ["$version", version]},
            "ended": {"$cond": [is_latest, ended, {"$ifNull": ["$ended", False]}]},
            "ended_version": {"$cond": [is_latest, version, {"$ifNull": ["$ended_version", "$version"]}]},
        }
        before = await self._followed.find_one_and_update(
            {"_id": f"{kind}:{subject}"}, [{"$set": latest}], upsert=True, session=session
        )
        return before is None or before["version"] <= version

    async def ended(self, kind: str, subjects: Sequence[str], session: Transaction | None = None) -> set[str]:
        """Which of these subjects have ended by the latest event that was followed of each.

        An older release notes a version without saying whether the subject has ended: then it is taken to go on.
        """
        is_of_latest = {"$eq": [{"$ifNull": ["$ended_version", "$version"]}, "$version"]}
        keys = [f"{kind}:{subject}" for subject in subjects]
        where = {"_id": {"$in": keys}, "ended": True, "$expr": is_of_latest}
        found: list[str] = await self._followed.distinct("_id", where, session=session)
        return {key.partition(":")[2] for key in found}

    async def taken_logins(self, logins: Sequence[str], scope: Scope, session: Transaction) -> set[str]:
        """Which of these login names an account of that role has."""
        where = {"login": {"$in": logins}, "scope": scope.value}
        return set(await self.accounts.collection.distinct("login", where, session=session))

    async def persons_with_account(self, persons: Sequence[str], scope: Scope, session: Transaction) -> set[str]:
        """Which of these persons have an account in that role."""
        where = {"person": {"$in": persons}, "scope": scope.value}
        return set(await self.accounts.collection.distinct("person", where, session=session))

    async def initial(
        self, scope: Scope | None, home: str | None, *, without_code_at: datetime | None
    ) -> AsyncIterator[Account]:
        """The accounts in their initial state whose code an administrator hands out, by login name.

        A school hands out those of its designated person and, where no role is named, of its teachers (R3, R5).

        Args:
            scope: Only accounts of that role.
            home: Only accounts of that province.
            without_code_at: Only accounts that have no code, or one that has expired by that time.
        """
        where: dict[str, Any] = {"state": AccountState.INITIAL.value}
        where["scope"] = scope.value if scope else {"$ne": Scope.TEACHER.value}
        where |= {"home": home} if home else {}
        where["$nor"] = [{"scope": Scope.SCHOOL.value, "$expr": {"$ne": ["$login", "$school"]}}]
        if without_code_at:
            where["$or"] = [{"secret": ""}, {"code_expires_at": {"$lte": without_code_at}}]
        cursor = self.accounts.collection.find(where, INTERNAL_FIELDS, sort=[("login", 1), ("scope", 1)])
        async for document in cursor:
            yield from_document(document, Account)

    async def page(self, where: Mapping[str, Any], slice_: PageRequest) -> list[Account]:
        """A page of the accounts that match, ordered by id; one more than asked for, where there is one."""
        order = [("_id", 1)]
        return await self.accounts.query(
            all_of(where, after_position(order, slice_.after)), sort=order, limit=slice_.first + 1
        )

    async def of_school(self, school: str, session: Transaction) -> list[Account]:
        """The accounts that act for a school: its own, and its designated persons' (R5)."""
        return await self.accounts.query({"school": school, "scope": Scope.SCHOOL.value}, session=session)

    async def delegates(self, school: str, session: Transaction | None = None) -> list[Account]:
        """The accounts of a school's designated persons, closed ones included, the oldest first (R5)."""
        where = {"school": school, "scope": Scope.SCHOOL.value, "login": {"$ne": school}}
        return await self.accounts.query(where, session=session)

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do the work in one transaction, and again where it conflicts with another."""
        return await transact(self.accounts.collection.database.client, work)

    async def add(self, account: Account, session: Transaction | None = None) -> Account:
        """Store a new account with its events.

        Raises:
            Refusal: `ACCOUNT_EXISTS`.
        """
        try:
            return await self.accounts.insert(account, first_events(account), session)
        except DuplicateKey as error:
            raise ACCOUNT_EXISTS() from error

    async def forget_failures(self, login: str) -> None:
        """Forget all failed logins and wrong codes of a login name, from every address."""
        await self.throttle.forget(login)
        await self.code_throttle.forget(login)

    async def open_session(self, session: Session) -> LastLogin | None:
        """Store a new family of refresh tokens.

        Returns:
            The login before this one; None for the first.
        """
        await self._sessions.insert_one(to_document(session))
        login = {"at": session.opened_at, "client": session.client}
        before = await self._last_logins.find_one_and_update({"_id": session.account}, {"$set": login}, upsert=True)
        return LastLogin(before["at"], before["client"]) if before else None

    async def session(self, key: str) -> Session | None:
        """The family of that id, None when it is over."""
        document = await self._sessions.find_one({"_id": key, "expires_at": {"$gt": datetime.now(UTC)}})
        return from_document(document, Session) if document else None

    async def sessions(self, account: str) -> list[Session]:
        """The sessions of an account, the one used last first."""
        live = {"account": account, "expires_at": {"$gt": datetime.now(UTC)}}
        cursor = self._sessions.find(live, sort=[("rotated_at", -1), ("_id", 1)])
        return [from_document(document, Session) async for document in cursor]

    async def revoke(
        self, account: str, *, only: str | None = None, but: str | None = None, reused: bool = False
    ) -> int:
        """End one session of an account, or all but one, with an event on the account.

        Args:
            account: The account's id.
            only: Id of the one session to end.
            but: Id of the one session to keep, where `only` is None; None ends all.
            reused: Whether the gateway ends it, because a refresh token was used twice.

        Returns:
            How many sessions were ended.

        Raises:
            Refusal: `NOT_FOUND`: the account has no such session to keep; none is ended.
        """
        which: dict[str, Any] = {"$eq": only} if only else {"$ne": but}
        kept = {"_id": but, "account": account, "expires_at": {"$gt": datetime.now(UTC)}}

        async def work(session: Transaction) -> int:
            if not only and but is not None and not await self._sessions.find_one(kept, {"_id": 1}, session=session):
                raise NOT_FOUND(kind="session", id=but[:80])
            ended = await self._sessions.delete_many({"account": account, "_id": which}, session=session)
            if ended.deleted_count:
                holder = await self.accounts.get(account, session)
                event = SessionsRevoked(**of(holder), sessions=ended.deleted_count, reused=reused)
                await self.accounts.save(holder, [event], session)
            return ended.deleted_count

        return await self.transact(work)

    async def rotate(self, session: Session, now: datetime, until: datetime) -> bool:
        """Make the successor of the valid token the valid one; False where another request has done so first.

        Args:
            session: The family, as it was read.
            now: When the successor is issued.
            until: When the family ends from now on.
        """
        result = await self._sessions.update_one(
            {"_id": session.id, "counter": session.counter},
            {"$inc": {"counter": 1}, "$set": {"rotated_at": now, "expires_at": until}},
        )
        return result.modified_count == 1

    async def end_session(self, key: str) -> None:
        """End one session, without an event."""
        await self._sessions.delete_one({"_id": key})

    async def end_sessions(self, account: str, session: Transaction | None = None) -> None:
        """End every session of an account, without an event."""
        await self._sessions.delete_many({"account": account}, session=session)
