"""Relay and worker as processes of their own: events go out, and come in, without a graph."""

from chassis.messaging import amqp
from chassis.principal import Scope
from chassis.runtime.tasks import Role
from gateway.app import build_background
from gateway.identity.deps import Deps
from gateway.identity.messaging import BINDINGS, QUEUE
from gateway.identity.provisioning import provision
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
