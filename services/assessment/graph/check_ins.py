"""Check-in to a session by a code that the base shows (R29)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from io import BytesIO

import segno
import strawberry

from chassis.graph import requires
from chassis.graph.resolvers import run
from chassis.principal import Scope
from chassis.storage.cursor import cursor_of
from services.assessment import commands
from services.assessment.graph.context import Info
from services.assessment.graph.histories import AttendanceStatement
from services.assessment.graph.types import Enrollment, SessionAttendance


@strawberry.type(description="课次的签到码，由基地现场显示 (R29)")
class CheckIn:
    """A code that holds for half a minute, and how many have come."""

    code: str = strawberry.field(description="签到码")
    link: str = strawberry.field(description="签到页的网址，签到码在#之后，不会进入任何日志；二维码的内容")
    expires_at: datetime = strawberry.field(description="届时换下一个")
    checked_in: int = strawberry.field(description="已签到或已登记出席的学员数")
    attendees: int

    @strawberry.field(description="网址的二维码，SVG，可直接显示在屏幕上")
    def picture(self) -> str:
        """The picture of the link; level L, for a screen is not torn, and fewer squares are read from farther away."""
        drawn = BytesIO()
        segno.make(self.link, error="l").save(drawn, kind="svg", xmldecl=False, border=4, light="#fff", omitsize=True)
        return drawn.getvalue().decode()

    @classmethod
    def of(cls, shown: commands.OpenCheckIn) -> "CheckIn":
        """From the command's answer."""
        return cls(
            code=shown.code,
            link=shown.link,
            expires_at=shown.expires_at,
            checked_in=shown.checked_in,
            attendees=shown.attendees,
        )


@strawberry.type
class CheckInMutation:
    """Show a code, and check in by it."""

    @strawberry.federation.mutation(
        description="取得课次的签到码，有效30秒，只在课次当日 (R29)", requires_scopes=requires(Scope.BASE)
    )
    async def open_check_in(self, info: Info, project_id: strawberry.ID, session_id: strawberry.ID) -> CheckIn | None:
        """The code of now."""
        return CheckIn.of(await run(info, commands.open_check_in, project=project_id, session=session_id))

    @strawberry.federation.mutation(
        description="学员凭现场签到码签到，一课次一次；以基地登记为准 (R29)", requires_scopes=requires(Scope.TEACHER)
    )
    async def check_in(self, info: Info, code: str) -> SessionAttendance | None:
        """The caller's own attendance of the session."""
        return SessionAttendance.of(await run(info, commands.check_in, code=code))


@strawberry.type(description="课次的一次签到或考勤登记 (R29)")
class CheckedIn:
    """One statement of attendance, as a base follows them."""

    cursor: str = strawberry.field(description="续订时作为 after；其前数秒内的可能重复一次")
    enrollment: Enrollment
    statement: AttendanceStatement
    checked_in: int = strawberry.field(description="已签到或已登记出席的学员数")
    attendees: int

    @classmethod
    def of(cls, seen: commands.CheckedIn) -> "CheckedIn":
        """From what the command yields."""
        return cls(
            cursor=cursor_of(*seen.position),
            enrollment=Enrollment(id=strawberry.ID(seen.record.id)),
            statement=AttendanceStatement.of(seen.mark, seen.whole),
            checked_in=seen.checked_in,
            attendees=seen.attendees,
        )


@strawberry.type
class Subscription:
    """The subscriptions of assessment."""

    @strawberry.federation.field(
        description="实时查看课次的签到和考勤登记：先是已有的，此后随时到达；给出 after 则从其后续起 (R29)",
        requires_scopes=requires(Scope.BASE),
        is_subscription=True,
    )
    async def check_ins(
        self, info: Info, project_id: strawberry.ID, session_id: strawberry.ID, after: str | None = None
    ) -> AsyncGenerator[CheckedIn, None]:
        """Who is there, then who comes."""
        context = info.context
        followed = commands.follow_check_ins(
            context.deps, context.principal, project=project_id, session=session_id, after=after
        )
        async with aclosing(followed):
            async for seen in followed:
                yield CheckedIn.of(seen)
