"""A client's document, read once: parsed, limited, validated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)

_MOST_ERRORS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A document that may be executed.

    Attributes:
        text: The text as the client sent it.
        operations: Its operations by name; `""` for the anonymous one.
        fragments: Its fragments by name.
        conditions: Names of the variables in `@skip` and `@include`, sorted.
    """

    text: str
    operations: Mapping[str, OperationDefinitionNode]
    fragments: dict[str, FragmentDefinitionNode]
    conditions: tuple[str, ...]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to execute.

        Raises:
            GraphQLError: No such operation, or several and no name.
        """
        if name:
            if name not in self.operations:
                raise GraphQLError(f"Unknown operation named '{name}'.")
            return self.operations[name]
        if len(self.operations) != 1:
            raise GraphQLError("Must provide operation name if query contains multiple operations.")
        return next(iter(self.operations.values()))


def read_document(
    text: str,
    schema: GraphQLSchema,
    *,
    introspection: bool,
    limits: Callable[[DocumentNode], None] | None,
    max_tokens: int | None,
) -> Document | list[GraphQLError]:
    """Parse a document, check its limits, and validate it.

    Args:
        text: The text.
        schema: The schema that clients see.
        introspection: Whether `__schema` and `__type` may be asked, and errors suggest names.
        limits: Checks the parsed document; None for no limits.
        max_tokens: The most lexical tokens; None for no limit.

    Returns:
        The document, or the errors of its validation, at most ten.

    Raises:
        GraphQLError: It does not parse.
        Exception: Whatever `limits` raises.
    """
    ast = parse(text, max_lexical_tokens=max_tokens, allow_empty_selection_sets=False)
    if limits:
        limits(ast)
    rules = specified_rules if introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)
    errors = validate(schema, ast, rules, max_errors=_MOST_ERRORS, hide_suggestions=not introspection)
    if errors:
        return errors
    operations = [node for node in ast.definitions if isinstance(node, OperationDefinitionNode)]
    return Document(
        text,
        {operation.name.value if operation.name else "": operation for operation in operations},
        {node.name.value: node for node in ast.definitions if isinstance(node, FragmentDefinitionNode)},
        _conditions(ast),
    )


def _conditions(ast: DocumentNode) -> tuple[str, ...]:
    visitor = _Conditions()
    visit(ast, visitor)
    return tuple(sorted(visitor.names))


class _Conditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value in ("skip", "include"):
            values = [argument.value for argument in node.arguments or ()]
            self.names |= {value.name.value for value in values if isinstance(value, VariableNode)}
