"""The mutations of annual assessments, and of what they propose for quotas (R38, R39)."""

from typing import Self

import strawberry

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_rows
from chassis.graph import RefusalInfo, requires
from chassis.graph.resolvers import run, shown_rows
from chassis.principal import Scope
from kernel.free_text import Reason
from services.assessment import commands
from services.assessment.domain import annual as domain
from services.assessment.domain.annual import AnnualText
from services.assessment.graph.annual import AnnualAssessment, AssessmentYear, Complaint, PublishedGrade, QuotaProposal
from services.assessment.graph.context import Context, Info

_RULE = "R38"


@strawberry.type(description="定级的逐行结果 (R38)")
class AnnualRow:
    """The result of one row of `finalizeAssessments`."""

    id: strawberry.ID
    ok: bool
    assessment: AnnualAssessment | None
    refusal: RefusalInfo | None

    @classmethod
    def of(cls, result: RowResult[domain.Assessment], context: Context) -> Self:
        """The row in the caller's language."""
        refusal = RefusalInfo.of(result.refusal, context.language) if result.refusal else None
        return cls(
            id=strawberry.ID(result.key),
            ok=refusal is None,
            assessment=AnnualAssessment.of(result.value) if result.value else None,
            refusal=refusal,
        )


@strawberry.type
class AnnualMutation:
    """What may be done about annual assessments."""

    @strawberry.federation.mutation(
        description="按某版指标计算全部基地；数据有变则成新版本 (R38)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def compute_assessments(self, info: Info, year: int, rubric: str) -> AssessmentYear | None:
        """Compute the assessments of a year, or compute them anew."""
        return AssessmentYear.of(await run(info, commands.compute_assessments, year=year, rubric=rubric))

    @strawberry.federation.mutation(
        description="交基地提出意见，15个工作日 (R38)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def open_comments(self, info: Info, year: int) -> AssessmentYear | None:
        """Show the bases what was computed."""
        return AssessmentYear.of(await run(info, commands.open_comments, year=year))

    @strawberry.federation.mutation(description="基地意见 (R38)", requires_scopes=requires(Scope.BASE))
    async def comment_assessment(
        self, info: Info, id: strawberry.ID, text: str, item: str | None = None
    ) -> AnnualAssessment | None:
        """Comment on what was computed."""
        comment = AnnualText.of(text, "text")
        return AnnualAssessment.of(await run(info, commands.comment_assessment, key=id, item=item, text=comment))

    @strawberry.federation.mutation(
        description="调整一项得分，须说明理由；计算所得并列保留 (R38)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def adjust_assessment_item(
        self, info: Info, id: strawberry.ID, code: str, hundredths: int, reason: str
    ) -> AnnualAssessment | None:
        """Give an item other points than were computed."""
        given = {"code": code, "hundredths": hundredths, "reason": Reason.of(reason, rule=_RULE)}
        return AnnualAssessment.of(await run(info, commands.adjust_assessment_item, key=id, **given))

    @strawberry.federation.mutation(
        description="定级，意见期满后；每行各自成败 (R38)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def finalize_assessments(self, info: Info, ids: list[strawberry.ID]) -> list[AnnualRow] | None:
        """Make grades final, row by row."""
        results = await run(info, commands.finalize_assessments, keys=require_rows(ids, "ids"))
        return shown_rows(results, AnnualRow, info.context)

    @strawberry.federation.mutation(
        description="申请复核，定级后15个工作日内，一次 (R38)", requires_scopes=requires(Scope.BASE)
    )
    async def appeal_assessment(self, info: Info, id: strawberry.ID, text: str) -> AnnualAssessment | None:
        """Appeal against a grade."""
        appeal = AnnualText.of(text, "text")
        return AnnualAssessment.of(await run(info, commands.appeal_assessment, key=id, text=appeal))

    @strawberry.federation.mutation(
        description="复核决定；成立的可再调整并重新定级 (R38)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def decide_appeal(self, info: Info, id: strawberry.ID, upheld: bool, reason: str) -> AnnualAssessment | None:
        """Decide on an appeal."""
        why = Reason.of(reason, rule=_RULE)
        return AnnualAssessment.of(await run(info, commands.decide_appeal, key=id, upheld=upheld, reason=why))

    @strawberry.federation.mutation(
        description="公布等次：全部定级且复核期满之后 (R38)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def publish_grades(self, info: Info, year: int) -> list[PublishedGrade] | None:
        """Publish the grades of a year, and nothing else of its assessments."""
        return PublishedGrade.all_of(await run(info, commands.publish_grades, year=year))

    @strawberry.federation.mutation(
        description="不采纳数量建议，须说明理由；采纳用 adjustQuota 并写明 proposalId (R39)",
        requires_scopes=requires(Scope.MINISTRY),
    )
    async def decline_quota_proposal(self, info: Info, id: strawberry.ID, reason: str) -> QuotaProposal | None:
        """Decline a proposal; the quota stays as it is."""
        why = Reason.of(reason, rule="R39")
        return QuotaProposal.of(await run(info, commands.decline_quota_proposal, key=id, reason=why))

    @strawberry.federation.mutation(
        description="登记查实的投诉，下次计算时扣分；交基地提出意见后不再登记 (R38)",
        requires_scopes=requires(Scope.MINISTRY),
    )
    async def record_complaint(self, info: Info, base_id: strawberry.ID, year: int, text: str) -> Complaint | None:
        """Record a complaint that was upheld."""
        given = {"base_id": base_id, "year": year, "text": AnnualText.of(text, "text")}
        return Complaint.of(await run(info, commands.record_complaint, **given))
