"""R29, R30: publication of results, by the base or by itself; who is told, and when a project is settled."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from chassis.clock import Clock
from chassis.context import Act, acting
from chassis.storage.mongo import Database
from kernel.dates import today
from kernel.errors import Refusal
from services.assessment.app import load_rules, load_weights
from services.assessment.commands import looks
from services.assessment.commands.books import publish_overdue, remind_of_results
from services.assessment.commands.deps import Deps
from services.assessment.commands.looks import Position
from services.assessment.commands.settlement import settle_projects
from services.assessment.domain import result as results
from services.assessment.domain.book import Book
from services.assessment.domain.project import Project
from services.assessment.domain.record import Record
from services.assessment.domain.result import Assessing
from services.assessment.domain.vocabulary import ProjectPhase, ResultOutcome
from services.assessment.store import Store
from tests.integration.assessment.world import BASE, VAULT, World, attendee
from tests.support.certificates import new_credentials
from tests.support.eventually import eventually


async def settled(world: World) -> int:
    return await settle_projects(world.deps.store)


async def test_r30_a_project_is_settled_once_its_results_are_published(world: World) -> None:
    """Credits hold nothing up: schools confirm them afterwards (R31)."""
    await world.start("e1", "e2", "e3")
    await world.attend(*((key, session, True) for key in ("e1", "e2") for session in ("s1", "s2")))
    assert await settled(world) == 0
    await world.finish()
    await world.grade("e1", ResultOutcome.PASSED, 90)
    with pytest.raises(Refusal) as refused:
        await world.close()  # e2 has attended, and has no result
    assert refused.value.details == {"count": 1, "enrollments": ["e2"]}
    await world.grade("e2", ResultOutcome.FAILED, 40)
    assert await settled(world) == 0
    assert (await world.close()).published_at
    assert [await settled(world) for _ in range(2)] == [1, 0]
    heard = {event.name: event.data for event in await world.heard(10)}
    assert heard["project-settled"] == {
        "project": "p1", "base": "b1", "attendees": 3, "passed": 1, "credited": 0, "year": 2024, "province": "00"
    }  # fmt: skip
    assert heard["results-published"] == {
        "project": "p1", "base": "b1", "year": 2024, "attendees": 3, "passed": 1, "failed": 1, "incomplete": 1,
        "no_shows": 1, "attended_hours": 32, "due_hours": 48, "late": False, "province": "44",
    }  # fmt: skip
    await world.tell("catalog.project-completed", "p1", version=3, project="p1", settled=True)
    await world.until_phase(ProjectPhase.COMPLETED)
    assert await world.grade("e2", ResultOutcome.INCOMPLETE, None, reason="复核") == ["RECORDS_FINAL"]


async def test_r30_a_publication_that_was_interrupted_is_taken_up_by_a_repeat(world: World) -> None:
    """Each record is written by itself, and the book after them."""
    await world.start("e1", "e2")
    await world.attend(*((key, session, True) for key in ("e1", "e2") for session in ("s1", "s2")))
    await world.finish()
    await world.grade("e1", ResultOutcome.PASSED, 90)
    await world.grade("e2", ResultOutcome.PASSED, 80)
    project = await world.deps.store.projects.get("p1")
    by = Assessing(project, world.deps.rules, world.deps.clock.now())
    published, events = results.publish(await world.record("e1"), by)
    await world.deps.store.records.save(published, events)
    before = await world.record("e1")
    first = await world.close()
    assert (await world.record("e1"), await world.close()) == (before, first)
    assert (await world.record("e2")).result
    names = [event.name for event in await world.heard(7)]
    assert (names.count("result-recorded"), names.count("results-published")) == (2, 1)


async def test_r30_a_record_that_comes_after_the_publication_is_published_too(world: World) -> None:
    """Its acceptance was late on its way; the book stays as it was closed."""
    await world.start("e1")
    await world.passes("e1")
    closed = await world.deps.store.books.get("p1")
    await world.tell("enrollment.accepted", "e2", **attendee("e2"))

    async def arrived() -> bool:
        return await world.deps.store.records.find("e2") is not None

    await eventually(arrived)
    assert await world.attend(("e2", "s1", True), ("e2", "s2", True), reason="补录") == ["ok", "ok"]
    assert await world.grade("e2", ResultOutcome.PASSED, 80) == ["ok"]
    assert await world.close() == closed
    assert (await world.record("e2")).result


async def test_r30_a_publication_under_one_key_and_at_the_same_moment_is_one(world: World) -> None:
    await world.start("e1")
    await world.attend(("e1", "s1", True), ("e1", "s2", True))
    await world.finish()
    await world.grade("e1", ResultOutcome.PASSED, 90)

    async def close() -> Book:
        with acting(Act(BASE, idempotency_key="k1")):
            return await world.close()

    first, *others = await asyncio.gather(*(close() for _ in range(4)))
    assert others == [first] * 3
    names = [event.name for event in await world.heard(4)]
    assert (names.count("result-recorded"), names.count("results-published")) == (1, 1)


async def test_r30_what_a_base_has_not_published_in_thirty_days_is_published_as_it_is(
    world: World, tmp_path: Path
) -> None:
    await world.start("e1", "e2", "e3")
    await world.attend(*((key, session, True) for key in ("e1", "e2") for session in ("s1", "s2")))
    await world.finish()
    await world.grade("e1", ResultOutcome.PASSED, 90)
    assert await publish_overdue(world.deps) == 0
    later = replace(world.deps, clock=_Later(tmp_path / "clock.json", timedelta(days=30)))
    assert [await publish_overdue(later) for _ in range(2)] == [1, 0]
    outcomes = [(await world.record(key)).results[-1] for key in ("e1", "e2", "e3")]
    assert [(result.outcome, result.by) for result in outcomes] == [
        (ResultOutcome.PASSED, "base"),
        (ResultOutcome.INCOMPLETE, "system"),
        (ResultOutcome.INCOMPLETE, "system"),
    ]
    assert (await world.deps.store.books.get("p1")).late
    heard = await world.heard(9)
    assert [event.data["late"] for event in heard if event.name == "results-published"] == [True]


async def test_r28_r30_what_was_completed_before_is_published_too_but_not_what_is_of_an_earlier_release(
    database: Database, tmp_path: Path
) -> None:
    store = Store(database)
    await store.prepare()
    deps = Deps(store, Clock(tmp_path / "clock.json"), load_rules(), VAULT, load_weights(), new_credentials())
    completed = Project("q1", 1, "b1", 2024, 7, ProjectPhase.COMPLETED, (), finished_on=date(2024, 6, 9))
    await store.projects.put(completed)
    await store.projects.put(replace(completed, id="q2", finished_on=None))
    assert [await publish_overdue(deps) for _ in range(2)] == [1, 0]
    assert (await store.books.get("q1")).late
    assert await store.books.find("q2") is None


async def test_r30_the_base_is_reminded_of_results_that_are_due(world: World, tmp_path: Path) -> None:
    await world.start("e1")
    await world.finish()
    assert await remind_of_results(world.deps) == 0
    due = today(world.deps.clock.now()) + timedelta(days=15)
    for days, expected in ((10, [1, 0]), (15, [1, 0]), (20, [1, 0])):
        later = replace(world.deps, clock=_Later(tmp_path / "clock.json", timedelta(days=days)))
        assert [await remind_of_results(later) for _ in range(2)] == expected
    told = [event.data for event in await world.heard(4) if event.name == "results-due"]
    assert [(data["due_on"], data["overdue"]) for data in told] == [
        (due.isoformat(), False),
        (due.isoformat(), False),
        (due.isoformat(), True),
    ]


class _Later(Clock):
    """The clock of the tests, some days on."""

    def __init__(self, file: Path, ahead: timedelta) -> None:
        super().__init__(file)
        self._ahead = ahead

    def now(self) -> datetime:
        return super().now() + self._ahead


async def test_r28_r29_attendance_and_results_of_a_class_that_was_recorded_as_held(world: World) -> None:
    """Nobody is a no-show before the project is completed, for nobody could record attendance earlier."""
    await world.publish("e1", "e2")
    await world.until_phase(ProjectPhase.PUBLISHED)

    async def not_yet() -> bool:
        return await world.attend(("e1", "s1", True)) == ["NOT_RUNNING"]

    await eventually(not_yet)
    await world.finish(afterwards=True)
    assert await world.attend(("e1", "s1", True), ("e1", "s2", True)) == ["ok", "ok"]
    assert await world.grade("e1", ResultOutcome.PASSED, 95) == ["ok"]
    with pytest.raises(Refusal) as refused:
        await world.close()  # nothing is known of e2 yet
    assert (refused.value.code, refused.value.details["enrollments"]) == ("RESULTS_INCOMPLETE", ["e2"])
    assert await settled(world) == 0
    await world.tell("catalog.project-completed", "p1", version=3, project="p1", settled=False)
    await world.until_phase(ProjectPhase.COMPLETED)
    events = await world.heard(3)
    assert [(event.name, event.subject) for event in events if event.name == "no-show-recorded"] == [
        ("no-show-recorded", "e2")
    ]


async def test_r29_a_mistake_in_a_class_recorded_afterwards_makes_a_no_show_at_its_completion_only(
    world: World,
) -> None:
    await world.publish("e1")
    await world.until_phase(ProjectPhase.PUBLISHED)
    await world.finish(afterwards=True)

    async def marked() -> bool:
        return await world.attend(("e1", "s1", True)) == ["ok"]

    await eventually(marked)
    assert await world.attend(("e1", "s1", False), reason="核对") == ["ok"]
    await world.tell("catalog.project-completed", "p1", version=3, project="p1", settled=False)
    await world.until_phase(ProjectPhase.COMPLETED)
    assert [event.name for event in await world.heard(3)] == ["attendance-recorded"] * 2 + ["no-show-recorded"]


async def test_r30_a_look_takes_some_projects_and_the_next_goes_on_behind_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told of already is not read again, and what waits keeps nobody behind it waiting."""
    monkeypatch.setattr(looks, "MOST_PROJECTS", 2)
    store, now = Store(database), datetime.now(UTC)
    await store.prepare()
    for number in range(5):
        key = f"q{number}"
        await store.projects.put(Project(key, 1, "b1", 2024, 7, ProjectPhase.FINISHED, ()))
        await store.records.insert(Record(f"e-{key}", 1, key, "b1", "t", "3144000011", "44"))
        if number != 1:
            await store.books.insert(Book(key, 1, "b1", published_at=now))
    position = Position()
    assert [await settle_projects(store, position) for _ in range(4)] == [1, 2, 1, 0]
