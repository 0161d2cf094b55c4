"""Limits on what one operation may ask for (notes N1, N2, N7).

Two linear passes run between parsing and validation. The first measures each fragment once, so that a document whose
size doubles with every spread is cheap to refuse. The second walks the operation with its fragments spread, which the
first has found to be small. The document is not validated yet: fragments may be missing, circular, or spread nowhere;
those of the last kind are validated too, and together they may be as large as one operation.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
)

from gateway.refusals import (
    CIRCULAR_FRAGMENT,
    QUERY_TOO_DEEP,
    QUERY_TOO_LARGE,
    TOO_MANY_ALIASES,
    TOO_MANY_DIRECTIVES,
    TOO_MANY_EQUAL_KEYS,
    TOO_MANY_FRAGMENTS,
    TOO_MANY_OPERATIONS,
    TOO_MANY_ROOT_FIELDS,
    TOO_MANY_VALUES,
)
from kernel.refusals import RefusalKind


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one request may ask for.

    Attributes:
        body_bytes: Bytes of the request's body.
        tokens: Lexical tokens of the document.
        depth: Nested fields; graphql-core has a rule of its own for fields below `__schema` and `__type`.
        height: Fields, with every fragment spread.
        aliases: Aliased fields, with every fragment spread.
        root_fields: Fields of the operation itself.
        directives: Directives, with every fragment spread.
        equal_keys: Fields that merge into one field of the answer; validation is quadratic in them.
        operations: Operations of the document.
        fragments: Fragments of the document; validation is quadratic in those of one selection set.
        values: Values written in arguments, each of a list or an object counted and a long text once for every fifty
            characters, with every fragment spread; an error in one repeats all that stand beside it.
        cost: Objects that the answer may have, estimated from the lengths of its lists (`gateway.federation.cost`).
    """

    body_bytes: int = 64 * 1024
    tokens: int = 2_000
    depth: int = 12
    height: int = 400
    aliases: int = 20
    root_fields: int = 10
    directives: int = 20
    equal_keys: int = 20
    operations: int = 10
    fragments: int = 50
    values: int = 300
    cost: int = 3_000


@dataclass(frozen=True, slots=True)
class _Measure:
    depth: int = 0
    height: int = 0
    aliases: int = 0
    directives: int = 0
    direct: int = 0
    values: int = 0

    def beside(self, other: "_Measure") -> "_Measure":
        return _Measure(
            max(self.depth, other.depth),
            self.height + other.height,
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.direct + other.direct,
            self.values + other.values,
        )


_NOTHING = _Measure()
_MISSING = _Measure(height=1)  # an unknown fragment: every spread of it counts
_INTROSPECTION = ("__schema", "__type")
_CHARACTERS_PER_VALUE = 50
_SETS_PER_FIELD = 4  # selection sets nested per field: a few inline fragments; more is an attack on the recursion


def check(document: DocumentNode, limits: Limits) -> None:
    """Refuse a document that asks for more than `limits`.

    Raises:
        Refusal: `QUERY_TOO_DEEP`, `QUERY_TOO_LARGE`, … with `limit` and `actual`; `CIRCULAR_FRAGMENT`.
    """
    written = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
    fragments = {node.name.value: node for node in written}
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    _check_limit(TOO_MANY_OPERATIONS, len(operations), limits.operations)
    _check_limit(TOO_MANY_FRAGMENTS, len(written), limits.fragments)
    measuring = _Measuring(fragments, limits.depth)
    for operation in operations:
        _check_limits(measuring.operation(operation), limits)
        _check_limit(TOO_MANY_ROOT_FIELDS, measuring.measure(operation.selection_set).direct, limits.root_fields)
        _check_keys([operation], fragments, limits)
    unused = [node for node in written if not measuring.has_measured(node)]
    _check_limits(measuring.together(unused), limits)
    _check_keys(unused, fragments, limits)


class _Measuring:
    """The first pass: the measures of selection sets, each fragment's computed once."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode], depth: int) -> None:
        self._fragments = fragments
        self._most_nested = depth * _SETS_PER_FIELD
        self._nesting = 0
        self._measured: dict[str, _Measure] = {}
        self._open: set[str] = set()

    def operation(self, node: OperationDefinitionNode) -> _Measure:
        """The measure of an operation, with the directives and default values of its variables."""
        around = _own(node.directives)
        for variable in node.variable_definitions or ():
            around = around.beside(_own(variable.directives, _count(variable.default_value)))
        return self.measure(node.selection_set).beside(around)

    def has_measured(self, node: FragmentDefinitionNode) -> bool:
        """Whether something measured so far spreads the fragment; of two with one name, only the last can be spread."""
        return node.name.value in self._measured and self._fragments[node.name.value] is node

    def together(self, fragments: Sequence[FragmentDefinitionNode]) -> _Measure:
        """The measure of fragments side by side."""
        total = _NOTHING
        for fragment in fragments:
            total = total.beside(self._whole(fragment))
        return total

    def measure(self, selections: SelectionSetNode) -> _Measure:
        self._nesting += 1
        if self._nesting > self._most_nested:
            raise QUERY_TOO_DEEP(limit=self._most_nested, actual=self._nesting)
        total = _NOTHING
        for node in selections.selections:
            total = total.beside(self._measure_node(node)).beside(_own(node.directives))
        self._nesting -= 1
        return total

    def _measure_node(self, node: object) -> _Measure:
        if isinstance(node, FieldNode):
            below = self.measure(node.selection_set) if node.selection_set else _NOTHING
            depth = 0 if node.name.value in _INTROSPECTION else below.depth
            values = below.values + _values(node.arguments)
            return _Measure(depth + 1, below.height + 1, below.aliases + bool(node.alias), below.directives, 1, values)
        if isinstance(node, InlineFragmentNode):
            return self.measure(node.selection_set)
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        return _NOTHING

    def _whole(self, fragment: FragmentDefinitionNode) -> _Measure:
        return self.measure(fragment.selection_set).beside(_own(fragment.directives))

    def _fragment(self, name: str) -> _Measure:
        if name in self._open:
            raise CIRCULAR_FRAGMENT()
        if name not in self._measured:
            fragment = self._fragments.get(name)
            self._open.add(name)
            self._measured[name] = self._whole(fragment) if fragment else _MISSING
            self._open.discard(name)
        return self._measured[name]


def _own(directives: Sequence[DirectiveNode] | None, values: int = 0) -> _Measure:
    """The measure of directives, with the values in them and some more."""
    given = directives or ()
    return _Measure(directives=len(given), values=values + sum(_values(directive.arguments) for directive in given))


def _values(arguments: Sequence[ArgumentNode] | None) -> int:
    return sum(_count(argument.value) for argument in arguments or ())


def _count(value: ValueNode | None) -> int:
    """How many values are written in one, at any depth; the parser bounds the depth."""
    match value:
        case None:
            return 0
        case ListValueNode():
            return 1 + sum(map(_count, value.values))
        case ObjectValueNode():
            return 1 + sum(_count(field.value) for field in value.fields)
        case StringValueNode():
            return 1 + len(value.value) // _CHARACTERS_PER_VALUE
        case _:
            return 1


def _check_keys(
    roots: Sequence[OperationDefinitionNode | FragmentDefinitionNode],
    fragments: dict[str, FragmentDefinitionNode],
    limits: Limits,
) -> None:
    for root in roots:
        keys: Counter[tuple[str, ...]] = Counter()
        _merge(root.selection_set, (), fragments, keys)
        _check_limit(TOO_MANY_EQUAL_KEYS, max(keys.values(), default=0), limits.equal_keys)


def _merge(
    selections: SelectionSetNode,
    path: tuple[str, ...],
    fragments: dict[str, FragmentDefinitionNode],
    keys: Counter[tuple[str, ...]],
) -> None:
    """The second pass: count the fields of each path of the answer."""
    for node in selections.selections:
        if isinstance(node, FieldNode):
            here = (*path, node.alias.value if node.alias else node.name.value)
            keys[here] += 1
            if node.selection_set:
                _merge(node.selection_set, here, fragments, keys)
        elif isinstance(node, InlineFragmentNode):
            _merge(node.selection_set, path, fragments, keys)
        elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
            _merge(fragments[node.name.value].selection_set, path, fragments, keys)


def _check_limits(measured: _Measure, limits: Limits) -> None:
    _check_limit(QUERY_TOO_DEEP, measured.depth, limits.depth)
    _check_limit(QUERY_TOO_LARGE, measured.height, limits.height)
    _check_limit(TOO_MANY_ALIASES, measured.aliases, limits.aliases)
    _check_limit(TOO_MANY_DIRECTIVES, measured.directives, limits.directives)
    _check_limit(TOO_MANY_VALUES, measured.values, limits.values)


def _check_limit(kind: RefusalKind, actual: int, limit: int) -> None:
    if actual > limit:
        raise kind(limit=limit, actual=actual)
