"""Public sources of chance, and what they were: one spelling of each value, for the seed hashes it (R37; ADR 55)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from services.assessment.domain.refusals import INVALID_BEACON_VALUE

_LONGEST = 200
_VALUE = re.compile(r"[0-9a-f.,:+/%-]+(?: [0-9a-f.,:+/%-]+)*", re.ASCII)
"""Numbers, also hexadecimal ones, in characters of which no two look alike: a value that looks the same is the same."""


@dataclass(frozen=True, slots=True)
class Beacon:
    """A public source of chance.

    Attributes:
        source: Its name, down to the issue and the precision.
        at: When it is public.
        value: What it was; None before it is recorded.
    """

    source: str
    at: datetime
    value: str | None = None


@dataclass(frozen=True, slots=True)
class BeaconValue:
    """The value of a beacon, up to 200 characters.

    It is no free text: any other character could be spelled in several ways, by which whoever knows the secret would
    choose the draw. It is not looked at for personal numbers, for a turnover of the exchange may look like one.

    Attributes:
        text: The value, trimmed; empty where none was typed.
    """

    text: str

    @classmethod
    def of(cls, typed: str, field: str) -> Self:
        """Check a value. It may be empty: whether it must not be, is decided by the inspection.

        Args:
            typed: The value as it came in.
            field: The name of the field, as the graph spells it; the refusal names it.

        Raises:
            Refusal: `INVALID_BEACON_VALUE`.
        """
        text = typed.strip()
        if text and (len(text) > _LONGEST or not _VALUE.fullmatch(text)):
            raise INVALID_BEACON_VALUE(field=field, longest=_LONGEST)
        return cls(text)
