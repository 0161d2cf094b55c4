"""`python -m bench.events`: latency of an event at a steady rate, throughput of the relay, cost of an event to a write.

Each number stands beside its limit from the same run: the same messages published by aio-pika alone, the same writes
without an event. MongoDB, RabbitMQ, relay and worker are processes of their own, as in production.
"""

import argparse
import asyncio
import os
import platform
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from chassis.events import Envelope, event_name
from chassis.messaging import amqp
from chassis.storage.mongo import Database, connect
from chassis.storage.repository import Repository
from deploy.broker.definitions import ADMIN, queue_of
from deploy.local.suite import ROOT, Suite
from services.enrollment.domain.events import TeacherAdded
from services.enrollment.domain.vocabulary import Audience, Employment

RESULTS = ROOT / "bench" / "results" / "events.md"
RELAY, WORKER = "enrollment.relay", "enrollment.worker"
_RATE = 200
"""Writes a second."""
_WINDOW = 100
"""Messages that the bare publisher has unconfirmed at a time, like the relay."""
_PROVINCE = "44"
_ROUNDS = 3


@dataclass(frozen=True)
class Written:
    """A document about as large as a teacher's."""

    id: str
    version: int
    name: str
    school: str
    id_number: dict[str, str]
    mobile: dict[str, str]


class Bench:
    """The relay and the worker that are measured, and the writes that feed them."""

    def __init__(self, suite: Suite, database: Database) -> None:
        self.suite = suite
        self.repository = Repository(database, "teachers", Written, producer="enrollment", noun="teacher")

    async def write(self, *, event: bool = True) -> str:
        """Write a document, with an event or without; returns its id."""
        number, mobile = ({"hash": secrets.token_hex(32), "sealed": "x" * 64} for _ in range(2))
        document = Written(secrets.token_hex(12), 1, "教师", "3144000011", number, mobile)
        added = TeacherAdded(
            teacher=document.id,
            school=document.school,
            post=Audience.TEACHER,
            employment=Employment.FULL_TIME,
            province=_PROVINCE,
        )
        await self.repository.insert(document, [added] if event else [])
        return document.id

    async def write_many(self, number: int, *, event: bool = True) -> float:
        """Write documents, 32 at a time; returns writes a second."""
        gate = asyncio.Semaphore(32)

        async def write() -> None:
            async with gate:
                await self.write(event=event)

        started = time.perf_counter()
        await asyncio.gather(*(write() for _ in range(number)))
        return number / (time.perf_counter() - started)

    async def launch(self, *names: str) -> None:
        """Start processes and wait until they are ready."""
        for name in names:
            self.suite.launch(name)
        await asyncio.gather(*(asyncio.to_thread(self.suite.wait_ready, name) for name in names))

    def stop(self, name: str) -> None:
        """Stop a process."""
        self.suite.children.pop(name).stop()


@asynccontextmanager
async def arrivals(url: str, queue: str, *, bound: bool) -> AsyncIterator[dict[str, float]]:
    """Consume a queue; gives aggregate id to the time of its first event, filled while the block runs.

    Args:
        url: The broker.
        queue: The queue's name.
        bound: Whether to declare the queue, bound to all events of enrollment, and to ack by hundreds.

    Yields:
        Aggregate id to `time.perf_counter()`.
    """
    seen: dict[str, float] = {}
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=500)
        if bound:
            source = await channel.declare_queue(queue, durable=True, arguments={"x-queue-type": "quorum"})
            await source.bind(amqp.EVENTS, "enrollment.#")
        else:
            source = await channel.get_queue(queue, ensure=False)

        async def take(message: AbstractIncomingMessage) -> None:
            headers: dict[str, Any] = dict(message.headers)
            seen.setdefault(headers["cloudEvents_subject"], time.perf_counter())
            if len(seen) % 100 == 0 or not bound:
                await message.ack(multiple=True)

        await source.consume(take)
        yield seen


async def paced(bench: Bench, seconds: float, *, event: bool = True) -> dict[str, tuple[float, float]]:
    """Write at the steady rate, and leave out the first second, in which connections open.

    Args:
        bench: What writes.
        seconds: How long.
        event: Whether each write carries an event.

    Returns:
        Document id to begin and end of its write, `time.perf_counter()`.
    """
    times: dict[str, tuple[float, float]] = {}

    async def write(number: int) -> None:
        await asyncio.sleep(max(0.0, start + number / _RATE - time.perf_counter()))
        begun = time.perf_counter()
        key = await bench.write(event=event)
        times[key] = begun, time.perf_counter()

    start = time.perf_counter()
    await asyncio.gather(*(write(number) for number in range(int(_RATE * seconds))))
    return dict(sorted(times.items(), key=lambda item: item[1])[_RATE:])


async def latency(bench: Bench, seconds: float) -> tuple[list[float], list[float]]:
    """Latencies at the steady rate, in milliseconds, sorted.

    Returns:
        From the begin of a write to its event's arrival at the province's consumer, and to the end of the write.
    """
    url = bench.suite.parts.amqp_url(queue_of(_PROVINCE))
    async with arrivals(url, queue_of(_PROVINCE), bound=False) as seen:
        times = await paced(bench, seconds)
        await _wait_until(lambda: times.keys() <= seen.keys())
        latencies = [(seen[key] - begun) * 1_000 for key, (begun, _) in times.items()]
    return sorted(latencies), _durations(times)


def _durations(times: dict[str, tuple[float, float]]) -> list[float]:
    return sorted((end - begun) * 1_000 for begun, end in times.values())


async def drain(bench: Bench, number: int) -> float:
    """Events a second that one relay publishes when all of them are waiting."""
    bench.stop(RELAY)
    await bench.write_many(number)
    url = bench.suite.parts.amqp_url(ADMIN)
    async with arrivals(url, "bench.drain", bound=True) as seen:
        await bench.launch(RELAY)
        await _wait_until(lambda: len(seen) >= number)
        times = sorted(seen.values())
    return (number - 1) / (times[-1] - times[0])


async def publish_bare(bench: Bench, number: int) -> float:
    """Messages a second of the same size, published to a queue by aio-pika alone, with confirms, 100 unconfirmed."""
    envelopes = [_envelope(n) for n in range(number)]
    async with await aio_pika.connect(bench.suite.parts.amqp_url(ADMIN)) as connection:
        channel = await connection.channel(on_return_raises=True)
        queue = await channel.declare_queue("bench.bare", durable=True, arguments={"x-queue-type": "quorum"})
        started = time.perf_counter()
        for begin in range(0, number, _WINDOW):
            window = envelopes[begin : begin + _WINDOW]
            await asyncio.gather(
                *(
                    channel.default_exchange.publish(amqp.to_message(event), queue.name, mandatory=True)
                    for event in window
                )
            )
        rate = number / (time.perf_counter() - started)
        await queue.delete(if_empty=False, if_unused=False)
    return rate


def _envelope(number: int) -> Envelope:
    data = {"teacher": str(number), "school": "3144000011", "post": "TEACHER", "province": _PROVINCE}
    return Envelope(
        id=f"enrollment/teacher:{number}/1/0",
        producer="enrollment",
        name=event_name(TeacherAdded),
        subject=str(number),
        version=1,
        at=datetime.now(UTC),
        province=_PROVINCE,
        data=data,
    )


async def _wait_until(done: Any, patience: float = 120.0) -> None:
    end = time.monotonic() + patience
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the events did not arrive")
        await asyncio.sleep(0.01)


async def measure(suite: Suite, *, quick: bool) -> str:
    """Measure everything, in interleaved rounds; returns the page in Markdown."""
    number = 500 if quick else 4_000
    async with connect(suite.parts.mongodb_url(ADMIN)) as client:
        bench = Bench(suite, client["enrollment"])
        rows: list[str] = []
        seconds = 3 if quick else 15
        latencies, writes = await latency(bench, seconds)
        p50, p99 = _median(latencies), latencies[int(len(latencies) * 0.99)]
        quiet = _durations(await paced(bench, seconds, event=False))
        rows.append(f"| write to the province's consumer at {_RATE}/s, p50 ms | {p50:.1f} | | ≤ 40 |")
        rows.append(f"| the same, p99 ms | {p99:.1f} | | ≤ 90 |")
        bench.stop(WORKER)  # the relay's drain alone, and the writes'
        own, bare_write = _median(writes), _median(quiet)
        bench.stop(RELAY)
        alone = _median(_durations(await paced(bench, seconds)))
        await bench.launch(RELAY)
        slower = f"{bare_write:.2f} without ({alone / bare_write - 1:+.0%})"
        rows.append(f"| a write at {_RATE}/s with its event, p50 ms | {alone:.2f} | {slower} | ≤ 10 % slower |")
        rows.append(f"| the same while relay and feed work on these cores | {own:.2f} | | |")
        drains, bares, with_event, without_event = [], [], [], []
        for _ in range(1 if quick else _ROUNDS):
            bares.append(await publish_bare(bench, number))
            drains.append(await drain(bench, number))
            without_event.append(await bench.write_many(number, event=False))
            with_event.append(await bench.write_many(number))
        ours, limit = _median(drains), _median(bares)
        rows.append(
            f"| drain of one relay, events/s | {ours:.0f} | {limit:.0f} bare ({ours / limit:.2f}) | ≥ 1,000 or 0.70 |"
        )
        most, most_without = _median(with_event), _median(without_event)
        slower = f"{most_without:.0f} without ({most / most_without - 1:+.0%})"
        rows.append(f"| writes/s at the most, the relay on the same cores | {most:.0f} | {slower} | |")
    head = f"# The event path\n\n`make bench-events`, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, "
    head += f"Python {platform.python_version()}; medians of {_ROUNDS} interleaved rounds of {number} events; the load"
    head += " shares the cores with all it measures. Trust the ratios.\n\n"
    return head + "| what | ours | beside | to reach |\n|---|---:|---|---|\n" + "\n".join(rows) + "\n"


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def main() -> None:
    """Measure, print, and write the page unless `--quick`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute, and nothing is written")
    quick: bool = parser.parse_args().quick
    home = Path(ROOT / ".local" / f"bench-events-{os.getpid()}")
    try:
        with Suite(home, processes=(RELAY, WORKER)) as suite:
            page = asyncio.run(measure(suite, quick=quick))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(page)
    if not quick:
        RESULTS.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
