"""Condition review by invited experts, who see others' reviews only after submitting their own (R14–R16)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kernel.free_text import Paragraph, Title
from services.catalog.domain.base import LAST_MAJOR_CATEGORY, Organization
from services.catalog.domain.events import ExpertRegistered, ProjectReviewStarted, ReviewSubmitted
from services.catalog.domain.labels import listed
from services.catalog.domain.project import Project, about, move, note, require_status
from services.catalog.domain.refusals import (
    EXPERT_CONFLICT,
    EXPERT_WITHDRAWN,
    EXPERTS_TOO_FEW,
    INVALID_EXPERT,
    NOT_ASSIGNED,
    REVIEW_INCOMPLETE,
    REVIEW_SUBMITTED,
)
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import ProjectStatus, Verdict


@dataclass(frozen=True, slots=True)
class Leaving:
    """When an expert withdrew, and why (R14)."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expert:
    """A reviewer invited by the ministry (R14).

    Attributes:
        withdrawn: When and why the expert left; None while reviews may be assigned.
    """

    id: str
    version: int
    name: str
    organization: Organization
    fields: tuple[int, ...] = ()
    withdrawn: Leaving | None = None


@dataclass(frozen=True, slots=True)
class DimensionVerdict:
    """A verdict on one dimension with a comment (R15)."""

    dimension: str
    verdict: Verdict
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One expert's review of one submission; its id is `<project>:<cycle>:<expert>`.

    Attributes:
        year: The round it counts in; 0 in documents that are older than this field.
    """

    id: str
    version: int
    project: str
    cycle: int
    expert: str
    province: str
    assigned_at: datetime
    year: int = 0
    verdicts: tuple[DimensionVerdict, ...] = ()
    submitted_at: datetime | None = None


def register_expert(draft: Expert) -> tuple[Expert, list[ExpertRegistered]]:
    """Put a reviewer on file (R14).

    Raises:
        Refusal: `INVALID_EXPERT`.
    """
    wrong = {}
    if not draft.name:
        wrong["name"] = ("姓名", "name")
    if not draft.organization.name:
        wrong["organizationName"] = ("单位名称", "organisation's name")
    in_range = all(1 <= ordinal <= LAST_MAJOR_CATEGORY for ordinal in draft.fields)
    if not in_range or len(set(draft.fields)) < len(draft.fields):
        wrong["fields"] = ("专业领域", "fields")
    if wrong:
        raise INVALID_EXPERT(detail=listed(wrong.values()), fields=list(wrong))
    organization = draft.organization
    event = ExpertRegistered(expert=draft.id, organization=organization.code, organization_name=organization.name)
    return draft, [event]


def choose_experts(
    project: Project,
    pool: Sequence[Expert],
    loads: Mapping[str, int],
    current: Round,
    written: frozenset[str] = frozenset(),
) -> tuple[Expert, ...]:
    """Choose the experts of a submitted plan: those of its field first, then those with the fewest reviews (R14).

    Nobody of the base's own organisation and nobody who has withdrawn is chosen; equals are taken in the order of
    registration. Of a plan under review only those are replaced who withdrew before they reviewed it.

    Args:
        project: The plan.
        pool: All experts.
        loads: Reviews of the round by expert, those handed in included.
        current: The round.
        written: Ids of the experts who have reviewed it in its present cycle.

    Raises:
        Refusal: `WRONG_STATE`: it is not submitted, or under review by experts none of whom has withdrawn.
    """
    assigned = {expert.id: expert for expert in pool if expert.id in project.experts}
    staying = tuple(expert for expert in assigned.values() if expert.withdrawn is None or expert.id in written)
    if project.status is not ProjectStatus.UNDER_REVIEW or len(staying) == len(assigned):
        require_status(project, frozenset({ProjectStatus.SUBMITTED}), "R14")
        staying = ()
    field = project.plan.major_category
    free = [
        expert
        for expert in pool
        if expert.withdrawn is None and expert not in staying and not expert.organization.is_same_as(project.holder)
    ]
    free.sort(key=lambda expert: (field not in expert.fields, loads.get(expert.id, 0), expert.id))
    return (*staying, *free[: max(current.experts_per_project - len(staying), 0)])


def assign_experts(
    project: Project, experts: Sequence[Expert], current: Round, now: datetime
) -> tuple[Project, list[ProjectReviewStarted]]:
    """Assign experts to a submitted plan, or exchange them while it is under review (R14).

    Args:
        project: The project.
        experts: All experts of the project from now on.
        current: Its round, for the least number of experts.
        now: Domain time, aware.

    Raises:
        Refusal: `WRONG_STATE`, `EXPERTS_TOO_FEW`, `EXPERT_CONFLICT` where an expert belongs to the base's own
            organisation, or `EXPERT_WITHDRAWN`.
    """
    names = tuple(dict.fromkeys(expert.id for expert in experts))
    if len(names) < current.experts_per_project:
        raise EXPERTS_TOO_FEW(least=current.experts_per_project)
    own = [expert.id for expert in experts if expert.organization.is_same_as(project.holder)]
    if own:
        raise EXPERT_CONFLICT(experts=own)
    gone = [expert.id for expert in experts if expert.withdrawn and expert.id not in project.experts]
    if gone:
        raise EXPERT_WITHDRAWN(experts=gone)
    if project.status is ProjectStatus.UNDER_REVIEW:
        under_review = note(project, actor="ministry", now=now)
    else:
        under_review = move(project, ProjectStatus.UNDER_REVIEW, rule="R14", actor="ministry", now=now)
    result = replace(under_review, experts=names)
    return result, [ProjectReviewStarted(**about(result), experts=names, title=result.plan.title)]


def blank_review(project: Project, expert: str, now: datetime) -> Review:
    """A blank review for an assigned expert."""
    return Review(
        id=review_id(project, expert),
        version=1,
        project=project.id,
        cycle=project.cycle,
        expert=expert,
        province=project.province,
        assigned_at=now,
        year=project.year,
    )


def exchanged(project: Project, reviews: Sequence[Review]) -> list[Review]:
    """The blank reviews of the present cycle of those who are no longer among the project's experts (R14)."""
    return [
        review
        for review in reviews
        if review.cycle == project.cycle and review.expert not in project.experts and review.submitted_at is None
    ]


def review_id(project: Project, expert: str) -> str:
    """The id of an expert's review of the project's present cycle."""
    return f"{project.id}:{project.cycle}:{expert}"


def submit_review(
    review: Review, project: Project, current: Round, verdicts: Sequence[DimensionVerdict], now: datetime
) -> tuple[Review, list[ReviewSubmitted]]:
    """Submit a review with a verdict and a comment on every dimension, once (R15).

    Args:
        review: The expert's blank review.
        project: The project, under review.
        current: Its round, for the dimensions.
        verdicts: As typed; their texts are checked (R41).
        now: Domain time, aware.

    Raises:
        Refusal: `NOT_ASSIGNED`, `WRONG_STATE`, `REVIEW_SUBMITTED`, `INVALID_TEXT` or `REVIEW_INCOMPLETE`.
    """
    require_status(project, frozenset({ProjectStatus.UNDER_REVIEW}), "R15")
    if review.expert not in project.experts or review.cycle != project.cycle:
        raise NOT_ASSIGNED()
    if review.submitted_at is not None:
        raise REVIEW_SUBMITTED()
    checked = [checked_verdict(verdict) for verdict in verdicts]
    _require_every_dimension(current, checked)
    done = replace(review, verdicts=tuple(checked), submitted_at=now)
    event = ReviewSubmitted(review=done.id, project=done.project, expert=done.expert, province=done.province)
    return done, [event]


def readable_by(expert: str, reviews: Sequence[Review]) -> list[Review]:
    """The reviews that an expert may read: the own, and the others' submitted ones after the own is submitted (R15)."""
    done = any(review.expert == expert and review.submitted_at for review in reviews)
    return [review for review in reviews if review.expert == expert or (done and review.submitted_at)]


def checked_verdict(verdict: DimensionVerdict) -> DimensionVerdict:
    """The verdict with its texts checked and normalized (R41).

    Raises:
        Refusal: `INVALID_TEXT`.
    """
    return replace(
        verdict,
        dimension=Title.of(verdict.dimension, "verdicts.dimension").text,
        comment=Paragraph.of(verdict.comment, "verdicts.comment").text,
    )


def _require_every_dimension(current: Round, verdicts: Sequence[DimensionVerdict]) -> None:
    dimensions = [dimension.code for dimension in current.review_dimensions]
    judged = [verdict.dimension for verdict in verdicts]
    missing = [code for code in dimensions if code not in judged]
    unknown = sorted(set(judged) - set(dimensions))
    silent = [verdict.dimension for verdict in verdicts if not verdict.comment]
    if missing or unknown or silent or len(judged) != len(set(judged)):
        raise REVIEW_INCOMPLETE(missing=missing, unknown=unknown, without_comment=silent)
