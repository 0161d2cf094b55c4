"""Caches of documents, plans and compiled operations, bounded by text: a client may send any number of variants."""

from typing import TypeVar

from chassis.cache import MOST_CHARACTERS, Cache
from gateway.federation.document import Document
from gateway.federation.planner import Plan
from gateway.federation.prepare import Planned, Prepared

_LONGEST = 4 * 1024
Key = tuple[object, ...]
T = TypeVar("T")


class DocumentCaches:
    """The three caches of an engine.

    Args:
        documents: The most documents; a document above 4 KB is cached only if it is trusted.
        plans: The most plans, and the most compiled operations.
        characters: The most characters of text for which each of the three has entries; of plans, which are kept for
            documents with conditions only, and are larger, a quarter.
    """

    def __init__(self, documents: int = 1_000, plans: int = 1_000, characters: int = MOST_CHARACTERS) -> None:
        self.documents: Cache[str, Document] = Cache(documents, characters)
        self.plans: Cache[Key, Planned] = Cache(plans, characters // 4)
        self.prepared: Cache[Key, Prepared] = Cache(plans, characters)
        self._trusted: dict[str, Document] = {}

    def document(self, text: str) -> Document | None:
        """The cached document of that text, None for none."""
        return self._trusted.get(text) or self.documents.get(text)

    def keep(self, document: Document) -> Document:
        """Cache a document, unless it is above 4 KB."""
        size = len(document.text)
        return self.documents.put(document.text, document, size) if size <= _LONGEST else document

    def trust(self, document: Document) -> None:
        """Cache a document for good; plans made of it are cached whatever its length."""
        self._trusted[document.text] = document

    def keep_made(self, cache: Cache[Key, T], key: Key, value: T, document: Document, plan: Plan) -> T:
        """Cache a value made of a document.

        Its weight counts the text of its fetches too, because a short document with fragments may expand to much.

        Args:
            cache: `plans` or `prepared`.
            key: The key in that cache.
            value: The value.
            document: The document that it was made of.
            plan: The plan that it holds.
        """
        size = len(document.text)
        if size > _LONGEST and document.text not in self._trusted:
            return value
        return cache.put(key, value, size + sum(len(request.text) for request in plan.requests()))
