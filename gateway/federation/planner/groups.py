"""Cut the tree of used nodes into groups; a group becomes one fetch from one subgraph."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.federation.condition import When, any_of
from gateway.federation.planner.node import Enter, Node


@dataclass(slots=True, eq=False)
class Group:
    """The nodes that one request enters a subgraph by.

    Attributes:
        parts: The nodes of each fetch of the request, which have one place; several of both once groups are merged.
        after: The groups that must be fetched first.
    """

    subgraph: str
    parts: list[list[Node]]
    after: set["Group"] = field(default_factory=set)

    @property
    def entries(self) -> list[Node]:
        """The nodes of all parts."""
        return [entry for part in self.parts for entry in part]

    @property
    def root(self) -> bool:
        """Whether this is a fetch from the root of the operation."""
        return self.parts[0][0].parent is None

    @property
    def entities(self) -> bool:
        """Whether this fetch asks for `_entities`."""
        step = self.parts[0][0].step
        return isinstance(step, Enter) and step.typename is not None

    @property
    def when(self) -> When:
        """For which values of the variables any part of it is selected."""
        return any_of(entry.when for entry in self.entries)

    def follows(self, other: "Group") -> bool:
        """Whether this group must wait for `other`, directly or indirectly."""
        seen: set[Group] = set()
        stack = list(self.after)
        while stack:
            group = stack.pop()
            if group is other:
                return True
            if group not in seen:
                seen.add(group)
                stack.extend(group.after)
        return False


def make_groups(roots: list[Node]) -> list[Group]:
    """One group for each used node that enters a subgraph, with the groups that it waits for."""
    owner: dict[Node, Group] = {}
    for root in roots:
        if root.used:
            _own(root, owner)
    groups = list(dict.fromkeys(owner.values()))
    for group in groups:
        for entry in group.entries:
            before = [*entry.needs, *([entry.parent] if entry.parent else [])]
            group.after |= {owner[node] for node in before} - {group}
    return groups


def _own(start: Node, owner: dict[Node, Group]) -> None:
    for node in _walk(start):
        if isinstance(node.step, Enter) or node.parent is None:
            owner[node] = Group(node.subgraph, [[node]])
        else:
            owner[node] = owner[node.parent]


def _walk(start: Node) -> Iterator[Node]:
    stack = [start]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))
