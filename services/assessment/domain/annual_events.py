"""The events of annual assessments; texts of bases are in none of them, only their hashes (R38, R41)."""

from dataclasses import dataclass
from datetime import date

from services.assessment.domain.rubric import Grade

_NATIONWIDE = "00"


@dataclass(frozen=True, kw_only=True)
class AssessmentsComputed:
    """The assessments of a year were computed, or computed anew.

    Attributes:
        year: The year of the round.
        rubric: The version of the indicators.
        rubric_sha256: The hash of their canonical JSON.
        bases: How many bases have projects of that year.
        changed: Of how many of them something is different from before.
        province: `00`: they are in several.
    """

    year: int
    rubric: str
    rubric_sha256: str
    bases: int
    changed: int
    province: str = _NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class GradesPublished:
    """The grades of a year are public.

    Attributes:
        year: The year of the round.
        bases: How many bases have one.
        province: `00`: they are in several.
    """

    year: int
    bases: int
    province: str = _NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class QuotaProposalDeclined:
    """The ministry declined what a grade proposed for a base's quota of a round; its quota stays (R39).

    Attributes:
        proposal: The proposal's id.
        base: The base's id.
        year: The round.
        grade: The grade of the year before.
        limit: The limit in force.
        proposed: The limit that was proposed.
        reason: Why it was declined.
        province: The base's, two digits.
        base_name: The base's name; None where it is not known.
    """

    proposal: str
    base: str
    year: int
    grade: Grade
    limit: int
    proposed: int
    reason: str
    province: str
    base_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class AnnualEvent:
    """What every event of a base's assessment says.

    Attributes:
        base: The base's id.
        year: The year of the round.
        province: The base's, two digits.
        base_name: The base's name when its latest project was published; None where that is not known.
    """

    base: str
    year: int
    province: str
    base_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class ComplaintRecorded(AnnualEvent):
    """The ministry recorded a complaint about the base that it has upheld.

    Attributes:
        complaint: The complaint's id.
        text_sha256: SHA-256 of its text.
    """

    complaint: str
    text_sha256: str


@dataclass(frozen=True, kw_only=True)
class AnnualCommentsOpened(AnnualEvent):
    """The base sees what was computed, and may comment.

    Attributes:
        until: The last day, included.
    """

    until: date


@dataclass(frozen=True, kw_only=True)
class AnnualCommented(AnnualEvent):
    """The base commented.

    Attributes:
        item: The code of the item that it is about; None for all of it.
        text_sha256: SHA-256 of the comment.
    """

    item: str | None
    text_sha256: str


@dataclass(frozen=True, kw_only=True)
class AnnualItemAdjusted(AnnualEvent):
    """The ministry gave an item other points than were computed.

    Attributes:
        code: The item's.
        before: Its points before, in hundredths.
        after: Its points from now on.
        reason: Why.
    """

    code: str
    before: int
    after: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class AnnualFinalized(AnnualEvent):
    """The base's grade is final.

    Attributes:
        rubric: The version of the indicators.
        version: How often a grade was made final for this base and year, this time included.
        grade: The grade; its province learns no more, and no score.
        appeal_until: The last day for an appeal, included.
    """

    rubric: str
    version: int
    grade: Grade
    appeal_until: date


@dataclass(frozen=True, kw_only=True)
class AnnualAppealed(AnnualEvent):
    """The base appealed against its grade.

    Attributes:
        text_sha256: SHA-256 of the appeal.
    """

    text_sha256: str


@dataclass(frozen=True, kw_only=True)
class AnnualAppealDecided(AnnualEvent):
    """The ministry decided on an appeal; where it is upheld, the grade is made final anew.

    Attributes:
        upheld: Whether the base is right.
        reason: Why.
    """

    upheld: bool
    reason: str
