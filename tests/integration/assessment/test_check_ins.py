"""R29: people check in by the code that their base shows; every way to cheat is refused by a code of its own."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import segno

from chassis.context import Act, acting
from chassis.principal import Principal
from kernel.dates import today
from services.assessment.commands import check_in, open_check_in
from services.assessment.domain.check_in import LIFETIME, SKEW, CheckInCode
from services.assessment.domain.vocabulary import ProjectPhase
from tests.integration.assessment.test_certificates import refused
from tests.integration.assessment.world import (
    BASE,
    FOREIGN,
    MINISTRY,
    OTHER_TEACHER,
    SCHOOL,
    TEACHER,
    World,
    attendee,
)

OPEN = """mutation($session: ID!) {
  openCheckIn(projectId: "p1", sessionId: $session) { code expiresAt checkedIn attendees }
}"""
CHECK_IN = "mutation($code: String!) { checkIn(code: $code) { sessionId present mode hours recordedAt } }"
HISTORY = """{ _entities(representations: [{__typename: "Enrollment", id: "e1"}]) { ... on Enrollment {
  attendanceHistory { sessionId present hours source by } attendedHours
} } }"""
PICTURE = """mutation($session: ID!) {
  openCheckIn(projectId: "p1", sessionId: $session) { code link picture }
}"""
STRANGER = Principal("a20", TEACHER.scope, person="t-stranger")


async def running_class(world: World, *keys: str, project: str = "p1") -> None:
    """A class that runs, whose session `s1` is today, `s0` was yesterday and `s2` is tomorrow."""
    day = today(world.deps.clock.now())
    timetable = [
        {"id": f"s{place}", "title": "课", "date": (day + timedelta(days=place - 1)).isoformat(), "hours": 6}
        for place in range(3)
    ]
    await world.tell(
        "catalog.project-published",
        project,
        project=project,
        base="b1",
        year=2024,
        days=3,
        mode="OFFLINE",
        class_hours=18,
        sessions=timetable,
    )
    for key in keys:
        await world.tell("enrollment.accepted", key, **attendee(key, project))
    await world.tell("catalog.project-started", project, version=2, project=project)
    await world.until_phase(ProjectPhase.RUNNING, project)


async def shown(world: World, session: str = "s1", project: str = "p1") -> str:
    return (await open_check_in(world.deps, BASE, project=project, session=session)).code


def made(world: World, session: str = "s1", project: str = "p1", ago: timedelta = timedelta()) -> str:
    """A code of ours of some time ago."""
    return CheckInCode.at(project, session, datetime.now(UTC) - ago).text(world.deps.vault.keyed_hash)


async def come(world: World, code: str, by: Principal = TEACHER) -> str:
    return await refused(check_in(world.deps, by, code=code))


async def test_r29_an_attendee_checks_in_and_the_base_sees_who_is_there(world: World) -> None:
    await running_class(world, "e1", "e2")
    data, codes = await world.ask(BASE, OPEN, session="s1")
    assert codes == []
    code = data["openCheckIn"]
    assert (code["checkedIn"], code["attendees"]) == (0, 2)
    left = datetime.fromisoformat(code["expiresAt"]) - datetime.now(UTC)
    assert timedelta() < left <= LIFETIME
    data, codes = await world.ask(TEACHER, CHECK_IN, code=code["code"])
    assert codes == []
    mark = data["checkIn"]
    assert (mark["sessionId"], mark["present"], mark["hours"], mark["mode"]) == ("s1", True, 6, "OFFLINE")
    data, _ = await world.ask(TEACHER, HISTORY)
    (seen,) = data["_entities"]
    assert seen["attendedHours"] == 6
    assert seen["attendanceHistory"] == [
        {"sessionId": "s1", "present": True, "hours": 6, "source": "CHECK_IN", "by": "check-in"}
    ]
    (event,) = await world.heard(1)
    assert (event.name, event.data["hours"], event.actor and event.actor["subject"]) == ("attendance-recorded", 6, "a6")
    data, _ = await world.ask(BASE, OPEN, session="s1")
    assert data["openCheckIn"]["checkedIn"] == 1


async def test_r29_the_base_shows_a_picture_of_the_pages_address_with_the_code_behind_the_hash(world: World) -> None:
    """What stands behind the hash is sent to no server, so no log has a code that holds."""
    await running_class(world, "e1")
    data, codes = await world.ask(BASE, PICTURE, session="s1")
    assert codes == []
    shown = data["openCheckIn"]
    assert shown["link"] == f"{world.deps.credentials.origin}/check-in/#{shown['code']}"
    drawn = ET.fromstring(shown["picture"])  # noqa: S314 - our own
    squares = segno.make(shown["link"], error="l").symbol_size(border=4)[0]
    assert drawn.get("viewBox") == f"0 0 {squares} {squares}"
    assert drawn.get("width") is None, "as large as the screen has room for"
    assert await come(world, shown["link"].partition("#")[2]) == "ok"


async def test_r29_a_code_sent_again_is_refused_and_counts_once(world: World) -> None:
    await running_class(world, "e1")
    code = await shown(world)
    assert [await come(world, code), await come(world, code)] == ["ok", "CHECKED_IN_ALREADY"]
    assert await come(world, await shown(world)) == "CHECKED_IN_ALREADY", "by another code, too"
    assert len((await world.record("e1")).marks) == 1


async def test_r29_of_many_at_once_one_is_taken(world: World) -> None:
    await running_class(world, "e1")
    code = await shown(world)
    found = await asyncio.gather(*(come(world, code) for _ in range(5)))
    assert sorted(found) == ["CHECKED_IN_ALREADY"] * 4 + ["ok"]
    assert len((await world.record("e1")).marks) == 1


async def test_r29_a_repeat_under_its_idempotency_key_is_answered_as_the_first(world: World) -> None:
    """A phone that lost the answer asks again."""
    await running_class(world, "e1")
    code = await shown(world)
    with acting(Act(TEACHER, idempotency_key="k")):
        first = await check_in(world.deps, TEACHER, code=code)
        assert await check_in(world.deps, TEACHER, code=code) == first
    assert len((await world.record("e1")).marks) == 1


async def test_r29_a_screenshot_passed_on_after_its_time_is_refused(world: World) -> None:
    await running_class(world, "e1")
    late = LIFETIME + SKEW + timedelta(seconds=2)
    assert await come(world, made(world, ago=late)) == "CHECK_IN_CODE_EXPIRED"
    assert await come(world, made(world, ago=-SKEW - timedelta(seconds=5))) == "CHECK_IN_CODE_EXPIRED"
    assert (await world.record("e1")).marks == ()


async def test_r29_a_code_that_is_none_of_ours_is_refused(world: World) -> None:
    await running_class(world, "e1")
    foreign = CheckInCode.at("p1", "s1", datetime.now(UTC)).text(lambda _: "ab" * 32)
    for code in (foreign, "", "x.y", await shown(world) + "A"):
        assert await come(world, code) == "CHECK_IN_CODE_INVALID"


async def test_r29_another_classs_code_is_refused(world: World) -> None:
    await running_class(world, "e1")
    await running_class(world, "e2", project="p2")
    assert await come(world, await shown(world, project="p2")) == "CHECK_IN_NOT_OF_CLASS"
    assert await come(world, await shown(world), STRANGER) == "CHECK_IN_NOT_OF_CLASS"
    await world.tell("enrollment.withdrawn", "e2", version=2, enrollment="e2", project="p2", status="WITHDRAWN")
    assert await come(world, await shown(world), OTHER_TEACHER) == "CHECK_IN_NOT_OF_CLASS"


async def test_r29_people_check_in_on_the_sessions_day_only(world: World) -> None:
    await running_class(world, "e1")
    for session in ("s0", "s2"):
        assert await come(world, made(world, session)) == "CHECK_IN_CLOSED"
        assert await refused(open_check_in(world.deps, BASE, project="p1", session=session)) == "CHECK_IN_CLOSED"
    assert await refused(open_check_in(world.deps, BASE, project="p1", session="s9")) == "UNKNOWN_SESSION"
    code = await shown(world)
    await world.finish(version=3)
    assert await come(world, code) == "CHECK_IN_CLOSED", "the training is over"


async def test_r29_what_the_base_states_stands_before_and_after(world: World) -> None:
    await running_class(world, "e1", "e2")
    assert await world.attend(("e2", "s1", False)) == ["ok"]
    assert await come(world, await shown(world), OTHER_TEACHER) == "CHECK_IN_OVERRULED"
    assert await come(world, await shown(world)) == "ok"
    assert await world.attend(("e1", "s1", False)) == ["ok"], "somebody had the code read by a friend"
    assert await come(world, await shown(world)) == "CHECK_IN_OVERRULED"
    data, _ = await world.ask(BASE, HISTORY)
    history = data["_entities"][0]["attendanceHistory"]
    assert [(mark["source"], mark["present"]) for mark in history] == [("BASE", False), ("CHECK_IN", True)]


@pytest.mark.parametrize("by", [FOREIGN, SCHOOL, MINISTRY, TEACHER])
async def test_r29_a_code_is_shown_by_the_base_of_the_class_alone(world: World, by: Principal) -> None:
    await running_class(world, "e1")
    assert await world.ask(by, OPEN, session="s1") == ({"openCheckIn": None}, ["FORBIDDEN"])


@pytest.mark.parametrize("by", [BASE, SCHOOL, MINISTRY])
async def test_r29_nobody_checks_in_for_a_teacher(world: World, by: Principal) -> None:
    await running_class(world, "e1")
    answer: tuple[Any, list[str]] = await world.ask(by, CHECK_IN, code=await shown(world))
    assert answer == ({"checkIn": None}, ["FORBIDDEN"])
    assert (await world.record("e1")).marks == ()
