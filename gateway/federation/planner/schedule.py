"""Orders fetches: what waits for nothing goes at once, what is independent stays independent."""

from collections.abc import Mapping

from gateway.federation.planner.groups import Group
from gateway.federation.planner.plan import Parallel, PlanNode, Sequence


def schedule(groups: list[Group], fetches: Mapping[Group, PlanNode]) -> PlanNode | None:
    """A plan in which every group runs after those it waits for, and as early as that allows."""
    parts = [_component(part, fetches) for part in _components(groups)]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Parallel(tuple(parts))


def _component(groups: list[Group], fetches: Mapping[Group, PlanNode]) -> PlanNode:
    inside = set(groups)
    first = [group for group in groups if not group.after & inside]
    rest = [group for group in groups if group.after & inside]
    begin: PlanNode = fetches[first[0]] if len(first) == 1 else Parallel(tuple(fetches[one] for one in first))
    then = schedule(rest, fetches)
    if then is None:
        return begin
    return Sequence((begin, *(then.nodes if isinstance(then, Sequence) else (then,))))


def _components(groups: list[Group]) -> list[list[Group]]:
    """Groups that wait for each other, however indirectly, stay together."""
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
    found: dict[int, list[Group]] = {}
    for group in groups:
        found.setdefault(label[group], []).append(group)
    return list(found.values())
