"""Check-in to a session by a code that the base shows (R29)."""

from datetime import datetime
from io import BytesIO

import segno
import strawberry

from chassis.graph import requires
from chassis.graph.resolvers import run
from chassis.principal import Scope
from services.assessment import commands
from services.assessment.graph.context import Info
from services.assessment.graph.types import SessionAttendance


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
