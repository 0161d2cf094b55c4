"""One linear pass over a parsed document, each fragment measured once (facts 1, 2, 7).

It runs after parsing and before validation, so it trusts nothing: fragments may be missing or circular.
"""

from collections import Counter
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from chassis.errors import Refusal, Unblock


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one operation may ask for.

    Attributes:
        body_bytes: Bytes of the request's body.
        tokens: Lexical tokens of the document.
        depth: Fields below each other.
        height: Fields after every fragment is spread.
        aliases: Aliased fields after every fragment is spread.
        root_fields: Fields of the operation itself.
        directives: Directives after every fragment is spread.
        equal_keys: Fields of one response key in one selection set; validation is quadratic in them.
    """

    body_bytes: int = 64 * 1024
    tokens: int = 2_000
    depth: int = 12
    height: int = 400
    aliases: int = 20
    root_fields: int = 10
    directives: int = 20
    equal_keys: int = 20


@dataclass(frozen=True, slots=True)
class _Measure:
    depth: int = 0
    height: int = 0
    aliases: int = 0
    directives: int = 0
    direct: int = 0
    equal_keys: int = 0

    def beside(self, other: "_Measure") -> "_Measure":
        return _Measure(
            max(self.depth, other.depth),
            self.height + other.height,
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.direct + other.direct,
            max(self.equal_keys, other.equal_keys),
        )


_NOTHING = _Measure()
_SETS_PER_FIELD = 4  # a field may sit in a few inline fragments; more is an attack on the recursion


def check(document: DocumentNode, limits: Limits) -> None:
    """Refuse a document that asks for more than `limits`.

    Raises:
        Refusal: `QUERY_TOO_DEEP`, `QUERY_TOO_LARGE`, … with `limit` and `actual`; `CIRCULAR_FRAGMENT`.
    """
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    pass_ = _Pass(fragments, limits.depth)
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            _judge(pass_.measure(operation.selection_set), len(operation.directives or ()), limits)


class _Pass:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode], depth: int) -> None:
        self._fragments = fragments
        self._deepest = depth * _SETS_PER_FIELD
        self._nesting = 0
        self._known: dict[str, _Measure] = {}
        self._open: set[str] = set()

    def measure(self, selections: SelectionSetNode) -> _Measure:
        self._nesting += 1
        if self._nesting > self._deepest:
            raise _excess("QUERY_TOO_DEEP", self._deepest // _SETS_PER_FIELD, self._nesting)
        total = _NOTHING
        keys: Counter[str] = Counter()
        for node in selections.selections:
            total = total.beside(self._one(node, keys))
        self._nesting -= 1
        most = max(keys.values(), default=0)
        return total.beside(_Measure(equal_keys=most))

    def _one(self, node: object, keys: Counter[str]) -> _Measure:
        if isinstance(node, FieldNode):
            keys[node.alias.value if node.alias else node.name.value] += 1
            below = self.measure(node.selection_set) if node.selection_set else _NOTHING
            return _Measure(
                below.depth + 1,
                below.height + 1,
                below.aliases + bool(node.alias),
                below.directives + len(node.directives or ()),
                1,
                below.equal_keys,
            )
        if isinstance(node, InlineFragmentNode):
            return self.measure(node.selection_set).beside(_Measure(directives=len(node.directives or ())))
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value).beside(_Measure(directives=len(node.directives or ())))
        return _NOTHING

    def _fragment(self, name: str) -> _Measure:
        if name in self._open:
            raise Refusal("CIRCULAR_FRAGMENT", "片段循环引用", "Fragments must not be circular", unblock=Unblock.SELF)
        if name not in self._known:
            fragment = self._fragments.get(name)
            self._open.add(name)
            self._known[name] = self.measure(fragment.selection_set) if fragment else _NOTHING
            self._open.discard(name)
        return self._known[name]


def _judge(measured: _Measure, directives: int, limits: Limits) -> None:
    for code, actual, limit in (
        ("QUERY_TOO_DEEP", measured.depth, limits.depth),
        ("QUERY_TOO_LARGE", measured.height, limits.height),
        ("TOO_MANY_ALIASES", measured.aliases, limits.aliases),
        ("TOO_MANY_ROOT_FIELDS", measured.direct, limits.root_fields),
        ("TOO_MANY_DIRECTIVES", measured.directives + directives, limits.directives),
        ("TOO_MANY_EQUAL_KEYS", measured.equal_keys, limits.equal_keys),
    ):
        if actual > limit:
            raise _excess(code, limit, actual)


def _excess(code: str, limit: int, actual: int) -> Refusal:
    return Refusal(
        code,
        "查询过于复杂，请拆分后重试",
        "The operation asks for too much: split it",
        unblock=Unblock.SELF,
        limit=limit,
        actual=actual,
    )
