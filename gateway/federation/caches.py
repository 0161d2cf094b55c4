"""What the engine has made of documents and keeps, bounded by their text: a client may send any number of variants."""

from typing import TypeVar

from chassis.cache import MOST_CHARACTERS, Cache
from gateway.federation.document import Document
from gateway.federation.planner import Plan
from gateway.federation.prepare import Planned, Prepared

_LONGEST = 4 * 1024
Key = tuple[object, ...]
T = TypeVar("T")


class DocumentCaches:
    """Documents, plans and compiled operations.

    Args:
        documents: The most documents; those above 4 KB only where they are trusted.
        plans: The most plans, and as many compiled operations.
        characters: The most text that each of the three is kept of.
    """

    def __init__(self, documents: int = 1_000, plans: int = 1_000, characters: int = MOST_CHARACTERS) -> None:
        self.documents: Cache[str, Document] = Cache(documents, characters)
        self.plans: Cache[Key, Planned] = Cache(plans, characters)
        self.prepared: Cache[Key, Prepared] = Cache(plans, characters)
        self._trusted: dict[str, Document] = {}

    def document(self, text: str) -> Document | None:
        """A document that was read before."""
        return self._trusted.get(text) or self.documents.get(text)

    def keep(self, document: Document) -> Document:
        """Keep a document, unless it is long."""
        size = len(document.text)
        return self.documents.put(document.text, document, size) if size <= _LONGEST else document

    def trust(self, document: Document) -> None:
        """Keep a document for good, and what is made of it however long it is."""
        self._trusted[document.text] = document

    def keep_made(self, cache: Cache[Key, T], key: Key, made: T, document: Document, plan: Plan) -> T:
        """Keep what was made of a document; what is sent weighs too, for a short text with fragments may be a lot."""
        size = len(document.text)
        if size > _LONGEST and document.text not in self._trusted:
            return made
        return cache.put(key, made, size + sum(len(fetch.text) for fetch in plan.fetches()))
