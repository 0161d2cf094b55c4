"""The queries of the benchmark, and their variables."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_ROTATION = 9973


@dataclass(frozen=True)
class Kind:
    """A kind of query.

    Attributes:
        name: Its name in the tables.
        query: The document, with one operation.
        variables: The variables of a request, by its number.
        connections: Concurrent connections, a request at a time each.
        direct: Whether a subgraph can answer it alone, and is measured without a gateway too.
    """

    name: str
    query: str
    variables: Callable[[int], dict[str, Any]]
    connections: int = 16
    direct: bool = False


KINDS = (
    Kind(
        "two fetches",
        "query Q($from: Int!) { projects(first: 10, from: $from) { id code title days accepted capacity } }",
        lambda number: {"from": number % _ROTATION},
    ),
    Kind(
        "one fetch",
        "query Q($id: ID!) { project(id: $id) { id code title days fee online } }",
        lambda number: {"id": str(number % _ROTATION)},
        direct=True,
    ),
    Kind(
        "mutation",
        'mutation M($id: ID!) { rename(id: $id, title: "新") { id title days } }',
        lambda number: {"id": str(number % _ROTATION)},
        direct=True,
    ),
    Kind(
        "three levels, 500 entities",
        "query Q($from: Int!) { projects(first: 20, from: $from) { id title enrollments { id status rate hours } } }",
        lambda number: {"from": number % _ROTATION},
        connections=8,
    ),
)
