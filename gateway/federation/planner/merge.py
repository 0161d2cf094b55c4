"""Merges groups until nothing changes: one fetch for what one subgraph can answer at one place at one time."""

from gateway.federation.planner.groups import Group
from gateway.federation.planner.node import Enter, Node, path_of
from gateway.federation.planner.plan import Path
from gateway.federation.selection import Selection


def merge(groups: list[Group]) -> list[Group]:
    """Merge every two groups that may be one."""
    merged = True
    while merged:
        merged = False
        for index, one in enumerate(groups):
            for other in groups[index + 1 :]:
                if _may_merge(one, other):
                    _absorb(groups, one, other)
                    merged = True
                    break
            if merged:
                break
    return groups


def _may_merge(one: Group, other: Group) -> bool:
    return (
        one.subgraph == other.subgraph
        and one.place is other.place
        and one.entities == other.entities
        and (one.after == other.after or not (_requires(one) or _requires(other)))
        and _agree(one, other)
        and not one.follows(other)
        and not other.follows(one)
    )


def _requires(group: Group) -> bool:
    """A fetch that waits for required fields takes nothing along that need not wait, nor fail, with it."""
    return any(isinstance(one.step, Enter) and len(one.step.fields) > 1 for one in group.entries)


def _absorb(groups: list[Group], one: Group, other: Group) -> None:
    one.entries += other.entries
    one.after |= other.after
    groups.remove(other)
    for group in groups:
        if other in group.after:
            group.after = (group.after - {other}) | {one}


def _agree(one: Group, other: Group) -> bool:
    """Whether the representations can be one.

    No field may be required with two different arguments, and all that enters as one type must bring the same required
    fields, for it will be asked the same; and what is brought to one object must be there for the same values of the
    variables.
    """
    asked: dict[tuple[str, str], str] = {}
    brought: dict[str, dict[Path, set[Selection]]] = {}
    there: dict[tuple[str, Path], list[Node]] = {}
    for entry in (*one.entries, *other.entries):
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
    found: list[tuple[str, str]] = []
    if isinstance(entry.step, Enter):
        for selection in entry.step.fields:
            _paths(selection, "", found)
    return found


def _paths(selection: Selection, prefix: str, found: list[tuple[str, str]]) -> None:
    for one in selection.fields:
        name = f"{prefix}{one.name}"
        found.append((name, one.arguments))
        if one.selection:
            _paths(one.selection, f"{name}.", found)
