"""Complaints about a base that were upheld, recorded by the ministry; they weigh in its year (R37, R38)."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from kernel.refusals import REASON_MISSING, WRONG_STATE
from services.assessment.domain.annual import AnnualText, Assessment, Subject
from services.assessment.domain.annual_events import ComplaintRecorded
from services.assessment.domain.vocabulary import AnnualState


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint that was upheld.

    Attributes:
        id: Its id.
        version: Always 1: what is recorded stays.
        base: The base's id.
        year: The year of the round that it is about.
        province: The base's, two digits.
        text: What was complained about, and what was found.
        at: When it was recorded, domain time.
    """

    id: str
    version: int = 1
    base: str
    year: int
    province: str
    text: str
    at: datetime


def record(
    key: str, subject: Subject, current: Assessment | None, text: AnnualText, now: datetime
) -> tuple[Complaint, list[ComplaintRecorded]]:
    """Record a complaint that was upheld, as the ministry: the next computation of the year counts it.

    Args:
        key: The new complaint's id.
        subject: Whose year it is about.
        current: The assessment of that year; None before it is computed.
        text: What was complained about, and what was found.
        now: Domain time.

    Raises:
        Refusal: `REASON_MISSING`; `WRONG_STATE`: the base was shown its year, which is not computed anew.
    """
    if not text.text:
        raise REASON_MISSING(rule="R38", field="text")
    if current and current.state is not AnnualState.DRAFT:
        detail = (
            "已交基地提出意见，不再重新计算；请调整扣分项并说明理由",
            "The base was shown its year, which is not computed anew: adjust the item, with the reason",
        )
        raise WRONG_STATE(rule="R38", state=current.state.value, detail=detail)
    complaint = Complaint(
        id=key, base=subject.base, year=subject.year, province=subject.province, text=text.text, at=now
    )
    event = ComplaintRecorded(
        complaint=key,
        base=subject.base,
        year=subject.year,
        province=subject.province,
        base_name=subject.base_name,
        text_sha256=sha256(text.text.encode()).hexdigest(),
    )
    return complaint, [event]
