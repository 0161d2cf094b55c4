"""A bounded cache of what is made from texts: the least recently used entry goes first."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache

MOST_CHARACTERS = 1_000_000
"""Of texts kept parsed: some 150 MB of syntax trees, plans and projections, whoever sends however many."""
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Holds so many entries at most, and those of so many characters in all.

    Args:
        size: The most entries.
        characters: The most that they weigh together.
    """

    def __init__(self, size: int, characters: int = MOST_CHARACTERS) -> None:
        self._size = size
        self._entries: LRUCache[K, tuple[V, int]] = LRUCache(characters, getsizeof=lambda entry: entry[1])

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The entry, now the most recently used."""
        entry = self._entries.get(key)
        return entry[0] if entry else None

    def put(self, key: K, value: V, weight: int = 0) -> V:
        """Keep an entry and return it; one that is heavier than all together may be is not kept.

        Args:
            key: What it is found by.
            value: The entry.
            weight: The characters of the texts that it was made from.
        """
        try:
            self._entries[key] = value, weight
        except ValueError:
            self._entries.pop(key, None)
        while len(self._entries) > self._size:
            self._entries.popitem()
        return value
