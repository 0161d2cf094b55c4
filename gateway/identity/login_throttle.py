"""Throttle logins: each failure makes the next attempt wait, longer each time (R4).

Never a lockout: login names are public, so a lockout would be a weapon against a school (notes N33). Each attempt is
counted before its password is checked, in one atomic write, so that a thousand concurrent attempts are all counted.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from chassis.clock import to_the_millisecond
from chassis.storage.mongo import Database, DuplicateKey
from gateway.refusals import RATE_LIMITED
from kernel.errors import Refusal

_REMEMBER = timedelta(days=30)
_MOST_DOUBLINGS = 12
_LONGEST_TURN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """A leaky bucket of failures: how many are free, how fast they are forgotten, and how long the delay may grow.

    Attributes:
        kind: Its name, the first part of a counter's id.
        free: Failures without delay.
        leak: The time in which one failure is forgotten.
        longest: The longest delay.
    """

    kind: str
    free: int
    leak: timedelta
    longest: timedelta


FROM_HERE = Bucket("here", 5, timedelta(minutes=10), timedelta(minutes=5))
"""One login name from one address: one person who guesses."""
ACTS = Bucket("acts", 60, timedelta(seconds=2), timedelta(seconds=30))
"""Requests of one account that manages others."""
LOGIN = Bucket("login", 30, timedelta(minutes=2), timedelta(seconds=30))
"""One login name from anywhere: many who guess; the delay stays short, because its holder waits too."""
ADDRESS = Bucket("address", 100, timedelta(seconds=3), timedelta(seconds=30))
"""One address with any login name, such as 123456 tried on every school; generous, since a school may share one.

Else one machine there could keep all others behind the address out: a known pair of login name and address is excused.
"""


CODE_FROM_HERE = Bucket("code-here", 5, timedelta(hours=2), timedelta(hours=1))
"""Second factors of one login name from one address: some thirty guesses a day at a million codes."""
CODE = Bucket("code", 5, timedelta(hours=2), timedelta(hours=1))
"""Second factors of one login name from anywhere; strict: only who knows the password can make its holder wait."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """How guesses of one kind of secret are counted.

    Attributes:
        here: One login name from one address.
        anywhere: One login name from any address.
        attempts: Name of the collection of counters.
        places: Name of the collection of the addresses from which the secret was given.
        forget: After this time without a failure a counter is removed.
    """

    here: Bucket
    anywhere: Bucket
    attempts: str
    places: str
    forget: timedelta


PASSWORDS = Guesses(FROM_HERE, LOGIN, "attempts", "known_places", timedelta(hours=2))
CODES = Guesses(CODE_FROM_HERE, CODE, "code_attempts", "code_places", timedelta(days=1))
"""Codes are counted apart, so that a right password forgives no wrong code."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to log in, counted as failed until its outcome is known.

    Attributes:
        place: Digest of the login name and the address.
        counted: Ids of the counters that it was counted in, the one of this address and login name first.
        at: When it was counted.
    """

    place: str
    counted: tuple[str, ...]
    at: datetime


class LoginThrottle:
    """Counts failed logins in MongoDB, so that every replica of the gateway sees them.

    Args:
        database: The gateway's database.
        guesses: Which guesses it counts.
    """

    def __init__(self, database: Database, guesses: Guesses = PASSWORDS) -> None:
        self._guesses = guesses
        self._buckets = database[guesses.attempts]
        self._places = database[guesses.places]
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def prepare(self) -> None:
        """Create the indexes; idempotent."""
        await self._buckets.create_index("login")
        await self._buckets.create_index("last", expireAfterSeconds=int(self._guesses.forget.total_seconds()))
        await self._places.create_index("last", expireAfterSeconds=int(_REMEMBER.total_seconds()))

    @asynccontextmanager
    async def turn(self, login: str, address: str) -> AsyncIterator[None]:
        """Let attempts of one login name from one address wait for each other, for at most five seconds.

        Each is counted before it is judged, so that side by side even right passwords would make each other wait.

        Args:
            login: The login name, normalised.
            address: The client's network address.
        """
        lock = self._turns.setdefault(_digest(f"{login}\n{address}"), asyncio.Lock())
        has_turn = False
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_TURN_SECONDS):
                has_turn = await lock.acquire()
        try:
            yield
        finally:
            if has_turn:
                lock.release()

    async def begin(self, login: str, address: str) -> Attempt:
        """Count an attempt as failed, until `succeed` or `withdraw` is called.

        Whoever has logged in from this address in the last thirty days waits for the own failures from there only:
        neither for guesses from elsewhere nor for those of others behind the same address.

        Args:
            login: The login name, normalised.
            address: The client's network address.

        Raises:
            Refusal: `RATE_LIMITED` with `retryAfter` in seconds; the attempt is not made (R4).
        """
        place, at = _digest(f"{login}\n{address}"), _now()
        counted: list[str] = []
        trusted = await self._places.find_one({"_id": place}, {"_id": 1})
        for bucket, key in _keys(self._guesses, login, address):
            if trusted and bucket is not self._guesses.here:
                continue
            until = await self._count(bucket, key, _digest(login), at)
            if until:
                await self._forgive(counted, at)
                raise _later(until)
            counted.append(key)
        return Attempt(place, tuple(counted), at)

    async def act(self, account: str, weight: int = 1) -> None:
        """Count a request to manage accounts.

        Args:
            account: Id of the account that manages.
            weight: How many requests it counts as.

        Raises:
            Refusal: `RATE_LIMITED` with `retryAfter` in seconds.
        """
        key = f"{ACTS.kind}/{_digest(account)}"
        until = await self._count(ACTS, key, _digest(account), _now(), weight)
        if until:
            raise _later(until)

    async def succeed(self, attempt: Attempt) -> None:
        """Forget the login name's failures from this address and remember the address; elsewhere only this attempt."""
        here, *others = attempt.counted
        await self._buckets.delete_one({"_id": here})
        await self._forgive(others, attempt.at)
        await self._places.update_one({"_id": attempt.place}, {"$set": {"last": attempt.at}}, upsert=True)

    async def withdraw(self, attempt: Attempt) -> None:
        """Count an attempt no more, for its password was never judged."""
        await self._forgive(attempt.counted, attempt.at)

    async def forget(self, login: str) -> None:
        """Forget all failures of a login name, from every address, as an administrator's unlock and reset do."""
        await self._buckets.delete_many({"login": _digest(login)})

    async def _count(self, bucket: Bucket, key: str, login: str, at: datetime, weight: int = 1) -> datetime | None:
        """Count in one bucket; the time until which to wait, None for no wait.

        A counter whose wait is not over does not match, so that the upsert meets its id: a duplicate key means wait.
        """
        where = {"_id": key, "until": {"$not": {"$gt": at}}}
        try:
            await self._buckets.update_one(where, _counted(bucket, login, at, weight), upsert=True)
        except DuplicateKey:
            counter = await self._buckets.find_one({"_id": key})
            return counter.get("until") if counter else None
        return None

    async def _forgive(self, keys: Sequence[str], at: datetime) -> None:
        """Take back one failure from each counter, and the wait that began at that time; a later wait stays."""
        which = {"_id": {"$in": keys}, "failures": {"$gt": 0}}
        until = {"$cond": [{"$eq": ["$last", at]}, "$$REMOVE", "$until"]}
        await self._buckets.update_many(
            which, [{"$set": {"failures": {"$subtract": ["$failures", 1]}, "until": until}}]
        )


def _counted(bucket: Bucket, login: str, now: datetime, weight: int) -> list[dict[str, Any]]:
    """The update that adds failures after the leak; each beyond the free ones doubles the delay, from one second."""
    failed, before = {"$ifNull": ["$failures", 0]}, {"$ifNull": ["$last", now]}
    leak_ms = bucket.leak / timedelta(milliseconds=1)
    leaked = {"$divide": [{"$subtract": [now, before]}, leak_ms]}
    failures = {"$add": [{"$max": [0, {"$subtract": [failed, leaked]}]}, weight]}
    over = {"$min": [{"$subtract": [{"$round": ["$failures"]}, bucket.free]}, _MOST_DOUBLINGS]}
    longest_ms = bucket.longest / timedelta(milliseconds=1)
    delay = {"$min": [{"$multiply": [1000, {"$pow": [2, over]}]}, longest_ms]}
    until = {
        "$cond": [{"$gte": [{"$round": ["$failures"]}, bucket.free]}, {"$add": [now, {"$toLong": delay}]}, "$$REMOVE"]
    }
    owner = {} if bucket is ADDRESS else {"login": login}
    return [{"$set": {"failures": failures, "last": now} | owner}, {"$set": {"until": until}}]


def _keys(guesses: Guesses, login: str, address: str) -> list[tuple[Bucket, str]]:
    name, place = _digest(login), _digest(address)
    return [
        (guesses.here, f"{guesses.here.kind}/{name}/{place}"),
        (guesses.anywhere, f"{guesses.anywhere.kind}/{name}"),
        (ADDRESS, f"{ADDRESS.kind}/{place}"),
    ]


def _now() -> datetime:
    """The time to the millisecond, as the database stores it."""
    return to_the_millisecond(datetime.now(UTC))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _later(until: datetime) -> Refusal:
    return RATE_LIMITED(rule="R4", retryAfter=max(1, int((until - datetime.now(UTC)).total_seconds()) + 1))
