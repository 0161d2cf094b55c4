"""How many operations each command of annual assessments takes (R38)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chassis.clock import Clock
from chassis.context import Act, acting
from chassis.storage.mongo import Database
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.assessment import commands
from services.assessment.app import load_rules, load_weights
from services.assessment.commands import Deps
from services.assessment.domain.annual import AnnualText
from services.assessment.domain.quota_proposal import RoundQuotas
from services.assessment.store import Store
from tests.integration.assessment.annual_inputs import KEY, PROPOSAL, WHY, prepare
from tests.integration.assessment.world import BASE, MINISTRY, VAULT
from tests.support.certificates import new_credentials
from tests.support.operations import Budget, watched
from tests.unit.assessment.annual_facts import project

TEXT = AnnualText("有一期因台风延期")
CREDENTIALS = new_credentials()
Command = Callable[[Deps], Awaitable[object]]
ANNUAL_BUDGETS: dict[str, tuple[str, Command, Budget]] = {
    "compute_assessments": (
        "computeAssessments",
        lambda deps: commands.compute_assessments(deps, MINISTRY, year=2024, rubric="2024.1"),
        Budget(14, commits=1),
    ),
    "record_complaint": (
        "recordComplaint",
        lambda deps: commands.record_complaint(deps, MINISTRY, base_id="b1", year=2024, text=TEXT),
        Budget(5, commits=1),
    ),
    "open_comments": (
        "openComments",
        lambda deps: commands.open_comments(deps, MINISTRY, year=2024),
        Budget(7, commits=1),
    ),
    "comment_assessment": (
        "commentAssessment",
        lambda deps: commands.comment_assessment(deps, BASE, key=KEY, item="A1", text=TEXT),
        Budget(3),
    ),
    "adjust_assessment_item": (
        "adjustAssessmentItem",
        lambda deps: commands.adjust_assessment_item(deps, MINISTRY, key=KEY, code="A1", hundredths=500, reason=WHY),
        Budget(3),
    ),
    "finalize_assessments": (
        "finalizeAssessments",
        lambda deps: commands.finalize_assessments(deps, MINISTRY, keys=[KEY]),
        Budget(4, commits=1),
    ),
    "appeal_assessment": (
        "appealAssessment",
        lambda deps: commands.appeal_assessment(deps, BASE, key=KEY, text=TEXT),
        Budget(3),
    ),
    "decide_appeal": (
        "decideAppeal",
        lambda deps: commands.decide_appeal(deps, MINISTRY, key=KEY, upheld=True, reason=WHY),
        Budget(3),
    ),
    "decline_quota_proposal": (
        "declineQuotaProposal",
        lambda deps: commands.decline_quota_proposal(deps, MINISTRY, key=PROPOSAL, reason=WHY),
        Budget(7),
    ),
    "publish_grades": (
        "publishGrades",
        lambda deps: commands.publish_grades(deps, MINISTRY, year=2024),
        Budget(4),
    ),
    "quota_proposals": (
        "publishGrades",
        lambda deps: commands.quota_proposals(deps, MINISTRY, year=2025),
        Budget(5),
    ),
}
"""By command: the mutation for which things are prepared, the command, its budget with an `Idempotency-Key`."""


@pytest.mark.parametrize("name", ANNUAL_BUDGETS)
async def test_a_command_takes_its_budget_of_operations(
    database: Database, parts: Parts, tmp_path: Path, name: str
) -> None:
    """R38."""
    mutation, command, budget = ANNUAL_BUDGETS[name]
    clock, store = Clock(tmp_path / "clock.json"), Store(database)
    await store.prepare()
    await prepare(Deps(store, clock, load_rules(), VAULT, load_weights(), CREDENTIALS), mutation)
    await store.projects.put(project())
    await store.rounds.put(RoundQuotas("2025", 1, {"PRINCIPAL": 10}))
    async with watched(parts.mongodb_url(ADMIN), database.name) as (listened, operations):
        deps = Deps(Store(listened), clock, load_rules(), VAULT, load_weights(), CREDENTIALS)
        with acting(Act(MINISTRY, idempotency_key=name)):
            await command(deps)
    assert operations.cost == budget, operations.seen


@pytest.mark.parametrize(("bases", "operations_more"), [(1, 0), (20, 0), (21, 7)])
async def test_r38_twenty_bases_are_computed_by_as_many_operations_as_one(
    database: Database, parts: Parts, tmp_path: Path, bases: int, operations_more: int
) -> None:
    store = Store(database)
    await store.prepare()
    for number in range(bases):
        await store.projects.put(replace(project(f"p{number}"), base=f"b{number}"))
    async with watched(parts.mongodb_url(ADMIN), database.name) as (listened, operations):
        deps = Deps(Store(listened), Clock(tmp_path / "clock.json"), load_rules(), VAULT, load_weights(), CREDENTIALS)
        await commands.compute_assessments(deps, MINISTRY, year=2024, rubric="2024.1")
    assert operations.cost == Budget(13 + operations_more, commits=1 + bool(operations_more)), operations.seen
    assert await store.annual.collection.count_documents({}) == bases
