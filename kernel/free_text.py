"""Text that people type: spacing made regular, and no personal number in it (R22, R41)."""

import re
import unicodedata

from kernel.errors import Refusal, Unblock

LONGEST = 500
_APART = r"[\s\-\u2010-\u2015]{0,2}"
_MONTH, _DAY = rf"(?:0{_APART}[1-9]|1{_APART}[0-2])", rf"(?:0{_APART}[1-9]|[12]{_APART}\d|3{_APART}[01])"
_SHAPES = (
    (rf"(?:8{_APART}6{_APART})?1", "[3-9]", *[r"\d"] * 9),  # a mobile
    (*[r"\d"] * 6, rf"(?:1{_APART}[89]|2{_APART}0)", r"\d", r"\d", _MONTH, _DAY, *[r"\d"] * 3, r"[\dXx]"),
    (*[r"\d"] * 8, _MONTH, _DAY, *[r"\d"] * 3),  # an identity number as it was until 1999
)
_NUMBER = re.compile("|".join(rf"(?<!\d){_APART.join(shape)}(?!\d)" for shape in _SHAPES))


def holds_number(text: str) -> bool:
    """Whether a text holds what has the shape of an ID number or a mobile, however it is spaced; a date has not."""
    return _NUMBER.search(unicodedata.normalize("NFKC", text)) is not None


def require_reason(reason: str | None, rule: str) -> str:
    """The reason, trimmed.

    Raises:
        Refusal: `REASON_MISSING` or `INVALID_REASON`.
    """
    text = checked_reason(reason)
    if text is None:
        raise Refusal("REASON_MISSING", "须说明理由", "A reason is needed", rule=rule, unblock=Unblock.SELF)
    return text


def checked_reason(reason: str | None) -> str | None:
    """A reason that may be left out, trimmed; None for none.

    Raises:
        Refusal: `INVALID_REASON`: too long, or it holds somebody's number.
    """
    text = (reason or "").strip()
    if len(text) > LONGEST or holds_number(text):
        raise Refusal(
            "INVALID_REASON",
            f"理由不超过{LONGEST}字，其中不得含有身份证号码或手机号码",
            f"A reason has {LONGEST} characters at most, and no ID number or mobile in it",
            rule="R41",
            unblock=Unblock.SELF,
            longest=LONGEST,
        )
    return text or None


BLANK = re.compile(r"[\s\u200b-\u200d\ufeff]+")
_WITHIN_CHINESE = re.compile(r"(?<=[^\x00-\xff]) | (?=[^\x00-\xff])")


def spelled(text: str) -> str:
    """The text without blanks around it or within Chinese, and single ones elsewhere."""
    return _WITHIN_CHINESE.sub("", BLANK.sub(" ", text).strip())
