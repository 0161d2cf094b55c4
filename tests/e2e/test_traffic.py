"""What the round really put on the broker keeps the contract, and carries nobody's numbers (R41)."""

import json
import re
from typing import Any

import jsonschema
from aio_pika.abc import AbstractIncomingMessage
from stdnum.cn import ric

from chassis.messaging.amqp import from_message
from contracts import asyncapi, registry
from deploy.broker.definitions import topology
from deploy.demo.story import Story
from deploy.local.suite import Suite
from deploy.processes import MIGRATED
from tests.e2e.conftest import LISTENER

ID_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])")
MOBILE = re.compile(r"(?<![0-9A-Za-z])1[3-9]\d{9}(?![0-9A-Za-z])")


def test_every_event_that_was_emitted_is_valid(traffic: list[AbstractIncomingMessage]) -> None:
    headers: dict[str, Any] = asyncapi.document()["components"]["messageTraits"]["cloudEvent"]["headers"]
    seen: set[str] = set()
    for message in traffic:
        envelope = from_message(message)
        assert message.routing_key == envelope.routing_key
        file = registry.FOLDER / envelope.producer / f"{envelope.name}.{registry.VERSION}.schema.json"
        jsonschema.validate(envelope.data, json.loads(file.read_text(encoding="utf-8")))
        jsonschema.validate(dict(message.headers), headers)
        seen.add(envelope.type)
    assert len(seen) > 20, sorted(seen)
    assert {key.partition(".")[0] for key in seen} == {producer for producer, _ in registry.events()}
    assert {"enrollment.teacher-revealed", "enrollment.teacher-corrected"} <= seen
    assert len({message.message_id for message in traffic}) == len({from_message(message).id for message in traffic})


def test_services_have_no_queue_that_was_not_there_before_the_first_event(story: Story) -> None:
    """An event that finds no queue is lost to it, so the broker's definitions hold every queue and binding."""
    actual = story.provisioner.suite.parts.rabbitmq.manage("GET", "/api/definitions/%2F")
    declared = topology()
    queues = {queue["name"] for queue in actual["queues"]} - {LISTENER}
    assert queues == {queue["name"] for queue in declared["queues"]}
    bindings = {(binding["destination"], binding["routing_key"]) for binding in actual["bindings"]} - {(LISTENER, "#")}
    assert bindings == {(binding["destination"], binding["routing_key"]) for binding in declared["bindings"]}


def test_r41_no_message_of_the_round_carries_an_id_number_or_a_mobile(traffic: list[AbstractIncomingMessage]) -> None:
    assert len(traffic) > 100
    for message in traffic:
        text = message.body.decode() + json.dumps(dict(message.headers), default=str, ensure_ascii=False)
        assert not [number for number in ID_NUMBER.findall(text) if ric.is_valid(number)], message.routing_key
        assert not MOBILE.findall(text), message.routing_key


def test_r41_no_log_of_the_round_carries_an_id_number_or_a_mobile(suite: Suite, story: Story) -> None:
    assert story.enrollments
    for name in MIGRATED:
        text = (suite.home / "logs" / f"{name}.log").read_text(encoding="utf-8")
        assert not [number for number in ID_NUMBER.findall(text) if ric.is_valid(number)], name
        assert not MOBILE.findall(text), name


def test_the_search_for_numbers_would_find_them() -> None:
    text = '{"a": "11010119800101001' + ric.calc_check_digit("110101198001010010") + '", "b": "13800000001"}'
    assert len(MOBILE.findall(text)) == 1
    assert len(ID_NUMBER.findall('"11010519491231002X"')) == 1
    assert ric.is_valid("11010519491231002X")
