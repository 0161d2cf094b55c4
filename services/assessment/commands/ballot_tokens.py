"""Rights to answer: signed blindly, so that nobody can tell later whose an answer is (R34)."""

import asyncio
import hashlib

from chassis import blindrsa
from chassis.commands.guards import require_scope
from chassis.principal import Principal, Scope
from kernel import ballots
from kernel.encoding import from_base64url
from kernel.refusals import NOT_FOUND
from services.assessment.commands.deps import Deps
from services.assessment.domain.record import Record
from services.assessment.domain.refusals import (
    BLINDED_MALFORMED,
    INSTRUMENT_NOT_LISTED,
    NOTHING_ATTENDED,
    TOKEN_ALREADY_ISSUED,
)
from services.assessment.store import Issue


async def issue_ballot_token(deps: Deps, principal: Principal, *, instrument: str, blinded: str) -> bytes:
    """Sign an attendee's blinded message, one for a questionnaire (R34).

    It is a right used and no administrative act: no event, no row of the audit log, no notice and no mark of a request
    tells of it (R40), and no time is stored with it. The same message again has the same reply, so a reply that was
    lost is asked for once more.

    Args:
        deps: The service's dependencies.
        principal: The teacher.
        instrument: The questionnaire's id.
        blinded: The blinded message, 256 bytes in base64url.

    Returns:
        The signature of it.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `NOTHING_ATTENDED`, `EVALUATION_CLOSED`, `INSTRUMENT_NOT_LISTED`,
            `BLINDED_MALFORMED`, `TOKEN_ALREADY_ISSUED`.
    """
    require_scope(principal, Scope.TEACHER, rule="R34")
    found = await deps.store.instruments.get(instrument)
    record = await _own_record(deps, principal, found.project)
    found.require_takes_requests(deps.clock.now())
    if found.list_day is None or not await deps.store.audit.sequences_of_lists([found.list_day]):
        raise INSTRUMENT_NOT_LISTED(instrument=instrument)
    try:
        message = from_base64url(blinded, ballots.KEY_BYTES)
    except ValueError as error:
        raise BLINDED_MALFORMED() from error
    digest = hashlib.sha256(message).hexdigest()
    issue = await deps.store.issues.find(instrument, record.id)
    if issue is None:
        issue = Issue(digest, await asyncio.to_thread(_sign, deps, found.token_sealed or "", message))
        if not await deps.store.issues.insert(instrument, record.id, issue):
            issue = await deps.store.issues.find(instrument, record.id) or issue
    if issue.blinded != digest:
        raise TOKEN_ALREADY_ISSUED(instrument=instrument)
    return issue.reply


def _sign(deps: Deps, secret: str, message: bytes) -> bytes:
    key = blindrsa.PrivateKey.from_text(deps.vault.open(secret))
    try:
        return blindrsa.sign(key, message)
    except ValueError as error:
        raise BLINDED_MALFORMED() from error


async def _own_record(deps: Deps, principal: Principal, project: str) -> Record:
    """The record of a teacher who has attended something of the project.

    Raises:
        Refusal: `NOT_FOUND`: there is none, so a stranger learns nothing; `NOTHING_ATTENDED`.
    """
    records = await deps.store.records.own(principal.person or "", [project])
    if not records:
        raise NOT_FOUND(kind="instrument")
    for record in records:
        if record.attended:
            return record
    raise NOTHING_ATTENDED()
