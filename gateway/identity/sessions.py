"""Access and refresh tokens (notes N31, N32).

A refresh token is `<family>.<counter>.<mac>`, where the MAC's key is derived from the signing key. The database stores
only family and counter, so that nothing at rest can be replayed, and the grace period can return the same successor
again. While an old signing key stays in the key set, the sessions that it opened go on.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from joserfc.jwk import KeySet

from chassis.principal import Scope, TokenMinter, TokenVerifier, Verified
from gateway.identity.account import Account, AccountState
from gateway.identity.second_factor import PASSWORD_ONLY
from gateway.identity.store import IdentityStore, LastLogin, Session, Stay
from gateway.refusals import KEEP_NOT_OFFERED, PASSWORD_CHANGE_REQUIRED
from kernel.errors import Refusal
from kernel.refusals import UNAUTHENTICATED

GRAPH = "guopei-graph"
"""The audience of access tokens."""
PASSWORD = "guopei-password"  # noqa: S105 - an audience
"""The audience of an initial account's token, which can set the password and nothing else (R4)."""
ACCESS_SECONDS = 600
REFRESH_LIFETIME = timedelta(days=14)
IDLE = timedelta(minutes=30)
_COUNTER_DIGITS = 9
GRACE = timedelta(seconds=10)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens that a login or a refresh returns.

    Attributes:
        access: Bearer token for the graph; if `must_change`, only for setting the password.
        refresh: Refresh token; None if `must_change`.
        account: The account that they belong to.
        last_login: The login before this one; None for the first, and for a refresh.
        stay: How the holder stays signed in.
        seconds: For how long the session goes on unless it is refreshed.
        idle: After so many seconds without a refresh it ends; None where rest does not end it.
    """

    access: str
    refresh: str | None
    account: Account
    last_login: LastLogin | None = None
    stay: Stay = Stay.TOKEN
    seconds: int = 0
    idle: int | None = None

    @property
    def must_change(self) -> bool:
        """Whether the holder can do nothing before setting a password (R4)."""
        return self.refresh is None


def require_may_stay(account: Account, stay: Stay) -> None:
    """Refuse an office that wants to stay signed in over its browser's end: its machines are shared (ADR 76).

    Raises:
        Refusal: `KEEP_NOT_OFFERED`.
    """
    if stay is Stay.KEPT and account.scope is not Scope.TEACHER:
        raise KEEP_NOT_OFFERED()


@dataclass(frozen=True, slots=True)
class Holder:
    """The account of a token that may set a password.

    Attributes:
        account: The account's id.
        initial: For an initial account's token, the account's version when its code was proven: once a password is set
            or another code issued, the version differs and the token is refused. None for an access token.
        session: Id of the session that an access token belongs to.
    """

    account: str
    initial: int | None
    session: str = ""


class Sessions:
    """Issues, rotates and checks tokens.

    Args:
        store: Stores the sessions.
        keys: The gateway's private keys.
        two_factors: The roles whose sessions need a second factor.
        idle: After how long without a refresh a session ends that lasts as long as the browser.
    """

    def __init__(
        self, store: IdentityStore, keys: KeySet, two_factors: Collection[Scope] = (), idle: timedelta = IDLE
    ) -> None:
        self._store = store
        self._idle = idle
        self._two_factors = frozenset(two_factors)
        self.keys = keys
        self._minter = TokenMinter(keys)
        self._graph = TokenVerifier(keys, GRAPH)
        self._password = TokenVerifier(keys, PASSWORD)
        self._mac_keys = _mac_keys(keys)

    def exchange(self, keys: KeySet) -> None:
        """Sign with the first of these from now on; a session whose token another one of these made goes on."""
        self.keys = keys
        self._minter.exchange(keys)
        self._graph.exchange(keys)
        self._password.exchange(keys)
        self._mac_keys = _mac_keys(keys)

    def lacks_factor(self, account: Account, amr: Collection[str]) -> bool:
        """Whether the account's role needs a second factor, and `amr` says that none was given."""
        return account.scope in self._two_factors and "mfa" not in amr

    async def open(
        self,
        account: Account,
        client: str | None = None,
        *,
        amr: tuple[str, ...] = PASSWORD_ONLY,
        stay: Stay = Stay.TOKEN,
    ) -> Tokens:
        """Open a session for an account whose secret has just been proven.

        Args:
            account: The account.
            client: The client's kind, such as `Chrome, Windows`.
            amr: What its holder has proven (RFC 8176); each access token of the session says it.
            stay: How the holder stays signed in; `require_may_stay` has been asked.
        """
        if account.state is AccountState.INITIAL:
            holder = replace(account.principal(), subject=f"{account.id}.{account.version}")
            return Tokens(self._minter.mint(holder, PASSWORD, ACCESS_SECONDS), None, account)
        now = datetime.now(UTC)
        family = secrets.token_urlsafe(16)
        session = Session(family, account.id, 0, now, now + REFRESH_LIFETIME, now, client, account.proof, amr, stay)
        session = replace(session, expires_at=self._end(session, now))
        last_login = await self._store.open_session(session)
        return replace(self._tokens(account, session, 0), last_login=last_login)

    async def refresh(self, token: str) -> Tokens:
        """The successor of a refresh token; within 10 s of a rotation the same successor again, for another tab.

        Raises:
            Refusal: `UNAUTHENTICATED`; a token used a second time later than that ends its session.
        """
        family, counter = self._parse(token)
        session = await self._store.session(family)
        if session is None:
            raise UNAUTHENTICATED()
        now = datetime.now(UTC)
        until = self._end(session, now)
        if counter == session.counter and await self._store.rotate(session, now, until):
            return self._tokens(await self._account(session), replace(session, expires_at=until), counter + 1)
        session = await self._store.session(family)
        if session and counter == session.counter - 1 and now - session.rotated_at < GRACE:
            return self._tokens(await self._account(session), session, session.counter)
        if session:
            log.warning("refresh token used again: its family is revoked", account=session.account)
            await self._store.revoke(session.account, only=family, reused=True)
        raise UNAUTHENTICATED()

    async def close(self, token: str) -> None:
        """End the session of a refresh token; a token that is not ours does nothing."""
        with suppress(Refusal):
            await self._store.end_session(self._parse(token)[0])

    def check(self, token: str) -> Verified:
        """The principal of an access token, and when the token expires.

        Raises:
            Refusal: `UNAUTHENTICATED`; `PASSWORD_CHANGE_REQUIRED` for an initial account's token (R4).
        """
        try:
            return self._graph.check(token)
        except Refusal:
            self._password.verify(token)
        raise PASSWORD_CHANGE_REQUIRED()

    def holder(self, token: str) -> Holder:
        """The account whose password may be set with this token.

        Raises:
            Refusal: `UNAUTHENTICATED`.
        """
        try:
            verified = self._graph.check(token)
            return Holder(verified.principal.subject, None, verified.session)
        except Refusal:
            account, _, version = self._password.verify(token).subject.partition(".")
            return Holder(account, int(version))

    async def _account(self, session: Session) -> Account:
        """The active account of a session; a session opened with a secret that has since changed is ended (R4).

        So is one that was opened before its role needed a second factor.

        Raises:
            Refusal: `UNAUTHENTICATED`; the session is ended.
        """
        account = await self._store.accounts.find(session.account)
        if (
            account is None
            or account.state is not AccountState.ACTIVE
            or session.proof != account.proof
            or self.lacks_factor(account, session.amr)
        ):
            await self._store.end_session(session.id)
            raise UNAUTHENTICATED()
        return account

    def _tokens(self, account: Account, session: Session, counter: int) -> Tokens:
        access = self._minter.mint(account.principal(), GRAPH, ACCESS_SECONDS, amr=session.amr, session=session.id)
        refresh = f"{session.id}.{counter}.{_mac(self._mac_keys[0], session.id, counter)}"
        seconds = int((session.expires_at - datetime.now(UTC)).total_seconds())
        idle = int(self._idle.total_seconds()) if session.stay is Stay.BROWSER else None
        return Tokens(access, refresh, account, stay=session.stay, seconds=seconds, idle=idle)

    def _end(self, session: Session, now: datetime) -> datetime:
        """When a session ends that is used now: idle, where it lasts as long as the browser, or after fourteen days."""
        if session.stay is not Stay.BROWSER or session.opened_at is None:
            return session.expires_at
        return min(now + self._idle, session.opened_at + REFRESH_LIFETIME)

    def _parse(self, token: str) -> tuple[str, int]:
        family, _, rest = token.partition(".")
        counter, _, mac = rest.partition(".")
        if not (counter.isascii() and counter.isdecimal() and len(counter) <= _COUNTER_DIGITS):
            raise UNAUTHENTICATED()
        valid_macs = [_mac(key, family, int(counter)) for key in self._mac_keys]
        if not any(hmac.compare_digest(mac.encode(), valid_mac.encode()) for valid_mac in valid_macs):
            raise UNAUTHENTICATED()
        return family, int(counter)


def _mac_keys(keys: KeySet) -> list[bytes]:
    return [_mac_key(key.as_dict(private=True)) for key in keys.keys]


def _mac_key(private_key: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(b"refresh" + json.dumps(private_key, sort_keys=True).encode()).digest()


def _mac(key: bytes, family: str, counter: int) -> str:
    return hmac.new(key, f"{family}.{counter}".encode(), hashlib.sha256).hexdigest()
