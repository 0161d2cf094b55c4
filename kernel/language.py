"""The languages of the product: Chinese by default, English on request (RFC 9110, 12.5.4)."""

from enum import StrEnum
from typing import Self


class Language(StrEnum):
    """The languages of sentences."""

    ZH = "zh-CN"
    EN = "en"

    @classmethod
    def of(cls, accept_language: str | None) -> Self:
        """The language that an `Accept-Language` header prefers; Chinese where it prefers neither, or is None."""
        chinese = english = 0.0
        for part in (accept_language or "").lower().split(","):
            tag, _, parameter = part.partition(";")
            quality = _quality(parameter.strip().removeprefix("q="))
            if tag.strip().startswith("zh"):
                chinese = max(chinese, quality)
            elif tag.strip().startswith("en"):
                english = max(english, quality)
        return cls(cls.EN if english > chinese else cls.ZH)

    def choose(self, zh: str, en: str) -> str:
        """Choose the text in this language."""
        return en if self is Language.EN else zh


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
