"""Recognising personal numbers inside a text by their shape: ID numbers (GB 11643) and mobile numbers (R41)."""

import re
import unicodedata

_APART = r"[\s\-._/·\u2010-\u2015]{0,2}"
_MONTH, _DAY = rf"(?:0{_APART}[1-9]|1{_APART}[0-2])", rf"(?:0{_APART}[1-9]|[12]{_APART}\d|3{_APART}[01])"
_SHAPES = (
    (rf"(?:8{_APART}6{_APART})?1", "[3-9]", *[r"\d"] * 9),  # a mobile
    (*[r"\d"] * 6, rf"(?:1{_APART}[89]|2{_APART}0)", r"\d", r"\d", _MONTH, _DAY, *[r"\d"] * 3, r"[\dXx]"),
    (*[r"\d"] * 8, _MONTH, _DAY, *[r"\d"] * 3),  # an identity number as it was until 1999
)
_NUMBER = re.compile("|".join(rf"(?<!\d){_APART.join(shape)}(?!\d)" for shape in _SHAPES))
_DATE = r"(?:1[89]|20)\d\d[-/.]?(?:0[1-9]|1[0-2])[-/.]?(?:0[1-9]|[12]\d|3[01])"
_DATES = re.compile(rf"(?<!\d){_DATE}(?:[^\d]{{1,3}}{_DATE}){{2,}}(?!\d)")
"""Dates side by side: from the third on, parts of them can look like one number."""


def holds_number(text: str) -> bool:
    """Whether a text contains what looks like an ID number or a mobile number.

    Blanks, hyphens, dots, slashes and underscores between the digits do not hide a number. The check character is not
    tested: a mistyped number is personal too. A date is no number.
    """
    return _NUMBER.search(_DATES.sub("、", unicodedata.normalize("NFKC", text))) is not None


def without_numbers(text: str) -> str:
    """The text with `…` for every personal number; a text without one is returned unchanged."""
    return _NUMBER.sub("…", unicodedata.normalize("NFKC", text)) if holds_number(text) else text
