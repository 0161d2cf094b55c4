"""R29–R31: a project is told of once its results and credits are settled; late no-shows of one recorded afterwards."""

from datetime import UTC, datetime

import pytest

from chassis.storage.mongo import Database
from services.assessment.commands import settlement
from services.assessment.commands.credits import confirm_credits
from services.assessment.commands.settlement import Position, settle_projects
from services.assessment.domain.project import Project
from services.assessment.domain.record import Mark, Record
from services.assessment.domain.vocabulary import ProjectPhase, ResultOutcome, SessionMode
from services.assessment.store import Store
from tests.integration.assessment.world import SCHOOL, World
from tests.support.eventually import eventually


async def settled(world: World) -> int:
    return await settle_projects(world.deps.store)


async def test_r31_a_project_is_settled_once_no_result_and_no_credit_is_open(world: World) -> None:
    await world.start("e1", "e2", "e3")
    await world.attend(("e1", "s1", True), ("e2", "s1", True))
    assert await settled(world) == 0
    await world.tell("catalog.project-finished", "p1", version=2, project="p1", overrun=False)
    await world.until_phase(ProjectPhase.FINISHED)
    await world.grade("e1", ResultOutcome.PASSED, 90)
    assert await settled(world) == 0  # e2 has attended, and has no result
    await world.grade("e2", ResultOutcome.FAILED, 40)
    assert await settled(world) == 0  # the school has not confirmed the credit
    await confirm_credits(world.deps, SCHOOL, enrollments=["e1"])
    assert [await settled(world) for _ in range(2)] == [1, 0]
    event = next(one for one in await world.heard(7) if one.type == "assessment.project-settled")
    assert event.data == {
        "project": "p1", "base": "b1", "attendees": 3, "passed": 1, "credited": 1, "province": "00"
    }  # fmt: skip
    await world.tell("catalog.project-completed", "p1", version=3, project="p1", settled=True)
    await world.until_phase(ProjectPhase.COMPLETED)
    assert await world.grade("e2", ResultOutcome.INCOMPLETE, None) == ["ok"]  # R30: corrections append


async def test_r28_r29_attendance_and_results_of_a_class_that_was_recorded_as_held(world: World) -> None:
    """Nobody is a no-show before the project is completed, for nobody could record attendance earlier."""
    await world.publish("e1", "e2")
    await world.until_phase(ProjectPhase.PUBLISHED)

    async def refused() -> bool:
        return await world.attend(("e1", "s1", True)) == ["NOT_RUNNING"]

    await eventually(refused)
    await world.tell("catalog.project-finished", "p1", version=2, project="p1", overrun=False, recorded_afterwards=True)
    await world.until_phase(ProjectPhase.FINISHED)
    assert await world.attend(("e1", "s1", True), ("e1", "s2", True)) == ["ok", "ok"]
    assert await world.grade("e1", ResultOutcome.PASSED, 95) == ["ok"]
    await confirm_credits(world.deps, SCHOOL, enrollments=["e1"])
    assert await settled(world) == 0  # nothing is known of e2 yet
    await world.tell("catalog.project-completed", "p1", version=3, project="p1", settled=False)
    await world.until_phase(ProjectPhase.COMPLETED)
    events = await world.heard(5)
    assert [(event.name, event.subject) for event in events if event.name == "no-show-recorded"] == [
        ("no-show-recorded", "e2")
    ]


async def test_r29_a_mistake_in_a_class_recorded_afterwards_makes_a_no_show_at_its_completion_only(
    world: World,
) -> None:
    await world.publish("e1")
    await world.until_phase(ProjectPhase.PUBLISHED)
    await world.tell("catalog.project-finished", "p1", version=2, project="p1", overrun=False, recorded_afterwards=True)
    await world.until_phase(ProjectPhase.FINISHED)

    async def marked() -> bool:
        return await world.attend(("e1", "s1", True)) == ["ok"]

    await eventually(marked)
    assert await world.attend(("e1", "s1", False)) == ["ok"]
    await world.tell("catalog.project-completed", "p1", version=3, project="p1", settled=False)
    await world.until_phase(ProjectPhase.COMPLETED)
    assert [event.name for event in await world.heard(3)] == ["attendance-recorded"] * 2 + ["no-show-recorded"]


async def test_r31_a_look_takes_some_projects_and_the_next_goes_on_behind_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told of already is not read again, and what waits keeps nobody behind it waiting."""
    monkeypatch.setattr(settlement, "MOST_PROJECTS", 2)
    store, marks = Store(database), (Mark("s1", False, SessionMode.OFFLINE, datetime.now(UTC)),)
    await store.prepare()
    for number in range(5):
        key = f"q{number}"
        await store.projects.put(Project(key, 1, "b1", 2024, 7, ProjectPhase.FINISHED, ()))
        record = Record(f"e-{key}", 1, key, "b1", "t", "3144000011", "44", marks=marks if number != 1 else ())
        await store.records.insert(record)
    position = Position()
    assert [await settle_projects(store, position) for _ in range(4)] == [1, 2, 1, 0]
