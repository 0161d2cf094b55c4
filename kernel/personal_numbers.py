"""Recognising personal numbers inside a text by their shape: ID numbers (GB 11643) and mobile numbers (R41).

Digits of every script count, and Chinese numerals where enough of them stand together. What may stand between the
digits depends on how they are grouped: list marks and brackets also stand between the numbers of ordinary sentences, so
they hide nothing only where the groups are those of a personal number.
"""

import re
import unicodedata
from collections.abc import Iterator

_JOINT = r"[\s\-._/·~*|+=#•・〜\u00ad\u200b-\u2015\u2060\ufeff]{0,3}"
"""Joins the digits of a number in whatever groups."""
_ANY, _MARK = r"[\W_]{0,3}", r"[\W_]{1,3}"


def _date(apart: str) -> tuple[str, str]:
    month = rf"(?:0{apart}[1-9]|1{apart}[0-2])"
    return month, rf"(?:0{apart}[1-9]|[12]{apart}\d|3{apart}[01])"


def _identity(apart: str) -> str:
    century = rf"(?:1{apart}[89]|2{apart}0)"
    return apart.join((*[r"\d"] * 6, century, r"\d", r"\d", *_date(apart), *[r"\d"] * 3, r"[\dXx]"))


def _until_1999(apart: str) -> str:
    """An identity number as it was until 1999."""
    return apart.join((*[r"\d"] * 8, *_date(apart), *[r"\d"] * 3))


_DATE = r"(?:1[89]|20)\d\d[-/.]?(?:0[1-9]|1[0-2])[-/.]?(?:0[1-9]|[12]\d|3[01])"
_YEAR = r"(?:19|20)\d\d"
_SHAPES = (
    _JOINT.join((rf"(?:8{_JOINT}6{_JOINT})?1", "[3-9]", *[r"\d"] * 9)),
    # Three digits before two years or a date are a number of people or seats, unless one mark is between all.
    rf"1[3-9]\d(?!{_MARK}{_YEAR}{_MARK}{_YEAR}(?!\d)){_MARK}\d{{4}}{_MARK}\d{{4}}",
    rf"1[3-9]\d(?P<mark>{_MARK})\d{{4}}(?P=mark)\d{{4}}",
    rf"1[3-9]\d{_MARK}(?!{_DATE}(?!\d))\d{{8}}",
    _MARK.join(("1", "[3-9]", *[r"\d"] * 9)),
    _identity(_ANY),
    _until_1999(_JOINT),
    rf"\d{{6}}{_MARK}\d\d{_date('')[0]}{_date('')[1]}{_ANY}\d{{3}}",
)
_NUMBER = re.compile("|".join(rf"(?<!\d){shape}(?!\d)" for shape in _SHAPES))
_TIME = r"(?<![\d:])(?:[01]?\d|2[0-4]):[0-5]\d(?![\d:])"
_ORDINARY = re.compile(rf"(?<!\d){_DATE}(?:[^\d]{{1,3}}{_DATE})+(?!\d)|{_TIME}")
"""Dates side by side and times of day: parts of them can look like a number."""
_ALIKE = ("零〇○◯", "一壹幺", "二贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_NUMERALS = {char: str(digit) for digit, chars in enumerate(_ALIKE) for char in chars}
_DIGIT = rf"[\d{''.join(_NUMERALS)}]"
_SPELLED = re.compile(rf"{_DIGIT}(?:{_ANY}{_DIGIT}){{10,}}")
_TO_DIGITS = str.maketrans(_NUMERALS)


def holds_number(text: str) -> bool:
    """Whether a text contains what looks like an ID number or a mobile number.

    Blanks, punctuation and brackets between the digits do not hide a number, nor do digits of another script or Chinese
    numerals. The check character is not tested: a mistyped number is personal too. Dates and times are no number.
    """
    return next(_spans(_normalized(text)), None) is not None


def without_numbers(text: str) -> str:
    """The text with `…` for every personal number; a text without one is returned unchanged."""
    shown = _normalized(text)
    spans = sorted(_spans(shown))
    if not spans:
        return text
    parts, end = [], 0
    for first, last in spans:
        if first >= end:
            parts += [shown[end:first], "…"]
        end = max(end, last)
    return "".join((*parts, shown[end:]))


def _normalized(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the numbers stand; both readings of a text are as long as it is."""
    digits = text if text.isascii() else "".join(map(_digit, text))
    readings = dict.fromkeys((digits, _SPELLED.sub(lambda run: run.group().translate(_TO_DIGITS), digits)))
    for reading in readings:
        for found in _NUMBER.finditer(_ORDINARY.sub(lambda ordinary: "日" * len(ordinary.group()), reading)):
            yield found.span()


def _digit(char: str) -> str:
    """The ASCII digit of the same value, in whatever script the digit is; any other character as it is."""
    value = unicodedata.digit(char, None)
    return char if value is None else str(value)
