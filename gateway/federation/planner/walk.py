"""What the parts of the search share: the guard against circles, the interface of the walk, the errors."""

from dataclasses import dataclass
from typing import Protocol

from gateway.federation.condition import ALWAYS, When
from gateway.federation.planner.choose import Need
from gateway.federation.planner.node import Node
from gateway.federation.selection import Selected, Selection


class Unplannable(Exception):  # noqa: N818 - caught inside the planner: another way may exist
    """No subgraph can resolve this field from here."""


class PlanTooLarge(Exception):  # noqa: N818 - an answer to the client
    """The search takes more steps than any reasonable query needs."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What a nested search must not use, so that it does not go in circles.

    Attributes:
        entering: Moves whose key is being sought: (`id()` of the node, subgraph).
        requiring: Fields whose `@requires` is being sought: (`id()` of the place, type, field).
        local: Whether the search must stay in its subgraph.
    """

    entering: frozenset[tuple[int, str]] = frozenset()
    requiring: frozenset[tuple[int, str, str]] = frozenset()
    local: bool = False


FREE = Guard()


class Walk(Protocol):
    """Finds the needs of selections and fields; see `Search`."""

    def gather(self, selection: Selection, nodes: list[Node], guard: Guard = FREE, when: When = ALWAYS) -> list[Need]:
        """The needs of a selection at a place."""

    def on_object(self, name: str, nodes: list[Node], selected: Selected, guard: Guard) -> list[Need]:
        """The needs of a field of an object type."""

    def below(self, nodes: list[Node], selected: Selected, guard: Guard) -> list[Need]:
        """The needs of the selection below a field, from any of its nodes."""
