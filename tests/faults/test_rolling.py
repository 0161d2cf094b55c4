"""Restarts under load: no request fails, subscriptions go on where they were, the ledger is exact (ADR 41)."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from deploy.local.suite import GATEWAY
from tests.faults.drill import FULL, Outcome, drill, lasting
from tests.faults.field import API, PROVINCES, RELAY, WORKER, Field
from tests.faults.front import CHECKS_SECONDS, HAPROXY, NGINX, front
from tests.faults.rolling import Watch, asking, following, paired, restart, through
from tests.support.eventually import eventually

_GATEWAYS = (GATEWAY, "gateway.api.2")
_PAIRS = ((API, "enrollment.api.2"), ("catalog", "catalog.api.2"), ("assessment", "assessment.api.2"))
_REQUESTS = 50_000 if FULL else 500
_PACE = 0.0 if FULL else 0.05
_ORDERLY = {"ended by SIGTERM"}


@asynccontextmanager
async def undisturbed(
    field: Field, outcomes: list[Outcome], name: str, url: str, *, ends_streams: bool
) -> AsyncIterator[Watch]:
    """A drill in whose block nothing fails, and whose subscribers have had everything once at its end.

    Args:
        field: The suite.
        outcomes: Where the result goes.
        name: What is done to it.
        url: Where everybody calls.
        ends_streams: Whether what is done ends subscriptions.
    """
    async with (
        following(field, url) as followers,
        through(field, url) as watch,
    ):
        async with drill(field, outcomes, name) as ledger:
            clients = [client for _, client in list(field.seeded.teachers.values())[:12]]
            async with asking(watch, clients, ledger.projects[0], _PACE):
                yield watch
        await eventually(lambda: all(len(one.sequences) >= len(field.received[PROVINCES[0]]) for one in followers))
        assert not watch.failed, watch.failed
        assert watch.answered >= _REQUESTS
        for follower in followers:
            assert follower.cut == []
            assert follower.sequences == list(range(1, len(field.received[PROVINCES[0]]) + 1))
            assert follower.told or not ends_streams, "a subscription that nobody ended proves nothing"


async def _roll(field: Field, watch: Watch, names: Sequence[str], pause: float) -> None:
    """Restart each of them, one after another, at least once and until enough was asked."""
    for turn, name in enumerate(itertools.cycle(names)):
        if turn >= len(names) and watch.answered >= _REQUESTS:
            return
        assert await restart(field, name) in _ORDERLY
        await lasting(pause)


@pytest.mark.parametrize("kind", [NGINX, HAPROXY])
async def test_gateways_restart_behind_a_proxy(field: Field, outcomes: list[Outcome], kind: str) -> None:
    """As `deploy/proxies` configures it; no POST is repeated by anybody."""
    async with paired(field, _GATEWAYS):
        with front(kind, field.suite, _GATEWAYS) as url:
            await lasting(CHECKS_SECONDS)
            async with undisturbed(
                field, outcomes, f"rolling restart of two gateways behind {kind}", url, ends_streams=True
            ) as watch:
                await _roll(field, watch, _GATEWAYS, CHECKS_SECONDS)


@pytest.mark.parametrize("pair", _PAIRS if FULL else _PAIRS[:1], ids=lambda pair: str(pair[0]))
async def test_a_subgraph_restarts_behind_the_gateway(
    field: Field, outcomes: list[Outcome], pair: tuple[str, str]
) -> None:
    """The gateway's own client leads mutations elsewhere too; relay and worker restart beside."""
    name, streams = f"rolling restart of two of {pair[0]}", pair[0] == API
    beside = (RELAY, WORKER) if pair[0] == API else ()
    async with (
        paired(field, pair),
        undisturbed(field, outcomes, name, field.suite.url, ends_streams=streams) as watch,
    ):
        await _roll(field, watch, (*pair, *beside), 0.0)
