"""R28, R33: a base that forgets to start or end a class is told, and every way on from there is open and recorded."""

import asyncio
from typing import Any

import pytest

from chassis.storage.mongo import Database
from services.catalog.commands import (
    complete_overdue,
    finish_overdue,
    lapse_overdue,
    tell_missed_finishes,
    tell_missed_starts,
)
from services.catalog.messaging import handlers
from tests.integration.catalog.season import Season
from tests.support.consuming import envelope_of, take_in
from tests.support.graph import Refused
from tests.support.principals import ANYBODY, MINISTRY

STATE = "status startedLate startMissed recordedAfterwards startsOn endsOn"
START = f"mutation($id: ID!, $why: String) {{ startProject(id: $id, reason: $why) {{ {STATE} }} }}"
HELD = f"mutation($id: ID!, $why: String!) {{ recordAsHeld(id: $id, reason: $why) {{ {STATE} }} }}"
FINISH = "mutation($id: ID!) { finishProject(id: $id) { status history { by status } } }"
NOT_HELD = f"mutation($id: ID!, $why: String!) {{ recordAsNotHeld(id: $id, reason: $why) {{ {STATE} }} }}"
MISSED = "query($missed: Boolean) { projects(filter: {startMissed: $missed}) { nodes { id startMissed } } }"


async def told(season: Season, key: str) -> list[dict[str, Any]]:
    """The events of a project, the oldest first (no relay takes them)."""
    document = await season.deps.store.projects.collection.find_one({"_id": key})
    assert document
    return list(document["events"])


async def test_r28_a_day_after_the_planned_start_it_is_told_once_and_the_ministry_finds_it(season: Season) -> None:
    base = await season.register_base()
    session = {"title": "数字化教学设计", "teacher": "王教授", "date": "2024-07-09", "hours": 8}
    other_days = {"startsOn": "2024-07-09", "endsOn": "2024-07-15", "timetable": [session]}
    forgotten, later = await season.published(base), await season.published(base, **other_days)
    season.at("2024-07-08T23:59")
    assert await tell_missed_starts(season.deps) == 0
    season.at("2024-07-09T00:00")
    assert sorted(await asyncio.gather(*(tell_missed_starts(season.deps) for _ in range(2)))) == [0, 1]
    assert await tell_missed_starts(season.deps) == 0
    names = [event["name"] for event in await told(season, forgotten["id"])]
    assert names.count("start-missed") == 1
    shown = await season.act(MINISTRY, MISSED, missed=True)
    assert shown["nodes"] == [{"id": forgotten["id"], "startMissed": True}]
    others = await season.act(MINISTRY, MISSED, missed=False)
    assert others["nodes"] == [{"id": later["id"], "startMissed": False}]


async def test_r28_a_late_start_needs_its_reason_and_is_recorded_as_late(season: Season) -> None:
    base = await season.register_base()
    project = await season.published(base)
    season.at("2024-07-09T09:00")
    await tell_missed_starts(season.deps)
    with pytest.raises(Refused) as refused:
        await season.act(base, START, id=project["id"])
    assert (refused.value.code, refused.value.extensions["rule"]) == ("REASON_MISSING", "R28")
    started = await season.act(base, START, id=project["id"], why="台风推迟一天")
    assert (started["status"], started["startedLate"], started["startMissed"]) == ("RUNNING", True, False)
    event = (await told(season, project["id"]))[-1]
    assert (event["name"], event["data"]["late"], event["data"]["reason"]) == ("project-started", True, "台风推迟一天")
    assert (await season.act(MINISTRY, MISSED, missed=True))["nodes"] == []


async def test_r28_after_the_last_day_it_is_recorded_as_held_as_planned(season: Season) -> None:
    base, rival = await season.register_base(), await season.register_base()
    project = await season.published(base)
    season.at("2024-07-14T20:00")
    with pytest.raises(Refused) as early:
        await season.act(base, HELD, id=project["id"], why="忘记开班")
    assert early.value.code == "TOO_EARLY"
    season.at("2024-07-15T00:00")
    with pytest.raises(Refused) as late:
        await season.act(base, START, id=project["id"], why="忘记开班")
    assert (late.value.code, late.value.extensions["rule"]) == ("TOO_LATE", "R28")
    for who, why, code in ((rival, "冒充", "FORBIDDEN"), (base, " ", "REASON_MISSING")):
        with pytest.raises(Refused) as refused:
            await season.act(who, HELD, id=project["id"], why=why)
        assert refused.value.code == code
    with pytest.raises(Refused) as nobody:
        await season.act(base, HELD, id=project["id"], why="忘记开班")
    assert (nobody.value.code, nobody.value.extensions["rule"]) == ("NOBODY_ACCEPTED", "R28")
    await season.accept(project)
    held = await season.act(base, HELD, id=project["id"], why="忘记开班")
    assert held == {
        "status": "FINISHED", "startedLate": False, "startMissed": False, "recordedAfterwards": True,
        "startsOn": "2024-07-08", "endsOn": "2024-07-14",
    }  # fmt: skip
    data = (await told(season, project["id"]))[-1]["data"]
    assert (data["recorded_afterwards"], data["overrun"], data["reason"]) == (True, False, "忘记开班")


async def test_r33_after_the_last_day_it_is_recorded_as_not_held_and_keeps_its_quota(season: Season) -> None:
    base = await season.register_base()
    project = await season.published(base)
    season.at("2024-07-15T00:00")
    ended = await season.act(base, NOT_HELD, id=project["id"], why="报到人数不足")
    assert ended["status"] == "CANCELLED"
    data = (await told(season, project["id"]))[-1]["data"]
    assert (data["reason"], data["by"], data["not_held"]) == ("报到人数不足", "base", True)
    assert (await season.quota(base))["used"] == 1
    assert (await season.act(ANYBODY, MISSED, missed=True))["nodes"] == []


async def test_r30_r31_a_project_is_completed_when_assessment_says_that_it_is_settled(
    season: Season, database: Database
) -> None:
    base = await season.register_base()
    project = await season.published(base)
    season.at("2024-07-15T00:00")
    settled = envelope_of("assessment.project-settled", project["id"], 1, {"project": project["id"]})
    await take_in(database, handlers(season.deps), settled)
    assert (await season.deps.store.projects.get(project["id"])).status == "PUBLISHED"
    await season.accept(project)
    await season.act(base, HELD, id=project["id"], why="忘记开班")
    again = envelope_of("assessment.project-settled", project["id"], 2, {"project": project["id"]})
    for _ in range(2):
        await take_in(database, handlers(season.deps), again)
    events = await told(season, project["id"])
    assert [event["name"] for event in events].count("project-completed") == 1
    assert (events[-1]["name"], events[-1]["data"]["settled"]) == ("project-completed", True)
    assert (await season.deps.store.projects.get(project["id"])).status == "COMPLETED"


async def test_r28_a_project_with_open_results_is_completed_when_the_rounds_days_are_over(season: Season) -> None:
    base = await season.register_base()
    project = await season.published(base)
    season.at("2024-07-15T09:00")
    await season.accept(project)
    await season.act(base, HELD, id=project["id"], why="忘记开班")
    season.at("2024-10-13T23:59")
    assert await complete_overdue(season.deps) == 0
    season.at("2024-10-14T00:00")
    assert [await complete_overdue(season.deps) for _ in range(2)] == [1, 0]
    event = (await told(season, project["id"]))[-1]
    assert (event["name"], event["data"]["settled"]) == ("project-completed", False)
    assert await lapse_overdue(season.deps) == 0


async def test_r28_a_class_that_its_base_forgets_to_end_is_told_of_and_finishes_by_itself(season: Season) -> None:
    base = await season.register_base()
    project = await season.published(base)
    season.at("2024-07-08T09:00")
    await season.act(base, START, id=project["id"])
    season.at("2024-07-14T23:59")
    assert await tell_missed_finishes(season.deps) == 0
    season.at("2024-07-15T00:00")
    assert sorted(await asyncio.gather(*(tell_missed_finishes(season.deps) for _ in range(2)))) == [0, 1]
    event = (await told(season, project["id"]))[-1]
    assert (event["name"], event["data"]["until"]) == ("finish-missed", "2024-07-22")
    season.at("2024-07-21T23:59")
    assert await finish_overdue(season.deps) == 0
    season.at("2024-07-22T00:00")
    assert [await finish_overdue(season.deps) for _ in range(2)] == [1, 0]
    event = (await told(season, project["id"]))[-1]
    assert (event["name"], event["data"]["by"], event["data"]["overrun"]) == ("project-finished", "system", False)


async def test_r28_the_ministry_ends_a_class_for_its_base_and_the_history_says_so(season: Season) -> None:
    base, rival = await season.register_base(), await season.register_base()
    project = await season.published(base)
    season.at("2024-07-08T09:00")
    await season.act(base, START, id=project["id"])
    for who, code in ((MINISTRY, "TOO_EARLY"), (rival, "FORBIDDEN")):
        with pytest.raises(Refused) as refused:
            await season.act(who, FINISH, id=project["id"])
        assert refused.value.code == code
    season.at("2024-07-15T09:00")
    ended = await season.act(MINISTRY, FINISH, id=project["id"])
    assert (ended["status"], ended["history"][-1]) == ("FINISHED", {"by": "ministry", "status": "FINISHED"})
