"""R23: the catalog's count of taken seats, from events in batches of any size (ADR 13, ADR 27)."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chassis.storage.mongo import Database
from services.catalog.commands import Deps
from services.catalog.messaging import enrollment_handlers
from services.catalog.store import Store
from tests.support.consuming import deliveries, envelope_of, take_in

PROJECTS = ("p0", "p1", "p2")
MOVE = st.tuples(
    st.sampled_from(["accepted", "waitlisted", "offered", "withdrawn", "lapsed"]),
    st.sampled_from(PROJECTS),
    st.none() | st.integers(1, 9),
)
"""An event, a project, and the version of the count that the event carries; versions come late and twice."""
Move = tuple[str, str, int | None]


@settings(max_examples=30, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(delivered=deliveries(MOVE))
async def test_r23_batches_lead_to_the_counts_that_single_events_lead_to(
    database: Database, delivered: tuple[list[Move], list[list[int]]]
) -> None:
    moves, batches = delivered
    latest = {key: max((version or 0 for _, place, version in moves if place == key), default=0) for key in PROJECTS}
    expected = {key: {"version": version, "held": 3 * version} if version else None for key, version in latest.items()}
    assert await counts(database, moves, [[index] for index in range(len(moves))]) == expected
    assert await counts(database, moves, batches) == expected


def seats_at(version: int | None) -> dict[str, int] | None:
    """The counter in one of its versions."""
    return {"version": version, "accepted": version, "offered": 2 * version} if version else None


async def counts(database: Database, moves: Sequence[Move], batches: Sequence[Sequence[int]]) -> dict[str, Any]:
    """The stored counts by project, after these batches and nothing else."""
    await database["inbox"].delete_many({})
    await database["projects"].delete_many({})
    await database["projects"].insert_many([{"_id": project} for project in PROJECTS])
    handlers = enrollment_handlers(cast("Deps", SimpleNamespace(store=Store(database))))
    events = [
        envelope_of(f"enrollment.{name}", f"e{index}", 1, {"project": project, "seats": seats_at(version)})
        for index, (name, project, version) in enumerate(moves)
    ]
    for batch in batches:
        await take_in(database, handlers, *(events[index] for index in batch))
    return {row["_id"]: row.get("seats") async for row in database["projects"].find()}
