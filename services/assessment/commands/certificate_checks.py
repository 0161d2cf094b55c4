"""Checks of certificates by anybody: by number, by the QR code's key, by name, by the twin in a file (R32)."""

from dataclasses import dataclass
from datetime import date

from kernel.dates import today
from kernel.free_text import person_spelled
from kernel.refusals import NOT_FOUND
from services.assessment.commands.deps import Deps
from services.assessment.domain.certificate import Certificate, Claims, masked, printed
from services.assessment.domain.refusals import NOT_A_CERTIFICATE, TOO_MANY_NAMES
from services.assessment.domain.vocabulary import CertificateState, CreditStatus, RevocationClass

MOST_NAMES = 10
"""How many names a day may be compared with that of one certificate, by all callers together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """What who checks a certificate is shown.

    Attributes:
        number: As people read it.
        state: Valid, replaced or revoked.
        revocation: Of what kind its end was.
        ended_on: The day of its end.
        replaced_by: The number of the certificate that corrects it.
        issued_on: The day of issue.
        title: The project's title.
        base: The base's name.
        starts_on: The first day of the training.
        ends_on: The last day of the training.
        class_hours: Class hours of the plan.
        credit: The state of the credit today; it is not printed, for it may change (R31).
        name: The first character of the name and a star; the name, for who has the key.
        code: The project's code, for who has the key.
        attended_hours: Class hours attended, for who has the key.
        key_matches: Whether the key is this certificate's; None where none was given.
        name_matches: Whether the name is the attendee's; None where none was given.
    """

    number: str
    state: CertificateState
    revocation: RevocationClass | None
    ended_on: date | None
    replaced_by: str | None
    issued_on: date
    title: str
    base: str
    starts_on: date
    ends_on: date
    class_hours: int
    credit: CreditStatus | None
    name: str
    code: str | None = None
    attended_hours: int | None = None
    key_matches: bool | None = None
    name_matches: bool | None = None


async def check_certificate(
    deps: Deps, number: str, *, key: str | None = None, name: str | None = None
) -> CertificateView:
    """Check a certificate: the less who asks has shown to know, the less is shown.

    Args:
        deps: The service's dependencies.
        number: The number, 15 characters.
        key: The key of the QR code, base64url.
        name: The name that the certificate shall have, as it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `TOO_MANY_NAMES`.
    """
    certificate = await deps.store.certificates.find(number)
    if certificate is None:
        raise NOT_FOUND(kind="certificate", id=number, rule="R32")
    if name is not None:
        day = today(deps.clock.now()).isoformat()
        if await deps.store.name_guesses.count(number, day) > MOST_NAMES:
            raise TOO_MANY_NAMES(limit=MOST_NAMES)
    claims = deps.credentials.read(certificate)
    fits = None if key is None else deps.credentials.fits(certificate, key)
    return await _view(
        deps,
        certificate,
        claims,
        whole=fits is True,
        key_matches=fits,
        name_matches=None if name is None else person_spelled(name) == claims.name,
    )


async def check_twin(deps: Deps, token: str | None) -> CertificateView:
    """Check the signed twin of a certificate, which says all that is printed.

    Args:
        deps: The service's dependencies.
        token: The signed claims as they were found in a file; None where there were none.

    Raises:
        Refusal: `NOT_A_CERTIFICATE`.
    """
    try:
        claims = deps.credentials.checked(token or "")
    except ValueError as error:
        raise NOT_A_CERTIFICATE() from error
    certificate = await deps.store.certificates.find(claims.number)
    if certificate is None or deps.credentials.jws(certificate) != token:
        raise NOT_A_CERTIFICATE()
    return await _view(deps, certificate, claims, whole=True)


async def _view(
    deps: Deps,
    certificate: Certificate,
    claims: Claims,
    *,
    whole: bool,
    key_matches: bool | None = None,
    name_matches: bool | None = None,
) -> CertificateView:
    record = await deps.store.records.find(certificate.enrollment)
    credit = record.credit if record else None
    return CertificateView(
        number=printed(certificate.id),
        state=certificate.state,
        revocation=certificate.revocation,
        ended_on=certificate.ended_on,
        replaced_by=printed(certificate.replaced_by) if certificate.replaced_by else None,
        issued_on=certificate.issued_on,
        title=claims.title,
        base=claims.base,
        starts_on=claims.starts_on,
        ends_on=claims.ends_on,
        class_hours=claims.class_hours,
        credit=credit.status if credit else None,
        name=claims.name if whole else masked(claims.name),
        code=claims.code if whole else None,
        attended_hours=claims.attended_hours if whole else None,
        key_matches=key_matches,
        name_matches=name_matches,
    )
