"""The queries and mutations about certificates (R32)."""

from datetime import datetime
from typing import Self

import strawberry

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_rows, require_scope
from chassis.graph import RefusalInfo, requires
from chassis.graph.resolvers import run, shown_rows
from chassis.principal import Scope
from kernel.free_text import Reason
from kernel.identifiers import certificate_number
from services.assessment import commands
from services.assessment.commands.certificates import seen_certificate
from services.assessment.domain import certificate as certificates
from services.assessment.domain import job as jobs
from services.assessment.domain.vocabulary import JobState, RevocationClass
from services.assessment.graph.certificates import Certificate
from services.assessment.graph.context import Context, Info
from services.assessment.graph.types import Enrollment

_ISSUERS = requires(Scope.BASE, Scope.MINISTRY)


@strawberry.type(description="证书签发的逐行结果")
class CertificateRow:
    """The result of one row of `issueCertificates`."""

    enrollment: Enrollment
    ok: bool
    certificate: Certificate | None
    refusal: RefusalInfo | None

    @classmethod
    def of(cls, result: RowResult[certificates.Certificate], context: Context) -> Self:
        """The row in the caller's language."""
        return cls(
            enrollment=Enrollment(id=strawberry.ID(result.key)),
            ok=result.refusal is None,
            certificate=Certificate.of(result.value, context) if result.value else None,
            refusal=RefusalInfo.of(result.refusal, context.language) if result.refusal else None,
        )


@strawberry.type(description="批量签发中未能签发的一名学员 (R32)")
class CertificateJobRefusal:
    """Why somebody has no certificate."""

    project_id: strawberry.ID
    enrollment: Enrollment
    refusal: RefusalInfo


@strawberry.type(description="一年的批量签发：进度为 done + refused，共 total (R32)")
class CertificateJob:
    """How far the issue of a year's certificates is."""

    id: strawberry.ID
    year: int
    state: JobState
    total: int = strawberry.field(description="成绩已发布的合格学员数")
    done: int = strawberry.field(description="已有证书的学员数，含原有的和已被撤销不再签发的")
    refused: int = strawberry.field(description="未能签发的学员数")
    started_at: datetime
    finished_at: datetime | None
    refusals: list[CertificateJobRefusal] = strawberry.field(description="未能签发的原因，至多1000行")

    @classmethod
    def of(cls, job: jobs.CertificateJob, context: Context) -> Self:
        """The job, its refusals in the caller's language."""
        return cls(
            id=strawberry.ID(job.id),
            year=job.year,
            state=job.state,
            total=job.total,
            done=job.done,
            refused=job.refused,
            started_at=job.started_at,
            finished_at=job.finished_at,
            refusals=[
                CertificateJobRefusal(
                    project_id=strawberry.ID(refused.project),
                    enrollment=Enrollment(id=strawberry.ID(refused.enrollment)),
                    refusal=RefusalInfo.of(refused.refusal(), context.language),
                )
                for refused in job.refusals
            ],
        )


@strawberry.type
class CertificateQuery:
    """A certificate by its number, and how far a job is."""

    @strawberry.federation.field(
        description="一份结业证书：学员本人、所在学校、举办基地和教师工作司可见 (R32)",
        requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY),
    )
    async def certificate(self, info: Info, number: strawberry.ID) -> Certificate | None:
        """The certificate of that number; null for another's, and where there is none."""
        context = info.context
        found = await seen_certificate(context.deps, context.principal, certificate_number(number))
        return Certificate.of(found, context) if found else None

    @strawberry.federation.field(description="一年批量签发证书的进度 (R32)", requires_scopes=requires(Scope.MINISTRY))
    async def certificate_job(self, info: Info, year: int) -> CertificateJob | None:
        """The year's job; null where none was started."""
        require_scope(info.context.principal, Scope.MINISTRY, rule="R32")
        job = await info.context.deps.store.jobs.find(jobs.CertificateJob.key(year))
        return CertificateJob.of(job, info.context) if job else None


@strawberry.type
class CertificateMutation:
    """Issue and revoke."""

    @strawberry.federation.mutation(
        description="签发结业证书，逐行返回；不指定报名则为全部合格学员；已有的证书原样返回，信息有更正的换发 (R32)",
        requires_scopes=_ISSUERS,
    )
    async def issue_certificates(
        self, info: Info, project_id: strawberry.ID, enrollment_ids: list[strawberry.ID] | None = None
    ) -> list[CertificateRow] | None:
        """Certificates of one project, row by row."""
        wanted = None if enrollment_ids is None else require_rows(enrollment_ids, "enrollmentIds", rule="R32")
        results = await run(info, commands.issue_certificates, project=project_id, enrollments=wanted)
        return shown_rows(results, CertificateRow, info.context)

    @strawberry.federation.mutation(
        description="为一年内所有已发布成绩的班级批量签发证书，后台办理，进度见 certificateJob (R32)",
        requires_scopes=requires(Scope.MINISTRY),
    )
    async def start_certificate_job(self, info: Info, year: int) -> CertificateJob | None:
        """Certificates of a whole year; a start while the job is under way answers with it."""
        return CertificateJob.of(await run(info, commands.start_certificate_job, year=year), info.context)

    @strawberry.federation.mutation(
        description="撤销证书：基地在签发后30日内，其后由教师工作司；类别公开，理由不公开 (R32)",
        requires_scopes=_ISSUERS,
    )
    async def revoke_certificate(
        self, info: Info, number: strawberry.ID, revocation: RevocationClass, reason: str
    ) -> Certificate | None:
        """Revoke a certificate."""
        certificate = await run(
            info,
            commands.revoke_certificate,
            number=certificate_number(number),
            revocation=revocation,
            reason=Reason.of(reason, rule="R32"),
        )
        return Certificate.of(certificate, info.context)
