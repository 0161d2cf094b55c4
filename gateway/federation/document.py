"""A client's document, read once: parsed, limited, validated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NameNode,
    NoSchemaIntrospectionCustomRule,
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    UniqueVariableNamesRule,
    VariableDefinitionNode,
    VariableNode,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
    Visitor,
    parse,
    print_ast,
    specified_rules,
    validate,
    visit,
)

_MOST_ERRORS = 5
_OF_VARIABLES = {
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    UniqueVariableNamesRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
}
_RULES_WITHOUT_VARIABLES = tuple(rule for rule in specified_rules if rule not in _OF_VARIABLES)
"""For documents without `$`: looking for the uses of variables is a walk through all fields with their types."""
_NOTHING = SelectionSetNode(selections=())


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A document that may be executed.

    Attributes:
        text: The text as the client sent it.
        operations: Its operations by name; `""` for the anonymous one.
        fragments: Its fragments by name.
        conditions: Names of the variables in `@skip` and `@include`, sorted.
        is_slim: Whether its operations lack their selections, and the fragments are missing.
    """

    text: str
    operations: Mapping[str, OperationDefinitionNode]
    fragments: dict[str, FragmentDefinitionNode]
    conditions: tuple[str, ...]
    is_slim: bool = False

    def slim(self) -> "Document":
        """What a cached document needs: no selections, and no places in the text, which are most of a syntax tree."""
        heads = {name: _headed(operation) for name, operation in self.operations.items()}
        return replace(self, operations=heads, fragments={}, is_slim=True)

    def whole(self) -> "Document":
        """The document with its selections: itself, or its text read again, which is known to be valid."""
        return _read_again(self.text) if self.is_slim else self

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to execute.

        Raises:
            GraphQLError: No such operation, or several and no name.
        """
        if name:
            if name not in self.operations:
                raise GraphQLError(f"Unknown operation named '{name}'.", extensions={"field": "operationName"})
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
        The document, or the errors of its validation, at most five.

    Raises:
        GraphQLError: It does not parse.
        Exception: Whatever `limits` raises.
    """
    if max_tokens is not None and text.count("#") > max_tokens:  # the parser does not count comments
        raise GraphQLSyntaxError(Source(text), 0, f"Document contains more than {max_tokens} comments.")
    ast = parse(text, max_lexical_tokens=max_tokens, allow_empty_selection_sets=False)
    if limits:
        limits(ast)
    rules = specified_rules if "$" in text else _RULES_WITHOUT_VARIABLES
    rules = rules if introspection else (*rules, NoSchemaIntrospectionCustomRule)
    errors = validate(schema, ast, rules, max_errors=_MOST_ERRORS, hide_suggestions=not introspection)
    if errors:
        return errors
    return _document(text, ast)


def _document(text: str, ast: DocumentNode) -> Document:
    operations = [node for node in ast.definitions if isinstance(node, OperationDefinitionNode)]
    return Document(
        text,
        {operation.name.value if operation.name else "": operation for operation in operations},
        {node.name.value: node for node in ast.definitions if isinstance(node, FragmentDefinitionNode)},
        _conditions(text, ast),
    )


def _read_again(text: str) -> Document:
    return _document(text, parse(text, no_location=True, allow_empty_selection_sets=False))


def _headed(operation: OperationDefinitionNode) -> OperationDefinitionNode:
    """A copy of an operation without its selections, and without places in the text."""
    return OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name and NameNode(value=operation.name.value),
        variable_definitions=_placeless(operation.variable_definitions or ()),
        directives=(),
        selection_set=_NOTHING,
    )


def _placeless(variables: Sequence[VariableDefinitionNode]) -> tuple[VariableDefinitionNode, ...]:
    """A copy of definitions without places in the text: printed and read, as the values in them go to any depth."""
    if not variables:
        return ()
    text = f"query ({', '.join(map(print_ast, variables))}) {{ __typename }}"
    (operation,) = parse(text, no_location=True).definitions
    assert isinstance(operation, OperationDefinitionNode)  # noqa: S101 - the text says so
    return tuple(operation.variable_definitions or ())


def _conditions(text: str, ast: DocumentNode) -> tuple[str, ...]:
    if "@" not in text:
        return ()
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
