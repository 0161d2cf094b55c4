"""Processes that are killed or stopped at the worst moment lose nothing and do nothing twice (R25, R40, R41)."""

import random
import signal
from typing import Any

import aiohttp

from tests.faults.drill import FULL, Outcome, drill, lasting
from tests.faults.field import API, PROCESSES, RELAY, WORKER, Field
from tests.faults.proxy import Fault
from tests.faults.rush import Rush
from tests.support.eventually import eventually

_RELAY_2 = "enrollment.relay.2"


async def metric(field: Field, process: str, name: str, label: str) -> float:
    """The value of a counter of a process, 0 where it has not counted yet."""
    async with field.http.get(field.suite.metrics_url(process), timeout=aiohttp.ClientTimeout(5)) as reply:
        lines = (await reply.text()).splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name}{{") and label in line)


async def waiting(field: Field, service: str, collection: str) -> int:
    """How many aggregates have events that wait to be published."""
    return await field.mongo[service][collection].count_documents({"events.0": {"$exists": True}})


async def test_kill_9_at_random(field: Field, outcomes: list[Outcome]) -> None:
    """Any process, killed again and again at random moments."""
    times = 50 if FULL else 4
    chance = random.Random(times)  # noqa: S311 - it must come out the same again
    async with drill(field, outcomes, f"kill -9 of a random process, {times} times"):
        for _ in range(times):
            name = chance.choice(PROCESSES)
            await lasting(chance.random())
            field.kill(name)
            await field.launch(name)


async def test_kill_9_amid_combined_rows(field: Field, outcomes: list[Outcome]) -> None:
    """R23, R25: of rows that share a transaction, each is done once or said not to be, whenever their process dies."""
    classes = 6 if FULL else 1
    chance = random.Random(classes)  # noqa: S311 - it must come out the same again
    async with drill(field, outcomes, f"kill -9 amid combined rows, {classes * 4} times") as ledger:
        rush = Rush(field, ledger, chance)
        for _ in range(classes):
            await rush.run()
    assert rush.kills == 4 * classes
    assert rush.repeated, "a process that dies when nobody waits proves nothing"


async def test_kill_9_between_commit_and_publish(field: Field, outcomes: list[Outcome]) -> None:
    """What was acknowledged while no relay ran is told by the next one, though the writer died as well."""
    async with drill(field, outcomes, "kill -9 between commit and publish"):
        field.kill(RELAY)
        await eventually(lambda: waiting(field, "enrollment", "teachers"))
        await lasting(10 if FULL else 2)
        field.kill(API)
        assert await waiting(field, "enrollment", "teachers")
        await field.launch(API, RELAY)


async def test_kill_9_of_a_consumer_after_commit_before_ack(field: Field, outcomes: list[Outcome]) -> None:
    """An effect whose ack was lost is not made again when the event comes again."""
    async with drill(field, outcomes, "kill -9 of a consumer after commit, before ack") as ledger:
        field.broker.set(Fault.SILENT_UP)  # acks no longer reach the broker
        ledger.projects.append(await field.project())  # its effect is there
        field.kill(WORKER)
        field.broker.reset()
        field.broker.set(Fault.NONE)
        await field.launch(WORKER)

        async def doubled() -> Any:
            return await metric(field, WORKER, "guopei_events_duplicate_total", 'queue="enrollment.inbox"')

        assert await eventually(doubled)


async def test_relay_killed_mid_batch(field: Field, outcomes: list[Outcome]) -> None:
    """What the broker has got but not confirmed to a relay that died is sent again, and takes no second effect."""
    name, label = "guopei_events_duplicate_total", 'queue="assessment.audit"'
    async with drill(field, outcomes, "relay killed between publish and confirm"):
        before = await metric(field, "assessment", name, label)
        field.broker.set(Fault.SILENT_DOWN)  # confirms no longer come back
        await eventually(lambda: waiting(field, "enrollment", "teachers"))
        await lasting(10 if FULL else 2)
        field.kill(RELAY)
        field.broker.reset()
        field.broker.set(Fault.NONE)
        await field.launch(RELAY)

        async def doubled() -> bool:
            return await metric(field, "assessment", name, label) > before

        await eventually(doubled)


async def test_stopped_and_resumed(field: Field, outcomes: list[Outcome]) -> None:
    """A service that stands still, and goes on where it was."""
    seconds = 30 if FULL else 3
    async with drill(field, outcomes, f"SIGSTOP of enrollment's API for {seconds} s"):
        field.suite.children[API].send(signal.SIGSTOP)
        await lasting(seconds)
        field.suite.children[API].send(signal.SIGCONT)


async def test_two_relays(field: Field, outcomes: list[Outcome]) -> None:
    """Two relays take turns; one that slept through its lease and wakes up in the middle disturbs nothing."""
    async with drill(field, outcomes, "two relays, the leading one stopped past its lease"):
        await field.launch(_RELAY_2)
        field.suite.children[RELAY].send(signal.SIGSTOP)

        async def taken_over() -> Any:
            return await metric(field, _RELAY_2, "guopei_events_published_total", "enrollment")

        await eventually(taken_over)
        field.suite.children[RELAY].send(signal.SIGCONT)
        await lasting(10 if FULL else 2)
        field.kill(_RELAY_2)
