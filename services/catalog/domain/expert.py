"""What becomes of a reviewer who is on file: corrected, withdrawn, or back again (R14)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from kernel.free_text import PersonName, Reason
from services.catalog.domain.base import Organization
from services.catalog.domain.events import ExpertCorrected, ExpertReinstated, ExpertWithdrawn
from services.catalog.domain.project import Project
from services.catalog.domain.refusals import EXPERT_CONFLICT, EXPERT_WITHDRAWN, NOTHING_CHANGED
from services.catalog.domain.review import Expert, Leaving, Review, register_expert
from services.catalog.domain.vocabulary import ProjectStatus


def open_assignments(blank: Sequence[Review], projects: Sequence[Project]) -> list[Project]:
    """The projects under review whose expert has not reviewed them yet (R14).

    Args:
        blank: The expert's reviews that are not handed in.
        projects: Those that the reviews are of.
    """
    by_id = {project.id: project for project in projects}
    assigned = [(by_id[review.project], review) for review in blank if review.project in by_id]
    return [
        project
        for project, review in assigned
        if project.status is ProjectStatus.UNDER_REVIEW
        and review.expert in project.experts
        and review.cycle == project.cycle
    ]


def withdraw_expert(
    expert: Expert, assigned: Sequence[Project], reason: Reason, now: datetime
) -> tuple[Expert, list[ExpertWithdrawn]]:
    """Take a reviewer off the list; what is unwritten must be reassigned, by `autoAssignExperts` or by hand (R14).

    Args:
        expert: The expert.
        assigned: The open assignments.
        reason: Why.
        now: Domain time, aware.

    Raises:
        Refusal: `EXPERT_WITHDRAWN`.
    """
    require_available(expert)
    left = replace(expert, withdrawn=Leaving(now, reason.text))
    return left, [ExpertWithdrawn(expert=expert.id, open=len(assigned), reason=reason.text)]


def reinstate_expert(expert: Expert, reason: Reason) -> tuple[Expert, list[ExpertReinstated]]:
    """Put a reviewer back on the list who had withdrawn; what was reassigned meanwhile stays with the others (R14).

    Raises:
        Refusal: `NOTHING_CHANGED`: the expert has not withdrawn.
    """
    if expert.withdrawn is None:
        raise NOTHING_CHANGED(rule="R14")
    event = ExpertReinstated(expert=expert.id, organization=expert.organization.code, reason=reason.text)
    return replace(expert, withdrawn=None), [event]


def correct_expert(
    expert: Expert,
    *,
    name: PersonName | None,
    organization: Organization | None,
    reason: Reason,
    reviewed: Sequence[Project],
    fields: tuple[int, ...] | None = None,
) -> tuple[Expert, list[ExpertCorrected]]:
    """Set right a reviewer's name, organisation or fields (R14).

    Args:
        expert: The expert.
        name: The right name; None leaves it.
        organization: The right organisation; None leaves it.
        reason: Why.
        reviewed: The projects under review by the expert, whose review may be in; none may be of the organisation.
        fields: The right major categories, ordinals 1-19; None leaves them. Reviews that are assigned stay so.

    Raises:
        Refusal: `EXPERT_WITHDRAWN`, `INVALID_EXPERT`, `NOTHING_CHANGED`, or `EXPERT_CONFLICT` with the projects that
            others must review first.
    """
    require_available(expert)
    corrected = replace(
        expert,
        name=expert.name if name is None else name.text,
        organization=organization or expert.organization,
        fields=expert.fields if fields is None else fields,
    )
    register_expert(corrected)  # the same rules as of a new one
    parts = ("name", "organization", "fields")
    changed = tuple(part for part in parts if getattr(expert, part) != getattr(corrected, part))
    if not changed:
        raise NOTHING_CHANGED(rule="R14")
    own = [project.id for project in reviewed if corrected.organization.is_same_as(project.holder)]
    if own:
        raise EXPERT_CONFLICT(experts=[expert.id], projects=own)
    event = ExpertCorrected(
        expert=expert.id,
        organization=corrected.organization.code,
        organization_name=corrected.organization.name,
        changed=changed,
        reason=reason.text,
    )
    return corrected, [event]


def require_available(expert: Expert) -> None:
    """Refuse an expert who has withdrawn (R14).

    Raises:
        Refusal: `EXPERT_WITHDRAWN`.
    """
    if expert.withdrawn:
        raise EXPERT_WITHDRAWN(experts=[expert.id])
