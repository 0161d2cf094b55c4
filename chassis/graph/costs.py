"""What the dear fields of the graph cost, declared as `@cost` for the gateway's estimate of costs (notes N7, ADR 35).

An object counts 1 and a leaf nothing, as reading a page of them does. The fields below read many documents to answer
with few: each counts as many objects as a page would have that takes about as long.
"""

from collections.abc import Mapping

from strawberry.federation.schema_directives import Cost

WEIGHTS: Mapping[str, int] = {
    "Me.planTodo": 10,
    "Me.todo": 10,
    "Me.trainingTodo": 10,
    "Project.book": 20,
    "ProjectConnection.facets": 100,
    "Province.progress": 20,
    "Query.provinceProgress": 20,
    "Query.yearTable": 4,
    "totalCount": 5,
}
"""The weights by `Type.field`, else by the field's name; of a list, that of each row."""


def weight_of(owner: str, field: str) -> Cost | None:
    """The declared cost of a field; None for one that costs what its objects do.

    Args:
        owner: The name of its type.
        field: Its name in the graph.
    """
    weight = WEIGHTS.get(f"{owner}.{field}", WEIGHTS.get(field))
    return None if weight is None else Cost(weight=weight)
