"""Certificates in the graph (R32)."""

from datetime import date
from typing import Self

import strawberry

from services.assessment.domain import certificate as certificates
from services.assessment.domain.vocabulary import CertificateState, JobState, RevocationClass
from services.assessment.graph.context import Context

for _kind in (CertificateState, JobState, RevocationClass):
    strawberry.enum(_kind)


@strawberry.type(description="结业证书 (R32)")
class Certificate:
    """A certificate, for those who may see it whole."""

    number: strawberry.ID = strawberry.field(description="证书编号，如 GP2411-K7M2-Q9XD-E")
    state: CertificateState
    issued_on: date
    document_path: str = strawberry.field(description="PDF 下载地址，须登录")
    jws: str = strawberry.field(description="机器可读的签名证书（JWS）")
    ended_on: date | None = strawberry.field(description="撤销或替代日期")
    revocation: RevocationClass | None
    replaced_by: strawberry.ID | None

    @classmethod
    def of(cls, certificate: certificates.Certificate, context: Context) -> Self:
        """From the certificate on file.

        Args:
            certificate: The certificate.
            context: Has the keys that open the signed twin.
        """
        replaced_by = certificate.replaced_by
        return cls(
            number=strawberry.ID(certificates.printed(certificate.id)),
            state=certificate.state,
            issued_on=certificate.issued_on,
            document_path=f"/certificates/{certificate.id}.pdf",
            jws=context.deps.credentials.jws(certificate),
            ended_on=certificate.ended_on,
            revocation=certificate.revocation,
            replaced_by=strawberry.ID(certificates.printed(replaced_by)) if replaced_by else None,
        )
