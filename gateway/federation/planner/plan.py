"""The parts of a plan, and its text."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.federation.condition import ALWAYS, When, as_text

Json = Any
Represent = Callable[[dict[str, Json]], dict[str, Json] | None]
Path = tuple[str | frozenset[str], ...]
"""From the root to objects: internal keys, and sets of type names that the object must be one of."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A set of objects of the answer that a fetch adds data to.

    Attributes:
        path: Their path.
        represent: Makes an object's representation; None where a root type is entered again.
        prints: The representation's fields, for printing.
        when: For which values of the variables they are needed.
    """

    path: Path
    represent: Represent | None
    prints: str = ""
    when: When = ALWAYS


@dataclass(frozen=True, slots=True, eq=False)
class Fetch:
    """One request to one subgraph.

    Attributes:
        subgraph: Its name.
        kind: `query`, `mutation` or `subscription`.
        text: The document that is sent.
        variables: Names of the variables it uses, the client's and the plan's own.
        keys: Internal keys of its top fields, each with its condition.
        targets: The objects it adds to; empty for a fetch at the root.
        representations: Name of the variable of the representations; None if it does not ask for `_entities`.
        selects: Its selection set, for printing.
        head: The JSON of the request's body without its variables and its last brace.
    """

    subgraph: str
    kind: str
    text: str
    variables: tuple[str, ...] = ()
    keys: Mapping[str, When] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    representations: str | None = None
    selects: str = ""
    head: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "head", orjson.dumps({"query": self.text})[:-1])


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Entity fetches from one subgraph at several places of the answer, sent as one request.

    Attributes:
        fetches: The fetches; one whose objects turn out to be there alone is sent by itself.
        names: For each fetch its alias in the request, which is the name of its variable of representations too.
        text: The document that is sent.
        variables: Names of the variables it uses, the client's and the plan's own.
        head: As of `Fetch`.
    """

    fetches: tuple[Fetch, ...]
    names: tuple[str, ...]
    text: str
    variables: tuple[str, ...]
    head: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "head", orjson.dumps({"query": self.text})[:-1])

    @property
    def subgraph(self) -> str:
        """The subgraph that all its fetches ask."""
        return self.fetches[0].subgraph

    @property
    def kind(self) -> str:
        """`query`: entities are only read."""
        return "query"


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """One after the other."""

    nodes: tuple["PlanNode", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Parallel:
    """All at once."""

    nodes: tuple["PlanNode", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """Only where a condition on the variables holds."""

    when: When
    node: "PlanNode"


PlanNode = Sequence | Parallel | Condition | Fetch | Batch


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How one operation is answered.

    Attributes:
        root: The first node; None if nothing has to be fetched.
        response: Translates an internal path to the client's, as far as the client has asked for its keys.
        computed: Boolean variables of the plan, for conditions that no single `@skip` or `@include` can express.
    """

    root: PlanNode | None
    response: Callable[[tuple[str | int, ...]], tuple[str | int, ...]]
    computed: Mapping[str, When] = field(default_factory=dict)

    def requests(self) -> Iterator[Fetch | Batch]:
        """What is sent, in order."""
        return _requests(self.root)


def _requests(node: PlanNode | None) -> Iterator[Fetch | Batch]:
    if isinstance(node, Fetch | Batch):
        yield node
    elif isinstance(node, Condition):
        yield from _requests(node.node)
    elif node is not None:
        for child in node.nodes:
            yield from _requests(child)


def format_plan(plan: Plan) -> str:
    """The plan as a tree, followed by the meaning of its own variables."""
    computed = "".join(f"${name} = {as_text(when)}\n" for name, when in plan.computed.items())
    return "QueryPlan {\n" + format_node(plan.root, 1) + "}\n" + computed


def format_node(node: PlanNode | None, depth: int = 0) -> str:
    """A part of a plan as a tree."""
    pad = "  " * depth
    if node is None:
        return ""
    if isinstance(node, Fetch):
        return _format_fetch(node, depth)
    if isinstance(node, Batch):
        inner = "".join(_format_fetch(fetch, depth + 1) for fetch in node.fetches)
        return f"{pad}Batch({node.subgraph}) {{\n{inner}{pad}}}\n"
    if isinstance(node, Condition):
        return f"{pad}Condition(if: {as_text(node.when)}) {{\n{format_node(node.node, depth + 1)}{pad}}}\n"
    inner = "".join(format_node(child, depth + 1) for child in node.nodes)
    return f"{pad}{type(node).__name__} {{\n{inner}{pad}}}\n"


def _format_fetch(fetch: Fetch, depth: int) -> str:
    pad = "  " * depth
    if not fetch.targets:
        return f"{pad}Fetch({fetch.subgraph}) {{\n{_indent(fetch.selects, depth + 1)}{pad}}}\n"
    paths = ", ".join(dict.fromkeys(format_path(target.path) for target in fetch.targets))
    by = "".join(dict.fromkeys(f"{pad}    {target.prints}\n" for target in fetch.targets if target.prints))
    into = f"{pad}  Fetch({fetch.subgraph}) {{\n"
    arrow = f"{by}{pad}  }} => {{\n" if by else ""
    body = _indent(fetch.selects, depth + 2)
    return f"{pad}Flatten({paths}) {{\n{into}{arrow}{body}{pad}  }}\n{pad}}}\n"


def format_path(path: Path) -> str:
    """A path as `a.b|[Type]`."""
    text = ""
    for step in path:
        text += f".{step}" if isinstance(step, str) else f"|[{','.join(sorted(step))}]"
    return text.removeprefix(".")


def _indent(text: str, depth: int) -> str:
    return "".join(f"{'  ' * depth}{line}\n" for line in text.splitlines())
