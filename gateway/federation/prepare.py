"""From a document to all that its execution needs: plan, projection, denials, introspection. Done once, then cached.

There is one plan for all values of the variables; what is shown is compiled for the values of the conditions.
"""

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
from gateway.federation.condition import HERE
from gateway.federation.cost import Cost, compile_cost
from gateway.federation.document import Document
from gateway.federation.errors import UNAUTHORIZED, Json, coded
from gateway.federation.executor import Projector, compile_projection
from gateway.federation.model import Supergraph
from gateway.federation.planner import Place, Plan, Watch, make_plan, unwatched
from gateway.federation.selection import Normaliser, Selection


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One operation for one set of scopes and one set of conditions.

    Attributes:
        kind: `query`, `mutation` or `subscription`.
        plan: What to fetch.
        project: The tree to the client's data.
        denials: Errors for what the caller may not see.
        introspection: What the gateway answers from its own schema.
        cost: Values of the variables to what the operation costs.
    """

    kind: str
    plan: Plan
    project: Projector
    denials: tuple[dict[str, Json], ...]
    introspection: DocumentNode | None
    cost: Cost


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """One operation for one set of scopes: one plan for all values of its variables.

    Attributes:
        document: Where its fragments are.
        operation: The operation itself.
        everything: All that may be asked.
        plan: What to fetch.
        place: The root of the answer.
    """

    document: Document
    operation: OperationDefinitionNode
    everything: "_Normalised"
    plan: Plan
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class _Normalised:
    selection: Selection
    denials: Mapping[tuple[str, ...], str]
    introspection: list[FieldNode]


def plan(
    graph: Supergraph,
    document: Document,
    operation: OperationDefinitionNode,
    scopes: frozenset[str] | None,
    watch: Watch = unwatched,
) -> Planned:
    """Normalise, authorise and plan an operation.

    Raises:
        Unplannable: The supergraph has no way to a field.
        PlanTooLarge: It fans out too far.
    """
    everything = _normalise(graph, document, operation, None, scopes)
    definitions = {one.variable.name.value: print_ast(one) for one in operation.variable_definitions or ()}
    made, place = make_plan(graph, operation.operation.value, everything.selection, definitions, watch)
    return Planned(document, operation, everything, made, place)


def prepare(
    graph: Supergraph, planned: Planned, conditions: Mapping[str, bool], scopes: frozenset[str] | None
) -> Prepared:
    """Compile what is shown of an operation: its projection for these conditions, its denials, its introspection."""
    document, operation = planned.document, planned.operation
    shown = _normalise(graph, document, operation, conditions, scopes) if conditions else planned.everything
    denials = tuple(
        coded("Unauthorized field or type", UNAUTHORIZED, path, coordinate=coordinate)
        for path, coordinate in shown.denials.items()
    )
    projection = compile_projection(graph, shown.selection, planned.place)
    introspection = _introspection(document, operation, shown.introspection)
    cost = compile_cost(graph.prices, shown.selection, operation.operation.value)
    return Prepared(operation.operation.value, planned.plan, projection, denials, introspection, cost)


def _normalise(
    graph: Supergraph,
    document: Document,
    operation: OperationDefinitionNode,
    conditions: Mapping[str, bool] | None,
    scopes: frozenset[str] | None,
) -> _Normalised:
    allowed = None if scopes is None else Grants(graph, scopes).allows
    normaliser = Normaliser(graph, document.fragments, conditions, client=True, allowed=allowed)
    root = graph.roots[operation.operation.value]
    selection = normaliser.build(root, [(operation.selection_set, HERE)])
    return _Normalised(selection, normaliser.denials, normaliser.introspection)


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
