"""Names of attendees reach assessment, sealed, and nobody else (R32, R41, ADR 52)."""

import json
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from chassis.principal import Principal
from chassis.storage.sealed_names import open_name
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.enrollment.commands import NamePosition, correct_teacher, names, tell_earlier_names
from services.enrollment.messaging.feed_publisher import readers_of
from services.enrollment.store import Store
from tests.integration.enrollment.season import BASE, SCHOOL, Season
from tests.support.consuming import envelope_of
from tests.support.operations import Budget, watched

NOTICES = "query { myNotices { nodes { kind message } } }"


async def told(season: Season, key: str) -> list[dict[str, Any]]:
    """The events about an attendee's name, in order, as they wait for the relay."""
    document = await season.database["attendee_names"].find_one({"_id": key})
    return [event["data"] for event in document["events"]] if document else []


async def accepted(season: Season, teacher: Principal) -> str:
    key = await season.submitted(teacher, "p1")
    await season.decide(key)
    await season.hear("enrollment.accepted", key, {"enrollment": key})
    return key


def opened(season: Season, event: dict[str, Any]) -> str:
    keys = season.deps.name_keys
    assert keys is not None
    return open_name(keys.keys[event["key"]], event["sealed"], event["enrollment"])


async def test_r32_who_is_accepted_is_named_to_assessment_once(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1, name="张䶮𬭎")
    key = await accepted(season, teacher)
    await season.hear("enrollment.accepted", key, {"enrollment": key})
    (event,) = await told(season, key)
    assert (event["teacher"], event["school"]) == (teacher.person, SCHOOL.school)
    assert opened(season, event) == "张䶮𬭎"


async def test_r41_a_name_opens_for_its_enrollment_only_and_tells_nothing_by_its_length(season: Season) -> None:
    await season.publish()
    first, second = [*await season.teachers(1, name="张三"), *await season.teachers(1, name="买买提·吐尔逊")]
    one, other = [(await told(season, await accepted(season, teacher)))[0] for teacher in (first, second)]
    assert len(one["sealed"]) == len(other["sealed"])
    with pytest.raises(ValueError, match="not sealed"):
        opened(season, one | {"enrollment": other["enrollment"]})
    stored = [document async for document in season.database["attendee_names"].find()]
    assert "张三" not in json.dumps(stored, ensure_ascii=False, default=str)


async def test_r32_a_corrected_name_is_told_again_and_other_corrections_are_not(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1, name="张三")
    key = await accepted(season, teacher)
    person = str(teacher.person)
    corrected = await correct_teacher(season.deps, SCHOOL, key=person, version=1, given={"title": "副教授"})
    await season.hear("enrollment.teacher-corrected", person, {"teacher": person, "fields": ["TITLE"]})
    assert len(await told(season, key)) == 1
    await correct_teacher(season.deps, SCHOOL, key=person, version=corrected.version, given={"name": "张叁"})
    await season.hear("enrollment.teacher-corrected", person, {"teacher": person, "fields": ["NAME"]})
    assert [opened(season, event) for event in await told(season, key)] == ["张三", "张叁"]


async def test_r32_nobody_without_a_seat_is_named(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    await season.hear("enrollment.accepted", key, {"enrollment": key})
    assert await told(season, key) == []


async def test_r32_who_was_accepted_before_names_were_told_is_named_by_a_sweep(season: Season) -> None:
    await season.publish()
    teachers = await season.teachers(2)
    keys = [await season.submitted(teacher, "p1") for teacher in teachers]
    await season.decide(keys[0])
    position = NamePosition()
    assert [await tell_earlier_names(season.deps, position) for _ in range(2)] == [1, 0]
    assert [len(await told(season, key)) for key in keys] == [1, 0]
    assert position.done


async def test_r32_a_look_that_fails_is_taken_again(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    await season.decide(key)
    position = NamePosition()
    with monkeypatch.context() as patch:
        patch.setattr(names, "in_unit_of_work", _away)
        with pytest.raises(ConnectionError):
            await tell_earlier_names(season.deps, position)
    assert (position.after, position.done) == ("", False)
    assert await tell_earlier_names(season.deps, position) == 1
    assert position.done


async def _away(*_: Any) -> int:
    raise ConnectionError


async def test_r32_a_name_that_cannot_be_sealed_is_left_out_and_logged(season: Season) -> None:
    await season.publish()
    teachers = await season.teachers(2)
    keys = [await season.submitted(teacher, "p1") for teacher in teachers]
    for key in keys:
        await season.decide(key)
    stored = await season.deps.store.teachers.get(str(teachers[0].person))
    await season.deps.store.teachers.save(replace(stored, name="赵" * 90))
    with capture_logs() as logs:
        assert await tell_earlier_names(season.deps, NamePosition()) == 1
    assert [line["enrollment"] for line in logs if line["event"] == "a name cannot be sealed"] == [keys[0]]
    assert "赵" not in str(logs)
    assert [len(await told(season, key)) for key in keys] == [0, 1]


@pytest.mark.parametrize("count", [1, 4])
async def test_names_of_many_take_as_many_operations_as_one(season: Season, parts: Parts, count: int) -> None:
    """What was told, enrollments, teachers, projects, and one write; a sweep looks for the enrollments besides."""
    await season.publish()
    for teacher in await season.teachers(count):
        await season.decide(await season.submitted(teacher, "p1"))
    async with watched(parts.mongodb_url(ADMIN), season.database.name) as (listened, operations):
        deps = replace(season.deps, store=Store(listened))
        assert await tell_earlier_names(deps, NamePosition()) == count
        assert operations.cost == Budget(6, commits=1), operations.seen
        await deps.lane.close()


def test_r41_no_province_gets_a_name() -> None:
    data = {"enrollment": "e1", "province": "44"}
    assert readers_of(envelope_of("enrollment.attendee-named", "e1", 1, data)) == ()


@pytest.mark.parametrize(("event", "kind"), [("issued", "CERTIFICATE"), ("revoked", "CERTIFICATE_REVOKED")])
async def test_r32_teacher_and_base_are_told_of_a_certificate(season: Season, event: str, kind: str) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = await accepted(season, teacher)
    await season.hear(f"assessment.certificate-{event}", "GP2411K7M2Q9XDE", {"enrollment": key})
    for reader in (teacher, BASE):
        nodes = (await season.act(reader, NOTICES))["nodes"]
        assert kind in {notice["kind"] for notice in nodes}
    assert kind not in {notice["kind"] for notice in (await season.act(SCHOOL, NOTICES))["nodes"]}
