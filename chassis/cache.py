"""A cache of what is made from texts, bounded by entries and by characters; least recently used entries go first."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache

MOST_CHARACTERS = 100_000
"""The most characters of cached texts. What is made of them is some 35,000 objects, which the garbage collector visits
in 20 ms (notes N61)."""
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """A cache with two limits.

    Args:
        size: The most entries.
        characters: The most characters of all entries' texts together.
    """

    def __init__(self, size: int, characters: int = MOST_CHARACTERS) -> None:
        self._size = size
        self._entries: LRUCache[K, tuple[V, int]] = LRUCache(characters, getsizeof=lambda entry: entry[1])

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The entry of a key, which becomes the most recently used; None where there is none."""
        entry = self._entries.get(key)
        return entry[0] if entry else None

    def put(self, key: K, value: V, weight: int = 0) -> V:
        """Store an entry, unless it alone exceeds the limit of characters.

        Args:
            key: Its key.
            value: The entry.
            weight: Characters of the texts that it was made from.

        Returns:
            The entry.
        """
        try:
            self._entries[key] = value, weight
        except ValueError:
            self._entries.pop(key, None)
        while len(self._entries) > self._size:
            self._entries.popitem()
        return value
