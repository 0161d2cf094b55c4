"""Turns groups into fetches: their text, their variables, and the objects they add to."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.federation.model import Supergraph
from gateway.federation.planner.groups import Group
from gateway.federation.planner.node import Enter, Node, path_of
from gateway.federation.planner.plan import Fetch, Path, Represent, Target
from gateway.federation.planner.represent import representer
from gateway.federation.planner.text import Printed
from gateway.federation.selection import Selection


@dataclass(frozen=True, slots=True)
class FetchMaker:
    """Makes the fetches of one operation.

    Attributes:
        graph: The supergraph.
        kind: `query` or `mutation`.
        definitions: The client's variable definitions as printed, by name.
    """

    graph: Supergraph
    kind: str
    definitions: Mapping[str, str]

    def make(self, group: Group) -> Fetch:
        """The fetch of a group."""
        return self._entities(group) if group.entities else self._root(group)

    def _root(self, group: Group) -> Fetch:
        printed = Printed()
        for entry in group.entries:
            printed.add(self.graph, entry)
        variables = tuple(sorted(printed.variables))
        kind = self.kind if group.root else "query"
        targets = () if group.root else tuple(Target(path_of(entry), None) for entry in group.entries)
        return Fetch(
            subgraph=self.graph.subgraphs[group.subgraph].name,
            kind=kind,
            text=f"{kind}{self._defined(variables)} {{ {printed.text()} }}",
            variables=variables,
            keys=tuple(printed.fields),
            targets=targets,
            selects="\n".join(printed.lines()),
        )

    def _entities(self, group: Group) -> Fetch:
        by_type: dict[str, Printed] = {}
        for entry in group.entries:
            by_type.setdefault(entry.type, Printed()).add(self.graph, entry)
        variables = tuple(sorted(set().union(*(one.variables for one in by_type.values()))))
        sent = _free_name(self.definitions)
        defined = self._defined(variables, f"${sent}: [_Any!]!")
        return Fetch(
            subgraph=self.graph.subgraphs[group.subgraph].name,
            kind="query",
            text=f"query{defined} {{ _entities(representations: ${sent}) {{ {_fragments(by_type)} }} }}",
            variables=variables,
            keys=tuple(key for one in by_type.values() for key in one.fields),
            targets=self._targets(group),
            representations=sent,
            selects="\n".join(Printed(types=by_type).lines()),
        )

    def _targets(self, group: Group) -> tuple[Target, ...]:
        found: dict[tuple[Path, str, str], list[Selection]] = {}
        for entry in group.entries:
            assert isinstance(entry.step, Enter)  # noqa: S101 - groups begin where a subgraph is entered
            known = found.setdefault((path_of(entry), str(entry.step.typename), _object_type(entry)), [])
            known += [one for one in entry.step.fields if one not in known]
        return tuple(
            Target(
                path,
                self._representer(group, typename, objects, tuple(fields)),
                _represented(typename, fields),
            )
            for (path, typename, objects), fields in found.items()
        )

    def _representer(self, group: Group, typename: str, objects: str, fields: tuple[Selection, ...]) -> Represent:
        return representer(self.graph, group.place, fields, typename=typename, objects=objects, subgraph=group.subgraph)

    def _defined(self, variables: tuple[str, ...], first: str = "") -> str:
        parts = ([first] if first else []) + [self.definitions[name] for name in variables]
        return f"({', '.join(parts)})" if parts else ""


def _free_name(taken: Mapping[str, str]) -> str:
    """The name of the engine's own variable; a client may have taken the usual one."""
    name = "representations"
    while name in taken:
        name += "_"
    return name


def _fragments(by_type: dict[str, Printed]) -> str:
    return " ".join(f"... on {name} {{ {one.text()} }}" for name, one in by_type.items())


def _object_type(entry: Node) -> str:
    return entry.parent.type if entry.parent else entry.type


def _represented(typename: str, fields: list[Selection]) -> str:
    names: dict[str, None] = {}
    for selection in fields:
        names.update(dict.fromkeys(_field_text(selection)))
    return f"{typename}({' '.join(names)})"


def _field_text(selection: Selection) -> list[str]:
    return [
        f"{one.name}{one.arguments}" + (f" {{{' '.join(_field_text(one.selection))}}}" if one.selection else "")
        for one in selection.fields
    ]
