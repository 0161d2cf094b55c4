"""The federation schema class of all subgraphs: entity keys are checked, refusals are not logged as errors.

Sources: notes N4, N5, N10, N38.
"""

from typing import Any, Final, TypeGuard

import structlog
from graphql import GraphQLError, GraphQLObjectType, GraphQLScalarType, ValueNode, is_specified_scalar_type
from strawberry.federation import Schema
from strawberry.federation.schema import FederationAny
from strawberry.types import ExecutionContext, Info

from chassis.graph.documents import KnownDocuments, known_documents
from chassis.graph.list_cursors import mark_cursors
from chassis.graph.list_sizes import declare_sizes
from chassis.graphql_errors import is_bad_value
from chassis.storage.mongo import is_away
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
        for kind in self._schema.type_map.values():
            if isinstance(kind, GraphQLScalarType) and not is_specified_scalar_type(kind):
                _name_the_literal(kind)
        mark_cursors(self._schema)

    def _collect_schema_directives(self, explicit_directive_types: Any, graphql_types: Any) -> list[type]:
        """Declare the sizes of lists before Strawberry gathers the directives in use, for `@link` and the printer."""
        given = list(graphql_types)
        declare_sizes(given)
        return super()._collect_schema_directives(explicit_directive_types, given)

    def entities_resolver(self, info: Info, representations: list[FederationAny]) -> list[Any]:
        """Check the representations, then resolve copies of them: Strawberry removes keys from its argument.

        Returns:
            An entity for each; in place of one with a bad key, such as `{"$ne": null}`, the refusal `BAD_ENTITY_KEY`,
            which nulls that entity alone.

        Raises:
            Refusal: `TOO_MANY_ENTITIES`.
        """
        if len(representations) > MAX_REPRESENTATIONS:
            raise TOO_MANY_ENTITIES(limit=MAX_REPRESENTATIONS)
        sent: list[Any] = [dict(each) if self._is_key(each) else None for each in representations]
        resolved = iter(super().entities_resolver(info, [each for each in sent if each is not None]))
        return [BAD_ENTITY_KEY() if each is None else next(resolved) for each in sent]

    def _is_key(self, representation: Any) -> TypeGuard[dict[str, Any]]:
        """Whether it names an object type of this schema, and has keys that are texts and numbers."""
        return (
            isinstance(representation, dict)
            and isinstance(kind := representation.get("__typename"), str)
            and isinstance(self._schema.get_type(kind), GraphQLObjectType)
            and all(isinstance(value, str | int) for value in representation.values())
        )

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log defects. A refusal is an answer, and a bad document is the caller's fault: neither is logged."""
        del execution_context
        for error in errors:
            cause = error.original_error
            if cause is None or isinstance(cause, Refusal | GraphQLError):
                continue
            if is_away(cause):
                log.warning("database away", path=error.path, error=type(cause).__name__)
            elif error.path is not None or not is_bad_value(error):
                log.error("resolver failed", path=error.path, exc_info=cause)


def _name_the_literal(kind: GraphQLScalarType) -> None:
    """Let an error of a literal of this scalar name the literal; Strawberry's own does not say where it stands."""
    parse_literal = kind.parse_literal

    def parse(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        try:
            return parse_literal(node, variables)
        except GraphQLError as error:
            raise GraphQLError(error.message, error.nodes or node, original_error=error) from error

    kind.parse_literal = parse  # type: ignore[method-assign]
