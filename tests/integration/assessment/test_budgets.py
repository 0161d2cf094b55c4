"""How many operations each command of assessment takes: as many for two hundred rows as for one (notes N41)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chassis.clock import Clock
from chassis.context import Act, acting
from chassis.storage.mongo import Database
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from kernel.free_text import Reason
from services.assessment import commands
from services.assessment.app import load_rules
from services.assessment.commands import AttendanceMark, Deps, ResultMark
from services.assessment.domain.credit import Credit
from services.assessment.domain.project import Project, Session
from services.assessment.domain.record import Mark, Record, Result
from services.assessment.domain.vocabulary import CreditStatus, ProjectPhase, ResultOutcome, SessionMode
from services.assessment.store import Store
from tests.integration.assessment.world import BASE, MINISTRY, SCHOOL
from tests.support.operations import Budget, use_cases, watched

ROWS = [1, 200]
SESSION = Session("s1", "课", date(2024, 6, 3), 8)
RUNNING = Project("p1", 1, "b1", year=2024, days=7, phase=ProjectPhase.RUNNING, sessions=(SESSION,))
Command = Callable[[Deps, Sequence[str]], Awaitable[object]]
COMMANDS: dict[str, tuple[Command, Budget]] = {
    "record_attendance": (
        lambda deps, keys: commands.record_attendance(
            deps, BASE, project="p1", rows=[AttendanceMark(key, "s1", True, None) for key in keys]
        ),
        Budget(3, commits=1),
    ),
    "record_results": (
        lambda deps, keys: commands.record_results(
            deps, BASE, project="p1", rows=[ResultMark(key, ResultOutcome.PASSED, 88) for key in keys]
        ),
        Budget(3, commits=1),
    ),
    "confirm_credits": (
        lambda deps, keys: commands.confirm_credits(deps, SCHOOL, enrollments=keys),
        Budget(2, commits=1),
    ),
    "revoke_credit": (
        lambda deps, keys: commands.revoke_credit(deps, MINISTRY, enrollment=keys[0], reason=Reason("抽检")),
        Budget(2, commits=1),
    ),
    "restore_credit": (
        lambda deps, keys: commands.restore_credit(deps, MINISTRY, enrollment=keys[0], reason=Reason("撤销有误")),
        Budget(2, commits=1),
    ),
}
"""In the order of a training, so that each takes effect after those before it; with an `Idempotency-Key`."""


@pytest.mark.parametrize("count", ROWS)
async def test_a_command_takes_its_budget_of_operations(
    database: Database, parts: Parts, tmp_path: Path, count: int
) -> None:
    store, keys = Store(database), [f"e{number}" for number in range(count)]
    await store.prepare()
    await store.projects.put(RUNNING)
    for key in keys:
        await store.records.insert(Record(key, 1, "p1", "b1", f"t-{key}", str(SCHOOL.school), "44"))
    async with watched(parts.mongodb_url(ADMIN), database.name) as (listened, operations):
        deps = Deps(Store(listened), Clock(tmp_path / "clock.json"), load_rules())
        for version, (name, (command, budget)) in enumerate(COMMANDS.items(), start=2):
            operations.clear()
            with acting(Act(MINISTRY, idempotency_key=name)):
                await command(deps, keys)
            assert operations.cost == budget, (name, operations.seen)
            assert (await store.records.get(keys[0])).version == version, f"{name} takes effect"


@pytest.mark.parametrize("count", ROWS)
async def test_what_is_settled_is_found_by_as_many_operations_for_many_projects(
    database: Database, parts: Parts, count: int
) -> None:
    """R31: of a hundred classes that wait for something no record is read."""
    store = Store(database)
    await store.prepare()
    marks, now = (Mark("s1", False, SessionMode.OFFLINE, datetime.now(UTC)),), datetime.now(UTC)
    for number in range(count):
        key = f"p{number}"
        await store.projects.put(replace(RUNNING, id=key, phase=ProjectPhase.FINISHED))
        record = Record(f"e{number}", 1, key, "b1", "t", str(SCHOOL.school), "44", marks=marks)
        waits = replace(
            record,
            results=(Result(ResultOutcome.PASSED, 90, 1.0, now),),
            credit=Credit(hours=56, rule="r", status=CreditStatus.PENDING, changed_at=now),
        )
        await store.records.insert(waits if number else record)
    async with watched(parts.mongodb_url(ADMIN), database.name) as (listened, operations):
        assert await commands.settle_projects(Store(listened)) == 1
    assert operations.cost == Budget(6), operations.seen


def test_every_command_has_a_budget() -> None:
    assert use_cases(commands) == {*COMMANDS, "settle_projects"}
