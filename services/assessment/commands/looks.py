"""How the periodic jobs go through the finished projects, some at a time (ADR 18)."""

from dataclasses import dataclass
from typing import Any

from services.assessment.domain.project import Project
from services.assessment.domain.vocabulary import ProjectPhase
from services.assessment.store import Store

MOST_PROJECTS = 200
"""How many finished projects one look takes; the next goes on behind them."""


@dataclass(slots=True)
class Position:
    """How far the looks have come.

    Attributes:
        after: The id of the last project looked at; None at the beginning.
    """

    after: str | None = None


async def next_finished(store: Store, position: Position, *, completed: bool = False) -> dict[str, Project]:
    """The next finished projects by id; the position is moved behind them, or to the beginning after the last.

    Args:
        store: The service's repositories.
        position: Where to go on.
        completed: Whether completed projects are among them, too.
    """
    phases = [ProjectPhase.FINISHED, *([ProjectPhase.COMPLETED] if completed else [])]
    where: dict[str, Any] = {"phase": {"$in": phases} if completed else ProjectPhase.FINISHED}
    if position.after is not None:
        where["_id"] = {"$gt": position.after}
    order = (("_id", 1),) if completed else (("phase", 1), ("_id", 1))  # as the index has them
    found = await store.projects.query(where, sort=order, limit=MOST_PROJECTS)
    position.after = found[-1].id if len(found) == MOST_PROJECTS else None
    return {project.id: project for project in found}
