"""Types and queries of random inspections: what is public of each step, and the findings of who may see them (R37)."""

from datetime import datetime
from functools import partial
from typing import Self

import strawberry

from chassis.commands.guards import require_scope
from chassis.graph import CATALOGUE, public, requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.principal import Scope
from services.assessment.domain import inspection as inspections
from services.assessment.domain.vocabulary import FindingState, InspectionState
from services.assessment.graph.context import Info
from services.assessment.graph.types import Finding, Project
from services.assessment.store import selected


@strawberry.type(description="总体的一层：项目类别与实施状态")
class Stratum:
    """A stratum of the population."""

    name: str
    size: int = strawberry.field(description="该层项目数")
    drawn: int = strawberry.field(description="应抽取数")


@strawberry.type(description="公开随机源：事先写明名称与时间，事后登记数值")
class Beacon:
    """A public source of chance."""

    source: str
    at: datetime
    value: str | None = strawberry.field(description="公布的数值；登记前为空")


@strawberry.type(description="样本中的一个项目")
class Sampled:
    """A project of the sample."""

    project: Project
    stratum: str
    order: int = strawberry.field(description="在该层抽签次序中的位置，自1起")
    replaced_for: str | None = strawberry.field(description="不能检查而被替补的原因；在检查之列的为空")


@strawberry.type(description="一次随机抽检；全过程公开，任何人可复算 (R37)")
class Inspection:
    """A random inspection, as everybody may see it."""

    id: strawberry.ID
    year: int
    title: str
    state: InspectionState
    frozen_at: datetime
    objections_until: datetime = strawberry.field(description="总体公示期满时刻，此后方可公告抽取")
    population_sha256: str = strawberry.field(description="总体文件的SHA-256")
    population_path: str = strawberry.field(description="总体文件的公开路径")
    size: int
    share_bp: int = strawberry.field(description="抽取比例，万分之一")
    strata: list[Stratum]
    weights: str = strawberry.field(description="权重规则版本")
    commitment: str | None = strawberry.field(description="对密钥的承诺；公告前为空")
    beacons: list[Beacon]
    reveal_by: datetime | None = strawberry.field(description="揭示密钥的期限；逾期以零密钥、双倍数量抽取")
    audit_sequence: int | None = strawberry.field(description="抽取公告在审计日志中的序号 (R40)")
    ceremony_path: str | None = strawberry.field(description="复算所需数据的公开路径；公告前为空")
    sample_path: str | None = strawberry.field(description="抽取结果文件的公开路径；抽取前为空")
    drawn_at: datetime | None
    sample: list[Sampled] = strawberry.field(description="抽中的项目，含替补和增补；抽取后公开")
    withheld: bool = strawberry.field(description="部里未按时揭示密钥：以零密钥、双倍数量抽取")
    void_reason: str | None

    @classmethod
    def of(cls, source: inspections.Inspection) -> Self:
        """From the domain's inspection; nothing of it is secret but what is not among these fields."""
        folder = f"/public/inspections/{source.id}"
        return cls(
            id=strawberry.ID(source.id),
            year=source.year,
            title=source.title,
            state=source.state,
            frozen_at=source.frozen_at,
            objections_until=source.objections_until,
            population_sha256=source.population_sha256,
            population_path=f"{folder}/population.jsonl",
            size=source.size,
            share_bp=source.share_bp,
            strata=[Stratum(name=part.name, size=part.size, drawn=part.drawn) for part in source.strata],
            weights=source.weights,
            commitment=source.commitment,
            beacons=[Beacon(source=beacon.source, at=beacon.at, value=beacon.value) for beacon in source.beacons],
            reveal_by=source.reveal_by,
            audit_sequence=source.audit_sequence,
            ceremony_path=f"{folder}/ceremony.json" if source.commitment else None,
            sample_path=f"{folder}/sample.json" if source.seed else None,
            drawn_at=source.drawn_at,
            sample=[
                Sampled(
                    project=Project(id=strawberry.ID(drawn.project)),
                    stratum=drawn.stratum,
                    order=drawn.order,
                    replaced_for=drawn.replaced_for,
                )
                for drawn in source.sample
            ],
            withheld=source.withheld,
            void_reason=source.void_reason,
        )


@strawberry.type
class InspectionQuery:
    """The queries of inspections."""

    @strawberry.field(description=public("某年度的随机抽检，由早及晚 (R37)"), directives=[CATALOGUE])
    async def inspections(self, info: Info, year: int) -> list[Inspection] | None:
        """The inspections of a year, void ones included."""
        return [Inspection.of(found) for found in await info.context.deps.store.inspections.of_year(year)]

    @strawberry.field(description=public("某次随机抽检 (R37)"), directives=[CATALOGUE])
    async def inspection(self, info: Info, id: strawberry.ID) -> Inspection | None:
        """One inspection; null where there is none of that id."""
        found = await info.context.deps.store.inspections.find(id)
        return Inspection.of(found) if found else None

    @strawberry.federation.field(
        description="随机抽检的结论与整改，由近及远；基地仅见本基地项目的 (R37)",
        requires_scopes=requires(Scope.BASE, Scope.MINISTRY),
    )
    async def findings(
        self,
        info: Info,
        *,
        year: int,
        base_id: strawberry.ID | None = None,
        state: FindingState | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[Finding] | None:
        """The findings of a year's inspections, the latest first."""
        principal = info.context.principal
        require_scope(principal, Scope.BASE, Scope.MINISTRY, rule="R37")
        store, request = info.context.deps.store.findings, page_request(first, after)
        condition = selected(year, base_id, state)
        page = await connect(store.page(condition, request, principal), request, lambda finding: [finding.id])
        return Connection[Finding].of(
            page, lambda finding: Finding.of(finding, info), partial(store.count, condition, principal)
        )
