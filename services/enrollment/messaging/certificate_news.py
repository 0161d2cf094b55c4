"""The notices that certificates leave: to the teacher and to the base (R32, ADR 36)."""

from collections.abc import Mapping, Sequence

from chassis.messaging.inbox import Handler, Row
from chassis.storage.mongo import Session
from chassis.storage.unit_of_work import UnitOfWork
from services.enrollment.commands import Deps
from services.enrollment.domain.news import of_certificate
from services.enrollment.messaging.inbound import CertificateMoved

_ISSUED = "assessment.certificate-issued"
_REVOKED = "assessment.certificate-revoked"


def certificate_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of assessment's events about a certificate, by event type."""

    async def tell(rows: Sequence[Row], session: Session) -> None:
        """Leave the notices; none where the enrollment is unknown."""
        unit, now = UnitOfWork(session), deps.clock.now()
        loaded = await unit.load(deps.store.enrollments, [row.event.enrollment for row in rows])
        enrollments = {enrollment.id: enrollment for enrollment in loaded}
        notices = [
            notice
            for row in rows
            if (enrollment := enrollments.get(row.event.enrollment))
            for notice in of_certificate(enrollment, now, row.envelope.id, ended=row.envelope.type == _REVOKED)
        ]
        deps.store.notices.stage(notices, unit)
        await unit.flush()

    return {kind: Handler(CertificateMoved, many=tell) for kind in (_ISSUED, _REVOKED)}
