"""Turns groups into fetches: their text, their variables, and the objects they add to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.federation.condition import ALWAYS, NEVER, When, any_of, either
from gateway.federation.model import Supergraph
from gateway.federation.planner.groups import Group
from gateway.federation.planner.node import Enter, Node, path_of
from gateway.federation.planner.plan import Condition, Fetch, Path, PlanNode, Represent, Target
from gateway.federation.planner.represent import representer
from gateway.federation.planner.text import Printed, one_line
from gateway.federation.selection import Selection


@dataclass(frozen=True, slots=True)
class FetchMaker:
    """Makes the fetches of one operation.

    Attributes:
        graph: The supergraph.
        kind: `query`, `mutation` or `subscription`.
        definitions: The client's variable definitions as printed, by name.
        computed: Filled with the plan's own variables: the conditions that no single directive can say.
    """

    graph: Supergraph
    kind: str
    definitions: Mapping[str, str]
    computed: dict[str, When] = field(default_factory=dict)

    def make(self, group: Group) -> PlanNode:
        """The fetch of a group, under a condition if that is not always asked."""
        fetch = self._entities(group) if group.entities else self._root(group)
        return fetch if group.when == ALWAYS else Condition(group.when, fetch)

    def _root(self, group: Group) -> Fetch:
        printed = Printed()
        for entry in group.entries:
            printed.add(self.graph, entry)
        variables = tuple(sorted(printed.variables(self._named, group.when)))
        lines = printed.lines(self._named, group.when)
        kind = self.kind if group.root else "query"
        targets = [] if group.root else [Target(path_of(entry), None, when=entry.when) for entry in group.entries]
        return Fetch(
            subgraph=self.graph.subgraphs[group.subgraph].name,
            kind=kind,
            text=f"{kind}{self._defined(variables)} {{ {one_line(lines)} }}",
            variables=variables,
            keys={key: line.when for key, line in printed.fields.items()},
            targets=tuple(targets),
            selects="\n".join(lines),
        )

    def _entities(self, group: Group) -> Fetch:
        printed, asked = self._by_type(group)
        variables = tuple(
            sorted(set().union(*(selections.variables(self._named, asked[n]) for n, selections in printed.items())))
        )
        sent = _free_name("representations", self.definitions)
        defined = self._defined(variables, f"${sent}: [_Any!]!")
        lines = [
            line
            for name, selections in printed.items()
            for line in _fragment(name, selections.lines(self._named, asked[name]))
        ]
        return Fetch(
            subgraph=self.graph.subgraphs[group.subgraph].name,
            kind="query",
            text=f"query{defined} {{ _entities(representations: ${sent}) {{ {one_line(lines)} }} }}",
            variables=variables,
            keys={key: line.when for selections in printed.values() for key, line in selections.fields.items()},
            targets=self._targets(group),
            representations=sent,
            selects="\n".join(lines),
        )

    def _by_type(self, group: Group) -> tuple[dict[str, Printed], dict[str, When]]:
        """What is asked of each type, and what is known to hold where one of it is sent."""
        printed: dict[str, Printed] = {}
        asked: dict[str, When] = {}
        for entry in group.entries:
            printed.setdefault(entry.type, Printed()).add(self.graph, entry)
            asked[entry.type] = either(asked.get(entry.type, NEVER), entry.when)
        return printed, asked

    def _targets(self, group: Group) -> tuple[Target, ...]:
        grouped: dict[tuple[Path, str, str], list[Node]] = {}
        for entry in group.entries:
            assert isinstance(entry.step, Enter)  # noqa: S101 - groups begin where a subgraph is entered
            grouped.setdefault((path_of(entry), str(entry.step.typename), _object_type(entry)), []).append(entry)
        return tuple(
            self._target(group, path, typename, objects, entries)
            for (path, typename, objects), entries in grouped.items()
        )

    def _target(self, group: Group, path: Path, typename: str, objects: str, entries: list[Node]) -> Target:
        steps = [entry.step for entry in entries if isinstance(entry.step, Enter)]
        fields = tuple(dict.fromkeys(selection for step in steps for selection in step.fields))
        return Target(
            path,
            self._representer(group, typename, objects, fields),
            _represented(typename, fields),
            any_of(entry.when for entry in entries),
        )

    def _representer(self, group: Group, typename: str, objects: str, fields: tuple[Selection, ...]) -> Represent:
        return representer(self.graph, group.place, fields, typename=typename, objects=objects, subgraph=group.subgraph)

    def _defined(self, variables: tuple[str, ...], first: str = "") -> str:
        parts = [first] if first else []
        parts += [self.definitions.get(name, f"${name}: Boolean!") for name in variables]
        return f"({', '.join(parts)})" if parts else ""

    def _named(self, when: When) -> str:
        """The plan's own variable for a condition."""
        for name, condition in self.computed.items():
            if condition == when:
                return name
        name = _free_name("if", {**self.definitions, **self.computed})
        self.computed[name] = when
        return name


def _free_name(name: str, taken: Iterable[str]) -> str:
    """The name of a variable of the plan's own; a client may have taken the usual one."""
    while name in taken:
        name += "_"
    return name


def _fragment(name: str, lines: list[str]) -> list[str]:
    return [f"... on {name} {{", *(f"  {line}" for line in lines), "}"]


def _object_type(entry: Node) -> str:
    return entry.parent.type if entry.parent else entry.type


def _represented(typename: str, fields: tuple[Selection, ...]) -> str:
    names: dict[str, None] = {}
    for selection in fields:
        names.update(dict.fromkeys(_field_text(selection)))
    return f"{typename}({' '.join(names)})"


def _field_text(selection: Selection) -> list[str]:
    return [
        f"{selected.name}{selected.arguments}"
        + (f" {{{' '.join(_field_text(selected.selection))}}}" if selected.selection else "")
        for selected in selection.fields
    ]
