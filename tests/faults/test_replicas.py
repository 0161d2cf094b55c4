"""Of several replicas one is killed and comes back: no query fails, and it has its share at once (ADR 42)."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from deploy.demo import documents as d
from deploy.local.suite import GATEWAY
from deploy.seed.graph_client import Client, Refused
from tests.faults.drill import FULL, Outcome, drill, lasting
from tests.faults.field import API, Field
from tests.faults.test_processes import metric

_REPLICAS = (API, "enrollment.api.2", "enrollment.api.3")
_SHARE = 0.8 / len(_REPLICAS)
_SHARE_SECONDS = 10.0
_WINDOW_SECONDS = 2.0


@asynccontextmanager
async def asking(field: Field, project: str) -> AsyncIterator[Counter[str]]:
    """The block runs beside twelve people who read a project's seats; what became of their queries, by outcome."""
    outcomes: Counter[str] = Counter()
    over = asyncio.Event()

    async def ask(client: Client) -> None:
        while not over.is_set():
            try:
                await client.ask(d.SEATS, id=project)
                outcomes["answered"] += 1
            except (Refused, aiohttp.ClientError, TimeoutError) as error:
                outcomes[str(error) or type(error).__name__] += 1
            await asyncio.sleep(0.05)  # the pace of people, not a wait for anything

    asked = [asyncio.ensure_future(ask(client)) for _, client in list(field.seeded.teachers.values())[:12]]
    try:
        yield outcomes
    finally:
        over.set()
        await asyncio.gather(*asked)


async def share(field: Field, process: str) -> float:
    """The share of a replica among the requests that the gateway sends to enrollment within two seconds."""

    async def counts() -> list[float]:
        places = (f'replica="127.0.0.1:{field.suite.parts.ports.port_of(name)}"' for name in (process, *_REPLICAS))
        name = "guopei_gateway_replica_requests_total"
        return [await metric(field, GATEWAY, name, place) for place in places]

    before = await counts()
    await lasting(_WINDOW_SECONDS)
    own, *all_ = [after - earlier for after, earlier in zip(await counts(), before, strict=True)]
    return own / max(sum(all_), 1)


async def test_a_replica_killed_fails_no_query_and_has_its_share_once_it_is_back(
    field: Field, outcomes: list[Outcome]
) -> None:
    """Mutations under way at that moment are repeated under their key, as ever (R40)."""
    killed = _REPLICAS[1]
    async with (
        field.spread(*_REPLICAS),
        drill(field, outcomes, "kill -9 of one of three replicas, and its return") as ledger,
        asking(field, ledger.projects[0]) as asked,
    ):
        await lasting(2)
        field.kill(killed)
        await lasting(8 if FULL else 2)
        await field.launch(killed)
        shares, end = [0.0], time.monotonic() + _SHARE_SECONDS
        while max(shares) < _SHARE and time.monotonic() < end:
            shares.append(await share(field, killed))
    assert max(shares) >= _SHARE, shares
    assert set(asked) == {"answered"}, asked
    assert asked["answered"] > 100, "queries that nobody asks cannot fail"
