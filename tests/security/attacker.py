"""What whoever wants to know who answered what does with everything that there is to have (R34–R36)."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from chassis.storage.mongo import Database

_LEAST_BYTES = 8
Document = dict[str, Any]


async def everything(database: Database) -> list[Document]:
    """All documents of a database, collection by collection, in natural order."""
    names = [name for name in await database.list_collection_names() if not name.startswith("system.")]
    return [document for name in names async for document in database[name].find()]


def values(node: Any) -> Iterator[bytes]:
    """Every text and every binary of some length, ids taken apart."""
    if isinstance(node, dict):
        for below in node.values():
            yield from values(below)
    elif isinstance(node, list):
        for below in node:
            yield from values(below)
    elif isinstance(node, (str, bytes)):
        for part in node.split("/") if isinstance(node, str) else [bytes(node)]:
            raw = part.encode() if isinstance(part, str) else part
            if len(raw) >= _LEAST_BYTES:
                yield raw


def hits(guessed: Sequence[object], truth: Sequence[object]) -> int:
    """How often the n-th guess is right."""
    return sum(guess == right for guess, right in zip(guessed, truth, strict=True))


def bound(guesses: int) -> float:
    """What chance does not exceed: the fixed points of a random order have mean 1 and variance 1.

    Five deviations, for many attacks are tried in each run: three would be exceeded by chance in one run of thirty.

    Args:
        guesses: How many orders were guessed.
    """
    return guesses + 5 * math.sqrt(guesses)
