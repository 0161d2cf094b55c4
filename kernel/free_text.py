"""Types of free text: NFC, trimmed, bounded, printable, and without ID numbers and mobile numbers (R41).

Free text is stored, logged, published and mailed, so a personal number in it would be everywhere. Therefore a domain
takes `Reason`, `PersonName`, `Name`, `Title` or `Paragraph` for what people type, never `str`; the outer layers make
these by `of`.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from typing import ClassVar, Self

from kernel.personal_numbers import holds_number
from kernel.reference import no_names, printable
from kernel.refusals import (
    INVALID_NAME,
    INVALID_ORGANIZATION_NAME,
    INVALID_REASON,
    INVALID_TEXT,
    REASON_MISSING,
    RefusalKind,
)

BLANK = re.compile(r"[\s\u200b-\u200d\ufeff]+")
"""White space of any kind, including the characters without width."""
_WITHIN_CHINESE = re.compile(r"(?<=[^\x00-\u02ff\u1e00-\u1eff]) | (?=[^\x00-\u02ff\u1e00-\u1eff])")
"""Blanks beside what is not Latin."""
_WITHOUT_WIDTH = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SPACE = re.compile(r"[^\S\n\t]")
_LINES = frozenset("\n\t")
_HAN = (
    "\u3007\u3400-\u4dbf\u4e00-\u9fff\ufa0e\ufa0f\ufa11\ufa13\ufa14\ufa1f\ufa21\ufa23\ufa24\ufa27-\ufa29"
    "\U00020000-\U0002a6df\U0002a700-\U0002ebef"
)
"""The Chinese characters of GB 18030-2022, level 3: the basic block, Extensions A to F, and the twelve that Unicode
keeps among the compatible ones."""
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_PART = rf"(?:[{_HAN}]+|[{_LATIN}]+(?:[ '-][{_LATIN}]+)*)"
_PERSON = re.compile(rf"{_PART}(?:·{_PART})*")
_LETTER = re.compile(rf"[{_HAN}{_LATIN} '·-]")
_SEVERAL = re.compile(r"[、,，;；/／|｜&＆\n]")
_OVERRIDES = re.compile(r"[\u202d\u202e]")
"""Characters that make text read other than it is written: they enter a name by intent only."""
_FULL_WIDTH = re.compile(r"[\uff01-\uff5e]")
_SPELLINGS = str.maketrans(
    {**dict.fromkeys("•‧∙⋅・･．", "·"), **dict.fromkeys("‐‑–", "-"), **dict.fromkeys("‘’ʼ`´", "'")}
)
_AROUND_POINT = re.compile(r" *· *")
_NO_SIGN = frozenset({"So", "Sk", "Me", "Co", "Cn"})
"""Categories of characters that are no part of an organisation's name: emoji and what alters them, private ones."""
_VARIANTS = frozenset("\ufe0e\ufe0f")
_MARKUP = frozenset("<>＜＞")
_FORMULA = frozenset("=+-@＝＋－＠")
_LAST = 0x10FFFF


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
    """The name of a school, a base or another organisation: up to 100 characters."""

    __slots__ = ()
    longest = 100

    @classmethod
    def of(cls, typed: str, field: str, rule: str | None = None) -> Self:
        """Check an organisation's name; it may be empty, as any text.

        Args:
            typed: The name as it came in.
            field: The name of the field, as the graph spells it; the refusal names it.
            rule: The rule that the refusal names.

        Raises:
            Refusal: `INVALID_TEXT`, or `INVALID_ORGANIZATION_NAME`: emoji, markup, the beginning of a formula, or no
                letter at all.
        """
        name = super().of(typed, field, rule)
        if name.text and (_OVERRIDES.search(typed) or not _names_organization(name.text)):
            raise INVALID_ORGANIZATION_NAME(field=field, rule=rule)
        return name

    @classmethod
    def _tidied(cls, typed: str) -> str:
        return spelled(normalized(typed))


def _names_organization(text: str) -> bool:
    if text[0] in _FORMULA or not any(char.isalpha() for char in text):
        return False
    return not any(char in _MARKUP or char in _VARIANTS or unicodedata.category(char) in _NO_SIGN for char in text)


class PersonName(FreeText):
    """The name of one person, as an identity card or a passport has it: up to 50 characters (R22, ADR 30).

    Chinese characters of GB 18030-2022, or Latin letters with single spaces, hyphens and apostrophes between them; the
    parts of a name are joined by `·`.
    """

    __slots__ = ()
    longest = 50

    @classmethod
    def of(cls, typed: str, field: str, rule: str | None = None) -> Self:
        """Check a person's name. It may be empty: whether it must not be, is decided by the aggregate.

        Args:
            typed: The name as it came in.
            field: The name of the field, as the graph spells it; the refusal names it.
            rule: The rule that the refusal names; R22 by default.

        Raises:
            Refusal: `INVALID_TEXT`: a personal number is in it; or `INVALID_NAME`, whose `problem` is the check that
                failed (a key of `_WORDS`).
        """
        text = cls._tidied(typed)
        if holds_number(text):
            raise INVALID_TEXT(field=field, longest=cls.longest, rule=rule)
        if problem := _problem_of_name(typed, text):
            raise INVALID_NAME(field=field, problem=problem, longest=cls.longest, detail=_WORDS[problem], rule=rule)
        return cls(text)

    @classmethod
    def _tidied(cls, typed: str) -> str:
        return person_spelled(typed)


def person_spelled(name: str) -> str:
    """A person's name in one spelling, so that two spellings of it are the same name (R22).

    Blanks as `spelled` has them; full-width letters as ASCII; every kind of middle dot, hyphen and apostrophe as one.
    """
    ascii_letters = _FULL_WIDTH.sub(lambda match: unicodedata.normalize("NFKC", match[0]), normalized(name))
    return spelled(_AROUND_POINT.sub("·", ascii_letters.translate(_SPELLINGS)))


def not_of_names(name: str) -> str:
    """The characters that no person's name has, each once: those on file of earlier releases may have some (ADR 30).

    Private and unassigned ones are among them, and whatever the fonts of certificates cannot draw (ADR 53).
    """
    return "".join(dict.fromkeys(char for char in name if not (_LETTER.fullmatch(char) and char.isprintable())))


def not_printable(text: str) -> str:
    """The characters of a text that no font of pages can draw, each once (R32, R29)."""
    spans = printable()

    def is_drawn(char: str) -> bool:
        place = bisect_right(spans, (ord(char), _LAST)) - 1
        return place >= 0 and ord(char) <= spans[place][1]

    return "".join(dict.fromkeys(char for char in text if not is_drawn(char)))


_WORDS = {
    "DIGIT": ("其中有数字，请检查各列是否对齐", "there is a digit in it: are columns shifted?"),
    "TOO_LONG": (f"超过{PersonName.longest}字", f"it has more than {PersonName.longest} characters"),
    "SEVERAL": ("其中不止一人", "it lists more than one"),
    "NO_LETTER": ("其中没有文字", "there is no letter in it"),
    "CHARACTER": ("其中有姓名不用的字符", "it has characters that no name has"),
    "PLACEHOLDER": ("这不是姓名", "this is no name"),
}
"""What is said of each problem of a person's name, in Chinese and in English."""


def _problem_of_name(typed: str, text: str) -> str | None:
    """Which check the name fails first; None for a good one, and for an empty one."""
    checks = (
        ("CHARACTER", _OVERRIDES.search(typed)),
        ("DIGIT", any(char.isdigit() for char in text)),
        ("TOO_LONG", len(text) > PersonName.longest),
        ("SEVERAL", _SEVERAL.search(text) or "\n" in normalized(typed)),
        ("NO_LETTER", text and not any(char.isalpha() for char in text)),
        ("CHARACTER", text and not (_PERSON.fullmatch(text) and text.isprintable())),
        ("PLACEHOLDER", text.casefold() in no_names()),
    )
    return next((problem for problem, found in checks if found), None)


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
