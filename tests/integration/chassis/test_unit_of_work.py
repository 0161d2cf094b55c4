"""What one transaction loads, decides and writes, on a real database (ADR 23)."""

import math
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pymongo import DeleteOne, UpdateOne
from pymongo.errors import OperationFailure

from chassis.context import Act
from chassis.principal import Principal, Scope
from chassis.storage.cached import CachedRepository
from chassis.storage.idempotency import RequestMark
from chassis.storage.mongo import Client, Conflict, Database, Document
from chassis.storage.repository import Repository
from chassis.storage.unit_of_work import UnitOfWork, in_unit_of_work
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from kernel.errors import Refusal
from tests.integration.chassis.courses import Course, create, named, rename, repository, waiting
from tests.support.operations import Operations
from tests.support.operations import watched as watched_database

ALICE = Act(Principal("alice", Scope.BASE), traceparent="00-a")
BOB = Act(Principal("bob", Scope.BASE), traceparent="00-b")
Courses = Repository[Course]


def mark(key: str, content: str = "input") -> RequestMark:
    return RequestMark("courses", key, content)


def client_of(courses: Courses) -> Client:
    return courses.collection.database.client


async def stored(courses: Courses, key: str) -> Document:
    document = await courses.collection.find_one({"_id": key})
    assert document
    return document


def step(unit: UnitOfWork, courses: Courses, course: Course, name: str, act: Act = ALICE) -> Course:
    """Rename in a unit of work."""
    renamed = replace(course, name=name)
    return unit.save(courses, renamed, [named(renamed)], act=act)


@pytest.fixture
async def watched(courses: Courses, parts: Parts) -> AsyncIterator[tuple[Courses, Operations]]:
    """The courses through a client that is listened to."""
    url, name = parts.mongodb_url(ADMIN), courses.collection.database.name
    async with watched_database(url, name) as (database, operations):
        yield repository(database), operations


async def test_what_is_asked_for_by_id_by_mark_and_by_filter_is_loaded_by_one_query(
    courses: Courses, watched: tuple[Courses, Operations]
) -> None:
    for key in ("c1", "c2", "c3", "c4"):
        await create(courses, key, name=f"course {key}")
    await courses.collection.update_one({"_id": "c2"}, {"$set": {"requests": [{"key": "k2", "input": "i2"}]}})
    watching, operations = watched

    async def work(unit: UnitOfWork) -> list[Course]:
        found = await unit.load(watching, ["c1", "c1"], marks=[mark("k2")], also=[{"name": "course c3"}])
        assert await unit.load(watching) == []
        return found

    loaded = await in_unit_of_work(client_of(watching), work)
    assert sorted(course.id for course in loaded) == ["c1", "c2", "c3"]
    assert (operations.seen, operations.commits) == ([("find", "courses")], 1)


async def test_several_steps_of_one_aggregate_are_one_write_with_all_their_events(
    courses: Courses, watched: tuple[Courses, Operations]
) -> None:
    await create(courses, "c1")
    watching, operations = watched

    async def work(unit: UnitOfWork) -> Course:
        (course,) = await unit.load(watching, ["c1"])
        once = step(unit, watching, course, "1", ALICE)
        return step(unit, watching, once, "2", BOB)

    assert await in_unit_of_work(client_of(watching), work) == Course("c1", 3, "2")
    assert operations.seen == [("find", "courses"), ("update", "courses")]
    document = await stored(courses, "c1")
    assert (document["version"], document["name"]) == (3, "2")
    assert [(event["id"], event["data"]["name"]) for event in document["events"]] == [
        ("tests/course:c1/1/0", "0"),
        ("tests/course:c1/2/0", "1"),
        ("tests/course:c1/3/0", "2"),
    ]
    assert [(event["actor"]["subject"], event["traceparent"]) for event in document["events"][1:]] == [
        ("alice", "00-a"),
        ("bob", "00-b"),
    ]


async def test_what_is_inserted_may_be_saved_again_in_the_same_unit(courses: Courses) -> None:
    async def work(unit: UnitOfWork) -> Course:
        course = unit.insert(courses, Course("c1", 1, "0"), [named(Course("c1", 1, "0"))], act=ALICE)
        return step(unit, courses, course, "1")

    assert await in_unit_of_work(client_of(courses), work) == Course("c1", 2, "1")
    document = await stored(courses, "c1")
    assert [event["id"] for event in document["events"]] == ["tests/course:c1/1/0", "tests/course:c1/2/0"]
    assert await rename(courses, Course("c1", 2, "1"), "2") == Course("c1", 3, "2")


async def test_changed_and_new_aggregates_in_any_order_are_two_operations(
    courses: Courses, watched: tuple[Courses, Operations]
) -> None:
    for number in range(3):
        await create(courses, f"old-{number}")
    watching, operations = watched

    async def work(unit: UnitOfWork) -> None:
        for course in await unit.load(watching, [f"old-{number}" for number in range(3)]):
            step(unit, watching, course, "1")
            unit.insert(watching, replace(course, id=f"new-{course.id}"), act=ALICE)

    await in_unit_of_work(client_of(watching), work)
    assert operations.seen == [("find", "courses"), ("update", "courses"), ("insert", "courses")]
    assert await courses.collection.count_documents({}) == 6


async def test_guards_are_written_first_and_puts_last(courses: Courses, watched: tuple[Courses, Operations]) -> None:
    await create(courses, "c1")
    watching, operations = watched
    database = watching.collection.database
    await courses.collection.database["notes"].insert_one({"_id": "old"})

    async def work(unit: UnitOfWork) -> None:
        (course,) = await unit.load(watching, ["c1"])
        unit.put(database["notes"], UpdateOne({"_id": "n1"}, {"$set": {"of": "c1"}}, upsert=True))
        unit.put(database["notes"], UpdateOne({"_id": "missing"}, {"$set": {"of": "c1"}}))
        unit.put(database["notes"], DeleteOne({"_id": "old"}))
        step(unit, watching, course, "1")
        unit.guard(database["doors"], UpdateOne({"_id": "d1"}, {"$inc": {"passed": 1}}, upsert=True))

    await in_unit_of_work(client_of(watching), work)
    assert [operations.seen[place] for place in (1, 2, 3)] == [
        ("update", "doors"),
        ("update", "courses"),
        ("update", "notes"),
    ]
    assert [note["_id"] async for note in courses.collection.database["notes"].find()] == ["n1"]


async def test_a_stale_version_is_decided_again_on_fresh_data(courses: Courses) -> None:
    stale = await create(courses, "c1")
    await rename(courses, stale, "meanwhile")
    attempts = 0

    async def work(unit: UnitOfWork) -> Course:
        nonlocal attempts
        attempts += 1
        (course,) = await unit.load(courses, ["c1"])
        return step(unit, courses, stale if attempts == 1 else course, f"{course.name} and on")

    assert await in_unit_of_work(client_of(courses), work) == Course("c1", 3, "meanwhile and on")
    assert attempts == 2
    assert [event["version"] for event in (await stored(courses, "c1"))["events"]] == [1, 2, 3]


async def test_who_writes_meanwhile_makes_the_unit_run_again(courses: Courses) -> None:
    await create(courses, "c1")
    attempts = 0

    async def work(unit: UnitOfWork) -> Course:
        nonlocal attempts
        attempts += 1
        (course,) = await unit.load(courses, ["c1"])
        if attempts == 1:
            await rename(courses, course, "meanwhile")
        return step(unit, courses, course, f"{course.name} and on")

    assert await in_unit_of_work(client_of(courses), work) == Course("c1", 3, "meanwhile and on")
    assert attempts == 2


async def test_a_key_that_is_taken_makes_the_unit_run_again(courses: Courses) -> None:
    await create(courses, "c1")
    attempts = 0

    async def work(unit: UnitOfWork) -> Course:
        nonlocal attempts
        attempts += 1
        return unit.insert(courses, Course(f"c{attempts}", 1, "new"), act=ALICE)

    assert await in_unit_of_work(client_of(courses), work) == Course("c2", 1, "new")
    assert (await courses.get("c1")).name == "0"


async def test_a_guard_that_does_not_match_makes_the_unit_run_again(courses: Courses) -> None:
    doors = courses.collection.database["doors"]
    await doors.insert_one({"_id": "c1", "open": 2})
    attempts = 0

    async def work(unit: UnitOfWork) -> None:
        nonlocal attempts
        attempts += 1
        unit.guard(doors, UpdateOne({"_id": "c1", "open": attempts}, {"$set": {"open": 3}}))
        unit.insert(courses, Course(f"c{attempts}", 1, "new"), act=ALICE)

    await in_unit_of_work(client_of(courses), work)
    assert [course.id for course in await courses.query({})] == ["c2"]


async def test_conflicts_without_end_are_busy_and_write_nothing(courses: Courses) -> None:
    doors = courses.collection.database["doors"]
    attempts = 0

    async def work(unit: UnitOfWork) -> None:
        nonlocal attempts
        attempts += 1
        unit.guard(doors, UpdateOne({"_id": "nowhere"}, {"$set": {"open": 1}}))
        unit.insert(courses, Course("c1", 1, "new"), act=ALICE)

    with pytest.raises(Refusal) as refused:
        await in_unit_of_work(client_of(courses), work, attempts=3)
    assert (refused.value.code, attempts) == ("BUSY", 3)
    assert refused.value.extensions()["retryAfter"] == 1
    assert await courses.query({}) == []


async def test_a_refusal_ends_the_unit_and_writes_nothing(courses: Courses) -> None:
    async def work(unit: UnitOfWork) -> None:
        unit.insert(courses, Course("c1", 1, "new"), act=ALICE)
        await courses.get("missing", unit.session)

    with pytest.raises(Refusal) as refused:
        await in_unit_of_work(client_of(courses), work)
    assert refused.value.code == "NOT_FOUND"
    assert await courses.query({}) == []


async def test_what_the_database_refuses_for_good_is_no_conflict(courses: Courses) -> None:
    await courses.collection.database.command("collMod", "courses", validator={"name": {"$ne": "poison"}})

    async def work(unit: UnitOfWork) -> None:
        unit.insert(courses, Course("c1", 1, "poison"), act=ALICE)

    with pytest.raises(OperationFailure):
        await in_unit_of_work(client_of(courses), work)


async def test_only_the_first_attempt_may_use_caches(courses: Courses) -> None:
    seen = []

    async def work(unit: UnitOfWork) -> None:
        seen.append(unit.may_use_caches)
        if len(seen) < 3:
            raise Conflict("as if")

    await in_unit_of_work(client_of(courses), work)
    assert seen == [True, False, False]


@pytest.mark.parametrize(("seconds", "seen"), [(math.inf, "before"), (0, "after")])
async def test_memory_forgets_what_is_older_than_it_may_be(courses: Courses, seconds: float, seen: str) -> None:
    """R1: a round, whose version no write checks, is not remembered for longer than its dates stand (ADR 67)."""
    await create(courses, "c1", name="before")
    remembering: CachedRepository[Course] = CachedRepository(
        courses.collection.database, "courses", Course, producer="tests", noun="course", seconds=seconds
    )

    async def read(unit: UnitOfWork) -> str:
        return (await remembering.recall(["c1"], unit))["c1"].name

    assert await in_unit_of_work(client_of(courses), read) == "before"
    await courses.collection.update_one({"_id": "c1"}, {"$set": {"name": "after"}})
    assert await in_unit_of_work(client_of(courses), read) == seen


async def test_a_mark_is_stored_with_its_outcome_and_found_by_the_next_unit_and_in_the_same(courses: Courses) -> None:
    await create(courses, "c1")

    async def work(unit: UnitOfWork) -> tuple[Course | None, Course | None]:
        (course,) = await unit.load(courses, ["c1"], marks=[mark("k1")])
        before = unit.outcome(courses, mark("k1"))
        if before is None:
            unit.save(courses, replace(course, name="1"), act=ALICE, request=mark("k1"))
        return before, unit.outcome(courses, mark("k1"))

    first, again = [await in_unit_of_work(client_of(courses), work) for _ in range(2)]
    assert first == (None, Course("c1", 2, "1"))
    assert again == (Course("c1", 2, "1"), Course("c1", 2, "1"))
    assert (await stored(courses, "c1"))["requests"] == [{"key": "k1", "input": "input"}]


async def test_a_request_without_a_key_has_no_outcome(courses: Courses) -> None:
    await create(courses, "c1")

    async def work(unit: UnitOfWork) -> Course | None:
        await unit.load(courses, ["c1"])
        return unit.outcome(courses, None)

    assert await in_unit_of_work(client_of(courses), work) is None


async def test_other_input_under_a_used_key_is_refused(courses: Courses) -> None:
    async def work(unit: UnitOfWork) -> None:
        unit.insert(courses, Course("c1", 1, "0"), act=ALICE, request=mark("k1"))
        unit.outcome(courses, mark("k1", "other input"))

    with pytest.raises(Refusal) as refused:
        await in_unit_of_work(client_of(courses), work)
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"


async def test_an_aggregate_keeps_the_latest_fifty_marks(courses: Courses, database: Database) -> None:
    await create(courses, "c1")

    async def work(unit: UnitOfWork) -> None:
        (course,) = await unit.load(courses, ["c1"])
        for number in range(60):
            course = unit.save(courses, course, act=ALICE, request=mark(f"k{number}"))

    await in_unit_of_work(database.client, work)
    document = await stored(courses, "c1")
    assert [request["key"] for request in document["requests"]] == [f"k{number}" for number in range(10, 60)]
    assert document["version"] == 61
    assert await waiting(courses) == 1, "a step without events adds none"
