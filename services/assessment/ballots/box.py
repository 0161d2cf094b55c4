"""The decisions of the ballot box: what a ballot looks like, when a box takes one, when it may be opened."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from kernel import ballots
from kernel.encoding import from_base64url
from services.assessment.ballots.refusals import (
    BALLOT_BOX_CLOSED,
    BALLOT_BOX_DIFFERS,
    BALLOT_BOX_NOT_DUE,
    BALLOT_BOX_NOT_OPEN,
    BALLOT_MALFORMED,
    NO_SUCH_BALLOT_BOX,
    TOO_FEW_BALLOTS,
)

AFTER_CLOSING = timedelta(seconds=60)
"""How long after the last moment a box is closed at the earliest: longer than any ballot is under way."""
_INSTRUMENT = re.compile(r"ins[0-9a-f]{25}")
_MEMBERS = {"v", "instrument", "nonce", "prefix", "token", "sealed"}


class BoxState(StrEnum):
    """An open box takes ballots in its window; an emptied one has neither ballots nor key any more."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    EMPTIED = "EMPTIED"


@dataclass(frozen=True, slots=True)
class Box:
    """The box of one questionnaire.

    Attributes:
        id: The questionnaire's id.
        n: The modulus of its token key, base64url.
        key: The box's public key, base64url.
        state: Open until it is closed.
        opens_at: From when it takes ballots; None until that is known.
        closes_at: From when it takes none any more.
        turnout: How many ballots it had at the last count.
        turnout_day: The day of that count, ISO; it is counted once a day.
        counted: How many ballots it had when it was closed.
    """

    id: str
    n: str
    key: str
    state: BoxState = BoxState.OPEN
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    turnout: int = 0
    turnout_day: str | None = None
    counted: int | None = None

    def require_open(self, now: datetime) -> None:
        """Require that it takes ballots now: from its opening on, and before its closing.

        Raises:
            Refusal: `BALLOT_BOX_NOT_OPEN` or `BALLOT_BOX_CLOSED`.
        """
        if self.state is not BoxState.OPEN:
            raise BALLOT_BOX_CLOSED()
        if self.opens_at is None or self.closes_at is None or now < self.opens_at:
            raise BALLOT_BOX_NOT_OPEN(opensAt=self.opens_at.isoformat() if self.opens_at else None)
        if now >= self.closes_at:
            raise BALLOT_BOX_CLOSED()

    def set_up(self, n: str, window: tuple[datetime | None, datetime | None], now: datetime) -> Self:
        """The box with another window, which may move until it has opened.

        Args:
            n: The modulus it was set up with.
            window: From when to when it takes ballots.
            now: Domain time.

        Raises:
            Refusal: `BALLOT_BOX_DIFFERS`.
        """
        same = window == (self.opens_at, self.closes_at)
        opened = self.opens_at is not None and now >= self.opens_at
        if n != self.n or self.state is not BoxState.OPEN or (opened and not same):
            raise BALLOT_BOX_DIFFERS()
        return self if same else replace(self, opens_at=window[0], closes_at=window[1])

    def require_due(self, now: datetime) -> None:
        """Require that it may be closed: its last moment is a minute ago.

        Raises:
            Refusal: `BALLOT_BOX_NOT_DUE`.
        """
        if self.closes_at is None or now < self.closes_at + AFTER_CLOSING:
            raise BALLOT_BOX_NOT_DUE()

    def require_openable(self) -> None:
        """Require that its seals may be taken off: it is closed, and five ballots are in it (R36).

        Raises:
            Refusal: `BALLOT_BOX_NOT_DUE` or `TOO_FEW_BALLOTS`.
        """
        if self.state is not BoxState.CLOSED or self.counted is None:
            raise BALLOT_BOX_NOT_DUE()
        if self.counted < ballots.LEAST_BALLOTS:
            raise TOO_FEW_BALLOTS(least=ballots.LEAST_BALLOTS)


@dataclass(frozen=True, slots=True, repr=False)
class Ballot:
    """A ballot as it is sent: a right to answer, and a sealed sheet.

    Attributes:
        instrument: The questionnaire's id.
        message: What the token signs.
        token: The signature.
        receipt: By which its voter finds it.
        sealed: The sheet under both seals.
    """

    instrument: str
    message: bytes
    token: bytes
    receipt: str
    sealed: bytes

    @classmethod
    def of(cls, body: Any) -> Self:
        """Read what was sent; no member is missing and none is there beside.

        Raises:
            Refusal: `BALLOT_MALFORMED` or `NO_SUCH_BALLOT_BOX`.
        """
        if not isinstance(body, Mapping) or set(body) != _MEMBERS or type(body["v"]) is not int or body["v"] != 1:
            raise BALLOT_MALFORMED()
        instrument = instrument_id(body["instrument"])
        try:
            nonce, prefix = (from_base64url(body[name], ballots.NONCE_BYTES) for name in ("nonce", "prefix"))
            token = from_base64url(body["token"], ballots.KEY_BYTES)
            sealed = from_base64url(body["sealed"], ballots.SEALED_BYTES)
        except (ValueError, TypeError) as error:
            raise BALLOT_MALFORMED() from error
        message = ballots.message_of(instrument, nonce, prefix)
        return cls(instrument, message, token, ballots.receipt_of(nonce), sealed)


def instrument_id(given: Any) -> str:
    """The id, if it looks like one; any other text names no box.

    Raises:
        Refusal: `NO_SUCH_BALLOT_BOX`.
    """
    if not isinstance(given, str) or not _INSTRUMENT.fullmatch(given):
        raise NO_SUCH_BALLOT_BOX()
    return given
