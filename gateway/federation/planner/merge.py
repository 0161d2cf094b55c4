"""Merge groups until none can be merged: one request for all that a subgraph can answer at the same time.

Groups of one place become one fetch. Then groups of entities at several places that wait for the same groups become
one too, which is sent as a batch: aliases of a field, and lists below them, cost one call for all.
"""

from collections.abc import Callable, Hashable, Mapping
from itertools import combinations

from gateway.federation.planner.groups import Group
from gateway.federation.planner.node import Enter, Node, path_of
from gateway.federation.planner.plan import Path
from gateway.federation.selection import Selection


def merge(groups: list[Group]) -> list[Group]:
    """Merge groups as long as any two may be merged, first within places, then across them."""
    while _merge_places(groups):
        pass
    while _merge_batches(groups):
        pass
    return groups


def _merge_places(groups: list[Group]) -> bool:
    """Merge groups of one place into one fetch each; whether there were any."""
    merged = False
    for alike in _alike(groups, lambda group: (group.subgraph, group.parts[0][0].place, group.entities)):
        while pair := next((pair for pair in combinations(alike, 2) if _are_one_fetch(*pair)), None):
            first, second = pair
            first.parts[0] += second.parts[0]
            alike.remove(second)
            _replace(groups, {second: first})
            merged = True
    return merged


def _merge_batches(groups: list[Group]) -> bool:
    """Merge groups of entities that wait for the same groups, whatever their places; whether there were any."""
    entities = [group for group in groups if group.entities]
    replaced: dict[Group, Group] = {}
    for first, *others in _alike(entities, lambda group: (group.subgraph, frozenset(group.after))):
        for other in others:
            first.parts += other.parts
            replaced[other] = first
    _replace(groups, replaced)
    return bool(replaced)


def _alike(groups: list[Group], key: Callable[[Group], Hashable]) -> list[list[Group]]:
    by_key: dict[Hashable, list[Group]] = {}
    for group in groups:
        by_key.setdefault(key(group), []).append(group)
    return list(by_key.values())


def _are_one_fetch(first: Group, second: Group) -> bool:
    return (
        first.subgraph == second.subgraph
        and first.parts[0][0].place is second.parts[0][0].place
        and first.entities == second.entities
        and (first.after == second.after or not (_requires(first) or _requires(second)))
        and _agree(first, second)
        and not first.follows(second)
        and not second.follows(first)
    )


def _requires(group: Group) -> bool:
    """Whether it waits for fields of `@requires`: what need not wait, nor fail, with them is not merged in."""
    return any(isinstance(entry.step, Enter) and len(entry.step.fields) > 1 for entry in group.entries)


def _replace(groups: list[Group], merged: Mapping[Group, Group]) -> None:
    """Drop the groups that were merged into others; what waited for them waits for those."""
    if not merged:
        return
    for old, new in merged.items():
        new.after |= old.after
    groups[:] = [group for group in groups if group not in merged]
    for group in groups:
        if not merged.keys().isdisjoint(group.after):
            group.after = {merged.get(before, before) for before in group.after}


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
