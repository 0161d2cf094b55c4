"""Certificates: what they claim, who gets one, and when one is replaced or revoked (R32, ADR 53).

A certificate is its claims: canonical JSON in the words of the W3C's Verifiable Credentials 2.0, signed. Pages are made
from them when somebody wants some.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Self

from kernel.dates import start_of
from kernel.free_text import Reason, not_printable
from services.assessment.domain.events import CertificateIssued, CertificateRevoked
from services.assessment.domain.project import Project, Training
from services.assessment.domain.record import Record
from services.assessment.domain.refusals import (
    CERTIFICATE_NEEDS_PASS,
    CERTIFICATE_NOT_VALID,
    CERTIFICATE_REVOCATION_LATE,
    REVOCATION_BY_SYSTEM_ONLY,
    TITLE_NOT_PRINTABLE,
    TRAINING_NOT_ON_FILE,
)
from services.assessment.domain.vocabulary import CertificateState, ProjectPhase, ResultOutcome, RevocationClass

FORMAT = "guopei-certificate/1"
ISSUER_NAME = "国家级职业教育培训基地管理平台"
LIST_BITS = 524_288
"""Entries of a year's status list; the W3C's least is 131,072."""
BASE_MAY_REVOKE = timedelta(days=30)
BY_HAND = (RevocationClass.FRAUD, RevocationClass.ISSUED_IN_ERROR)
"""The kinds of revocation that people state; the others follow from a correction."""
_PARTS_OF_A_NUMBER = (6, 10, 14)
_HELD = (ProjectPhase.FINISHED, ProjectPhase.COMPLETED)
CertificateEvent = CertificateIssued | CertificateRevoked
Change = tuple["Certificate", list[CertificateEvent]]
"""A certificate after a step, with the step's events; without events nothing changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a certificate says; printed, it says the same.

    Attributes:
        number: The certificate's number, 15 characters.
        place: Its place in the status list of its year.
        issued_on: The day of issue, in Asia/Shanghai.
        name: The attendee's name.
        code: The project's readable code.
        title: The project's title.
        base: The base's name.
        category: The base's category.
        starts_on: The first day of the training.
        ends_on: The last day of the training.
        class_hours: Class hours of the plan.
        attended_hours: Class hours of the sessions that the attendee attended.
    """

    number: str
    place: int
    issued_on: date
    name: str
    code: str
    title: str
    base: str
    category: str
    starts_on: date
    ends_on: date
    class_hours: int
    attended_hours: int

    def content(self, origin: str) -> dict[str, Any]:
        """The claims as they are signed.

        Args:
            origin: Where certificates are checked, such as `https://platform.example`; part of the claims' ids.
        """
        listed = f"{origin}/certificates/status/{self.issued_on.year}.jwt"
        return {
            "@context": ["https://www.w3.org/ns/credentials/v2", f"{origin}/contexts/{FORMAT}"],
            "type": ["VerifiableCredential", "GuopeiTrainingCertificate"],
            "id": f"{origin}/c/{self.number}",
            "issuer": {"id": origin, "name": ISSUER_NAME},
            "validFrom": start_of(self.issued_on).isoformat(),
            "credentialStatus": {
                "id": f"{listed}#{self.place}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": str(self.place),
                "statusListCredential": listed,
            },
            "credentialSubject": {
                "name": self.name,
                "training": {
                    "projectCode": self.code,
                    "title": self.title,
                    "base": self.base,
                    "category": self.category,
                    "startsOn": self.starts_on.isoformat(),
                    "endsOn": self.ends_on.isoformat(),
                },
                "classHours": self.class_hours,
                "attendedHours": self.attended_hours,
                "outcome": ResultOutcome.PASSED.value,
            },
            "number": self.number,
            "format": FORMAT,
        }

    @classmethod
    def read(cls, content: dict[str, Any]) -> Self:
        """The claims of a certificate whose signature holds.

        Raises:
            KeyError, ValueError: They are not of this format.
        """
        if content["format"] != FORMAT:
            raise ValueError(f"not of the format {FORMAT}")
        subject = content["credentialSubject"]
        training = subject["training"]
        return cls(
            number=content["number"],
            place=int(content["credentialStatus"]["statusListIndex"]),
            issued_on=date.fromisoformat(content["validFrom"][:10]),
            name=subject["name"],
            code=training["projectCode"],
            title=training["title"],
            base=training["base"],
            category=training["category"],
            starts_on=date.fromisoformat(training["startsOn"]),
            ends_on=date.fromisoformat(training["endsOn"]),
            class_hours=subject["classHours"],
            attended_hours=subject["attendedHours"],
        )

    def says_the_same(self, other: Self) -> bool:
        """Whether both say the same of person and training, whatever their numbers and days of issue."""
        return replace(self, number=other.number, place=other.place, issued_on=other.issued_on) == other


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Claims as they are kept: signed, and sealed, for they have a name in them (R41).

    Attributes:
        sha256: Of the canonical claims, hexadecimal.
        jws_sealed: The signed claims (JWS compact, RFC 7515), sealed by the vault.
        key_sealed: The 16 random bytes of the QR code as base64url, sealed by the vault.
        key_sha256: `key_digest` of them.
    """

    sha256: str
    jws_sealed: str
    key_sealed: str
    key_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate that was issued.

    Attributes:
        id: Its number, 15 characters.
        version: Optimistic version.
        enrollment: The enrollment's id.
        project: The project's id.
        base: The base's id.
        teacher: The attendee's id.
        school: The school's code at the issue.
        province: Two digits, the school's.
        year: The year of its issue, and of its status list.
        place: Its place in that list.
        issued_on: The day of issue.
        signed: Its claims.
        state: Valid, replaced or revoked.
        replaces: The number of the certificate that it has replaced.
        replaced_by: The number of the certificate that has replaced it.
        revocation: Of what kind the revocation was; public.
        reason: Why it was revoked; not public.
        ended_on: The day on which it was replaced or revoked.
    """

    id: str
    version: int
    enrollment: str
    project: str
    base: str
    teacher: str
    school: str
    province: str
    year: int
    place: int
    issued_on: date
    signed: Signed
    state: CertificateState = CertificateState.VALID
    replaces: str | None = None
    replaced_by: str | None = None
    revocation: RevocationClass | None = None
    reason: str | None = None
    ended_on: date | None = None


def has_published_pass(record: Record) -> bool:
    """Whether the attendee has passed, by the result in force (R30, R32)."""
    return record.live and record.result is not None and record.result.outcome is ResultOutcome.PASSED


def require_pass(record: Record, project: Project) -> Training:
    """Require what a certificate is issued upon: a pass in a training that is over (R32).

    Returns:
        What certificates say of the training.

    Raises:
        Refusal: `CERTIFICATE_NEEDS_PASS`, `TRAINING_NOT_ON_FILE`, `TITLE_NOT_PRINTABLE`.
    """
    if project.phase not in _HELD or not has_published_pass(record):
        raise CERTIFICATE_NEEDS_PASS()
    if project.training is None:
        raise TRAINING_NOT_ON_FILE(project=project.id)
    training = project.training
    if strange := not_printable(training.title + training.code + training.base):
        raise TITLE_NOT_PRINTABLE(project=project.id, characters=code_points(strange))
    return training


def claims_of(record: Record, project: Project, name: str, *, number: str, place: int, issued_on: date) -> Claims:
    """What a certificate of the record says today (R32).

    Raises:
        Refusal: `CERTIFICATE_NEEDS_PASS`, `TRAINING_NOT_ON_FILE`, `TITLE_NOT_PRINTABLE`.
    """
    training = require_pass(record, project)
    return Claims(
        number=number,
        place=place,
        issued_on=issued_on,
        name=name,
        code=training.code,
        title=training.title,
        base=training.base,
        category=training.category,
        starts_on=training.starts_on,
        ends_on=training.ends_on,
        class_hours=training.class_hours,
        attended_hours=record.attended_hours(project),
    )


def issue(record: Record, claims: Claims, signed: Signed, replaced: Certificate | None = None) -> Change:
    """Issue a certificate, in place of another where there is one (R32).

    Args:
        record: The attendee's record.
        claims: What it says.
        signed: The same, signed and sealed.
        replaced: The certificate that it replaces, if any.
    """
    issued = Certificate(
        id=claims.number,
        version=1,
        enrollment=record.id,
        project=record.project,
        base=record.base,
        teacher=record.teacher,
        school=record.school,
        province=record.province,
        year=claims.issued_on.year,
        place=claims.place,
        issued_on=claims.issued_on,
        signed=signed,
        replaces=replaced.id if replaced else None,
    )
    event = CertificateIssued(
        **_about(issued),
        number=issued.id,
        sha256=signed.sha256,
        issued_on=issued.issued_on,
        replaces=issued.replaces,
    )
    return issued, [event]


def supersede(certificate: Certificate, by: str, on: date) -> Change:
    """Mark a certificate as replaced by a corrected one (R32)."""
    ended = replace(
        certificate,
        state=CertificateState.REPLACED,
        revocation=RevocationClass.CORRECTION,
        replaced_by=by,
        ended_on=on,
    )
    return ended, [_revoked(ended)]


def revoke(certificate: Certificate, kind: RevocationClass, reason: Reason | None, on: date) -> Change:
    """Revoke a certificate; repeated for the same reason, it changes nothing (R32).

    Args:
        certificate: The certificate.
        kind: Of what kind the revocation is; everybody who checks the certificate is told.
        reason: Why; nobody who checks it is told. None where the result says it.
        on: The day.

    Raises:
        Refusal: `CERTIFICATE_NOT_VALID`.
    """
    text = reason.text if reason else None
    if (certificate.state, certificate.revocation, certificate.reason) == (CertificateState.REVOKED, kind, text):
        return certificate, []
    if certificate.state is not CertificateState.VALID:
        raise CERTIFICATE_NOT_VALID(state=certificate.state.value)
    ended = replace(certificate, state=CertificateState.REVOKED, revocation=kind, reason=text, ended_on=on)
    return ended, [_revoked(ended)]


def require_by_hand(kind: RevocationClass) -> None:
    """Require a kind of revocation that people state; the others follow from a correction alone (R30, R32).

    Raises:
        Refusal: `REVOCATION_BY_SYSTEM_ONLY`.
    """
    if kind not in BY_HAND:
        allowed = [each.value for each in BY_HAND]
        raise REVOCATION_BY_SYSTEM_ONLY(field="revocation", revocation=kind.value, allowed=allowed)


def require_timely(certificate: Certificate, on: date) -> None:
    """Require that the base may still revoke: within thirty days of the issue; later the ministry does (R32).

    Raises:
        Refusal: `CERTIFICATE_REVOCATION_LATE`.
    """
    if on > certificate.issued_on + BASE_MAY_REVOKE:
        raise CERTIFICATE_REVOCATION_LATE(days=BASE_MAY_REVOKE.days)


def is_revoked_for_good(certificate: Certificate | None) -> bool:
    """Whether it was revoked for something else than its result, so that none comes in its place by itself (R32)."""
    return (
        certificate is not None
        and certificate.state is CertificateState.REVOKED
        and certificate.revocation is not RevocationClass.RESULT_CHANGED
    )


def follow_result(certificate: Certificate, record: Record, on: date) -> Change:
    """Revoke a valid certificate whose record has no pass any more (R30, R32)."""
    if certificate.state is not CertificateState.VALID or has_published_pass(record):
        return certificate, []
    return revoke(certificate, RevocationClass.RESULT_CHANGED, None, on)


def key_digest(number: str, key: bytes) -> str:
    """What is kept of a QR code's key, by which a claim to know it is checked; hexadecimal.

    Args:
        number: The certificate's number, 15 characters.
        key: 16 random bytes.
    """
    return hashlib.sha256(b"\n".join((FORMAT.encode() + b" key", number.encode(), key))).hexdigest()


def code_points(characters: str) -> str:
    """Characters as a refusal names them: `U+E1F5 U+2B73A`; an office program may not show them."""
    return " ".join(f"U+{ord(char):04X}" for char in characters)


def printed(number: str) -> str:
    """A number as people read it: `GP2411-K7M2-Q9XD-E`."""
    first, second, third = _PARTS_OF_A_NUMBER
    return "-".join((number[:first], number[first:second], number[second:third], number[third:]))


def masked(name: str) -> str:
    """A name for those who know the number only: its first character (R32, R41)."""
    return f"{name[:1]}*"


def _about(certificate: Certificate) -> dict[str, str]:
    """The fields of every event about a record, of a certificate's."""
    return {
        "enrollment": certificate.enrollment,
        "project": certificate.project,
        "teacher": certificate.teacher,
        "school": certificate.school,
        "province": certificate.province,
    }


def _revoked(ended: Certificate) -> CertificateRevoked:
    return CertificateRevoked(
        **_about(ended),
        number=ended.id,
        revocation=ended.revocation or RevocationClass.CORRECTION,
        replaced_by=ended.replaced_by,
    )
