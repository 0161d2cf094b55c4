"""Rows about projects, many or a single one, decided together and written in one transaction.

A project's quota moves in the transaction that changes its status (R11).
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from chassis.commands.bulk import Batch, Row
from chassis.context import current_act
from chassis.events import DomainEvent
from chassis.principal import Principal
from chassis.storage.idempotency import request_mark
from chassis.storage.unit_of_work import UnitOfWork
from kernel.dates import today
from kernel.refusals import NOT_FOUND, UNKNOWN_ROUND
from services.catalog.commands.deps import Deps
from services.catalog.domain import quota
from services.catalog.domain.base import Base
from services.catalog.domain.project import Project
from services.catalog.domain.quota import Quota, quota_id
from services.catalog.domain.review import Expert, Review
from services.catalog.domain.round import Round

C = TypeVar("C")
T = TypeVar("T")
Step = tuple[Project, Sequence[DomainEvent]]
"""A changed project with the events of the change."""


@dataclass(slots=True)
class Loaded:
    """What the rows of a batch are decided on, as the rows before have left it; a batch loads only what it needs.

    Attributes:
        projects: By id.
        rounds: By year.
        bases: By id.
        quotas: By id.
        reviews: Of all cycles, by the project's id.
        experts: By id.
        loads: How many reviews each expert has, by round and expert.
        assigned: The rounds in which experts were assigned.
    """

    projects: dict[str, Project]
    rounds: dict[int, Round] = field(default_factory=dict)
    bases: dict[str, Base] = field(default_factory=dict)
    quotas: dict[str, Quota] = field(default_factory=dict)
    reviews: dict[str, list[Review]] = field(default_factory=dict)
    experts: dict[str, Expert] = field(default_factory=dict)
    loads: dict[int, dict[str, int]] = field(default_factory=dict)
    assigned: set[int] = field(default_factory=set)

    def round_of(self, project: Project) -> Round:
        """The project's round.

        Raises:
            Refusal: `UNKNOWN_ROUND`.
        """
        if project.year not in self.rounds:
            raise UNKNOWN_ROUND(year=project.year)
        return self.rounds[project.year]

    def base_of(self, project: Project) -> Base:
        """The project's base.

        Raises:
            Refusal: `NOT_FOUND`.
        """
        return required(self.bases, project.base, "base")


def required(loaded: Mapping[Any, T], key: Any, kind: str) -> T:
    """What was loaded under a key.

    Raises:
        Refusal: `NOT_FOUND`.
    """
    if key not in loaded:
        raise NOT_FOUND(kind=kind, id=str(key))
    return loaded[key]


class ProjectBatch(Batch[Loaded, C, Project, Project], Generic[C]):
    """Rows that change one project each, under whose id they are; a use case is a subclass with its `step`.

    Args:
        deps: The service's dependencies.
    """

    def __init__(self, deps: Deps) -> None:
        super().__init__(deps.store.projects)
        self.store = deps.store
        self.now = deps.clock.now()

    async def load(self, unit: UnitOfWork, rows: Sequence[Row[C]]) -> Loaded:
        """Load the projects, those that bear the marks of the requests too, and what is decided on with them."""
        marks = [row.request for row in rows if row.request]
        projects = await unit.load(self.outcomes, [row.key for row in rows], marks=marks)
        loaded = Loaded({project.id: project for project in projects})
        await self.load_related(unit, loaded, [row.command for row in rows])
        return loaded

    async def load_related(self, unit: UnitOfWork, loaded: Loaded, commands: Sequence[C]) -> None:
        """Load what is decided on with the projects: their rounds, and what else a subclass needs."""
        del commands
        years = [str(project.year) for project in loaded.projects.values()]
        loaded.rounds = {current.year: current for current in await unit.load(self.store.rounds, years)}

    async def load_quotas(self, unit: UnitOfWork, loaded: Loaded) -> None:
        """Load the quotas that a row may consume (R11)."""
        keys = [quota.quota_id(project.base, project.year) for project in loaded.projects.values()]
        loaded.quotas = {found.id: found for found in await unit.load(self.store.quotas, keys)}

    @abstractmethod
    def step(self, loaded: Loaded, project: Project, command: C) -> Step:
        """Decide one row.

        Raises:
            Refusal: Why not.
        """

    def decide(self, unit: UnitOfWork, state: Loaded, row: Row[C]) -> Project:
        """Decide a row, and stage the project and the move of its quota.

        Raises:
            Refusal: `NOT_FOUND`, `QUOTA_EXCEEDED`, or what the step refuses.
        """
        project = required(state.projects, row.key, "project")
        changed, events = self.step(state, project, row.command)
        self._move_quota(unit, state, project, changed)
        state.projects[row.key] = unit.save(self.outcomes, changed, events, act=row.act, request=row.request)
        return state.projects[row.key]

    def _move_quota(self, unit: UnitOfWork, state: Loaded, before: Project, after: Project) -> None:
        """Consume or release quota as a change of status requires (R11)."""
        change, key = quota.delta(before.status, after.status), quota_id(before.base, before.year)
        if change < 0:
            self.store.quotas.release(unit, key)
        elif change > 0:
            granted, day = required(state.quotas, key, "quota"), today(self.now)
            state.quotas[key] = quota.consume(granted, day)
            self.store.quotas.consume(unit, key, granted.limit_on(day))


def project_row(
    deps: Deps, principal: Principal, key: str, command: C, *, name: str, content: Mapping[str, Any]
) -> Row[C]:
    """A row about a project.

    Args:
        deps: The service's dependencies.
        principal: Who asks.
        key: The project's id.
        command: What is asked, as the batch's `step` takes it.
        name: The command's name inside the stored mark, and the row's where a mutation has several; it is data.
        content: The whole input, which a repeat must bring again; its names enter the stored digest and are data, too.
    """
    mark = request_mark(deps.store.projects.name, principal, name, ((), content))
    return Row(key=key, command=command, act=current_act(), request=mark)
