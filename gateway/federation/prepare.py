"""Prepare an operation for execution: plan, projection, denials, introspection, cost. Done once, then cached.

One plan holds for all values of the variables; the projection is compiled for the values of `@skip` and `@include`.
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

from gateway.federation.authorize import Grants, roles_for
from gateway.federation.caching import compile_max_age
from gateway.federation.condition import HERE
from gateway.federation.cost import Cost, compile_cost
from gateway.federation.document import Document
from gateway.federation.errors import UNAUTHENTICATED, UNAUTHORIZED, Json, coded
from gateway.federation.executor import Projector, compile_projection
from gateway.federation.model import Supergraph
from gateway.federation.planner import Place, Plan, Watch, make_plan, unwatched
from gateway.federation.selection import Normaliser, Selection


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One operation for one set of scopes and one set of conditions.

    Attributes:
        kind: `query`, `mutation` or `subscription`.
        plan: The plan.
        project: Turns the fetched tree into the client's data.
        denials: An error for each field that the caller may not see, at its path without indexes of lists.
        introspection: The operation's introspection, which the gateway answers itself; None for none.
        cost: Computes the operation's cost from the values of its variables.
        max_age: For how many seconds caches may keep the public's answer; 0 for not at all.
    """

    kind: str
    plan: Plan
    project: Projector
    denials: tuple[dict[str, Json], ...]
    introspection: DocumentNode | None
    cost: Cost
    max_age: int


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """One operation for one set of scopes: one plan for all values of its variables.

    Attributes:
        document: The document, with the fragments.
        operation: The operation.
        everything: Its normalised selection, for all values of the variables.
        plan: The plan.
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

    Args:
        graph: The supergraph.
        document: The document.
        operation: The operation of it.
        scopes: The scopes of the caller; None allows everything.
        watch: Called with the result of each stage of planning.

    Raises:
        Unplannable: The supergraph has no way to a field.
        PlanTooLarge: It fans out too far.
    """
    everything = _normalise(graph, document, operation, None, scopes)
    definitions = {
        definition.variable.name.value: print_ast(definition) for definition in operation.variable_definitions or ()
    }
    query_plan, place = make_plan(graph, operation.operation.value, everything.selection, definitions, watch)
    return Planned(document, operation, everything, query_plan, place)


def prepare(
    graph: Supergraph, planned: Planned, conditions: Mapping[str, bool], scopes: frozenset[str] | None
) -> Prepared:
    """Compile an operation's projection, denials, introspection and cost.

    Args:
        graph: The supergraph.
        planned: The planned operation.
        conditions: Values of the variables in `@skip` and `@include`.
        scopes: The scopes of the caller; None allows everything.
    """
    document, operation = planned.document, planned.operation
    shown = _normalise(graph, document, operation, conditions, scopes) if conditions else planned.everything
    denials = tuple(_denial(graph, path, coordinate, scopes) for path, coordinate in shown.denials.items())
    projection = compile_projection(graph, shown.selection, planned.place, denials)
    introspection = _introspection(document, operation, shown.introspection)
    cost = compile_cost(graph.prices, shown.selection, operation.operation.value)
    max_age = 0 if introspection else compile_max_age(graph, shown.selection, operation.operation.value)
    return Prepared(operation.operation.value, planned.plan, projection, denials, introspection, cost, max_age)


def _denial(
    graph: Supergraph, path: tuple[str, ...], coordinate: str, scopes: frozenset[str] | None
) -> dict[str, Json]:
    """The error of a denied field: who is not signed in has to sign in; who is learns which roles may use it."""
    roles = roles_for(graph, coordinate)
    if not scopes:
        return coded("Sign in first", UNAUTHENTICATED, path, coordinate=coordinate, roles=roles)
    return coded("Unauthorized field or type", UNAUTHORIZED, path, coordinate=coordinate, roles=roles)


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
