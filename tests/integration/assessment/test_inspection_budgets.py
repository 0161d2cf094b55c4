"""How many operations each command of inspections takes (notes N41)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from chassis.clock import Clock
from chassis.context import Act, acting
from chassis.storage.mongo import Database
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from kernel.free_text import Reason, Title
from services.assessment import commands
from services.assessment.app import load_rules, load_weights
from services.assessment.commands import BeaconName, Deps
from services.assessment.domain.beacon import BeaconValue
from services.assessment.domain.finding import FindingText, Observed
from services.assessment.domain.project import Project
from services.assessment.domain.vocabulary import ProjectPhase, Severity
from services.assessment.store import Store
from tests.integration.assessment.inspection_inputs import KEY, STRATUM, prepare
from tests.integration.assessment.world import BASE, MINISTRY, VAULT
from tests.support.certificates import new_credentials
from tests.support.operations import Budget, watched

WHY = Reason("台风停课")
CLEAN = Observed(severity=Severity.NONE, text=FindingText("未见问题"), clause=None, due_on=None)
Command = Callable[[Deps], Awaitable[object]]
CREDENTIALS = new_credentials()
INSPECTION_BUDGETS: dict[str, tuple[str, Command, Budget]] = {
    "freeze_inspection": (
        "freezeInspection",
        lambda deps: commands.freeze_inspection(deps, MINISTRY, year=2024, title=Title("抽检"), share_bp=5000),
        Budget(8, commits=1),
    ),
    "announce_inspection": (
        "announceInspection",
        lambda deps: commands.announce_inspection(
            deps,
            MINISTRY,
            key=KEY,
            beacons=[BeaconName(Title("双色球"), deps.clock.now() + timedelta(days=2))],
            reveal_by=deps.clock.now() + timedelta(days=5),
        ),
        Budget(3),
    ),
    "record_beacons": (
        "recordBeacons",
        lambda deps: commands.record_beacons(deps, MINISTRY, key=KEY, values=[BeaconValue("3032.63")]),
        Budget(3),
    ),
    "reveal_inspection": (
        "revealInspection",
        lambda deps: commands.reveal_inspection(deps, MINISTRY, key=KEY),
        Budget(4),
    ),
    "void_inspection": (
        "voidInspection",
        lambda deps: commands.void_inspection(deps, MINISTRY, key=KEY, reason=WHY),
        Budget(3),
    ),
    "replace_sampled": (
        "replaceSampled",
        lambda deps: commands.replace_sampled(deps, MINISTRY, key=KEY, project="p1", reason=WHY),
        Budget(5, commits=1),
    ),
    "extend_inspection": (
        "extendInspection",
        lambda deps: commands.extend_inspection(deps, MINISTRY, key=KEY, stratum=STRATUM, count=1, reason=WHY),
        Budget(4),
    ),
    "record_finding": (
        "recordFinding",
        lambda deps: commands.record_finding(deps, MINISTRY, inspection=KEY, project="p1", observed=CLEAN),
        Budget(6, commits=1),
    ),
    "report_rectification": (
        "reportRectification",
        lambda deps: commands.report_rectification(deps, BASE, key="f1", text=FindingText("已补授")),
        Budget(3),
    ),
    "close_finding": (
        "closeFinding",
        lambda deps: commands.close_finding(
            deps, MINISTRY, key="f1", accepted=False, reason=WHY, due_on=deps.clock.now().date() + timedelta(days=9)
        ),
        Budget(3),
    ),
    "withdraw_finding": (
        "withdrawFinding",
        lambda deps: commands.withdraw_finding(deps, MINISTRY, key="f1", reason=WHY),
        Budget(5, commits=1),
    ),
    "close_inspection": (
        "closeInspection",
        lambda deps: commands.close_inspection(deps, MINISTRY, key=KEY),
        Budget(4, commits=1),
    ),
    "witness_announcements": ("recordBeacons", commands.witness_announcements, Budget(1)),
    "draw_withheld": ("recordBeacons", commands.draw_withheld, Budget(1)),
    "remind_of_rectifications": ("reportRectification", commands.remind_of_rectifications, Budget(2)),
}
"""By command: the mutation for which things are prepared, the command, its budget with an `Idempotency-Key`."""


@pytest.mark.parametrize("name", INSPECTION_BUDGETS)
async def test_a_command_takes_its_budget_of_operations(
    database: Database, parts: Parts, tmp_path: Path, name: str
) -> None:
    """R37."""
    mutation, command, budget = INSPECTION_BUDGETS[name]
    clock, store = Clock(tmp_path / "clock.json"), Store(database)
    await store.prepare()
    await prepare(Deps(store, clock, load_rules(), VAULT, load_weights(), CREDENTIALS), mutation)
    project = Project("p1", 1, "b1", year=2024, days=7, phase=ProjectPhase.RUNNING, sessions=(), category="PRINCIPAL")
    await store.projects.put(project)
    async with watched(parts.mongodb_url(ADMIN), database.name) as (listened, operations):
        deps = Deps(Store(listened), clock, load_rules(), VAULT, load_weights(), CREDENTIALS)
        with acting(Act(MINISTRY, idempotency_key=name)):
            await command(deps)
    assert operations.cost == budget, operations.seen
