"""Free text is a type: trimmed, bounded, printable, NFC, and without anybody's ID number or mobile (R41).

A domain takes `Reason`, `Name`, `Title` or `Paragraph`, never `str`, for what people type; the outer layers make them.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar, Self

from kernel.personal_numbers import holds_number
from kernel.refusals import INVALID_REASON, INVALID_TEXT, REASON_MISSING, RefusalKind

BLANK = re.compile(r"[\s\u200b-\u200d\ufeff]+")
"""White space of every kind, with the characters that have no width."""
_WITHIN_CHINESE = re.compile(r"(?<=[^\x00-\xff]) | (?=[^\x00-\xff])")
_WITHOUT_WIDTH = re.compile(r"[\u200b-\u200d\u2060\ufeff]")
_SPACE = re.compile(r"[^\S\n\t]")
_LINES = frozenset("\n\t")


def normalized(text: str) -> str:
    """The text in NFC, trimmed, with plain spaces and line ends, and without characters that have no width."""
    plain = _WITHOUT_WIDTH.sub("", unicodedata.normalize("NFC", text)).replace("\r\n", "\n").replace("\r", "\n")
    return _SPACE.sub(" ", plain).strip()


def spelled(text: str) -> str:
    """A name or a word as people read it: no blanks around it or within Chinese, and single ones elsewhere (R22)."""
    return _WITHIN_CHINESE.sub("", BLANK.sub(" ", text).strip())


@dataclass(frozen=True, slots=True)
class FreeText:
    """What somebody typed, checked; base of the types that a domain takes.

    Attributes:
        text: The text, normalized.
        longest: The most characters.
        lines: Whether it may have several lines.
    """

    text: str
    longest: ClassVar[int]
    lines: ClassVar[bool] = False

    @classmethod
    def of(cls, given: str, field: str, rule: str | None = None) -> Self:
        """The checked text, which may be empty: whether it may, the aggregate says.

        Args:
            given: As it was typed.
            field: What the person was asked for, as the graph spells it.
            rule: The rule of the act; R41 by default.

        Raises:
            Refusal: `INVALID_TEXT`: too long, not printable, or with a personal number in it.
        """
        text = cls._tidied(given)
        if not cls._fits(text):
            raise INVALID_TEXT(field=field, longest=cls.longest, rule=rule)
        return cls(text)

    @classmethod
    def _tidied(cls, given: str) -> str:
        return normalized(given)

    @classmethod
    def _fits(cls, text: str) -> bool:
        shown = all(char.isprintable() or (cls.lines and char in _LINES) for char in text)
        return shown and len(text) <= cls.longest and not holds_number(text)


class Name(FreeText):
    """The name of a person, a school, a base or an organisation, spelled as people read it."""

    __slots__ = ()
    longest = 100

    @classmethod
    def _tidied(cls, given: str) -> str:
        return spelled(normalized(given))


class Title(FreeText):
    """A line: a title, a theme, a venue, a position."""

    __slots__ = ()
    longest = 200


class Paragraph(FreeText):
    """A text of several lines: objectives, contents, evidence, a reviewer's comment."""

    __slots__ = ()
    longest = 10_000
    lines = True


class Reason(FreeText):
    """Why somebody acts, or for what purpose; it goes into events, logs and mail."""

    __slots__ = ()
    longest = 500
    lines = True

    @classmethod
    def of(cls, given: str | None, rule: str | None, missing: RefusalKind = REASON_MISSING) -> Self:  # type: ignore[override]
        """A reason that must be given.

        Args:
            given: As it was typed; None for nothing.
            rule: The rule of the act that needs it; None where no rule of the notice does.
            missing: The refusal where there is none.

        Raises:
            Refusal: `REASON_MISSING` (or `missing`) or `INVALID_REASON`.
        """
        reason = cls.optional(given)
        if reason is None:
            raise missing(rule=rule)
        return reason

    @classmethod
    def optional(cls, given: str | None) -> Self | None:
        """A reason that may be left out; None for none.

        Raises:
            Refusal: `INVALID_REASON`.
        """
        text = cls._tidied(given or "")
        if not cls._fits(text):
            raise INVALID_REASON(longest=cls.longest)
        return cls(text) if text else None


def require_reason(reason: str | None, rule: str) -> str:
    """The reason, trimmed.

    Raises:
        Refusal: `REASON_MISSING` or `INVALID_REASON`.
    """
    return Reason.of(reason, rule).text


def checked_reason(reason: str | None) -> str | None:
    """A reason that may be left out, trimmed; None for none.

    Raises:
        Refusal: `INVALID_REASON`.
    """
    found = Reason.optional(reason)
    return found.text if found else None
