"""Types and queries of annual assessments: who may see what of them, and the facts behind each number (R38)."""

from datetime import date, datetime
from functools import partial
from typing import Self

import strawberry
from strawberry.scalars import JSON

from chassis.commands.guards import require_scope
from chassis.graph import CATALOGUE, REFERENCE, public, requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.graph.resolvers import run, text_key
from chassis.principal import Scope
from kernel.reference import rubric_data, rubric_versions
from services.assessment import commands
from services.assessment.commands.rubrics import require_rubric
from services.assessment.domain import annual as domain
from services.assessment.domain import annual_year, complaint, indicators, quota_proposal
from services.assessment.domain.rubric import Grade, Item
from services.assessment.domain.vocabulary import AnnualState, EvidenceKind, ProposalState
from services.assessment.graph.context import AssessmentsByBaseLoader, ComplaintsBySubjectLoader, Info
from services.assessment.store import chosen

for _kind in (AnnualState, EvidenceKind, Grade, ProposalState):
    strawberry.enum(_kind)

_RULE = "R38"
_GRADES = {
    Grade.EXCELLENT: "优秀",
    Grade.QUALIFIED: "合格",
    Grade.BASIC: "基本合格",
    Grade.UNQUALIFIED: "不合格",
    Grade.NOT_ASSESSED: "不评",
}
_REASON = "{graded}年度考核等次{grade}：同类基地{round_limit}项的{percent}%，建议{proposed}项"
_REASON_AGAIN = "{graded}年度考核连续第二年{grade}：同类基地{round_limit}项的{percent}%，建议{proposed}项"
_PARTIES = (Scope.BASE, Scope.MINISTRY)
_READERS = (Scope.BASE, Scope.PROVINCE, Scope.MINISTRY)


@strawberry.federation.type(keys=["id"], description="培训基地的年度考核")
class Base:
    """The entity of the catalog, with its annual assessments."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:
        """The base that another subgraph refers to."""
        return cls(id=strawberry.ID(text_key(id)))

    @strawberry.federation.field(
        description="历年考核，由近及远；基地仅见本基地的，省级仅见已定级的 (R38)", requires_scopes=requires(*_READERS)
    )
    async def annual_assessments(self, info: Info) -> list["AnnualAssessment"] | None:
        """The assessments of the base that the reader may see, the latest year first."""
        found = await info.context.loader(AssessmentsByBaseLoader).load(self.id)
        return [AnnualAssessment.of(assessment) for assessment in found or ()]


@strawberry.type(description="年度考核的一项 (R38)")
class AnnualItem:
    """An item of an assessment: what was measured, the points that follow, and those in force."""

    code: str
    name: str
    dimension: str
    least_hundredths: int = strawberry.field(description="最低分，百分之一；扣分项为负")
    most_hundredths: int = strawberry.field(description="满分，百分之一，含数据不足的项摊来的分值")
    computed_hundredths: int | None = strawberry.field(description="计算所得；空为数据不足，分值已摊到其余项")
    hundredths: int | None = strawberry.field(description="现行得分：计算所得，或教师工作司调整后的")
    adjust_reason: str | None = strawberry.field(description="调整理由；未调整的为空")
    inputs: JSON = strawberry.field(description="代入公式的数")
    evidence: int = strawberry.field(description="这些数由几项事实加总；清单见 assessmentEvidence")
    left_out: list[strawberry.ID] = strawberry.field(description="尚未结束而未计入的问卷")

    @classmethod
    def of(cls, source: domain.AnnualItem, item: Item) -> Self:
        """From the domain's item, with the rubric's words for it."""
        return cls(
            code=source.code,
            name=item.name,
            dimension=item.dimension,
            least_hundredths=source.least_hundredths,
            most_hundredths=source.most_hundredths,
            computed_hundredths=source.computed_hundredths,
            hundredths=source.hundredths,
            adjust_reason=source.reason,
            inputs=JSON(dict(source.inputs)),
            evidence=source.evidence,
            left_out=[strawberry.ID(key) for key in source.left_out],
        )


@strawberry.type(description="教师工作司对一项得分的一次调整 (R38)")
class AnnualAdjustment:
    """Other points of an item than were computed, with the reason."""

    code: str
    before: int
    after: int
    reason: str
    at: datetime


@strawberry.type(description="基地的一条意见，或其复核申请 (R38)")
class AnnualComment:
    """What the base has said, and of an appeal what became of it."""

    at: datetime
    by: str = strawberry.field(description="何方所为：BASE")
    item: str | None = strawberry.field(description="所涉指标；空为总体意见")
    text: str
    appeal: bool = strawberry.field(description="是否复核申请")
    upheld: bool | None = strawberry.field(description="复核是否成立；未决定的为空")
    answer: str | None = strawberry.field(description="复核决定的理由")

    @classmethod
    def all_of(cls, source: domain.Assessment) -> list[Self]:
        """The comments of a base in their order, its appeal last."""
        comments = [
            cls(at=each.at, by="BASE", item=each.item, text=each.text, appeal=False, upheld=None, answer=None)
            for each in source.comments
        ]
        made = source.appeal
        if made is None:
            return comments
        appeal = cls(
            at=made.at, by="BASE", item=None, text=made.text, appeal=True, upheld=made.upheld, answer=made.answer
        )
        return [*comments, appeal]


@strawberry.type(description="查实的投诉 (R38)")
class Complaint:
    """A complaint about a base that was upheld."""

    id: strawberry.ID
    base: Base
    year: int
    at: datetime
    text: str

    @classmethod
    def of(cls, source: complaint.Complaint) -> Self:
        """From the domain's complaint; that the reader may see it has been checked."""
        return cls(
            id=strawberry.ID(source.id),
            base=Base(id=strawberry.ID(source.base)),
            year=source.year,
            at=source.at,
            text=source.text,
        )


@strawberry.type(description="一个基地一年的考核 (R38)")
class AnnualAssessment:
    """The assessment of a base; a province sees the grade alone."""

    stored: strawberry.Private[domain.Assessment]
    id: strawberry.ID
    base: Base
    year: int
    state: AnnualState
    rubric: str = strawberry.field(description="指标版本")
    version: int = strawberry.field(description="每次计算、提意见、调整、定级都是新版本")
    computation: int = strawberry.field(description="第几次计算")
    grade: Grade = strawberry.field(description="等次；定级前为暂定")
    finalized_at: datetime | None
    comment_until: date | None = strawberry.field(description="意见期的最后一日，含当日")
    appeal_until: date | None = strawberry.field(description="复核申请期的最后一日，含当日")

    @classmethod
    def of(cls, source: domain.Assessment) -> Self:
        """From the domain's assessment; that the principal may see it has been checked."""
        return cls(
            stored=source,
            id=strawberry.ID(source.id),
            base=Base(id=strawberry.ID(source.base)),
            year=source.year,
            state=source.state,
            rubric=source.rubric,
            version=source.version,
            computation=source.computation,
            grade=source.grade,
            finalized_at=source.finals[-1].at if source.finals else None,
            comment_until=source.comment_until,
            appeal_until=source.appeal_until,
        )

    @strawberry.federation.field(description="总分，百分之一；不评的为空 (R38)", requires_scopes=requires(*_PARTIES))
    def score_hundredths(self, info: Info) -> int | None:
        """The score, for the base and the ministry."""
        return self.stored.score_hundredths if _is_party(info) else None

    @strawberry.federation.field(description="因优秀比例上限降为下一等次 (R38)", requires_scopes=requires(*_PARTIES))
    def capped(self, info: Info) -> bool | None:
        """Whether the share of the best grade was taken up, for the base and the ministry."""
        return self.stored.capped if _is_party(info) else None

    @strawberry.federation.field(description="因抽检问题不得评为优秀 (R38)", requires_scopes=requires(*_PARTIES))
    def barred(self, info: Info) -> bool | None:
        """Whether a finding rules the best grade out, for the base and the ministry."""
        return self.stored.barred if _is_party(info) else None

    @strawberry.federation.field(description="各项得分 (R38)", requires_scopes=requires(*_PARTIES))
    def items(self, info: Info) -> list[AnnualItem] | None:
        """The items in the rubric's order, for the base and the ministry."""
        if not _is_party(info):
            return []
        named = {item.code: item for item in require_rubric(self.stored.rubric).items}
        return [AnnualItem.of(item, named[item.code]) for item in self.stored.items]

    @strawberry.federation.field(description="每次调整，由早及晚 (R38)", requires_scopes=requires(*_PARTIES))
    def adjustments(self, info: Info) -> list[AnnualAdjustment] | None:
        """Every adjustment in their order, for the base and the ministry."""
        if not _is_party(info):
            return []
        return [
            AnnualAdjustment(code=each.code, before=each.before, after=each.after, reason=each.reason, at=each.at)
            for each in self.stored.adjustments
        ]

    @strawberry.federation.field(description="基地的意见和复核申请 (R38)", requires_scopes=requires(*_PARTIES))
    def comments(self, info: Info) -> list[AnnualComment] | None:
        """The comments and the appeal, for the base and the ministry."""
        return AnnualComment.all_of(self.stored) if _is_party(info) else []

    @strawberry.federation.field(
        description="当年查实的投诉，由早及晚；下次计算时计入 (R38)", requires_scopes=requires(*_PARTIES)
    )
    async def complaints(self, info: Info) -> list[Complaint] | None:
        """The complaints about the base in that year, for the base and the ministry."""
        if not _is_party(info):
            return []
        found = await info.context.loader(ComplaintsBySubjectLoader).load((self.stored.year, self.stored.base))
        return [Complaint.of(each) for each in found or ()]


@strawberry.type(description="所依据的一项事实 (R38)")
class EvidenceRow:
    """A fact behind a number, by its id."""

    kind: EvidenceKind
    id: strawberry.ID
    counts: JSON = strawberry.field(description="在各数中计入多少")

    @classmethod
    def of(cls, row: indicators.EvidenceRow) -> Self:
        """From the domain's row."""
        return cls(kind=row.kind, id=strawberry.ID(row.id), counts=JSON(dict(row.counts)))


@strawberry.type(description="一年的考核 (R38)")
class AssessmentYear:
    """The assessments of a year together."""

    year: int
    rubric: str
    rubric_sha256: str
    bases: int = strawberry.field(description="当年有项目的基地数")
    computed_at: datetime
    comment_until: date | None
    published_at: datetime | None

    @classmethod
    def of(cls, source: annual_year.AssessmentYear) -> Self:
        """From the domain's year."""
        return cls(
            year=source.year,
            rubric=source.rubric,
            rubric_sha256=source.rubric_sha256,
            bases=source.bases,
            computed_at=source.computed_at,
            comment_until=source.comment_until,
            published_at=source.published_at,
        )


@strawberry.type(description="公布的等次 (R38)")
class PublishedGrade:
    """A base's grade, for everybody."""

    base: Base
    year: int
    grade: Grade

    @classmethod
    def all_of(cls, source: annual_year.AssessmentYear | None) -> list[Self]:
        """The published grades of a year; none before they are."""
        return [
            cls(base=Base(id=strawberry.ID(each.base)), year=source.year, grade=each.grade)
            for each in (source.grades if source else ())
            if source
        ]


@strawberry.type(description="由考核等次算出的数量建议；是否调整由教师工作司以 adjustQuota 决定 (R39)")
class QuotaProposal:
    """Another quota than the one in force, because of a grade, and what was decided."""

    id: strawberry.ID
    assessment_id: strawberry.ID = strawberry.field(description="所依据的考核")
    base: Base
    year: int = strawberry.field(description="建议生效的轮次")
    grade: Grade
    factor_bp: int = strawberry.field(description="等次对应的系数，万分比")
    round_limit: int = strawberry.field(description="该轮次给同类基地的数量")
    limit: int = strawberry.field(description="提出时的现行数量")
    proposed: int = strawberry.field(description="建议数量")
    above_round: bool = strawberry.field(description="超过该轮次给同类基地的数量；采纳时须写明 aboveRound")
    state: ProposalState
    decided_limit: int | None = strawberry.field(description="据此调整为多少；未据此调整的为空")
    decline_reason: str | None = strawberry.field(description="不采纳的理由；未不采纳过的为空")
    reason: str = strawberry.field(description="可作 adjustQuota 的理由")

    @classmethod
    def of(cls, source: quota_proposal.QuotaProposal) -> Self:
        """From the domain's proposal."""
        words = _REASON_AGAIN if source.again else _REASON
        return cls(
            id=strawberry.ID(source.id),
            assessment_id=strawberry.ID(source.assessment),
            base=Base(id=strawberry.ID(source.base)),
            year=source.year,
            grade=source.grade,
            factor_bp=source.factor_bp,
            round_limit=source.round_limit,
            limit=source.limit,
            proposed=source.proposed,
            above_round=source.above_round,
            state=source.state,
            decided_limit=source.decided_limit,
            decline_reason=source.declined_because,
            reason=words.format(
                graded=source.year - 1,
                grade=_GRADES[source.grade],
                round_limit=source.round_limit,
                percent=source.factor_bp // 100,
                proposed=source.proposed,
            ),
        )


@strawberry.type
class AnnualQuery:
    """The queries of annual assessments."""

    @strawberry.field(description=public("考核指标 (R38)"), directives=[REFERENCE])
    def rubric(self, version: str) -> JSON | None:
        """A version of the indicators with all its words; null where there is none of that version."""
        return JSON(rubric_data(version)) if version in rubric_versions() else None

    @strawberry.federation.field(
        description="各基地年度考核；基地仅见本基地的，省级仅见本省已定级的 (R38)", requires_scopes=requires(*_READERS)
    )
    async def annual_assessments(
        self,
        info: Info,
        *,
        year: int,
        grade: Grade | None = None,
        state: AnnualState | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[AnnualAssessment] | None:
        """The assessments of a year, by id."""
        principal = info.context.principal
        require_scope(principal, *_READERS, rule=_RULE)
        store, request = info.context.deps.store.annual, page_request(first, after)
        condition = chosen(year, grade, state)
        page = await connect(store.page(condition, request, principal), request, lambda assessment: [assessment.id])
        return Connection[AnnualAssessment].of(page, AnnualAssessment.of, partial(store.count, condition, principal))

    @strawberry.federation.field(description="一项得分所依据的事实 (R38)", requires_scopes=requires(*_PARTIES))
    async def assessment_evidence(
        self, info: Info, *, id: strawberry.ID, code: str, first: int = 50, after: str | None = None
    ) -> Connection[EvidenceRow] | None:
        """The facts behind the numbers of an item; none of an assessment that the reader may not see."""
        principal, store = info.context.principal, info.context.deps.store
        require_scope(principal, *_PARTIES, rule=_RULE)
        request = page_request(first, after)
        found = await store.annual.visible(id, principal)
        if found is None:
            return Connection[EvidenceRow].empty()
        rows = store.evidence.page(found, code, request)
        page = await connect(rows, request, lambda row: [row.position])

        async def counted() -> int:
            return sum(item.evidence for item in found.items if item.code == code)

        return Connection[EvidenceRow].of(page, EvidenceRow.of, counted)

    @strawberry.federation.field(description="某年度考核的进展 (R38)", requires_scopes=requires(Scope.MINISTRY))
    async def assessment_year(self, info: Info, year: int) -> AssessmentYear | None:
        """How far the assessments of a year are; null before they are computed."""
        require_scope(info.context.principal, Scope.MINISTRY, rule=_RULE)
        found = await info.context.deps.store.annual_years.find(str(year))
        return AssessmentYear.of(found) if found else None

    @strawberry.federation.field(
        description="数量调整建议：按上一年度已定级的考核，及其处理 (R39)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def quota_proposals(
        self, info: Info, year: int, state: ProposalState | None = None
    ) -> list[QuotaProposal] | None:
        """What grades propose for the quotas of a round, and what was decided; nothing is changed by it."""
        return [QuotaProposal.of(each) for each in await run(info, commands.quota_proposals, year=year, state=state)]

    @strawberry.field(description=public("已公布的考核等次 (R38)"), directives=[CATALOGUE])
    async def published_grades(self, info: Info, year: int) -> list[PublishedGrade] | None:
        """The published grades of a year by base; none before they are published."""
        return PublishedGrade.all_of(await info.context.deps.store.annual_years.find(str(year)))


def _is_party(info: Info) -> bool:
    """Whether the reader may see more of an assessment than its grade."""
    return info.context.principal.scope in _PARTIES
