"""From a document to all that its execution needs: plan, projection, denials, introspection. Done once, then cached."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    OperationDefinitionNode,
    SelectionSetNode,
    print_ast,
)

from gateway.federation.authorize import Grants
from gateway.federation.document import Document
from gateway.federation.errors import UNAUTHORIZED, Json, coded
from gateway.federation.executor import Projector, compile_projection
from gateway.federation.model import Supergraph
from gateway.federation.planner import Plan, make_plan
from gateway.federation.selection import Normaliser


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One operation for one set of scopes and one set of conditions.

    Attributes:
        kind: `query` or `mutation`.
        plan: What to fetch.
        project: The tree to the client's data.
        denials: Errors for what the caller may not see.
        introspection: What the gateway answers from its own schema.
    """

    kind: str
    plan: Plan
    project: Projector
    denials: tuple[dict[str, Json], ...]
    introspection: DocumentNode | None


def prepare(
    graph: Supergraph,
    document: Document,
    operation: OperationDefinitionNode,
    conditions: Mapping[str, bool],
    scopes: frozenset[str] | None,
) -> Prepared:
    """Normalise, authorise, plan and compile an operation.

    Raises:
        Unplannable: The supergraph has no way to a field.
    """
    kind = operation.operation.value
    allowed = None if scopes is None else Grants(graph, scopes).allows
    normaliser = Normaliser(graph, document.fragments, dict(conditions), client=True, allowed=allowed)
    selection = normaliser.build(graph.roots[kind], [operation.selection_set])
    definitions = {one.variable.name.value: print_ast(one) for one in operation.variable_definitions or ()}
    plan, place = make_plan(graph, kind, selection, definitions)
    denials = tuple(
        coded("Unauthorized field or type", UNAUTHORIZED, path, coordinate=coordinate)
        for path, coordinate in normaliser.denials.items()
    )
    introspection = _introspection(document, operation, normaliser.introspection)
    return Prepared(kind, plan, compile_projection(graph, selection, place), denials, introspection)


def _introspection(
    document: Document, operation: OperationDefinitionNode, fields: list[FieldNode]
) -> DocumentNode | None:
    if not fields:
        return None
    asked = OperationDefinitionNode(
        operation=operation.operation,
        variable_definitions=operation.variable_definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=tuple(fields)),
    )
    return DocumentNode(definitions=(asked, *document.fragments.values()))
