"""What assessment adds to whoever asks: what waits about attendance, results and credits (ADR 36)."""

from typing import Self

import strawberry

from chassis.graph.resolvers import text_key
from chassis.graph.todo import TodoFields, TodoKind, Waiting
from chassis.principal import Scope
from kernel.dates import today
from services.assessment.domain.vocabulary import ProjectPhase
from services.assessment.graph.context import Context, Info
from services.assessment.graph.types import Project


@strawberry.federation.type(shareable=True, description="一类待办：件数、依据和截止时间")
class Todo(TodoFields):
    """How much of a kind waits, and until when."""

    @strawberry.field(description="所涉项目；只涉及一个项目时给出")
    def project(self) -> Project | None:
        """The project, where all of it is of one."""
        return Project(id=strawberry.ID(self.waiting.project)) if self.waiting.project else None

    @classmethod
    def of(cls, waiting: Waiting) -> Self:
        """From what waits."""
        return cls(
            kind=waiting.kind, count=waiting.count, rule=waiting.rule, closes_at=waiting.closes_at, waiting=waiting
        )


@strawberry.federation.type(keys=["id"])
class Me:
    """Whoever asks; nobody is shown anybody else's."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:
        """Whoever asks; there is no other."""
        principal = info.context.principal
        own = text_key(id) == principal.subject and principal.scope is not Scope.PUBLIC
        return cls(id=strawberry.ID(principal.subject)) if own else None

    @strawberry.field(description="培训方面的待办：考勤、考核结果、学时确认 (R29–R31)")
    async def training_todo(self, info: Info) -> list[Todo] | None:
        """What waits for whoever asks, about trainings; nothing that is empty."""
        return [Todo.of(entry) for entry in await _waiting(info.context) if entry.count]


async def _waiting(context: Context) -> list[Waiting]:
    principal, store = context.principal, context.deps.store
    if principal.scope is Scope.SCHOOL and principal.school:
        tally = await store.records.credits_to_confirm(principal.school)
        return [Waiting(TodoKind.CONFIRM_CREDIT, tally.count, "R31", project=tally.only)]
    if principal.scope is not Scope.BASE:
        return []
    day = today(context.deps.clock.now())
    projects = await store.projects.query(
        {"base": {"$in": list(principal.bases)}, "phase": {"$in": [ProjectPhase.RUNNING, ProjectPhase.FINISHED]}}
    )
    finished = [project.id for project in projects if project.phase is ProjectPhase.FINISHED]
    afterwards = [
        project for project in projects if project.phase is ProjectPhase.FINISHED and project.recorded_afterwards
    ]
    marking = [project for project in projects if project.phase is ProjectPhase.RUNNING] + afterwards
    held = {project.id: [session.id for session in project.sessions if session.date <= day] for project in marking}
    unmarked, unassessed = await store.records.left_to_record(held, finished, [project.id for project in afterwards])
    return [
        Waiting(TodoKind.MARK_ATTENDANCE, unmarked.count, "R29", project=unmarked.only),
        Waiting(TodoKind.RECORD_RESULTS, unassessed.count, "R30", project=unassessed.only),
    ]
