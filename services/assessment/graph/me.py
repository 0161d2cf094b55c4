"""What assessment adds to whoever asks: what waits about attendance, results, credits and evaluations (ADR 36)."""

from typing import Self

import strawberry

from chassis.graph import requires
from chassis.graph.todo import TodoFields, TodoKind, Waiting, names_caller
from chassis.principal import Scope
from kernel.dates import today
from services.assessment.domain.vocabulary import InstrumentState, ProjectPhase
from services.assessment.graph.context import Context, Info
from services.assessment.graph.types import Project


@strawberry.federation.type(shareable=True, description="一类待办：件数、依据和截止时间")
class Todo(TodoFields):
    """How much of a kind waits, and until when."""

    @strawberry.field(description="所涉项目；只涉及一个项目时给出")
    def project(self) -> Project | None:
        """The project, where all of it is of one."""
        return Project(id=strawberry.ID(self.waiting.project)) if self.waiting.project else None


@strawberry.federation.type(keys=["id"])
class Me:
    """Whoever asks; nobody is shown anybody else's."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:
        """Whoever asks; there is no other."""
        return cls(id=id) if names_caller(info, id) else None

    @strawberry.federation.field(
        description="作答页在本人设备上加密所存内容的密钥，只给本人 (R34)", requires_scopes=requires(Scope.TEACHER)
    )
    def ballot_page_key(self, info: Info) -> str | None:
        """What the voters' page encrypts by what it keeps in a browser that others may use, too (ADR 59)."""
        principal = info.context.principal
        if principal.scope is not Scope.TEACHER or not principal.person:
            return None
        return info.context.deps.vault.keyed_hash(f"guopei-ballot/1 page\n{principal.person}")

    @strawberry.field(description="培训方面的待办：考勤、考核结果及其发布、学时确认、未领取资格的问卷 (R29–R31, R34)")
    async def training_todo(self, info: Info) -> list[Todo] | None:
        """What waits for whoever asks, about trainings; nothing that is empty."""
        return [Todo.of(entry) for entry in await _waiting(info.context) if entry.count]


async def _waiting(context: Context) -> list[Waiting]:
    principal, store = context.principal, context.deps.store
    if principal.scope is Scope.SCHOOL and principal.school:
        tally = await store.records.credits_to_confirm(principal.school)
        return [Waiting(TodoKind.CONFIRM_CREDIT, tally.count, "R31", project=tally.only)]
    if principal.scope is Scope.TEACHER and principal.person:
        return await _unanswered(context, principal.person)
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
    unmarked, unassessed, drafted = await store.records.left_to_record(
        held, finished, [project.id for project in afterwards]
    )
    return [
        Waiting(TodoKind.MARK_ATTENDANCE, unmarked.count, "R29", project=unmarked.only),
        Waiting(TodoKind.RECORD_RESULTS, unassessed.count, "R30", project=unassessed.only),
        Waiting(TodoKind.PUBLISH_RESULTS, drafted.count, "R30", project=drafted.only),
    ]


async def _unanswered(context: Context, person: str) -> list[Waiting]:
    """The open questionnaires for which a teacher has drawn no right; it is asked anew and written nowhere (ADR 59)."""
    store = context.deps.store
    enrollments = {record.project: record.id for record in await store.records.own(person) if record.attended}
    found = await store.instruments.of_projects(list(enrollments))
    opened = {
        (instrument.id, enrollments[project]): instrument
        for project, instruments in found.items()
        for instrument in instruments
        if instrument.state is InstrumentState.OPEN
    }
    issued = await store.issues.issued(list(opened)) if opened else set()
    left = [instrument for key, instrument in opened.items() if key not in issued]
    projects = {instrument.project for instrument in left}
    closes_at = min((instrument.closes_at for instrument in left if instrument.closes_at), default=None)
    only = next(iter(projects)) if len(projects) == 1 else None
    return [Waiting(TodoKind.ANSWER_EVALUATION, len(left), "R34", closes_at=closes_at, project=only)]
