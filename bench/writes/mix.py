"""The mix: teachers sign up, their schools submit and withdraw, through the whole suite; and bare PyMongo beside it."""

import asyncio
import time
from collections import Counter, defaultdict
from itertools import count
from typing import Any

from bench.writes.callers import OK, SIGN_UP, SUBMIT, WITHDRAW, Caller, codes_of
from bench.writes.measures import Load, Rest, Sample
from bench.writes.side import GATEWAY, Side
from chassis.ids import new_id
from services.enrollment.domain.vocabulary import EnrollmentStatus

ACTS = ("sign-up", "submit", "withdraw")
_BARE_SECONDS = 3.0
_BARE_BYTES = 600
"""About as large as an enrollment and its event together."""


class _Tally:
    """What became of each act, and how long it took in milliseconds, by act."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.times: defaultdict[str, list[float]] = defaultdict(list)

    async def act(self, name: str, caller: Caller, document: str, **variables: Any) -> Any:
        """The value of the act; None where it failed."""
        started = time.perf_counter()
        reply = await caller.send(document, **variables)
        self.times[name].append((time.perf_counter() - started) * 1_000)
        (code,) = codes_of(reply)
        self.outcomes[code] += 1
        return next(iter(reply["data"].values())) if code == OK else None

    def quantile(self, share: float, *names: str) -> float:
        """A quantile of the times of these acts; `share` is 0.99 for p99."""
        times = sorted(time for name in names for time in self.times[name])
        return times[min(int(share * len(times)), len(times) - 1)]


async def mix(side: Side, rest: Rest, load: Load, clients: int) -> Sample:
    """Clients over ten classes, each with its next act as soon as the last one is answered; bare PyMongo before it.

    CPU is that of all processes of the suite until the last effect of the acts is done, less what an idle suite would
    have taken while it caught up.

    Args:
        side: The suite.
        rest: Waits until both suites rest.
        load: How long.
        clients: How many act at a time.
    """
    teachers = await side.candidates("bench", clients, EnrollmentStatus.SIGNED_UP)
    await rest()
    limit, limit_cpu = await _bare(side, clients)
    tally, before, started = _Tally(), side.cpu(), time.perf_counter()

    async def work(number: int) -> None:
        teacher, school = side.teacher(teachers[number]), side.school(teachers[number].school, GATEWAY)
        for turn in count(number):
            if time.perf_counter() - started > load.seconds:
                return
            signed = await tally.act("sign-up", teacher, SIGN_UP, id=side.classes[turn % len(side.classes)])
            if signed and await tally.act("submit", school, SUBMIT, ids=[signed["id"]]):
                await tally.act("withdraw", school, WITHDRAW, id=signed["id"])

    await asyncio.gather(*(work(number) for number in range(clients)))
    ended = time.perf_counter()
    await side.quiet()
    idle = side.idle * (time.perf_counter() - ended)
    spent = {name: seconds - before[name] for name, seconds in side.cpu().items()}
    writes = tally.outcomes[OK]
    values = {
        "rate": writes / (ended - started),
        "of bare": writes / (ended - started) / limit,
        "bare": limit,
        "bare cpu": limit_cpu,
        "cpu": (sum(spent.values()) - idle) * 1_000 / writes,
        "p50": tally.quantile(0.5, *ACTS),
        "p99": tally.quantile(0.99, *ACTS),
    }
    values |= {name: tally.quantile(0.5, name) for name in ACTS}
    values |= {f"cpu of {name}": seconds * 1_000 / writes for name, seconds in spent.items()}
    return Sample(values, tally.outcomes)


async def _bare(side: Side, clients: int) -> tuple[float, float]:
    """What PyMongo alone writes of the same: an insert and two guarded updates, each with an event, journalled.

    Args:
        side: The suite whose database is written to.
        clients: How many write at a time.

    Returns:
        Writes a second, and CPU milliseconds a write of the database and of this process.
    """
    collection = side.mongo["bench"]["enrollments"]
    await collection.insert_one({"_id": new_id()})  # the collection and its file
    started, before, own = time.perf_counter(), side.cpu()["mongod"], time.process_time()
    payload = {"data": "x" * (_BARE_BYTES // 2)}

    async def work() -> int:
        written = 0
        while time.perf_counter() - started < _BARE_SECONDS:
            key = new_id()
            await collection.insert_one({"_id": key, "version": 1, "status": ACTS[0], "events": [payload], **payload})
            for version, status in enumerate(ACTS[1:], 1):
                change = {"$set": {"version": version + 1, "status": status}, "$push": {"events": payload}}
                await collection.update_one({"_id": key, "version": version}, change)
            written += len(ACTS)
        return written

    writes = sum(await asyncio.gather(*(work() for _ in range(clients))))
    seconds = time.perf_counter() - started
    spent = side.cpu()["mongod"] - before + time.process_time() - own
    return writes / seconds, spent * 1_000 / writes
