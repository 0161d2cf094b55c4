"""The table of who may read and do what, generated from the schemas: `contracts/graph/access.md`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graphql import (
    FieldDefinitionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    parse,
    value_from_ast_untyped,
)

from chassis.principal import Scope
from contracts.graph_files import FOLDER, SUBGRAPHS

ROOTS = ("Query", "Mutation", "Subscription")
SCOPES = tuple(scope for scope in Scope if scope is not Scope.PUBLIC)
_HEAD = """# Who may what

Made from the subgraphs' schemas by `make schema`; the gateway enforces it, and a test asks it for every cell. Rows are
the root fields, and every other field that not everybody may read; what is not listed is readable wherever its object
is. Which rows of an organisation or a province a principal sees is confined by the subgraph besides.

What one may not see answers in one way everywhere:

| what | answer |
|---|---|
| a field that the role may not use | `null`, and `UNAUTHORIZED_FIELD_OR_TYPE` names the `roles` that may |
| the same, without signing in | `null` and `UNAUTHENTICATED` |
| a mutation with such a field | refused whole |
| rows, in a list or a page, that are not the caller's | as if there were none: left out, not counted, no error |
| one object that is not there, or is not the caller's | `null`, no error |
| a mutation on a row that is not the caller's | `NOT_FOUND` or `FORBIDDEN`; nothing is written |
| a field of a subgraph that is away | `null` and `SUBGRAPH_UNREACHABLE` |

"""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: a field of the graph.

    Attributes:
        type: The type that has the field.
        field: The field's name.
        scopes: The scopes that may use it; None for everybody.
    """

    type: str
    field: str
    scopes: frozenset[str] | None

    @property
    def coordinate(self) -> str:
        """`Type.field`."""
        return f"{self.type}.{self.field}"


def rows() -> list[Row]:
    """Every root field and every protected field, roots first."""
    by_coordinate = {row.coordinate: row for schema in SUBGRAPHS.values() for row in _rows(schema.as_str())}
    order = {name: position for position, name in enumerate(ROOTS)}
    return sorted(by_coordinate.values(), key=lambda row: (order.get(row.type, len(order)), row.type, row.field))


def files() -> Iterator[tuple[Path, str]]:
    """The table's file and its text."""
    head = f"| field | {' | '.join(SCOPES)} | public |\n|---|{':-:|' * (len(SCOPES) + 1)}\n"
    yield FOLDER / "access.md", _HEAD + head + "".join(_line(row) for row in rows())


def _line(row: Row) -> str:
    cells = ["●" if row.scopes is None or scope in row.scopes else "" for scope in SCOPES]
    return f"| `{row.coordinate}` | {' | '.join([*cells, '●' if row.scopes is None else ''])} |\n"


def _rows(sdl: str) -> Iterator[Row]:
    for node in parse(sdl).definitions:
        if isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode):
            for field in node.fields or ():
                name = field.name.value
                scopes = scopes_of(field)
                if scopes is not None:
                    yield Row(node.name.value, name, scopes)
                elif node.name.value in ROOTS and not name.startswith("_"):
                    yield Row(node.name.value, name, None)


def scopes_of(field: FieldDefinitionNode) -> frozenset[str] | None:
    """The scopes that may use a field; None for everybody."""
    for directive in field.directives or ():
        if directive.name.value == "requiresScopes":
            (argument,) = directive.arguments or ()
            return frozenset(scope for (scope,) in value_from_ast_untyped(argument.value))
    return None
