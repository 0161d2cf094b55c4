"""Certificates: issued by the base, replaced by a corrected one, revoked by base and ministry (R32)."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import structlog

from chassis.commands.bulk import Batch, Row, RowResult, run
from chassis.commands.guards import require_scope
from chassis.context import current_act
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent, request_mark
from chassis.storage.unit_of_work import UnitOfWork
from kernel.dates import today
from kernel.free_text import Reason, not_of_names
from kernel.identifiers import CERTIFICATE_LETTERS, numbered
from kernel.refusals import FORBIDDEN, NOT_FOUND
from services.assessment.commands.credentials import Credentials
from services.assessment.commands.deps import Deps
from services.assessment.domain import certificate as certificates
from services.assessment.domain.certificate import Certificate, claims_of, require_pass
from services.assessment.domain.project import Project
from services.assessment.domain.record import Record
from services.assessment.domain.refusals import CERTIFICATE_NOT_VALID, NAME_NOT_ON_FILE, NAME_NOT_PRINTABLE
from services.assessment.domain.vocabulary import CertificateState, RevocationClass
from services.assessment.store import AttendeeName

_RANDOM_LETTERS = 8
log = structlog.get_logger()


async def issue_certificates(
    deps: Deps, principal: Principal, *, project: str, enrollments: Sequence[str] | None = None
) -> list[RowResult[Certificate]]:
    """Issue the certificates of a class, row by row (R32).

    Who has a valid certificate that says what the record says today keeps it; one that says something else, such as a
    name that was corrected since, is replaced.

    Args:
        deps: The service's dependencies.
        principal: The base that holds the project, or the ministry.
        project: The project's id.
        enrollments: Ids of the enrollments; None for all attendees who have passed, but for those whose certificate was
            revoked for something else than its result: they are named.

    Returns:
        A result per enrollment: the certificate, or why there is none.

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN` for the project. A row that is refused stops no other.
    """
    require_scope(principal, Scope.BASE, Scope.MINISTRY, rule="R32")
    trained = await deps.store.projects.get(project)
    if principal.scope is Scope.BASE and trained.base not in principal.bases:
        raise FORBIDDEN(rule="R32")
    if enrollments is None:
        enrollments = await _of_class(deps, project)
    act = current_act()
    rows = [
        Row(
            key=enrollment,
            command=None,
            act=act,
            request=request_mark("certificates", principal, f"issue_certificates|{enrollment}", None),
        )
        for enrollment in enrollments
    ]
    return await run(deps.store.client, _Issuing(deps, principal, trained), rows)


async def _of_class(deps: Deps, project: str) -> list[str]:
    """The enrollments of a class whose certificates are issued without being named."""
    passed = await deps.store.records.passed(project)
    numbers = [record.certificate for record in passed if record.certificate]
    last = {found.id: found for found in await deps.store.certificates.find_many(numbers) if found}
    return [record.id for record in passed if not certificates.is_revoked_for_good(last.get(record.certificate or ""))]


@dataclass(slots=True)
class _Class:
    """What a transaction has loaded of a class.

    Attributes:
        records: By enrollment.
        certificates: The latest of each, by number.
        names: By enrollment, sealed.
        places: Free places in the year's status list, one a row.
    """

    records: dict[str, Record]
    certificates: dict[str, Certificate]
    names: Mapping[str, AttendeeName]
    places: list[int]


class _Issuing(Batch[_Class, None, Certificate, Certificate]):
    """Certificates of one project, issued together.

    The write of a record with its certificate's number is guarded by the version that was read: of two issues at once
    the second finds the first one's certificate, and a result that is corrected meanwhile is seen.

    Args:
        deps: The service's dependencies.
        principal: Who issues.
        project: The project.
    """

    def __init__(self, deps: Deps, principal: Principal, project: Project) -> None:
        super().__init__(deps.store.certificates)
        self._store = deps.store
        self._credentials = deps.credentials
        self._principal = principal
        self._project = project
        self._day = today(deps.clock.now())

    async def load(self, unit: UnitOfWork, rows: Sequence[Row[None]]) -> _Class:
        """Records, certificates, names and free places, each in one query; no certificates where there are none yet."""
        store, keys = self._store, [row.key for row in rows]
        where = store.records.where(keys, self._principal, self._project.id)
        records = {record.id: record for record in await unit.load(store.records, also=[where])}
        marks = [row.request for row in rows if row.request]
        numbers = [record.certificate for record in records.values() if record.certificate]
        loaded = await unit.load(self.outcomes, numbers, marks=marks)
        names = await store.names.query({"_id": {"$in": keys}}, session=unit.session)
        places = await store.certificates.free_places(self._day.year, len(rows), unit.session)
        return _Class(records, {found.id: found for found in loaded}, {name.id: name for name in names}, places)

    def decide(self, unit: UnitOfWork, state: _Class, row: Row[None]) -> Certificate:
        """Issue, replace, or answer with the one there is.

        Raises:
            Refusal: `NOT_FOUND`, `CERTIFICATE_NEEDS_PASS`, `TRAINING_NOT_ON_FILE`, `TITLE_NOT_PRINTABLE`,
                `NAME_NOT_ON_FILE`, `NAME_NOT_PRINTABLE`, `CERTIFICATE_NOT_VALID`.
        """
        record = state.records.get(row.key)
        if record is None:
            raise NOT_FOUND(kind="enrollment", id=row.key)
        require_pass(record, self._project)
        name = printable_name(self._credentials, state.names.get(row.key), row.key)
        last = state.certificates.get(record.certificate or "")
        claims = claims_of(
            record,
            self._project,
            name,
            number=new_number(self._project, self._day),
            place=state.places.pop(),
            issued_on=self._day,
        )
        valid = last if last and last.state is CertificateState.VALID else None
        if valid and self._credentials.read(valid).says_the_same(claims):
            return valid
        if last and last.revocation is RevocationClass.FRAUD and self._principal.scope is not Scope.MINISTRY:
            raise CERTIFICATE_NOT_VALID(state=last.state.value)
        issued, events = certificates.issue(record, claims, self._credentials.sign(claims), valid)
        state.certificates[issued.id] = unit.insert(self.outcomes, issued, events, act=row.act, request=row.request)
        if valid:
            ended, told = certificates.supersede(valid, issued.id, self._day)
            state.certificates[valid.id] = unit.save(self.outcomes, ended, told, act=row.act)
        certified = replace(record, certificate=issued.id)
        state.records[record.id] = unit.save(self._store.records, certified, act=row.act)
        return state.certificates[issued.id]


def new_number(project: Project, day: date) -> str:
    """A new number of a project's certificates: 40 random bits between the year, the province and the check (R32)."""
    province = project.training.province if project.training else "00"
    letters = "".join(secrets.choice(CERTIFICATE_LETTERS) for _ in range(_RANDOM_LETTERS))
    return numbered(f"GP{day.year % 100:02}{province}{letters}")


def printable_name(credentials: Credentials, sealed: AttendeeName | None, enrollment: str) -> str:
    """An attendee's name, opened for a certificate (R32, ADR 52).

    Raises:
        Refusal: `NAME_NOT_ON_FILE`, `NAME_NOT_PRINTABLE`.
    """
    if sealed is None:
        raise NAME_NOT_ON_FILE()
    try:
        name = credentials.name(sealed.key, sealed.sealed, enrollment)
    except ValueError as error:
        log.warning("a name cannot be opened", enrollment=enrollment, key=sealed.key)
        raise NAME_NOT_ON_FILE() from error
    if strange := not_of_names(name):
        raise NAME_NOT_PRINTABLE(characters=certificates.code_points(strange))
    return name


@idempotent("certificates", name="revoke_certificate")
async def revoke_certificate(
    deps: Deps, principal: Principal, *, number: str, revocation: RevocationClass, reason: Reason
) -> Certificate:
    """Revoke a certificate: the base within thirty days of the issue, the ministry at any time (R32).

    Args:
        deps: The service's dependencies.
        principal: The base or the ministry.
        number: The certificate's number, 15 characters.
        revocation: Of what kind; public.
        reason: Why; not public.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `REVOCATION_BY_SYSTEM_ONLY`, `CERTIFICATE_NOT_VALID`,
            `CERTIFICATE_REVOCATION_LATE`.
    """
    require_scope(principal, Scope.BASE, Scope.MINISTRY, rule="R32")
    certificate = await deps.store.certificates.get(number)
    day = today(deps.clock.now())
    if principal.scope is Scope.BASE:
        if certificate.base not in principal.bases:
            raise NOT_FOUND(kind="certificate", id=number)
        certificates.require_timely(certificate, day)
    certificates.require_by_hand(revocation)
    ended, events = certificates.revoke(certificate, revocation, reason, day)
    return await deps.store.certificates.save(ended, events) if events else certificate


async def certificate_of(deps: Deps, principal: Principal, number: str) -> Certificate:
    """A certificate that the principal may see whole: its teacher, school and base, and the ministry (R32).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`.
    """
    certificate = await seen_certificate(deps, principal, number)
    if certificate is None:
        raise NOT_FOUND(kind="certificate", id=number)
    return certificate


async def seen_certificate(deps: Deps, principal: Principal, number: str) -> Certificate | None:
    """The certificate of a number, if the principal may see it whole; None for another's, and for none (R32).

    Raises:
        Refusal: `FORBIDDEN`.
    """
    require_scope(principal, Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY, rule="R32")
    certificate = await deps.store.certificates.find(number)
    if certificate is None or not await deps.store.records.visible([certificate.enrollment], principal):
        return None
    return certificate


def follow_results(
    unit: UnitOfWork, deps: Deps, certificate: Certificate | None, record: Record, row: Row[Any]
) -> None:
    """Stage the revocation of a record's certificate whose result is a pass no more (R30, R32)."""
    if certificate is None:
        return
    ended, events = certificates.follow_result(certificate, record, today(deps.clock.now()))
    if events:
        unit.save(deps.store.certificates, ended, events, act=row.act)
