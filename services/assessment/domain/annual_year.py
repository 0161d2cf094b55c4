"""The annual assessments of a year together: when they are computed, and when their grades are public (R38)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from kernel.dates import today
from kernel.refusals import WRONG_STATE
from services.assessment.domain.annual import Assessment
from services.assessment.domain.annual_events import AssessmentsComputed, GradesPublished
from services.assessment.domain.complaint import Complaint
from services.assessment.domain.refusals import ASSESSMENT_OUTDATED
from services.assessment.domain.rubric import Grade, Rubric
from services.assessment.domain.vocabulary import AnnualState

_MOST_NAMED = 20
_FIRST_MONTH = 12
"""Assessments of a year are computed from the first of December on [D]."""


@dataclass(frozen=True, slots=True)
class PublishedGrade:
    """A grade that is public.

    Attributes:
        base: The base's id.
        grade: Its grade.
    """

    base: str
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentYear:
    """The annual assessments of a year together.

    Attributes:
        id: The year.
        version: For its repository.
        year: The year of the round.
        rubric: The version of the indicators that was computed by last.
        rubric_sha256: The hash of their canonical JSON.
        bases: How many bases have projects of that year.
        computed_at: When something was computed that differed from before.
        comment_until: The last day for comments of those that were opened last, included; None before.
        published_at: When the grades were published; None before.
        grades: The published grades.
    """

    id: str
    version: int = 1
    year: int
    rubric: str
    rubric_sha256: str
    bases: int
    computed_at: datetime
    comment_until: date | None = None
    published_at: datetime | None = None
    grades: tuple[PublishedGrade, ...] = ()


def require_season(year: int, now: datetime) -> None:
    """Require that assessments of a year may be computed: from the first of its December on.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    day = today(now)
    if (day.year, day.month) < (year, _FIRST_MONTH):
        detail = (
            f"{year}年度考核自当年12月起计算",
            f"The year {year} is assessed from its December on",
        )
        raise WRONG_STATE(rule="R38", detail=detail)


def require_drafting(current: AssessmentYear | None) -> None:
    """Require that no base was shown what was computed.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if current and current.comment_until:
        detail = ("已交基地提出意见", "Bases were asked for their comments")
        raise WRONG_STATE(rule="R38", state=AnnualState.COMMENTING.value, detail=detail)


def require_computed(current: AssessmentYear, drafts: Sequence[Assessment], complaints: Iterable[Complaint]) -> None:
    """Require that the drafts of a year are of one computation, which knew of every complaint.

    A computation that was interrupted leaves two rubrics side by side; a complaint that was recorded since is counted
    by the next one only.

    Args:
        current: The year, which is written when a computation is through.
        drafts: Its assessments that no base was shown.
        complaints: All that were recorded of that year.

    Raises:
        Refusal: `WRONG_STATE` or `ASSESSMENT_OUTDATED`.
    """
    interrupted = any(draft.rubric_sha256 != current.rubric_sha256 for draft in drafts)
    if interrupted or any(draft.computed_at > current.computed_at for draft in drafts):
        detail = ("上次计算未完成，请重新计算", "The last computation was interrupted: compute again")
        raise WRONG_STATE(rule="R38", state=AnnualState.DRAFT.value, detail=detail)
    known = {draft.base: draft.complaints for draft in drafts}
    outdated = {each.base for each in complaints if each.id not in known.get(each.base, (each.id,))}
    if outdated:
        raise ASSESSMENT_OUTDATED(bases=sorted(outdated)[:_MOST_NAMED], count=len(outdated))


def note_computation(
    current: AssessmentYear | None,
    year: int,
    rubric: Rubric,
    rubric_sha256: str,
    *,
    bases: int,
    changed: int,
    now: datetime,
) -> tuple[AssessmentYear, list[AssessmentsComputed]]:
    """Note that the assessments of a year were computed.

    Args:
        current: The year as it stands; None before the first computation.
        year: The year of the round.
        rubric: The version of the indicators.
        rubric_sha256: The hash of their canonical JSON.
        bases: How many bases have projects.
        changed: Of how many of them something is different.
        now: Domain time.

    Returns:
        The year; the very same, without an event, where nothing is different.
    """
    if current and not changed and (current.rubric_sha256, current.bases) == (rubric_sha256, bases):
        return current, []
    known = current or AssessmentYear(
        id=str(year), year=year, rubric=rubric.version, rubric_sha256=rubric_sha256, bases=bases, computed_at=now
    )
    computed = replace(known, rubric=rubric.version, rubric_sha256=rubric_sha256, bases=bases, computed_at=now)
    event = AssessmentsComputed(
        year=year, rubric=rubric.version, rubric_sha256=rubric_sha256, bases=bases, changed=changed
    )
    return computed, [event]


def note_comments(current: AssessmentYear, opened: Assessment) -> AssessmentYear:
    """The year after the comments on an assessment were opened."""
    return replace(current, comment_until=opened.comment_until)


def publish_grades(
    current: AssessmentYear, year: Sequence[Assessment], now: datetime
) -> tuple[AssessmentYear, list[GradesPublished]]:
    """Publish the grades of a year, and nothing else of its assessments.

    Args:
        current: The year as it stands.
        year: All its assessments.
        now: Domain time.

    Returns:
        The year; the very same, without an event, where they are public already.

    Raises:
        Refusal: `WRONG_STATE`: a grade is not final yet, or may still be appealed against.
    """
    if current.published_at:
        return current, []
    waiting = sum(not assessment.is_settled(today(now)) for assessment in year)
    if waiting or not year:
        detail = (
            f"尚有{waiting}个基地未定级、复核未办结或复核申请期未满",
            f"{waiting} grades are not final, or may still be appealed against",
        )
        raise WRONG_STATE(rule="R38", waiting=waiting, detail=detail)
    grades = tuple(
        PublishedGrade(assessment.base, assessment.grade)
        for assessment in sorted(year, key=lambda assessment: assessment.base)
        if assessment.grade is not Grade.NOT_ASSESSED
    )
    return replace(current, published_at=now, grades=grades), [GradesPublished(year=current.year, bases=len(grades))]
