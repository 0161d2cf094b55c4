"""What the ballot box does: take ballots, count them, close a box, strip the outer seals, empty a box."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from chassis import seal
from chassis.blindrsa import InvalidSignature, PublicKey
from chassis.clock import Clock
from kernel import ballots
from kernel.dates import today
from kernel.encoding import from_base64url, to_base64url
from kernel.refusals import BUSY
from services.assessment.ballots.box import Ballot, Box, BoxState
from services.assessment.ballots.refusals import (
    BALLOT_BOX_DIFFERS,
    BALLOT_BOX_KEY_LOST,
    BALLOT_MALFORMED,
    NO_SUCH_BALLOT_BOX,
    TOKEN_INVALID,
)
from services.assessment.ballots.store import Store

BOX_RATE, RATE = 20, 200
"""The most new ballots a second of one box, and in all; never by address, which the box does not know."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What an opened box hands over: two lists of which neither tells the order of the other.

    Attributes:
        receipts: Of all ballots, sorted.
        inner: The inner seals, sorted by their bytes.
        unreadable: How many outer seals did not open.
    """

    receipts: list[str]
    inner: list[bytes]
    unreadable: int


class BallotBox:
    """All boxes; there is one process of it.

    Args:
        store: Its database.
        keys: The folder with its secret keys.
        clock: Domain time.
    """

    def __init__(self, store: Store, keys: seal.KeyFolder, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._under_way: dict[str, int] = defaultdict(int)
        self._one_less = asyncio.Condition()
        self._rates = Rates()
        self._public: dict[str, PublicKey] = {}

    async def find(self, instrument: str) -> Box:
        """The box of a questionnaire.

        Raises:
            Refusal: `NO_SUCH_BALLOT_BOX`.
        """
        if box := await self._store.find(instrument):
            return box
        raise NO_SUCH_BALLOT_BOX()

    async def take(self, ballot: Ballot) -> str:
        """Put a ballot in (R34).

        Returns:
            Its receipt; of a ballot under a token that was used before the same one, and the first ballot stays.

        Raises:
            Refusal: `NO_SUCH_BALLOT_BOX`, `BALLOT_BOX_NOT_OPEN`, `BALLOT_BOX_CLOSED`, `TOKEN_INVALID`, `BUSY`.
        """
        async with self._counted_as_under_way(ballot.instrument):
            if key := self._public.get(ballot.instrument):
                _require_token(key, ballot)  # so that garbage does not reach the database
            box = await self.find(ballot.instrument)
            box.require_open(self._clock.now())
            if key is None:
                _require_token(self._key_of(box), ballot)
            if not await self._store.has(ballot):
                self._rates.take(ballot)
                await self._store.add(ballot)
        return ballot.receipt

    async def set_up(self, instrument: str, n: str, opens_at: datetime | None, closes_at: datetime | None) -> str:
        """Set a box up, or move the window of one that has not opened.

        Returns:
            The box's public key, always the same.

        Raises:
            Refusal: `BALLOT_MALFORMED`: `n` is no key; `BALLOT_BOX_DIFFERS`.
        """
        try:
            PublicKey.of(from_base64url(n, ballots.KEY_BYTES))
        except ValueError as error:
            raise BALLOT_MALFORMED() from error
        box = await self._store.find(instrument)
        if box is None:
            key = to_base64url(seal.public_bytes(self._keys.ensure(instrument)))
            await self._store.insert(Box(instrument, n, key, opens_at=opens_at, closes_at=closes_at))
            box = await self.find(instrument)
        moved = box.set_up(n, (opens_at, closes_at), self._clock.now())
        if moved is not box:
            await self._store.change(instrument, opens_at=opens_at, closes_at=closes_at)
        return box.key

    async def turnout(self) -> dict[str, int]:
        """The ballots of each open box, as they were counted once today."""
        now = self._clock.now()
        day = today(now).isoformat()
        counts: dict[str, int] = {}
        for box in await self._store.open_boxes():
            if box.opens_at is None or now < box.opens_at:
                continue
            counts[box.id] = box.turnout
            if box.turnout_day != day:
                counts[box.id] = await self._store.count(box.id)
                await self._store.change(box.id, turnout=counts[box.id], turnout_day=day)
        return counts

    async def close(self, instrument: str) -> int:
        """Close a box: no ballot comes in any more, and those under way are waited for.

        Returns:
            How many ballots it has; the same whenever it is asked.

        Raises:
            Refusal: `NO_SUCH_BALLOT_BOX`, `BALLOT_BOX_NOT_DUE`.
        """
        box = await self.find(instrument)
        if box.counted is not None:
            return box.counted
        box.require_due(self._clock.now())
        await self._store.change(instrument, state=BoxState.CLOSED.value)
        async with self._one_less:
            await self._one_less.wait_for(lambda: not self._under_way.get(instrument))
        counted = await self._store.count(instrument)
        await self._store.change(instrument, counted=counted)
        return counted

    async def open(self, instrument: str) -> Opened:
        """Strip the outer seals of a closed box; again: the same bytes.

        Raises:
            Refusal: `NO_SUCH_BALLOT_BOX`, `BALLOT_BOX_NOT_DUE`, `TOO_FEW_BALLOTS`, `BALLOT_BOX_KEY_LOST`.
        """
        box = await self.find(instrument)
        box.require_openable()
        key = self._keys.find(instrument)
        if key is None or to_base64url(seal.public_bytes(key)) != box.key:
            raise BALLOT_BOX_KEY_LOST()
        return await asyncio.to_thread(_strip, instrument, key, await self._store.all(instrument))

    async def empty(self, instrument: str) -> None:
        """Destroy the key and the ballots of a box that takes none any more, or whose questionnaire is void.

        Raises:
            Refusal: `BALLOT_BOX_DIFFERS`: it is open.
        """
        box = await self._store.find(instrument)
        if box is None:
            return
        if box.state is BoxState.OPEN and box.opens_at and self._clock.now() >= box.opens_at:
            raise BALLOT_BOX_DIFFERS()
        self._keys.destroy(instrument)
        await self._store.empty(instrument)
        self._public.pop(instrument, None)

    @asynccontextmanager
    async def _counted_as_under_way(self, instrument: str) -> AsyncIterator[None]:
        self._under_way[instrument] += 1
        try:
            yield
        finally:
            self._under_way[instrument] -= 1
            if not self._under_way[instrument]:
                del self._under_way[instrument]
            async with self._one_less:
                self._one_less.notify_all()

    def _key_of(self, box: Box) -> PublicKey:
        if box.id not in self._public:
            self._public[box.id] = PublicKey.of(from_base64url(box.n, ballots.KEY_BYTES))
        return self._public[box.id]


class Rates:
    """What was taken in this second; only ballots with a valid token count, and copies of one count once."""

    def __init__(self) -> None:
        self._second = 0
        self._taken: dict[str, set[str]] = {}

    def take(self, ballot: Ballot) -> None:
        """Count a ballot.

        Raises:
            Refusal: `BUSY`: there were too many in this second.
        """
        second = int(monotonic())
        if second != self._second:
            self._second, self._taken = second, {}
        taken = self._taken.setdefault(ballot.instrument, set())
        if ballot.receipt in taken:
            return
        if len(taken) >= BOX_RATE or sum(map(len, self._taken.values())) >= RATE:
            raise BUSY(rule="R34", retryAfter=1)
        taken.add(ballot.receipt)


def _require_token(key: PublicKey, ballot: Ballot) -> None:
    """Require a token of this key.

    Raises:
        Refusal: `TOKEN_INVALID`.
    """
    try:
        key.verify(ballot.message, ballot.token)
    except InvalidSignature as error:
        raise TOKEN_INVALID() from error


def _strip(instrument: str, key: seal.PrivateKey, all_ballots: list[tuple[str, bytes]]) -> Opened:
    inner, unreadable = [], 0
    for receipt, sealed in all_ballots:
        try:
            inner.append(seal.unseal(key, ballots.outer_info(instrument, receipt), sealed))
        except seal.Unreadable:
            unreadable += 1
    return Opened([receipt for receipt, _ in all_ballots], sorted(inner), unreadable)
