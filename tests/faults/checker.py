"""What must hold after any fault: what was promised is there, everywhere, once; nothing is taken that is not there."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

from chassis.events import NATIONWIDE
from chassis.messaging.amqp import DEAD
from chassis.storage.mongo import from_document
from deploy.seed.world import YEAR
from gateway.identity.store import COLLECTIONS as IDENTITY
from services.assessment.domain.audit import verify
from services.assessment.store import COLLECTIONS as ASSESSMENT
from services.assessment.store import AuditLog
from services.catalog.domain.quota import CONSUMING, Quota
from services.catalog.store import COLLECTIONS as CATALOG
from services.enrollment.store import COLLECTIONS as ENROLLMENT
from services.enrollment.store import Feed
from tests.faults.field import PROVINCES, QUEUES, Field
from tests.faults.load import Ledger
from tests.support.eventually import eventually

_OUTBOXES = {"catalog": CATALOG, "enrollment": ENROLLMENT, "assessment": ASSESSMENT, "gateway": IDENTITY}
_WAITING = {"events.0": {"$exists": True}}


async def recovered(field: Field, bound: float) -> float:
    """Wait until nothing is on its way any more: outboxes, queues, feed; returns the seconds it took.

    Raises:
        AssertionError: Not within `bound` seconds.
    """
    started = time.monotonic()
    left: list[str] = []

    async def settled() -> bool:
        """Nothing at two looks: what moves from one place to the next is seen at neither, for a moment."""
        for _ in range(2):
            left[:] = [one async for one in left_over(field)]
            if left:
                return False
        return True

    try:
        await eventually(settled, deadline=bound, every=0.2)
    except AssertionError as late:
        raise AssertionError(f"still on the way after {bound:.0f} s: {left}") from late
    return time.monotonic() - started


async def left_over(field: Field) -> AsyncIterator[str]:
    """What is still on its way."""
    for service, collections in _OUTBOXES.items():
        for name in collections:
            if waiting := await field.mongo[service][name].count_documents(_WAITING):
                yield f"{waiting} of {service}.{name}"
    for queue in QUEUES:
        if depth := await field.depth(queue):
            yield f"{depth} in {queue}"
    feed = Feed(field.mongo["enrollment"])
    for code in field.received:
        if lacking := await feed.last(code) - len(field.received[code]):
            yield f"{lacking} for province {code}"
    if lacking := await feed.last(NATIONWIDE) - (await AuditLog(field.mongo["assessment"]).head()).sequence:
        yield f"{lacking} for the audit"  # a queue does not tell of what its consumer has in hand


async def check(field: Field, ledger: Ledger) -> None:
    """Compare the ledger with the databases, the feeds, the audit, and what the provinces received.

    Raises:
        AssertionError: Something was lost, came twice or was overdrawn.
    """
    assert not ledger.overruns, ledger.overruns
    log = await _feed(field, NATIONWIDE)
    heard = Counter((one["producer"] + "." + one["name"], one["subject"]) for one in log)
    promised = Counter((one.event, one.subject) for one in ledger.promises)
    promised.update({(one.event, one.subject): 0 for one in ledger.denials})
    for promise, times in promised.items():
        assert heard[promise] == times, f"{promise} promised {times} times, heard {heard[promise]} times"
    audit = AuditLog(field.mongo["assessment"])
    rows = [row async for row in audit.all()]
    assert not list(verify(rows, await audit.head()))
    differing = Counter(row.act.event for row in rows)
    differing.subtract(one["id"] for one in log)
    assert not any(differing.values()), f"the audit is not the log: {[one for one in differing.items() if one[1]]}"
    for code in PROVINCES:
        own = await _feed(field, code)
        assert field.received[code] == dict(enumerate((one["id"] for one in own), 1)), f"province {code}"
    for project in ledger.projects:
        await _seats(field, project, log)
    await _quotas(field)


async def _feed(field: Field, province: str) -> Sequence[dict[str, Any]]:
    """A log's events, its numbers proven to be without a gap and its events to be there once."""
    rows = await field.mongo["enrollment"]["feed"].find({"province": province}, sort=[("sequence", 1)]).to_list()
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1)), f"gaps in {province}"
    events: list[dict[str, Any]] = [row["event"] for row in rows]
    assert len({one["id"] for one in events}) == len(events), f"doubles in {province}"
    last: dict[str, tuple[int, int]] = {}
    for one in events:
        *_, version, index = one["id"].split("/")
        aggregate = one["id"].rsplit("/", 2)[0]
        assert last.get(aggregate, (0, 0)) < (int(version), int(index)) or aggregate not in last, (
            f"order of {aggregate}"
        )
        last[aggregate] = (int(version), int(index))
    return events


async def _seats(field: Field, project: str, log: Sequence[dict[str, Any]]) -> None:
    """Counters, enrollments, persons' dates and effects elsewhere agree; each move of the counters is told once."""
    enrollment, assessment = field.mongo["enrollment"], field.mongo["assessment"]
    seats = await enrollment["seats"].find_one({"_id": project})
    assert seats
    held = {
        counter: await enrollment["enrollments"].distinct("_id", {"project": project, "status": counter.upper()})
        for counter in ("accepted", "offered", "waitlisted")
    }
    assert {counter: len(keys) for counter, keys in held.items()} == {counter: seats[counter] for counter in held}
    assert seats["accepted"] + seats["offered"] <= seats["capacity"], f"{seats}"
    moves = [event["data"].get("seats") for event in log if event["data"].get("project") == project]
    versions = sorted(move["version"] for move in moves if move)
    assert versions == list(range(1, seats["version"] + 1)), f"moves of {seats}: {versions}"
    persons = await enrollment["persons"].find({"accepted.project": project}).to_list()
    dates = [one["enrollment"] for person in persons for one in person["accepted"] if one["project"] == project]
    assert sorted(dates) == sorted(held["accepted"]), "who was accepted holds the dates, once, and nobody else"
    shown = await field.mongo["catalog"]["projects"].find_one({"_id": project}, {"seats": 1}) or {}
    assert shown.get("seats", {"held": 0})["held"] == seats["accepted"] + seats["offered"], f"{shown} of {seats}"
    attending = await assessment["records"].distinct("_id", {"project": project, "live": True})
    assert sorted(held["accepted"]) == sorted(attending), "who was accepted has a record, and nobody else"


async def _quotas(field: Field) -> None:
    catalog = field.mongo["catalog"]
    day = field.suite.now().date()
    async for document in catalog["quotas"].find({"year": YEAR}):
        quota = from_document(document, Quota)
        consuming = [status.value for status in CONSUMING]
        mine = {"base": quota.base, "year": YEAR, "status": {"$in": consuming}}
        used = await catalog["projects"].count_documents(mine)
        assert quota.used == used <= quota.limit_on(day), f"{used} projects in {quota}"


async def dead(field: Field) -> int:
    """How many dead letters there are."""
    return await field.depth(DEAD)
