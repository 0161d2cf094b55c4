"""Order the fetches: a fetch starts when those it waits for are done; independent ones run in parallel."""

from collections.abc import Mapping

from gateway.federation.planner.groups import Group
from gateway.federation.planner.plan import Parallel, PlanNode, Sequence


def schedule(groups: list[Group], fetches: Mapping[Group, PlanNode]) -> PlanNode | None:
    """A plan in which every group runs after those it waits for, as early as possible; None without groups."""
    parts = [_component(part, fetches) for part in _components(groups)]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Parallel(tuple(parts))


def _component(groups: list[Group], fetches: Mapping[Group, PlanNode]) -> PlanNode:
    inside = set(groups)
    first = [group for group in groups if not group.after & inside]
    rest = [group for group in groups if group.after & inside]
    begin: PlanNode = fetches[first[0]] if len(first) == 1 else Parallel(tuple(fetches[group] for group in first))
    then = schedule(rest, fetches)
    if then is None:
        return begin
    return Sequence((begin, *(then.nodes if isinstance(then, Sequence) else (then,))))


def _components(groups: list[Group]) -> list[list[Group]]:
    """The connected components: groups that wait for each other, directly or not, are in one."""
    inside = set(groups)
    label = {group: index for index, group in enumerate(groups)}
    changed = True
    while changed:
        changed = False
        for group in groups:
            for other in group.after & inside:
                low = min(label[group], label[other])
                changed = changed or label[group] != label[other]
                label[group] = label[other] = low
    components: dict[int, list[Group]] = {}
    for group in groups:
        components.setdefault(label[group], []).append(group)
    return list(components.values())
