"""What a province pays for training: records that are corrected by later ones, never overwritten (R27)."""

from dataclasses import dataclass
from datetime import datetime

from kernel.free_text import Reason, Title
from services.enrollment.domain.events import FundingRecorded
from services.enrollment.domain.refusals import INVALID_FUNDING
from services.enrollment.domain.vocabulary import FundingSource

MOST_FEN = 1_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingEntry:
    """What a province says of a payment.

    Attributes:
        year: The round.
        amount: In fen.
        item: Its item in the plan for teachers' quality (职业院校教师素质提高计划).
        school: The code of the school that it is for.
        project: The id of the project that it is for.
    """

    year: int
    amount: int
    source: FundingSource
    item: Title
    school: str | None = None
    project: str | None = None
    note: Title | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """A payment as it was recorded, or as it was corrected.

    Attributes:
        record: The id of the first of its revisions.
        revision: 1, 2, 3 …; the last one is in force.
        corrects: The id of the revision before.
        reason: Why that one was wrong.
        recorded_at: Domain time.
    """

    id: str
    version: int
    record: str
    revision: int
    province: str
    year: int
    amount: int
    source: FundingSource
    item: str
    recorded_at: datetime
    school: str | None = None
    project: str | None = None
    note: str | None = None
    corrects: str | None = None
    reason: str | None = None


Recorded = tuple[Funding, list[FundingRecorded]]


def record_funding(key: str, province: str, entry: FundingEntry, now: datetime) -> Recorded:
    """Record a payment (R27).

    Raises:
        Refusal: `INVALID_FUNDING`, naming every wrong field.
    """
    return _recorded(_revision(key, province, entry, now, least=1))


def correct_funding(key: str, before: Funding, entry: FundingEntry, reason: Reason, now: datetime) -> Recorded:
    """Put right what was recorded; nothing at all (0) takes it back. The year stays (R27).

    Raises:
        Refusal: `INVALID_FUNDING`, naming every wrong field.
    """
    wrong = () if entry.year == before.year else ("year",)
    right = _revision(key, before.province, entry, now, least=0, before=before, reason=reason.text, wrong=wrong)
    return _recorded(right)


def _revision(
    key: str,
    province: str,
    entry: FundingEntry,
    now: datetime,
    *,
    least: int,
    before: Funding | None = None,
    reason: str | None = None,
    wrong: tuple[str, ...] = (),
) -> Funding:
    fields = [*wrong]
    fields += [] if least <= entry.amount <= MOST_FEN else ["amount"]
    fields += [] if entry.item.text else ["item"]
    if fields:
        raise INVALID_FUNDING(fields=fields, mostFen=MOST_FEN)
    return Funding(
        id=key,
        version=1,
        record=before.record if before else key,
        revision=before.revision + 1 if before else 1,
        province=province,
        year=entry.year,
        amount=entry.amount,
        source=entry.source,
        item=entry.item.text,
        recorded_at=now,
        school=entry.school,
        project=entry.project,
        note=(entry.note.text or None) if entry.note else None,
        corrects=before.id if before else None,
        reason=reason,
    )


def _recorded(funding: Funding) -> Recorded:
    event = FundingRecorded(
        funding=funding.id,
        record=funding.record,
        revision=funding.revision,
        year=funding.year,
        amount=funding.amount,
        source=funding.source,
        item=funding.item,
        school=funding.school,
        project=funding.project,
        corrects=funding.corrects,
        reason=funding.reason,
        province=funding.province,
    )
    return funding, [event]
