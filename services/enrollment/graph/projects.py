"""The fields that enrollment adds to `Project`, an entity of the catalog."""

from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from chassis.graph import public, requires
from chassis.graph.connection import Connection
from chassis.graph.resolvers import text_key
from chassis.principal import Scope
from services.enrollment.graph.context import Info, may_read_base
from services.enrollment.graph.enums import EnrollmentOrder
from services.enrollment.graph.inputs import EnrollmentFilter
from services.enrollment.graph.loaders import ProjectByIdLoader, SeatsByProjectLoader

if TYPE_CHECKING:
    from services.enrollment.graph.enrollments import Enrollment

EnrollmentType = Annotated["Enrollment", strawberry.lazy("services.enrollment.graph.enrollments")]


@strawberry.type(description="名额：剩余 = 计划 − 已录取 − 已递补待确认 (R23)")
class Seats:
    """The seats of a project at the moment."""

    capacity: int
    accepted: int
    offered: int
    waitlisted: int
    left: int


@strawberry.federation.type(keys=["id"])
class Project:
    """A project by its id; its fields here are loaded one by one, so an id that is unknown has empty fields."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:
        """The project another subgraph refers to."""
        return cls(id=strawberry.ID(text_key(id)))

    @strawberry.federation.field(description=public("名额，发布后公开 (R17, R23)"))
    async def seats(self, info: Info) -> Seats | None:
        """The seats; null before publication."""
        seats = await info.context.loader(SeatsByProjectLoader).load(self.id)
        if seats is None:
            return None
        return Seats(
            capacity=seats.capacity,
            accepted=seats.accepted,
            offered=seats.offered,
            waitlisted=seats.waitlisted,
            left=seats.left,
        )

    @strawberry.federation.field(
        description="学校已提交的报名，本基地和教师工作司可见", requires_scopes=requires(Scope.BASE, Scope.MINISTRY)
    )
    async def enrollments(
        self,
        info: Info,
        *,
        filter: EnrollmentFilter | None = None,
        search: str | None = None,
        order_by: EnrollmentOrder | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> Connection[EnrollmentType] | None:
        """The project's enrollments that the principal may see."""
        from services.enrollment.graph.enrollments import enrollments_page

        project = await info.context.loader(ProjectByIdLoader).load(self.id)
        if project is None or not may_read_base(info.context.principal, project.base):
            return Connection[EnrollmentType].empty()
        selection = (filter or EnrollmentFilter()).selection(project=self.id, search=search, order=order_by)
        return await enrollments_page(info, selection, first, after)
