"""Documents that a subgraph has parsed and found valid before, bounded by their text and not by their number alone."""

from collections.abc import Iterator

from graphql import DocumentNode
from strawberry.extensions import SchemaExtension

from chassis.cache import Cache

_MOST = 1_000
_LONGEST = 16 * 1024
Known = Cache[str, DocumentNode]


def known_documents() -> Known:
    """A cache for one schema."""
    return Cache(_MOST)


class KnownDocuments(SchemaExtension):
    """Passes over parsing and validation where the same text was valid before; one instance an operation.

    Args:
        known: The schema's cache. What is longer than 16 KB is not kept.
    """

    def __init__(self, known: Known) -> None:
        self._known = known

    def on_parse(self) -> Iterator[None]:
        """Take the document that is known."""
        context = self.execution_context
        if context.query:
            context.graphql_document = self._known.get(context.query)
        yield

    def on_validate(self) -> Iterator[None]:
        """Keep what is valid."""
        context = self.execution_context
        text, document = context.query or "", context.graphql_document
        known = self._known.get(text) is document
        if known:
            context.pre_execution_errors = []
        yield
        if not known and document and not context.pre_execution_errors and len(text) <= _LONGEST:
            self._known.put(text, document, len(text))
