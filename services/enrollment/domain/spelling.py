"""A name or a word as people read it, however keyboards and office programs have spaced it (R22)."""

import re

BLANK = re.compile(r"[\s\u200b-\u200d\ufeff]+")
_WITHIN_CHINESE = re.compile(r"(?<=[^\x00-\xff]) | (?=[^\x00-\xff])")


def spelled(text: str) -> str:
    """The text without blanks around it or within Chinese, and single ones elsewhere."""
    return _WITHIN_CHINESE.sub("", BLANK.sub(" ", text).strip())
