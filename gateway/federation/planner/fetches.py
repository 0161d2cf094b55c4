"""Turns groups into fetches: their text, their variables, and the objects they add to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from gateway.federation.condition import ALWAYS, NEVER, When, any_of, either
from gateway.federation.model import Supergraph
from gateway.federation.planner.groups import Group
from gateway.federation.planner.node import Enter, Node, path_of
from gateway.federation.planner.plan import Batch, Condition, Fetch, Path, PlanNode, Target
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
        """The request of a group, under a condition if that is not always asked."""
        request = self._batch(group) if group.entities else self._root(group)
        return request if group.when == ALWAYS else Condition(group.when, request)

    def _batch(self, group: Group) -> Fetch | Batch:
        """One fetch, or one for each part; parts that ask the same are one, whatever their places."""
        by_text: dict[str, list[Fetch]] = {}
        for part in group.parts:
            fetch = self._entities(group.subgraph, part)
            by_text.setdefault(fetch.text, []).append(fetch)
        fetches = tuple(_joined(same) for same in by_text.values())
        return fetches[0] if len(fetches) == 1 else self._in_one_request(fetches)

    def _in_one_request(self, fetches: tuple[Fetch, ...]) -> Batch:
        variables = tuple(sorted(set().union(*(fetch.variables for fetch in fetches))))
        names = [_free_name(f"_{number}", self.definitions) for number in range(len(fetches))]
        defined = self._defined(variables, *(f"${name}: [_Any!]!" for name in names))
        fields = [f"{name}: {_entities_field(name, fetch.selects)}" for name, fetch in zip(names, fetches, strict=True)]
        return Batch(fetches, tuple(names), f"query{defined} {{ {' '.join(fields)} }}", variables)

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

    def _entities(self, subgraph: str, entries: list[Node]) -> Fetch:
        printed, asked = self._by_type(entries)
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
        selects = "\n".join(lines)
        return Fetch(
            subgraph=self.graph.subgraphs[subgraph].name,
            kind="query",
            text=f"query{defined} {{ {_entities_field(sent, selects)} }}",
            variables=variables,
            keys={key: line.when for selections in printed.values() for key, line in selections.fields.items()},
            targets=self._targets(subgraph, entries),
            representations=sent,
            selects=selects,
        )

    def _by_type(self, entries: list[Node]) -> tuple[dict[str, Printed], dict[str, When]]:
        """What is asked of each type, and what is known to hold where one of it is sent."""
        printed: dict[str, Printed] = {}
        asked: dict[str, When] = {}
        for entry in entries:
            printed.setdefault(entry.type, Printed()).add(self.graph, entry)
            asked[entry.type] = either(asked.get(entry.type, NEVER), entry.when)
        return printed, asked

    def _targets(self, subgraph: str, entries: list[Node]) -> tuple[Target, ...]:
        grouped: dict[tuple[Path, str, str], list[Node]] = {}
        for entry in entries:
            assert isinstance(entry.step, Enter)  # noqa: S101 - groups begin where a subgraph is entered
            grouped.setdefault((path_of(entry), str(entry.step.typename), _object_type(entry)), []).append(entry)
        return tuple(
            self._target(subgraph, path, typename, objects, same) for (path, typename, objects), same in grouped.items()
        )

    def _target(self, subgraph: str, path: Path, typename: str, objects: str, entries: list[Node]) -> Target:
        steps = [entry.step for entry in entries if isinstance(entry.step, Enter)]
        fields = tuple(dict.fromkeys(selection for step in steps for selection in step.fields))
        return Target(
            path,
            representer(self.graph, entries[0].place, fields, typename=typename, objects=objects, subgraph=subgraph),
            _represented(typename, fields),
            any_of(entry.when for entry in entries),
        )

    def _defined(self, variables: tuple[str, ...], *first: str) -> str:
        parts = [*first]
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


def _entities_field(representations: str, selects: str) -> str:
    return f"_entities(representations: ${representations}) {{ {one_line(selects.splitlines())} }}"


def _joined(fetches: list[Fetch]) -> Fetch:
    """Fetches of one text as one fetch, for the objects of all of them."""
    if len(fetches) == 1:
        return fetches[0]
    keys: dict[str, When] = {}
    for fetch in fetches:
        keys |= {key: either(keys.get(key, NEVER), when) for key, when in fetch.keys.items()}
    return replace(fetches[0], keys=keys, targets=tuple(target for fetch in fetches for target in fetch.targets))


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
