"""A cache of parsed and validated documents: the gateway sends a subgraph the same few texts again and again.

They are kept without the places of their nodes, which are two thirds of a syntax tree (notes N61).
"""

from collections.abc import Iterator

from graphql import DocumentNode, parse
from strawberry.extensions import SchemaExtension

from chassis.cache import Cache

_MOST = 1_000
_LONGEST = 16 * 1024
Known = Cache[str, DocumentNode]


def known_documents() -> Known:
    """A cache for one schema."""
    return Cache(_MOST)


class KnownDocuments(SchemaExtension):
    """Skips parsing and validation of a text that was valid before; one instance per operation.

    Args:
        known: The schema's cache, by text. Texts longer than 16 KB are not cached.
    """

    def __init__(self, known: Known) -> None:
        self._known = known

    def on_parse(self) -> Iterator[None]:
        """Use the cached document, if there is one."""
        context = self.execution_context
        if context.query:
            context.graphql_document = self._known.get(context.query)
        yield

    def on_validate(self) -> Iterator[None]:
        """Skip the validation of a cached document, and cache one that proves valid."""
        context = self.execution_context
        text, document = context.query or "", context.graphql_document
        is_known = self._known.get(text) is document
        if is_known:
            context.pre_execution_errors = []
        yield
        if not is_known and document and not context.pre_execution_errors and len(text) <= _LONGEST:
            self._known.put(text, parse(text, no_location=True), len(text))
