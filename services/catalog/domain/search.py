"""Full-text search without word segmentation: a text is indexed by its pairs of neighbouring characters (ADR 12)."""

import re
import unicodedata

from services.catalog.domain.refusals import SEARCH_TOO_LONG

_LONGEST = 100
_APART = re.compile(r"[\s,;:!?/|。、·]+")
"""Separators of the words of a search; a match has all words. Other punctuation is ignored, as in texts."""


def terms_of(*texts: str) -> tuple[str, ...]:
    """The terms that texts are indexed by: their characters and pairs of neighbours, none across two texts (R17)."""
    terms: set[str] = set()
    for text in texts:
        letters = _letters(_plain(text))
        terms |= {*letters, *_pairs(letters)}
    return tuple(sorted(terms))


def terms_wanted(search: str) -> tuple[str, ...]:
    """The terms of a search, all of which a match has: pairs of neighbours, and characters that stand alone (R17).

    Raises:
        Refusal: `SEARCH_TOO_LONG`.
    """
    if len(search) > _LONGEST:
        raise SEARCH_TOO_LONG(limit=_LONGEST)
    terms: set[str] = set()
    for word in _APART.split(_plain(search)):
        letters = _letters(word)
        terms |= {letters} if len(letters) == 1 else set(_pairs(letters))
    return tuple(sorted(terms))


def code_of(typed: str) -> str:
    """A project's code as it is stored, of how somebody typed it: full width, lower case, blanks around."""
    return unicodedata.normalize("NFKC", typed).strip().upper()


def _plain(text: str) -> str:
    """Full width as half, lower case, without accents.

    Character by character, so that a part of a text folds to a part of the folded text.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in folded if not unicodedata.combining(char))


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _pairs(letters: str) -> list[str]:
    return [letters[place : place + 2] for place in range(len(letters) - 1)]
