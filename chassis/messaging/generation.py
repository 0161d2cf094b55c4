"""Whether the broker still holds what this service has told it (ADR 66).

A broker that has lost its data, or another one in its place, is empty, and nothing in it says so. Therefore each
service's relay leaves a random mark there, in the queue `<service>.generation` that nobody consumes, and keeps the same
mark in its database. Where they differ, what the broker had confirmed may never have reached its consumers: the relay
then publishes nothing, so that older events can be sent again before newer ones, until an operator has done so.
"""

import uuid

from aio_pika import DeliveryMode, ExchangeType, Message
from aio_pika.abc import AbstractChannel, AbstractQueue
from pymongo import ReturnDocument

from chassis.messaging.amqp import GRAVE
from chassis.storage.mongo import Database, Document

_KEY = "generation"
_CONFIRM_SECONDS = 10.0


GENERATION = "training.generation"
"""The topic exchange that leads to each service's mark by its name; a service may publish its own only (ADR 68)."""


def generation_of(service: str) -> str:
    """The name of the queue that holds a service's mark, and the key that leads there."""
    return f"{service}.generation"


async def declare_generation(channel: AbstractChannel, service: str) -> None:
    """Declare what holds a service's mark, as the definitions have it; idempotent. It takes an operator's rights.

    Args:
        channel: An open channel.
        service: The producer's name.
    """
    name = generation_of(service)
    await channel.declare_exchange(GENERATION, ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue(name, durable=True, arguments=GRAVE)
    await queue.bind(GENERATION, name)


class Generation:
    """The mark of one service in its database and in the broker.

    Args:
        database: The service's database.
        service: The producer's name.
    """

    def __init__(self, database: Database, service: str) -> None:
        self._marks = database["broker"]
        self._name = generation_of(service)

    async def is_known(self, channel: AbstractChannel) -> bool:
        """Whether the broker holds this service's mark. It is given one where the service has none there yet.

        Args:
            channel: A channel with confirms.

        Raises:
            ChannelNotFoundEntity: The broker has no queue for it; its definitions are older than the release.
        """
        queue = await channel.get_queue(self._name)
        own = await self._own()
        if own["placed"]:
            return await _mark_in(queue) == str(own["mark"])
        await self._place(channel, queue, own["mark"])
        return True

    async def accept(self, channel: AbstractChannel) -> None:
        """Let the relay publish to the broker that answers: by the mark that it holds, or else by a new one.

        A mark that is there stays, so that whoever else knows this broker by it goes on knowing it.

        Args:
            channel: An open channel.

        Raises:
            ChannelNotFoundEntity: The broker has no queue for it; its definitions are older than the release.
        """
        held = await _mark_in(await channel.get_queue(self._name))
        mark = {"mark": held, "placed": True} if held else _new_mark()
        await self._marks.update_one({"_id": _KEY}, {"$set": mark}, upsert=True)

    async def _own(self) -> Document:
        """This service's mark, a new one where it has none."""
        own: Document = await self._marks.find_one_and_update(
            {"_id": _KEY}, {"$setOnInsert": _new_mark()}, upsert=True, return_document=ReturnDocument.AFTER
        )  # type: ignore[assignment]  # upserted, so there is one
        return own

    async def _place(self, channel: AbstractChannel, queue: AbstractQueue, mark: str) -> None:
        """Leave a mark in the broker instead of those that are there. Cut off in between, it is done again."""
        while message := await queue.get(fail=False):
            await message.ack()
        exchange = await channel.get_exchange(GENERATION, ensure=False)
        placed = Message(mark.encode(), delivery_mode=DeliveryMode.PERSISTENT)
        await exchange.publish(placed, self._name, mandatory=True, timeout=_CONFIRM_SECONDS)
        await self._marks.update_one({"_id": _KEY, "mark": mark}, {"$set": {"placed": True}})


def _new_mark() -> Document:
    return {"mark": uuid.uuid4().hex, "placed": False}


async def _mark_in(queue: AbstractQueue) -> str | None:
    """The mark that the broker holds, and goes on holding."""
    message = await queue.get(fail=False)
    if message is None:
        return None
    await message.nack(requeue=True)
    return message.body.decode()
