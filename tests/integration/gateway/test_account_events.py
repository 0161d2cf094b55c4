"""R40: every act upon an account reaches the broker, by whom and without its secrets, whoever's process wrote it."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import jsonschema
import pytest

from chassis.events import Envelope
from chassis.messaging.amqp import EVENTS, connect, declare_topology, from_message
from chassis.storage.mongo import Database
from contracts import registry
from gateway.app import build
from gateway.identity.deps import Deps
from gateway.identity.store import COLLECTIONS
from gateway.settings import GatewaySettings
from tests.integration.gateway.test_auth_http import auth
from tests.integration.gateway.test_console import accounts
from tests.support.eventually import eventually
from tests.unit.gateway.serving import Browser, served

SCHOOL, STRONG = "3144000011", "Guopei-0af3"
ONE = ("--login", SCHOOL, "--scope", "school")
OPERATOR = {"subject": "operator:李工", "scope": "operator", "organization": None, "name": "李工"}
THEIRS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
async def heard(amqp_url: str) -> AsyncIterator[list[Envelope]]:
    """What the broker is told of accounts."""
    found: list[Envelope] = []
    async with await connect(amqp_url, "listener") as connection:
        channel = await connection.channel()
        await declare_topology(channel)
        queue = await channel.declare_queue("heard", durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(EVENTS, "gateway.#")

        async def take(message: Any) -> None:
            found.append(from_message(message))
            await message.ack()

        await queue.consume(take)
        yield found


async def lived(environment: dict[str, str], browser: Browser) -> tuple[str, ...]:
    """An account from its provisioning to its end; returns every secret that it had."""
    _, out, _ = await accounts(environment, "provision", *ONE, "--school", SCHOOL, "--organization", SCHOOL)
    (made,) = json.loads(out)
    initial = await auth(browser, "login", {"login": SCHOOL, "password": made["code"]})
    headers = {"Authorization": f"Bearer {initial.json['accessToken']}", "traceparent": THEIRS}
    active = await browser.send("POST", "/auth/password", json={"newPassword": STRONG}, headers=headers)
    assert active.status == 200, active.text
    _, out, _ = await accounts(environment, "reset", *ONE)
    await accounts(environment, "disable", *ONE)
    return made["code"], STRONG, json.loads(out)["code"], *filter(None, active.json.values())


async def test_r40_an_accounts_life_is_told_in_order_with_its_actors(
    environment: dict[str, str], browser: Browser, heard: list[Envelope], deps: Deps
) -> None:
    await lived(environment, browser)
    await eventually(lambda: len(heard) == 4)
    names = ["account-provisioned", "password-set", "account-reset", "account-disabled"]
    assert [(one.producer, one.name, one.version) for one in heard] == [
        ("gateway", name, number) for number, name in enumerate(names, 1)
    ]
    (account,) = await deps.store.by_login(SCHOOL, None)
    holder = {"subject": account.id, "scope": "school", "organization": SCHOOL, "name": None}
    assert [one.actor for one in heard] == [OPERATOR, holder, OPERATOR, OPERATOR]
    assert {one.subject for one in heard} == {account.id}
    assert {one.province for one in heard} == {"44"}
    assert heard[1].traceparent
    assert heard[1].traceparent != THEIRS  # anybody could write what they like into the audit (ADR 50)
    assert heard[1].data["activated"]


async def test_r40_r41_what_is_told_keeps_the_contract_and_no_secret(
    environment: dict[str, str], browser: Browser, heard: list[Envelope], database: Database
) -> None:
    secret = await lived(environment, browser)
    await eventually(lambda: len(heard) == 4)
    for one in heard:
        file = registry.FOLDER / "gateway" / f"{one.name}.{registry.VERSION}.schema.json"
        jsonschema.validate(one.data, json.loads(file.read_text(encoding="utf-8")))
    text = str(heard) + str([row["events"] async for row in database["accounts"].find()])
    assert not [one for one in secret if len(str(one)) > 6 and str(one) in text]
    assert not re.search(r"argon2|secret|password=", text)


async def test_r40_what_happens_while_no_gateway_runs_is_told_when_one_does(
    environment: dict[str, str], settings: GatewaySettings, heard: list[Envelope], database: Database
) -> None:
    await accounts(environment, "provision", *ONE, "--school", SCHOOL)
    waiting = {"events.0": {"$exists": True}}
    assert await database[COLLECTIONS[0]].count_documents(waiting) == 1
    async with served(build(settings)):
        await eventually(lambda: [one.name for one in heard] == ["account-provisioned"])

        async def empty() -> bool:
            return not await database[COLLECTIONS[0]].count_documents(waiting)

        await eventually(empty)


async def test_r40_a_refused_act_leaves_no_trace_in_the_audit(
    environment: dict[str, str], browser: Browser, database: Database
) -> None:
    _, out, _ = await accounts(environment, "provision", *ONE, "--school", SCHOOL)
    (made,) = json.loads(out)
    before = await database["accounts"].find_one({}, {"version": 1})
    initial = await auth(browser, "login", {"login": SCHOOL, "password": made["code"]})
    weak = await auth(browser, "password", {"newPassword": "123456"}, initial.json["accessToken"])
    assert weak.code == "WEAK_PASSWORD"
    status, *_ = await accounts(environment, "provision", *ONE, "--school", SCHOOL)
    assert status == 1
    assert await database["accounts"].find_one({}, {"version": 1}) == before
