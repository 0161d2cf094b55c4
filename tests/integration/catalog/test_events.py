"""What the catalog tells the others arrives on the broker, without personal data (R41; notes N19, N20)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import orjson

from chassis.events import event_name
from chassis.messaging import amqp
from chassis.runtime.tasks import Role
from services.catalog.messaging import EMITTED, tasks
from tests.integration.catalog.season import Season
from tests.support.eventually import eventually
from tests.support.principals import MINISTRY
from tests.support.processes import running

Arrived = dict[str, list[dict[str, Any]]]


@asynccontextmanager
async def listening(season: Season, amqp_url: str) -> AsyncIterator[Arrived]:
    """The events of the season as they arrive, by routing key."""
    arrived: Arrived = {}
    database = season.deps.store.projects.collection.database
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        await amqp.declare_topology(channel)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(amqp.EVENTS, "catalog.#")

        async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            arrived.setdefault(str(message.routing_key), []).append(orjson.loads(message.body))
            await message.ack()

        await queue.consume(take)
        async with running(*tasks(season.deps, database, amqp_url).of(Role.ALL)):
            yield arrived


async def test_a_season_is_told_on_the_broker(season: Season, amqp_url: str) -> None:
    async with listening(season, amqp_url) as arrived:
        base = await season.register_base()
        project = await season.published(base)
        await season.act(
            MINISTRY,
            "mutation($base: ID!, $input: QuotaInput!) { adjustQuota(baseId: $base, input: $input) { id } }",
            base=base.bases[0],
            input={"year": 2024, "limit": 18, "reason": "年度考核"},
        )
        await eventually(lambda: "catalog.quota-adjusted.44" in arrived and "catalog.project-published.44" in arrived)
    (published,) = arrived["catalog.project-published.44"]
    assert (published["project"], published["capacity"], published["starts_on"]) == (project["id"], 40, "2024-07-08")
    assert published["sessions"] == [
        {"id": "s1", "title": "数字化教学设计", "date": "2024-07-08", "hours": 8, "mode": None}
    ]
    assert arrived["catalog.round-opened.00"][0]["calendar"]["DECLARE"] == {
        "opens": "2024-03-28",
        "closes": "2024-05-06",
    }
    assert arrived["catalog.round-opened.00"][0]["quotas"] == {
        "PRINCIPAL": 3,
        "DUAL_QUALIFIED_TEACHER": 20,
        "ENTERPRISE_PRACTICE": 15,
    }
    assert arrived["catalog.quota-adjusted.44"][0]["before"] == 20
    assert "13800138000" not in repr(arrived)
    assert {key.split(".")[1] for key in arrived} <= {event_name(kind) for kind in EMITTED}


async def test_a_returned_plan_lapses_by_itself(season: Season, amqp_url: str) -> None:
    base = await season.register_base()
    experts = [await season.register_expert(name) for name in ("甲", "乙")]
    project = await season.submitted(base)
    await season.assign(project, *experts)
    for expert in experts:
        await season.review(expert, project)
    await season.decide(project, "RETURN")
    season.at("2024-05-11T00:00")
    async with listening(season, amqp_url) as arrived:
        await eventually(lambda: "catalog.project-lapsed.44" in arrived)
    assert (await season.quota(base))["used"] == 0
