"""Recognising personal numbers inside a text by their shape: ID numbers (GB 11643) and mobile numbers (R41).

Digits of every script count, and Chinese numerals where enough of them stand together. What may stand between the
digits depends on how they are grouped: list marks and brackets also stand between the numbers of ordinary sentences, so
they hide nothing only where the groups are those of a personal number.

Other digits may be glued to a number. An ID number is found within any run of digits, for a region and a birth date are
enough to know it by. A mobile number is found behind what people dial before it, and beside other personal numbers; any
other run of more than 11 digits says nothing of where a mobile number would begin, and is taken for a code.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from kernel.reference import id_number_regions

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
_YEAR = r"(?:19[89]|20[0-4])\d"
_DIALLED = r"(?:(?:0{0,2}86|179\d\d|12593|10193|11808)?0?)"
"""What is dialled before a mobile number: the country, an operator's code for calls by IP, the trunk 0."""
_MOBILES = (
    _JOINT.join((rf"(?:8{_JOINT}6{_JOINT})?1", "[3-9]", *[r"\d"] * 9)),
    rf"1[3-9]\d{_MARK}\d{{4}}{_MARK}\d{{4}}",
    # Three digits before a date are a number of people or seats.
    rf"1[3-9]\d{_MARK}(?!{_DATE}(?!\d))\d{{8}}",
    _MARK.join(("1", "[3-9]", *[r"\d"] * 9)),
)
_IDENTITIES = (
    _identity(_ANY),
    _until_1999(_JOINT),
    rf"\d{{6}}{_MARK}\d\d{_date('')[0]}{_date('')[1]}{_ANY}\d{{3}}",
)
_NUMBER = re.compile(
    "|".join(
        (
            *(rf"(?<!\d){_DIALLED}{shape}(?!\d)" for shape in _MOBILES),
            *(rf"(?<!\d){shape}(?!\d)" for shape in _IDENTITIES),
            # Several in a row. Atomic and bounded: each place is read once, whatever follows.
            rf"(?<!\d)(?>(?:{_DIALLED}(?:{'|'.join(_MOBILES)})|{'|'.join(_IDENTITIES)}){{2,9}}+)",
        )
    )
)
_WITHIN = re.compile(rf"(?=({_identity(_ANY)}))")
"""An ID number anywhere, also where digits stand directly before or after it."""
_LAST_KNOWN_BY_ITS_DATE = 2019
"""Who was born later teaches nobody for long; within a run of digits a later year is rather that of an event."""
_TIME = r"(?<![\d:])(?:[01]?\d|2[0-4]):[0-5]\d(?![\d:])"
_AMOUNTS = r"[1-9]\d{0,4}(?:[ ,、/]{1,3}[1-9]\d{0,4}){1,7} ?(?=[万亿]?元(?![旦老月宵])|人次|[学课]时|学分)"
_CODE = rf"{_YEAR}-\d{{1,4}}(?:-\d{{1,4}}){{1,2}}(?![\d-])"
_ORDINARY = re.compile(
    rf"(?<!\d){_DATE}(?:[^\d]{{1,3}}{_DATE})+(?!\d)|{_TIME}|(?<!\d){_AMOUNTS}|(?<!\d){_CODE}"
    rf"|(?<!\d)(?<!86[\s-])1[3-9]\d{_MARK}{_YEAR}{_MARK}{_YEAR}(?!\d)"
)
"""Dates side by side, times of day, amounts before their unit, codes that begin with a year, and three digits before
two years: parts of them can look like a number."""
_LIST = re.compile(r"(?<!\d)[1-9]\d?(?:[\s\-./·~]{1,3}[1-9]\d?){4,30}(?!\d)")
_ALIKE = ("零〇○◯", "一壹幺", "二贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_NUMERALS = {char: str(digit) for digit, chars in enumerate(_ALIKE) for char in chars}
_DIGIT = rf"[\d{''.join(_NUMERALS)}]"
_SPELLED = re.compile(rf"{_DIGIT}(?:{_ANY}{_DIGIT}){{10,}}")
_TO_DIGITS = str.maketrans(_NUMERALS)


def holds_number(text: str) -> bool:
    """Whether a text contains what looks like an ID number or a mobile number.

    Blanks, punctuation and brackets between the digits do not hide a number, nor do digits of another script or Chinese
    numerals. The check character is not demanded: a mistyped number is personal too. Dates, times, amounts before their
    unit, weeks in ascending order and codes that begin with a year are no number.
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
        plain = _ORDINARY.sub(_blanked, _LIST.sub(_blanked_list, reading))
        yield from (found.span() for found in _NUMBER.finditer(plain))
        yield from (found.span(1) for found in _WITHIN.finditer(plain) if _is_identity(found[1]))


def _blanked(ordinary: re.Match[str]) -> str:
    return "日" * len(ordinary.group())


def _blanked_list(numbers: re.Match[str]) -> str:
    """Blank a list of weeks or days, which ascends; the groups of a number do not."""
    values = [int(value) for value in re.findall(r"\d+", numbers.group())]
    ascends = all(value < following for value, following in pairwise(values))
    return _blanked(numbers) if ascends else numbers.group()


def _is_identity(shown: str) -> bool:
    """Whether what has the shape of an ID number is one, wherever it stands: by region, date and check character.

    Digits without anything between them may be mistyped; digits of several groups must fit their check character.
    """
    code = re.sub(r"[\W_]", "", shown).upper()
    try:
        born = date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return False
    if code[:2] not in id_number_regions():
        return False
    weighed = sum((10 if char == "X" else int(char)) * pow(2, 17 - place, 11) for place, char in enumerate(code))
    return weighed % 11 == 1 or (code == shown.upper() and born.year <= _LAST_KNOWN_BY_ITS_DATE)


def _digit(char: str) -> str:
    """The ASCII digit of the same value, in whatever script the digit is; any other character as it is."""
    value = unicodedata.digit(char, None)
    return char if value is None else str(value)
