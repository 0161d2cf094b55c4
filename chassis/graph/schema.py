"""The federation schema class of all subgraphs: entity keys are checked, refusals are not logged as errors.

Sources: notes N4, N5, N10, N38.
"""

from typing import Any, Final

import structlog
from graphql import GraphQLError
from strawberry.federation import Schema
from strawberry.federation.schema import FederationAny
from strawberry.types import ExecutionContext, Info

from chassis.graph.documents import KnownDocuments, known_documents
from kernel.errors import Refusal
from kernel.refusals import BAD_ENTITY_KEY, TOO_MANY_ENTITIES

FEDERATION_VERSION: Final = "2.9"
MAX_REPRESENTATIONS = 10_000
log = structlog.get_logger()


class SubgraphSchema(Schema):
    """Strawberry's federation schema at version 2.9, with a cache of documents and checked entity keys.

    Args:
        options: Passed on to Strawberry.
    """

    def __init__(self, **options: Any) -> None:
        known = known_documents()
        extensions = [lambda: KnownDocuments(known)]
        super().__init__(federation_version=FEDERATION_VERSION, extensions=extensions, **options)

    def entities_resolver(self, info: Info, representations: list[FederationAny]) -> list[FederationAny]:
        """Check the representations, then resolve copies of them: Strawberry removes keys from its argument.

        Raises:
            Refusal: `BAD_ENTITY_KEY`, such as for `{"$ne": null}` in place of an id, or `TOO_MANY_ENTITIES`.
        """
        if len(representations) > MAX_REPRESENTATIONS:
            raise TOO_MANY_ENTITIES(limit=MAX_REPRESENTATIONS)
        return super().entities_resolver(info, [FederationAny(_checked(each)) for each in representations])

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log defects. A refusal is an answer, and a bad document is the caller's fault: neither is logged."""
        del execution_context
        for error in errors:
            cause = error.original_error
            if cause is not None and not isinstance(cause, Refusal | GraphQLError):
                log.error("resolver failed", path=error.path, exc_info=cause)


def _checked(representation: Any) -> dict[str, Any]:
    if not isinstance(representation, dict) or not isinstance(representation.get("__typename"), str):
        raise BAD_ENTITY_KEY()
    for value in representation.values():
        if not isinstance(value, str | int):
            raise BAD_ENTITY_KEY()
    return dict(representation)
