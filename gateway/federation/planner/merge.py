"""Merge groups until none can be merged: one fetch for all that a subgraph can answer at a place at the same time."""

from gateway.federation.planner.groups import Group
from gateway.federation.planner.node import Enter, Node, path_of
from gateway.federation.planner.plan import Path
from gateway.federation.selection import Selection


def merge(groups: list[Group]) -> list[Group]:
    """Merge groups as long as any two may be merged."""
    merged = True
    while merged:
        merged = False
        for index, first in enumerate(groups):
            for second in groups[index + 1 :]:
                if _may_merge(first, second):
                    _absorb(groups, first, second)
                    merged = True
                    break
            if merged:
                break
    return groups


def _may_merge(first: Group, second: Group) -> bool:
    return (
        first.subgraph == second.subgraph
        and first.place is second.place
        and first.entities == second.entities
        and (first.after == second.after or not (_requires(first) or _requires(second)))
        and _agree(first, second)
        and not first.follows(second)
        and not second.follows(first)
    )


def _requires(group: Group) -> bool:
    """Whether it waits for fields of `@requires`: what need not wait, nor fail, with them is not merged in."""
    return any(isinstance(entry.step, Enter) and len(entry.step.fields) > 1 for entry in group.entries)


def _absorb(groups: list[Group], first: Group, second: Group) -> None:
    first.entries += second.entries
    first.after |= second.after
    groups.remove(second)
    for group in groups:
        if second in group.after:
            group.after = (group.after - {second}) | {first}


def _agree(first: Group, second: Group) -> bool:
    """Whether the representations of two groups can be merged.

    No field may be required with two different arguments, and all that enters as one type must bring the same required
    fields, for it will be asked the same; and what is brought to one object must be there for the same values of the
    variables.
    """
    asked: dict[tuple[str, str], str] = {}
    brought: dict[str, dict[Path, set[Selection]]] = {}
    there: dict[tuple[str, Path], list[Node]] = {}
    for entry in (*first.entries, *second.entries):
        for name, arguments in _required(entry):
            if asked.setdefault((entry.type, name), arguments) != arguments:
                return False
        if isinstance(entry.step, Enter):
            path = path_of(entry)
            brought.setdefault(entry.type, {}).setdefault(path, set()).update(entry.step.fields[1:])
            there.setdefault((entry.type, path), []).append(entry)
    if not all(_come_together(entries) for entries in there.values()):
        return False
    return all(len(set(map(frozenset, paths.values()))) == 1 for paths in brought.values())


def _come_together(entries: list[Node]) -> bool:
    return len({entry.when for entry in entries}) == 1 or len({_fields(entry) for entry in entries}) == 1


def _fields(entry: Node) -> tuple[Selection, ...]:
    return entry.step.fields if isinstance(entry.step, Enter) else ()


def _required(entry: Node) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    if isinstance(entry.step, Enter):
        for selection in entry.step.fields:
            _paths(selection, "", fields)
    return fields


def _paths(selection: Selection, prefix: str, fields: list[tuple[str, str]]) -> None:
    for selected in selection.fields:
        name = f"{prefix}{selected.name}"
        fields.append((name, selected.arguments))
        if selected.selection:
            _paths(selected.selection, f"{name}.", fields)
