"""Full-text search without a segmenter: a text is its pairs of neighbouring letters and digits (R17, ADR 12)."""

import re
import unicodedata

from services.catalog.domain.refusals import SEARCH_TOO_LONG

_LONGEST = 100
_APART = re.compile(r"[\s,;:!?/|。、·]+")
"""What divides a search into words of which all must be found; any other mark is passed over, as in a text."""


def terms_of(*texts: str) -> tuple[str, ...]:
    """What texts are found by: their characters and their pairs, never across two texts; each once, sorted."""
    found: set[str] = set()
    for text in texts:
        letters = _letters(_plain(text))
        found |= {*letters, *_pairs(letters)}
    return tuple(sorted(found))


def terms_wanted(search: str) -> tuple[str, ...]:
    """The terms that a text must all have to match what was typed: pairs, and a character that stands alone.

    Raises:
        Refusal: `SEARCH_TOO_LONG`.
    """
    if len(search) > _LONGEST:
        raise SEARCH_TOO_LONG(limit=_LONGEST)
    wanted: set[str] = set()
    for word in _APART.split(_plain(search)):
        letters = _letters(word)
        wanted |= {letters} if len(letters) == 1 else set(_pairs(letters))
    return tuple(sorted(wanted))


def _plain(text: str) -> str:
    """Full width as half, small letters, no accents; character by character, so a part of a text stays its part."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in folded if not unicodedata.combining(char))


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _pairs(letters: str) -> list[str]:
    return [letters[place : place + 2] for place in range(len(letters) - 1)]
