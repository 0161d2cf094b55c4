"""Types of free text: NFC, trimmed, bounded, printable, and without ID numbers and mobile numbers (R41).

Free text is stored, logged, published and mailed, so a personal number in it would be everywhere. Therefore a domain
takes `Reason`, `Name`, `Title` or `Paragraph` for what people type, never `str`; the outer layers make these by `of`.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar, Self

from kernel.personal_numbers import holds_number
from kernel.refusals import INVALID_REASON, INVALID_TEXT, REASON_MISSING, RefusalKind

BLANK = re.compile(r"[\s\u200b-\u200d\ufeff]+")
"""White space of any kind, including the characters without width."""
_WITHIN_CHINESE = re.compile(r"(?<=[^\x00-\xff]) | (?=[^\x00-\xff])")
_WITHOUT_WIDTH = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SPACE = re.compile(r"[^\S\n\t]")
_LINES = frozenset("\n\t")


def normalized(text: str) -> str:
    """The text in NFC, trimmed, with plain spaces and line ends, without the characters that have no width."""
    plain = _WITHOUT_WIDTH.sub("", unicodedata.normalize("NFC", text)).replace("\r\n", "\n").replace("\r", "\n")
    return _SPACE.sub(" ", plain).strip()


def spelled(text: str) -> str:
    """A name or a word as people read it: no blanks around it or between Chinese characters, else single ones (R22)."""
    return _WITHIN_CHINESE.sub("", BLANK.sub(" ", text).strip())


@dataclass(frozen=True, slots=True)
class FreeText:
    """Checked text; the base of the types below.

    Attributes:
        text: The text, normalized.
        longest: The most characters.
        lines: Whether it may have several lines and tabs.
    """

    text: str
    longest: ClassVar[int]
    lines: ClassVar[bool] = False

    @classmethod
    def of(cls, typed: str, field: str, rule: str | None = None) -> Self:
        """Check a text. It may be empty: whether it must not be, is decided by the aggregate.

        Args:
            typed: The text as it came in.
            field: The name of the field, as the graph spells it; the refusal names it.
            rule: The rule that the refusal names; R41 by default.

        Raises:
            Refusal: `INVALID_TEXT`: too long, not printable, or with a personal number in it.
        """
        text = cls._tidied(typed)
        if not cls._fits(text):
            raise INVALID_TEXT(field=field, longest=cls.longest, rule=rule)
        return cls(text)

    @classmethod
    def _tidied(cls, typed: str) -> str:
        return normalized(typed)

    @classmethod
    def _fits(cls, text: str) -> bool:
        shown = all(char.isprintable() or (cls.lines and char in _LINES) for char in text)
        return shown and len(text) <= cls.longest and not holds_number(text)


class Name(FreeText):
    """The name of a person, a school, a base or an organisation: up to 100 characters."""

    __slots__ = ()
    longest = 100

    @classmethod
    def _tidied(cls, typed: str) -> str:
        return spelled(normalized(typed))


class Title(FreeText):
    """One line, such as a title, a venue or a position: up to 200 characters."""

    __slots__ = ()
    longest = 200


class Paragraph(FreeText):
    """Several lines, such as objectives, evidence or a reviewer's comment: up to 10,000 characters."""

    __slots__ = ()
    longest = 10_000
    lines = True


class Reason(FreeText):
    """Why somebody acts, or for what purpose: up to 500 characters, never empty."""

    __slots__ = ()
    longest = 500
    lines = True

    @classmethod
    def of(cls, typed: str | None, rule: str | None, missing: RefusalKind = REASON_MISSING) -> Self:  # type: ignore[override]
        """Check a reason that an act demands.

        Args:
            typed: The text as it came in; None for none.
            rule: The rule that demands it; the refusal names it. None where no rule of the notice does.
            missing: The refusal where the text is empty.

        Raises:
            Refusal: `REASON_MISSING` (or `missing`) or `INVALID_REASON`.
        """
        reason = cls.optional(typed)
        if reason is None:
            raise missing(rule=rule)
        return reason

    @classmethod
    def optional(cls, typed: str | None) -> Self | None:
        """Check a reason that may be left out; None where the text is empty.

        Raises:
            Refusal: `INVALID_REASON`.
        """
        text = cls._tidied(typed or "")
        if not cls._fits(text):
            raise INVALID_REASON(longest=cls.longest)
        return cls(text) if text else None
