"""The use cases, one function each: load, decide (domain), save the aggregate with its events in one write."""

from services.catalog.commands.bases import register_base, set_base_team
from services.catalog.commands.declaration import (
    add_class,
    draft_project,
    lapse_overdue,
    submit_project,
    update_project,
    withdraw_project,
)
from services.catalog.commands.deps import Deps
from services.catalog.commands.lifecycle import (
    amend_project,
    cancel_project,
    complete_overdue,
    complete_settled,
    extend_project,
    finish_project,
    record_as_held,
    record_as_not_held,
    resume_project,
    start_project,
    suspend_project,
    tell_missed_starts,
)
from services.catalog.commands.quotas import adjust_quota
from services.catalog.commands.reviews import (
    ProjectDecision,
    assign_experts,
    auto_assign_experts,
    decide_project,
    decide_projects,
    publish_projects,
    register_expert,
    submit_review,
)
from services.catalog.commands.rounds import amend_round, extend_phase, open_round

__all__ = [
    "Deps",
    "ProjectDecision",
    "add_class",
    "adjust_quota",
    "amend_project",
    "amend_round",
    "assign_experts",
    "auto_assign_experts",
    "cancel_project",
    "complete_overdue",
    "complete_settled",
    "decide_project",
    "decide_projects",
    "draft_project",
    "extend_phase",
    "extend_project",
    "finish_project",
    "lapse_overdue",
    "open_round",
    "publish_projects",
    "record_as_held",
    "record_as_not_held",
    "register_base",
    "register_expert",
    "resume_project",
    "set_base_team",
    "start_project",
    "submit_project",
    "submit_review",
    "suspend_project",
    "tell_missed_starts",
    "update_project",
    "withdraw_project",
]
