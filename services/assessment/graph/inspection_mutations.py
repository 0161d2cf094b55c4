"""The mutations of random inspections and their findings (R37)."""

from datetime import date, datetime

import strawberry

from chassis.graph import requires
from chassis.graph.resolvers import run
from chassis.principal import Scope
from kernel.dates import SHANGHAI
from kernel.free_text import Reason, Title
from services.assessment import commands
from services.assessment.domain.beacon import BeaconValue
from services.assessment.domain.finding import FindingText, Observed
from services.assessment.domain.vocabulary import Severity
from services.assessment.graph.context import Info
from services.assessment.graph.inspections import Inspection
from services.assessment.graph.types import Finding

_RULE = "R37"


@strawberry.input(description="发起随机抽检 (R37)")
class InspectionInput:
    """What an inspection is called, of which year, and how much of the population it draws."""

    year: int
    title: str
    share_bp: int = strawberry.field(description="抽取比例，万分之一")


@strawberry.input(description="公开随机源 (R37)")
class BeaconInput:
    """A public source of chance that nobody knows yet."""

    source: str = strawberry.field(description="名称写到期号、品种、精度，如 双色球2024067期开奖号码（红球升序+蓝球）")
    at: datetime = strawberry.field(description="公布时刻，至少24小时之后、90日之内；未写时区的为北京时间")

    def name(self) -> commands.BeaconName:
        """As the command takes it."""
        return commands.BeaconName(Title.of(self.source, "source"), _aware(self.at))


@strawberry.input(description="检查结论 (R37)")
class FindingInput:
    """What the inspection of a project has found."""

    project_id: strawberry.ID
    severity: Severity
    text: str
    clause: str | None = strawberry.field(default=None, description="所涉管理办法条款")
    due_on: date | None = strawberry.field(default=None, description="整改期限，含当日；严重程度非 NONE 时必填")

    def observed(self) -> Observed:
        """As the command takes it."""
        return Observed(
            severity=self.severity,
            text=FindingText.of(self.text, "text"),
            clause=None if self.clause is None else Title.of(self.clause, "clause"),
            due_on=self.due_on,
        )


@strawberry.type
class InspectionMutation:
    """What may be done about inspections."""

    @strawberry.federation.mutation(
        description="冻结总体：发起随机抽检 (R37)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def freeze_inspection(self, info: Info, input: InspectionInput) -> Inspection | None:
        """Freeze the population, and publish its hash."""
        title = Title.of(input.title, "title")
        return Inspection.of(
            await run(info, commands.freeze_inspection, year=input.year, title=title, share_bp=input.share_bp)
        )

    @strawberry.federation.mutation(
        description="公布承诺、分层数量与公开随机源 (R37)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def announce_inspection(
        self, info: Info, id: strawberry.ID, beacons: list[BeaconInput], reveal_by: datetime
    ) -> Inspection | None:
        """Commit to a secret, and name the beacons."""
        names = [beacon.name() for beacon in beacons]
        return Inspection.of(
            await run(info, commands.announce_inspection, key=id, beacons=names, reveal_by=_aware(reveal_by))
        )

    @strawberry.federation.mutation(
        description="登记公开随机源的数值（半角）；揭示前可更正 (R37)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def record_beacons(self, info: Info, id: strawberry.ID, values: list[str]) -> Inspection | None:
        """Record or correct the values of all beacons, in their order."""
        texts = [BeaconValue.of(value, "values") for value in values]
        return Inspection.of(await run(info, commands.record_beacons, key=id, values=texts))

    @strawberry.federation.mutation(description="揭示密钥并抽取 (R37)", requires_scopes=requires(Scope.MINISTRY))
    async def reveal_inspection(self, info: Info, id: strawberry.ID) -> Inspection | None:
        """Reveal the secret, and draw."""
        return Inspection.of(await run(info, commands.reveal_inspection, key=id))

    @strawberry.federation.mutation(
        description="作废抽检，至首个随机源公布前；已公告的同时公布密钥 (R37)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def void_inspection(self, info: Info, id: strawberry.ID, reason: str) -> Inspection | None:
        """Give an inspection up before its first beacon is out."""
        return Inspection.of(await run(info, commands.void_inspection, key=id, reason=Reason.of(reason, rule=_RULE)))

    @strawberry.federation.mutation(
        description="被抽项目无法检查时按次序替补 (R37)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def replace_sampled(
        self, info: Info, id: strawberry.ID, project_id: strawberry.ID, reason: str
    ) -> Inspection | None:
        """Let the next of its stratum take the place of a project."""
        why = Reason.of(reason, rule=_RULE)
        return Inspection.of(await run(info, commands.replace_sampled, key=id, project=project_id, reason=why))

    @strawberry.federation.mutation(
        description="在某层按次序增补检查项目 (R37)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def extend_inspection(
        self, info: Info, id: strawberry.ID, stratum: str, count: int, reason: str
    ) -> Inspection | None:
        """Inspect the next projects of a stratum too."""
        given = {"stratum": Title.of(stratum, "stratum").text, "count": count}
        why = Reason.of(reason, rule=_RULE)
        return Inspection.of(await run(info, commands.extend_inspection, key=id, reason=why, **given))

    @strawberry.federation.mutation(description="登记检查结论 (R37)", requires_scopes=requires(Scope.MINISTRY))
    async def record_finding(self, info: Info, inspection_id: strawberry.ID, input: FindingInput) -> Finding | None:
        """Record what the inspection of a project of the sample has found."""
        given = {"project": input.project_id, "observed": input.observed()}
        return Finding.of(await run(info, commands.record_finding, inspection=inspection_id, **given), info)

    @strawberry.federation.mutation(description="基地报告整改 (R37)", requires_scopes=requires(Scope.BASE))
    async def report_rectification(self, info: Info, id: strawberry.ID, text: str) -> Finding | None:
        """Report what was rectified."""
        report = FindingText.of(text, "text")
        return Finding.of(await run(info, commands.report_rectification, key=id, text=report), info)

    @strawberry.federation.mutation(
        description="验收整改：通过则关闭，否则退回并定新期限 (R37)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def close_finding(
        self, info: Info, id: strawberry.ID, accepted: bool, reason: str, due_on: date | None = None
    ) -> Finding | None:
        """Accept a rectification, or return it."""
        given = {"accepted": accepted, "reason": Reason.of(reason, rule=_RULE), "due_on": due_on}
        return Finding.of(await run(info, commands.close_finding, key=id, **given), info)

    @strawberry.federation.mutation(
        description="撤销有误的检查结论，须说明理由；不计入年度考核，可另行登记 (R37)",
        requires_scopes=requires(Scope.MINISTRY),
    )
    async def withdraw_finding(self, info: Info, id: strawberry.ID, reason: str) -> Finding | None:
        """Withdraw a wrong finding."""
        return Finding.of(await run(info, commands.withdraw_finding, key=id, reason=Reason.of(reason, _RULE)), info)

    @strawberry.federation.mutation(
        description="全部结论关闭后结束抽检 (R37)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def close_inspection(self, info: Info, id: strawberry.ID) -> Inspection | None:
        """Close an inspection whose findings are all closed."""
        return Inspection.of(await run(info, commands.close_inspection, key=id))


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
