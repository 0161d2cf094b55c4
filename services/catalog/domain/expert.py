"""What becomes of a reviewer who is on file: corrected, or withdrawn (R14)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from kernel.free_text import PersonName, Reason
from services.catalog.domain.base import Organization
from services.catalog.domain.events import ExpertCorrected, ExpertWithdrawn
from services.catalog.domain.project import Project
from services.catalog.domain.refusals import EXPERT_CONFLICT, EXPERT_WITHDRAWN, INVALID_EXPERT, NOTHING_CHANGED
from services.catalog.domain.review import Expert, Leaving, Review
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


def correct_expert(
    expert: Expert,
    *,
    name: PersonName | None,
    organization: Organization | None,
    reason: Reason,
    reviewed: Sequence[Project],
) -> tuple[Expert, list[ExpertCorrected]]:
    """Set right a reviewer's name or organisation (R14).

    Args:
        expert: The expert.
        name: The right name; None leaves it.
        organization: The right organisation; None leaves it.
        reason: Why.
        reviewed: The projects under review by the expert, whose review may be in; none may be of the organisation.

    Raises:
        Refusal: `EXPERT_WITHDRAWN`, `INVALID_EXPERT`, `NOTHING_CHANGED`, or `EXPERT_CONFLICT` with the projects that
            others must review first.
    """
    require_available(expert)
    if name is not None and not name.text:
        raise INVALID_EXPERT(detail=("姓名", "name"), fields=["name"])
    if organization is not None and not organization.name:
        raise INVALID_EXPERT(detail=("单位名称", "organisation's name"), fields=["organizationName"])
    corrected = replace(
        expert, name=name.text if name else expert.name, organization=organization or expert.organization
    )
    changed = tuple(part for part in ("name", "organization") if getattr(expert, part) != getattr(corrected, part))
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
