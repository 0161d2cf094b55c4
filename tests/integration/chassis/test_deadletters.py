"""The command line for dead letters: list, show, replay, drop, while consumers run (notes N24)."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aio_pika.abc import AbstractChannel

from chassis.messaging import amqp
from chassis.messaging.deadletters import in_hand
from chassis.storage.mongo import Database
from tests.integration.chassis.courses import KEY, QUEUE, consumer, effects, message, topology
from tests.support.eventually import eventually
from tests.support.processes import command, running

POISONS = [f"tests/course:c1/1/{index}" for index in range(3)]


async def run(url: str, *arguments: str) -> tuple[int, list[str]]:
    """The command's exit code, and what it prints."""
    done = await command("chassis.messaging.deadletters", *arguments, "--url", url)
    return done.code, done.out.splitlines()


async def resting(channel: AbstractChannel) -> int:
    """How many letters are ready in the queue of dead letters."""
    return (await channel.declare_queue(amqp.DEAD, passive=True)).declaration_result.message_count or 0


@pytest.fixture
async def dead(database: Database, amqp_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AbstractChannel]:
    """Three dead letters of one consumer."""
    monkeypatch.setattr("chassis.messaging.inbox.PAUSES_SECONDS", (0.01,) * 5)
    async with topology(amqp_url) as (channel, exchange):
        async with running(consumer(database, amqp_url, [], fail_on="poison").run):
            for index in range(3):
                await exchange.publish(message("poison", index), KEY)

            async def given_up() -> bool:
                return await resting(channel) == 3

            await eventually(given_up)
        yield channel


async def test_list_and_show_leave_the_letters(dead: AbstractChannel, amqp_url: str) -> None:
    for _ in range(2):
        code, lines = await run(amqp_url, "list")
        rows = [json.loads(line) for line in lines]
        assert code == 0
        assert [row["id"] for row in rows] == POISONS
        assert {(row["type"], row["queue"], row["reason"]) for row in rows} == {(KEY, QUEUE, "rejected")}
    assert (await run(amqp_url, "list", "--queue", "other.inbox")) == (0, [])
    code, lines = await run(amqp_url, "show", POISONS[1])
    shown = json.loads("".join(lines))
    assert (shown["id"], shown["data"]["name"]) == (POISONS[1], "poison")
    assert shown["attributes"]["cloudEvents_type"] == "tests.course-named"
    await eventually(lambda: _resting(dead, 3))


async def test_a_replayed_letter_takes_effect_once_the_consumer_is_mended(
    dead: AbstractChannel, amqp_url: str, database: Database
) -> None:
    async with running(consumer(database, amqp_url, []).run):
        assert await run(amqp_url, "replay", POISONS[1]) == (0, [f"{POISONS[1]} → {QUEUE}"])
        await eventually(lambda: _count(database, 1))
        assert (await run(amqp_url, "replay", "--all", "--queue", QUEUE))[0] == 0
        await eventually(lambda: _count(database, 3))
    assert await resting(dead) == 0
    assert await effects(database) == ["poison"] * 3


async def test_a_replay_that_fails_again_is_a_letter_again(
    dead: AbstractChannel, amqp_url: str, database: Database
) -> None:
    async with running(consumer(database, amqp_url, [], fail_on="poison").run):
        assert (await run(amqp_url, "replay", "--all"))[0] == 0

        async def given_up_again() -> bool:
            return await resting(dead) == 3

        await eventually(given_up_again)
    assert [json.loads(line)["queue"] for line in (await run(amqp_url, "list"))[1]] == [QUEUE] * 3


async def test_a_letter_whose_queue_is_gone_stays(dead: AbstractChannel, amqp_url: str) -> None:
    await dead.queue_delete(QUEUE)
    assert await run(amqp_url, "replay", POISONS[0]) == (1, [])
    await eventually(lambda: _resting(dead, 3))


async def test_drop_prints_the_letter_and_removes_it(dead: AbstractChannel, amqp_url: str) -> None:
    code, lines = await run(amqp_url, "drop", POISONS[0])
    assert (code, json.loads(lines[0])["data"]["name"]) == (0, "poison")
    assert [json.loads(line)["id"] for line in (await run(amqp_url, "list"))[1]] == POISONS[1:]
    await eventually(lambda: _resting(dead, 2))


@pytest.mark.parametrize(
    "arguments", [("drop",), ("replay",), ("drop", "--all", POISONS[0]), ("replay", POISONS[0], "nobody/knows:it/1/0")]
)
async def test_replay_and_drop_demand_ids_or_all(
    dead: AbstractChannel, amqp_url: str, arguments: tuple[str, ...]
) -> None:
    code, _ = await run(amqp_url, *arguments)
    assert code
    await eventually(lambda: _resting(dead, 3))


async def test_an_id_with_letters_of_several_queues_needs_a_queue(dead: AbstractChannel, amqp_url: str) -> None:
    """An event has the same id in every queue; a replay must reach only the queue that is meant."""
    arguments: dict[str, Any] = {"x-queue-type": "quorum", "x-dead-letter-exchange": amqp.DEAD}
    other = await dead.declare_queue("tests.other", durable=True, arguments=arguments)
    try:
        await dead.default_exchange.publish(message("poison", 0), other.name)
        delivery = await eventually(lambda: other.get(fail=False))
        await delivery.reject(requeue=False)
        await eventually(lambda: _resting(dead, 4))
        for verb in ("replay", "drop"):
            assert await run(amqp_url, verb, POISONS[0]) == (1, [])
        await eventually(lambda: _resting(dead, 4))
        assert await run(amqp_url, "replay", POISONS[0], "--queue", "tests.other") == (
            0,
            [f"{POISONS[0]} → tests.other"],
        )
        await eventually(lambda: _resting(dead, 3))
    finally:
        await dead.queue_delete("tests.other")


async def test_an_absent_broker_is_reported_without_the_password() -> None:
    done = await command("chassis.messaging.deadletters", "list", "--url", "amqp://admin:secret@127.0.0.1:1/")
    assert done.code == 1
    assert "the broker does not answer" in done.error
    assert not [word for word in ("secret", "Traceback") if word in done.out + done.error]


async def test_an_empty_list_says_so_beside_the_lines_for_programs(amqp_url: str) -> None:
    async with topology(amqp_url):
        done = await command("chassis.messaging.deadletters", "list", "--url", amqp_url)
    assert (done.code, done.out, done.error) == (0, "", "没有死信 no dead letters\n")


@pytest.mark.parametrize("verb", ["show", "replay", "drop"])
async def test_an_id_that_no_letter_has_is_all_that_is_reported(amqp_url: str, verb: str) -> None:
    async with topology(amqp_url):
        done = await command("chassis.messaging.deadletters", verb, "nobody", "--url", amqp_url)
    assert (done.code, done.error) == (1, "没有这些死信 no such letters: nobody\n")


async def test_two_operators_never_get_the_same_letter(dead: AbstractChannel, amqp_url: str) -> None:
    async with in_hand(amqp_url, most=2) as (_, letters):
        assert [letter.id for letter in letters] == POISONS[:2]
        assert [json.loads(line)["id"] for line in (await run(amqp_url, "list"))[1]] == POISONS[2:]
    await eventually(lambda: _resting(dead, 3))


async def _count(database: Database, wanted: int) -> bool:
    return len(await effects(database)) == wanted


async def _resting(channel: AbstractChannel, wanted: int) -> bool:
    return await resting(channel) == wanted
