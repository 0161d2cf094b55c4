"""R23, R26, R29: assessment's records of attendees, from events in batches of any size (ADR 27)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chassis.events import Envelope
from chassis.storage.mongo import Database
from services.assessment.messaging.inbound import handlers
from services.assessment.store import Store
from tests.integration.assessment.world import attendee, sessions
from tests.support.consuming import deliveries, envelope_of, take_in

PROJECTS = ("p0", "p1")
OF_ENROLLMENTS = (
    "enrollment.accepted",
    "enrollment.withdrawn",
    "enrollment.substituted",
    "enrollment.cancelled",
    "enrollment.decision-revised",
)
STEP = st.tuples(st.sampled_from(OF_ENROLLMENTS), st.integers(0, 3)) | st.tuples(
    st.sampled_from(["catalog.project-started", "catalog.project-finished"]), st.integers(0, 1)
)
"""An event, and the number of its enrollment or project."""
Step = tuple[str, int]


@settings(max_examples=30, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(delivered=deliveries(STEP))
async def test_r26_r29_batches_lead_to_the_records_that_single_events_lead_to(
    database: Database, delivered: tuple[list[Step], list[list[int]]]
) -> None:
    steps, batches = delivered
    records = await play(database, steps, [[index] for index in range(len(steps))])
    assert await play(database, steps, batches) == records
    for number in range(4):
        own = [event for event in told(steps) if event.subject == f"e{number}" and event.producer == "enrollment"]
        accepted = [is_accepted(event) for event in own][-1:]
        assert [row["live"] for row in records if row["_id"] == f"e{number}"] == accepted


@settings(max_examples=40, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(OF_ENROLLMENTS), min_size=2, max_size=6), data=st.data())
async def test_r23_a_record_is_open_while_its_enrollment_is_accepted_whatever_order_the_events_come_in(
    database: Database, names: list[str], data: st.DataObject
) -> None:
    events = told([(name, 0) for name in names])
    order = data.draw(st.permutations([*events, *data.draw(st.lists(st.sampled_from(events), max_size=3))]))
    for name in ("inbox", "records", "projects"):
        await database[name].delete_many({})
    for number, event in enumerate(order):
        copy = replace(event, id=f"{event.id}/{number}")  # a repeat that the inbox does not recognise
        await take_in(database, handlers(Store(database)), copy)
    record = await Store(database).records.get("e0")
    assert record.live == is_accepted(events[-1])


async def test_r26_a_record_that_an_earlier_release_closed_stays_closed(database: Database) -> None:
    store = Store(database)
    left, back = (
        envelope_of(OF_ENROLLMENTS[0], "e0", version, attendee("e0") | {"province": "44"}) for version in (5, 9)
    )
    await take_in(database, handlers(store), left)
    await database["records"].update_one({"_id": "e0"}, {"$set": {"live": False}, "$unset": {"enrollment_version": ""}})
    await take_in(database, handlers(store), back)
    assert not (await store.records.get("e0")).live


async def test_r32_a_publication_that_comes_again_fills_in_what_an_earlier_release_has_not_stored(
    database: Database,
) -> None:
    store = Store(database)
    told = {
        **published("p1").data,
        "code": "2024-44-001",
        "title": "数控",
        "base_name": "甲基地",
        "category": "PRINCIPAL",
        "class_hours": 16,
        "starts_on": "2024-06-03",
        "ends_on": "2024-06-09",
        "province": "44",
        "faculty_members": [{"id": "f1", "name": "王教授"}],
    }
    await take_in(database, handlers(store), published("p1"))
    await store.projects.collection.update_one(
        {"_id": "p1"},
        {"$set": {"phase": "FINISHED", "version": 5, "timetable": 3, "ends_on": "2024-06-10", "province": "00"}},
    )
    before = await store.projects.get("p1")
    assert (before.training, before.category, before.class_hours, before.province) == (None, None, None, "00")
    again = replace(envelope_of("catalog.project-published", "p1", 1, told), id="catalog/project:p1/1/again")
    await take_in(database, handlers(store), again)
    after = await store.projects.get("p1")
    assert after.training
    assert (after.training.title, after.training.class_hours) == ("数控", 16)
    assert after.training.ends_on == before.ends_on == after.ends_on
    assert (after.category, after.class_hours, after.province) == ("PRINCIPAL", 16, "44")
    assert [teacher.name for teacher in after.faculty] == ["王教授"]
    kept = ("phase", "version", "timetable", "sessions")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    other = told | {"title": "别的", "class_hours": 8, "category": "OTHER", "province": "45"}
    later = replace(envelope_of("catalog.project-published", "p1", 1, other), id="catalog/project:p1/1/third")
    await take_in(database, handlers(store), later)
    assert await store.projects.get("p1") == after


async def play(database: Database, steps: Sequence[Step], batches: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """The records with their events, after these batches and nothing else."""
    for name in ("inbox", "records", "projects"):
        await database[name].delete_many({})
    table = handlers(Store(database))
    await take_in(database, table, *(published(project) for project in PROJECTS))
    events = told(steps)
    for batch in batches:
        await take_in(database, table, *(events[index] for index in batch))
    records = await database["records"].find(sort=[("_id", 1)]).to_list()
    for record in records:
        for event in record["events"]:
            del event["at"]
    return records


def told(steps: Sequence[Step]) -> list[Envelope]:
    """The events of these steps; of two corrections one after the other, one accepts and one rejects."""
    return [
        envelope_of(name, f"e{number}", index + 2, attendee(f"e{number}", PROJECTS[number % 2]) | _rest(name, index))
        if name.startswith("enrollment.")
        else envelope_of(name, PROJECTS[number], index + 2, {"project": PROJECTS[number]})
        for index, (name, number) in enumerate(steps)
    ]


def _rest(name: str, index: int) -> dict[str, str]:
    decided = {"decided": ("ACCEPTED", "REJECTED")[index % 2]} if name == "enrollment.decision-revised" else {}
    return {"province": "44"} | decided


def is_accepted(event: Envelope) -> bool:
    """Whether the enrollment is accepted as the event leaves it."""
    return event.name == "accepted" or event.data.get("decided") == "ACCEPTED"


def published(project: str) -> Any:
    data = {"project": project, "base": "b1", "year": 2024, "days": 7, "mode": "OFFLINE", "sessions": sessions(2)}
    return envelope_of("catalog.project-published", project, 1, data)
