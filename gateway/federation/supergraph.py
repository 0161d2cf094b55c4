"""Read a composed supergraph SDL (join v0.3 to v0.5) into the model that the planner uses."""

from graphql import DocumentNode, GraphQLSyntaxError, ObjectTypeDefinitionNode, SchemaDefinitionNode, parse

from gateway.federation.authorize import read_access
from gateway.federation.caching import read_max_ages
from gateway.federation.client_schema import client_schema
from gateway.federation.cost import read_prices
from gateway.federation.directives import directives
from gateway.federation.join import read_joins, read_subgraphs, read_types
from gateway.federation.model import Subgraph, Supergraph

__all__ = ["Subgraph", "Supergraph", "SupergraphError", "load_supergraph"]

_KNOWN = {"link", "join", "core", "tag", "inaccessible", "requiresScopes", "authenticated", "policy", "cost"}
_JOIN_VERSIONS = {"v0.3", "v0.4", "v0.5"}


class SupergraphError(Exception):
    """This engine cannot serve the supergraph; the message says why."""


def load_supergraph(sdl: str) -> Supergraph:
    """Read a supergraph.

    Raises:
        SupergraphError: It is no supergraph, or needs `@context`/`@fromContext` or another feature not offered here.
    """
    try:
        document = parse(sdl, no_location=True)
    except GraphQLSyntaxError as error:
        raise SupergraphError(f"The supergraph is not valid SDL: {error.message}") from error
    _refuse_unknown_features(document)
    subgraphs = read_subgraphs(document)
    if not subgraphs:
        raise SupergraphError("This is no composed supergraph: it has no enum join__Graph.")
    scopes, authenticated = read_access(document)
    schema = client_schema(document)
    types, roots, prices = read_types(document), _roots(document), read_prices(document)
    ages = read_max_ages(document)
    supergraph = Supergraph(subgraphs, types, roots, schema, scopes, authenticated, prices, ages)
    read_joins(document, supergraph)
    return supergraph


def _refuse_unknown_features(document: DocumentNode) -> None:
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode):
            for link in directives(node, "link"):
                _refuse_unknown(str(link.get("url", "")), str(link.get("for") or ""))


def _refuse_unknown(url: str, purpose: str) -> None:
    parts = url.rstrip("/").split("/")
    feature = parts[-2] if len(parts) > 1 else url
    if feature == "context":
        raise SupergraphError("This gateway does not offer @context and @fromContext: compose without them.")
    if feature == "join" and parts[-1] not in _JOIN_VERSIONS:
        raise SupergraphError(f"This gateway reads join v0.3 to v0.5, and the supergraph is written in {url}.")
    if purpose and feature not in _KNOWN:
        raise SupergraphError(f"The supergraph needs the feature {url} ({purpose}), which this gateway does not know.")


def _roots(document: DocumentNode) -> dict[str, str]:
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode) and node.operation_types:
            return {
                operation_type.operation.value: operation_type.type.name.value
                for operation_type in node.operation_types
            }
    names = {node.name.value for node in document.definitions if isinstance(node, ObjectTypeDefinitionNode)}
    return {name.lower(): name for name in ("Query", "Mutation", "Subscription") if name in names}
