"""Relay and worker as processes of their own, without a graph; and a gateway on a database that is not migrated."""

import aiohttp
import pytest

from chassis.messaging import amqp
from chassis.principal import Scope
from chassis.runtime.tasks import Role
from chassis.storage.migration import migrate
from chassis.storage.mongo import Database
from gateway.app import build, build_background
from gateway.identity.deps import Deps
from gateway.identity.messaging import BINDINGS, QUEUE
from gateway.identity.provisioning import provision
from gateway.migrations import MIGRATIONS
from gateway.settings import GatewaySettings
from tests.integration.gateway.test_following import REGISTERED, SCHOOL, envelope
from tests.support.eventually import eventually
from tests.unit.gateway.serving import Browser, served


async def has_only_probes(browser: Browser) -> None:
    async def is_ready() -> bool:
        return (await browser.send("GET", "/readyz")).status == 200

    await eventually(is_ready)
    assert [(await browser.send("GET", path)).status for path in ("/livez", "/metrics")] == [200, 404]
    assert (await browser.send("POST", "/graphql", json={"query": "{ __typename }"})).status == 404
    assert (await browser.send("POST", "/auth/login", json={})).status == 404


async def test_a_relay_sends_what_waits_and_answers_probes_only(settings: GatewaySettings, deps: Deps) -> None:
    account, _ = await provision(deps, login=SCHOOL, scope=Scope.SCHOOL, school=SCHOOL)
    accounts = deps.store.accounts.collection
    waiting = {"_id": account.id, "events.0": {"$exists": True}}
    assert await accounts.count_documents(waiting) == 1

    async def sent() -> bool:
        return not await accounts.count_documents(waiting)

    async with served(build_background(settings, Role.RELAY)) as browser:
        await has_only_probes(browser)
        await eventually(sent)


async def test_a_worker_makes_accounts_of_events_and_answers_probes_only(
    settings: GatewaySettings, deps: Deps, amqp_url: str
) -> None:
    event = envelope(REGISTERED)
    async with await amqp.connect(amqp_url, "others") as connection:
        channel = await connection.channel(on_return_raises=True)
        await amqp.declare_topology(channel)
        await amqp.declare_queue(channel, QUEUE, BINDINGS)
        exchange = await channel.get_exchange(amqp.EVENTS, ensure=False)
        await exchange.publish(amqp.to_message(event), event.routing_key, mandatory=True)

    async def made() -> bool:
        return bool(await deps.store.by_login(SCHOOL, Scope.SCHOOL))

    async with served(build_background(settings, Role.WORKER)) as browser:
        await has_only_probes(browser)
        await eventually(made)


async def test_a_gateway_executes_nothing_before_its_database_is_migrated_and_begins_by_itself(
    settings: GatewaySettings, database: Database
) -> None:
    await database.drop_collection("schema")
    login = {"login": SCHOOL, "password": "Guopei-0af3", "scope": "school"}
    async with served(build(settings)) as browser:
        answers = [
            await browser.graphql("{ __typename }"),
            await browser.send("POST", "/auth/login", json=login),
            await browser.send("GET", "/check-in/"),
            await browser.send("GET", "/nowhere"),
        ]
        assert {(answer.status, answer.code) for answer in answers} == {(503, "UNAVAILABLE")}
        with pytest.raises(aiohttp.WSServerHandshakeError) as handshake:
            await browser.http.ws_connect(f"{browser.url}/graphql", protocols=["graphql-transport-ws"])
        assert handshake.value.status == 503
        ready = await browser.send("GET", "/readyz")
        assert (ready.status, ready.text.startswith("the database has schema version 0")) == (503, True)
        assert (await browser.send("GET", "/livez")).status == 200
        await migrate(database, MIGRATIONS)

        async def is_ready() -> bool:
            return (await browser.send("GET", "/readyz")).status == 200

        await eventually(is_ready)
        assert (await browser.graphql("{ __typename }")).json == {"data": {"__typename": "Query"}}
        assert (await browser.send("POST", "/auth/login", json=login)).status == 401
        async with browser.http.ws_connect(f"{browser.url}/graphql", protocols=["graphql-transport-ws"]) as socket:
            assert socket.protocol == "graphql-transport-ws"
