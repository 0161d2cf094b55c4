"""What a process measures of itself (ADR 73): on a listener of its own, with labels from closed sets."""

import asyncio
import gc

import aiohttp
import pytest
from prometheus_client import REGISTRY
from starlette.applications import Starlette

from chassis.runtime.measures import Holding, say_build, say_keys
from chassis.runtime.server_settings import ServerSettings
from chassis.serving.liveness import Canary
from chassis.serving.process import Server
from chassis.serving.watchdog import Watchdog
from tests.support.eventually import eventually
from tests.unit.gateway.serving import measured


def value(name: str, **labels: str) -> float:
    """What a metric shows; 0 where it has counted nothing yet."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_the_listener_answers_metrics_and_nothing_else() -> None:
    async with measured() as url, aiohttp.ClientSession() as http:
        async with http.get(url) as reply:
            assert reply.status == 200
            assert "guopei_loop_lag_seconds_bucket" in await reply.text()
        for path in ("/", "/livez", "/graphql"):
            async with http.get(url.removesuffix("/metrics") + path) as reply:
                assert reply.status == 404


async def test_a_loop_that_stands_still_shows_as_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    before, loop = value("guopei_loop_lag_seconds_sum"), asyncio.get_running_loop()
    watchdog, clock = Watchdog(2.0, 10.0), loop.time
    watchdog.start()
    monkeypatch.setattr(loop, "time", lambda: clock() + 0.4)  # to the loop, as if it had stood still for so long
    try:
        await eventually(lambda: value("guopei_loop_lag_seconds_sum") > before + 0.2)
    finally:
        watchdog.end()


def test_a_full_run_of_the_collector_is_a_pause() -> None:
    say_build("tests")
    before = value("guopei_gc_pause_seconds_count")
    gc.collect(1)
    assert value("guopei_gc_pause_seconds_count") == before
    gc.collect()
    assert value("guopei_gc_pause_seconds_count") == before + 1


async def test_a_driver_that_is_silent_grows_old() -> None:
    silent = asyncio.Event()

    async def ask() -> None:
        await silent.wait()

    asking = asyncio.ensure_future(Canary(ask, every_seconds=0.01).run())
    await eventually(lambda: value("guopei_driver_canary_age_seconds") > 0.1)
    silent.set()
    await eventually(lambda: value("guopei_driver_canary_age_seconds") < 0.1)
    asking.cancel()


def test_a_lease_is_held_within_the_block_only() -> None:
    before = value("guopei_lease_changes_total", lease="tests.lease")
    with Holding("tests.lease"):
        assert value("guopei_lease_held", lease="tests.lease") == 1
    assert value("guopei_lease_held", lease="tests.lease") == 0
    assert value("guopei_lease_changes_total", lease="tests.lease") == before + 2


@pytest.mark.parametrize("known", [["old", "new"], ["new"]])
def test_a_key_that_is_not_known_any_more_is_not_shown(known: list[str]) -> None:
    say_keys(known)
    shown = {kid for kid in ("old", "new") if REGISTRY.get_sample_value("guopei_key_known", {"kid": kid})}
    assert shown == set(known)


async def test_requests_and_connections_are_counted_when_somebody_asks() -> None:
    server = Server(Starlette(), "127.0.0.1", 0, ServerSettings())
    server.server_state.connections.add(object())  # type: ignore[arg-type]
    assert (value("guopei_http_in_flight"), value("guopei_http_connections")) == (0, 1)
