"""Mutations of requests for persons (R20); each calls one command."""

import strawberry

from chassis.graph import requires
from chassis.graph.resolvers import run
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.graph.context import Info
from services.enrollment.graph.transfers import Transfer, TransferInput

_SCHOOL = requires(Scope.SCHOOL)


@strawberry.type
class TransferMutation:
    """How a person comes to another school, or to a further one."""

    @strawberry.federation.mutation(
        description="申请调入他校教师，或聘为本校兼职；原学校在期限内答复，不在任何学校任职的即时登记 (R20)",
        requires_scopes=_SCHOOL,
    )
    async def request_teacher(self, info: Info, input: TransferInput) -> Transfer | None:
        """Request a person whom another school has on file."""
        return Transfer.of(await run(info, commands.request_teacher, wanted=input.wanted()))

    @strawberry.federation.mutation(
        description="原学校同意或不同意调动申请，不同意须说明理由 (R20)", requires_scopes=_SCHOOL
    )
    async def answer_transfer(
        self, info: Info, id: strawberry.ID, confirm: bool, reason: str | None = None
    ) -> Transfer | None:
        """Confirm or refuse a request for a person of the own school."""
        return Transfer.of(await run(info, commands.answer_transfer, key=id, confirm=confirm, reason=reason))

    @strawberry.federation.mutation(
        description="决定逾期未答复的调动申请，或准许被原学校拒绝的，须说明理由；两校同省的，省份也可决定 (R20)",
        requires_scopes=requires(Scope.MINISTRY, Scope.PROVINCE),
    )
    async def decide_transfer(self, info: Info, id: strawberry.ID, grant: bool, reason: str) -> Transfer | None:
        """Decide in the school's place."""
        return Transfer.of(await run(info, commands.decide_transfer, key=id, grant=grant, reason=reason))

    @strawberry.federation.mutation(
        description="撤回本校的调动申请，答复之前，须说明理由 (R20)", requires_scopes=_SCHOOL
    )
    async def withdraw_transfer(self, info: Info, id: strawberry.ID, reason: str) -> Transfer | None:
        """Take a request of the own school back."""
        return Transfer.of(await run(info, commands.withdraw_transfer, key=id, reason=reason))
