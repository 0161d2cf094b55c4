"""A bounded cache of what is made from texts: the least recently used entry goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

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
        self._characters = characters
        self._weight = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The entry, now the most recently used."""
        found = self._entries.get(key)
        if found is None:
            return None
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, weight: int = 0) -> V:
        """Keep an entry and return it.

        Args:
            key: What it is found by.
            value: The entry.
            weight: The characters of the texts that it was made from.
        """
        self._weight += weight - self._entries.pop(key, (value, 0))[1]
        self._entries[key] = value, weight
        while len(self._entries) > self._size or self._weight > self._characters:
            self._weight -= self._entries.popitem(last=False)[1][1]
        return value
