"""What must hold in every copy of a service's database, so that a backup is one to go back to (ADR 70)."""

from collections import Counter
from collections.abc import AsyncIterator, Callable

from chassis.storage.mongo import Database
from services.assessment.domain.audit import Verification
from services.assessment.store import AuditLog
from services.catalog.commands.quotas import reconcile_quotas
from services.catalog.store import Store as Catalog
from services.enrollment.domain.seats import HOLDS
from services.enrollment.domain.seats import Counter as Held
from services.enrollment.domain.vocabulary import EnrollmentStatus


async def catalog(database: Database) -> AsyncIterator[str]:
    """Each quota is what is counted of its projects (R11)."""
    for difference in await reconcile_quotas(Catalog(database)):
        yield f"quota {difference.year} {difference.base}: {difference.used}, counted {len(difference.projects)}"


async def enrollment(database: Database) -> AsyncIterator[str]:
    """Each project's seats are what is counted of its enrollments, and no log of a province has a gap (R23, R27)."""
    counting = [{"$group": {"_id": {"project": "$project", "status": "$status"}, "count": {"$sum": 1}}}]
    rows = await (await database["enrollments"].aggregate(counting)).to_list()
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if held := HOLDS.get(EnrollmentStatus(row["_id"]["status"])):
            counts[row["_id"]["project"], held.value] += row["count"]
    async for seats in database["seats"].find({}):
        counted = {held.value: counts[seats["_id"], held.value] for held in Held}
        if (stored := {held.value: seats[held.value] for held in Held}) != counted:
            yield f"seats of {seats['_id']}: {stored}, counted {counted}"
        if seats["accepted"] + seats["offered"] > seats["capacity"]:
            yield f"seats of {seats['_id']}: more than {seats['capacity']}"
    ends = {"count": {"$sum": 1}, "first": {"$min": "$sequence"}, "last": {"$max": "$sequence"}}
    async for log in await database["feed"].aggregate([{"$group": {"_id": "$province", **ends}}]):
        if (log["first"], log["last"]) != (1, log["count"]):
            yield f"log of {log['_id']}: {log['count']} entries from {log['first']} to {log['last']}"


async def assessment(database: Database) -> AsyncIterator[str]:
    """The chain of the audit log holds (R40)."""
    log, check = AuditLog(database), Verification()
    async for row in log.all():
        for fault in check.take(row):
            yield f"audit row {fault.sequence}: {fault.what}"
    for fault in check.end(await log.head()):
        yield f"audit row {fault.sequence}: {fault.what}"


async def gateway(database: Database) -> AsyncIterator[str]:
    """Nothing is counted of accounts: what must hold, unique indexes hold."""
    for _ in await database.list_collection_names(filter={"name": "accounts"}):
        return
    yield "no accounts"


INVARIANTS: dict[str, Callable[[Database], AsyncIterator[str]]] = {
    "catalog": catalog,
    "enrollment": enrollment,
    "assessment": assessment,
    "gateway": gateway,
}
"""By service; the ballot box has none, for it has no backup (ADR 54)."""
