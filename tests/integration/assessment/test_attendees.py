"""R26, R29: assessment's records of attendees, from events in batches of any size (ADR 27)."""

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chassis.storage.mongo import Database
from services.assessment.messaging.inbound import handlers
from services.assessment.store import Store
from tests.integration.assessment.world import attendee, sessions
from tests.support.consuming import deliveries, envelope_of, take_in

PROJECTS = ("p0", "p1")
STEP = st.tuples(
    st.sampled_from(["enrollment.accepted", "enrollment.withdrawn", "enrollment.substituted", "enrollment.cancelled"]),
    st.integers(0, 3),
) | st.tuples(st.sampled_from(["catalog.project-started", "catalog.project-finished"]), st.integers(0, 1))
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
        own = [name for name, index in steps if index == number and name.startswith("enrollment.")]
        only_accepted = bool(own) and set(own) == {"enrollment.accepted"}
        assert [row["live"] for row in records if row["_id"] == f"e{number}"] == ([only_accepted] if own else [])


async def play(database: Database, steps: Sequence[Step], batches: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """The records with their events, after these batches and nothing else."""
    for name in ("inbox", "records", "projects"):
        await database[name].delete_many({})
    table = handlers(Store(database))
    await take_in(database, table, *(published(project) for project in PROJECTS))
    events = [
        envelope_of(name, f"e{number}", index + 2, attendee(f"e{number}", PROJECTS[number % 2]) | {"province": "44"})
        if name.startswith("enrollment.")
        else envelope_of(name, PROJECTS[number], index + 2, {"project": PROJECTS[number]})
        for index, (name, number) in enumerate(steps)
    ]
    for batch in batches:
        await take_in(database, table, *(events[index] for index in batch))
    records = await database["records"].find(sort=[("_id", 1)]).to_list()
    for record in records:
        for event in record["events"]:
            del event["at"]
    return records


def published(project: str) -> Any:
    data = {"project": project, "base": "b1", "year": 2024, "days": 7, "mode": "OFFLINE", "sessions": sessions(2)}
    return envelope_of("catalog.project-published", project, 1, data)
