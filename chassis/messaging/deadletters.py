"""`python -m chassis.messaging.deadletters list|show|replay|drop`: events that a consumer gave up.

Every command consumes the letters without acking them and returns those that it leaves: a crash loses none, and two
operators never handle the same one. The services may run meanwhile. A replay publishes to the queue whose consumer gave
the letter up, and to no other; where it happens twice, the inbox drops the copy. A replayed event arrives after all
later events of its aggregate: look at those before. An event that failed in two queues is two letters.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, cast

import typer
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError

from chassis.messaging.amqp import BROKER_ERRORS, DEAD, GIVEN_UP, connect

_MOST = 1_000
_CONFIRM_SECONDS = 10.0
_DEATH = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-count", GIVEN_UP)
cli = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_show_locals=False)  # they hold passwords


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter, consumed and not acked.

    Attributes:
        id: The event's id, which is the message id; `#<tag>` for a message without one.
        type: The routing key that it was published with.
        queue: The queue whose consumer gave it up.
        reason: `rejected` (its effect failed), `delivery_limit` (its consumer crashed with it), `lost_time` (it tells
            of what a restore has undone, ADR 69) and so on.
        died: When, in UTC.
        message: The delivery.
    """

    id: str
    type: str
    queue: str
    reason: str
    died: datetime | None
    message: AbstractIncomingMessage


Wanted = Callable[[Letter], bool]


@asynccontextmanager
async def in_hand(url: str, most: int = _MOST) -> AsyncIterator[tuple[AbstractChannel, list[Letter]]]:
    """The oldest letters, with the channel that consumed them; at the end all that were not acked go back.

    Args:
        url: The broker, as a user who may read the queue of dead letters.
        most: The most letters to take.
    """
    async with await connect(url, "deadletters") as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        grave = await channel.get_queue(DEAD)
        letters: list[Letter] = []
        while len(letters) < most and (message := await grave.get(fail=False, timeout=_CONFIRM_SECONDS)):
            letters.append(_letter(message))
        yield channel, letters


async def replay(channel: AbstractChannel, letter: Letter) -> None:
    """Publish a letter to the queue that it came from, and ack it once the broker has confirmed that.

    Raises:
        DeliveryError: The queue is gone or full; the letter stays where it is.
    """
    original = letter.message
    headers = {name: value for name, value in original.headers.items() if not name.startswith(_DEATH)}
    message = Message(
        original.body,
        headers=headers,
        content_type=original.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=original.message_id,
    )
    await channel.default_exchange.publish(message, letter.queue, mandatory=True, timeout=_CONFIRM_SECONDS)
    await original.ack()


def describe(letter: Letter) -> dict[str, Any]:
    """A letter as an operator sees it: where it comes from, its CloudEvents attributes and its data."""
    headers = cast("dict[str, Any]", letter.message.headers)
    body = letter.message.body.decode(errors="replace")
    try:
        data = json.loads(body)
    except ValueError:
        data = body
    return {
        **_line(letter),
        "attributes": {name: str(value) for name, value in headers.items() if not name.startswith(_DEATH)},
        "data": data,
    }


def _letter(message: AbstractIncomingMessage) -> Letter:
    deaths = cast("list[dict[str, Any]]", message.headers.get("x-death") or [{}])
    last = cast("dict[str, Any]", message.headers.get(GIVEN_UP)) or deaths[0]
    keys = last.get("routing-keys") or [message.routing_key or ""]
    died = last.get("time")
    return Letter(
        id=message.message_id or f"#{message.delivery_tag}",
        type=str(keys[0]),
        queue=str(last.get("queue", "")),
        reason=str(last.get("reason", "")),
        died=died if isinstance(died, datetime) else None,
        message=message,
    )


def _line(letter: Letter) -> dict[str, Any]:
    died = letter.died.isoformat() if letter.died else None
    return {"id": letter.id, "type": letter.type, "queue": letter.queue, "reason": letter.reason, "died": died}


Url = Annotated[str, typer.Option(envvar="AMQP_URL", help="The broker, as its administrator.", show_default=False)]
Queue = Annotated[str | None, typer.Option("--queue", help="Only those that this queue gave up.")]
Most = Annotated[int, typer.Option(help="The most letters to look at, oldest first.", min=1)]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids as `list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="All of them, or all of the queue's.")]


@cli.command("list")
def list_(url: Url, queue: Queue = None, most: Most = _MOST) -> None:
    """Print one line of JSON for each letter, oldest first."""

    async def run() -> None:
        async with in_hand(url, most) as (_, letters):
            listed = [letter for letter in letters if queue in (None, letter.queue)]
            for letter in listed:
                typer.echo(json.dumps(_line(letter), ensure_ascii=False))
            if not listed:
                typer.echo("没有死信 no dead letters", err=True)

    _run(run())


@cli.command()
def show(url: Url, ids: Ids = None, most: Most = _MOST) -> None:
    """Print letters whole."""

    async def run() -> None:
        async with in_hand(url, most) as (_, letters):
            for letter in _chosen(letters, lambda letter: letter.id in (ids or ()), ids):
                typer.echo(json.dumps(describe(letter), ensure_ascii=False, indent=2))

    _run(run())


@cli.command("replay")
def replay_(url: Url, ids: Ids = None, queue: Queue = None, every: All = False, most: Most = _MOST) -> None:
    """Return letters to the queues they came from, once the cause of their failure is mended."""
    wanted = _wanted(ids, queue, every)

    async def run() -> None:
        async with in_hand(url, most) as (channel, letters):
            for letter in _of_one_queue(_chosen(letters, wanted, ids), ids):
                try:
                    await replay(channel, letter)
                except DeliveryError as error:
                    typer.echo(f"{letter.id}: 队列 {letter.queue} 不存在或已满 the queue is gone or full", err=True)
                    raise typer.Exit(1) from error
                typer.echo(f"{letter.id} → {letter.queue}")

    _run(run())


@cli.command()
def drop(url: Url, ids: Ids = None, queue: Queue = None, every: All = False, most: Most = _MOST) -> None:
    """Remove letters for good; each is printed whole, for it is stored nowhere else."""
    wanted = _wanted(ids, queue, every)

    async def run() -> None:
        async with in_hand(url, most) as (_, letters):
            for letter in _of_one_queue(_chosen(letters, wanted, ids), ids):
                typer.echo(json.dumps(describe(letter), ensure_ascii=False))
                await letter.message.ack()

    _run(run())


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(work)
    except typer.Exit:  # a RuntimeError, as are errors of the broker
        raise
    except BROKER_ERRORS as error:
        typer.echo(f"消息代理没有应答 the broker does not answer: {type(error).__name__}", err=True)
        raise typer.Exit(1) from error


def _wanted(ids: Sequence[str] | None, queue: str | None, every: bool) -> Wanted:
    if bool(ids) == every:
        raise typer.BadParameter("请给出编号，或用 --all Name ids, or say --all")
    return lambda letter: (every or letter.id in (ids or ())) and queue in (None, letter.queue)


def _chosen(letters: Sequence[Letter], wanted: Wanted, ids: Sequence[str] | None) -> list[Letter]:
    """The letters that an operator named.

    Raises:
        Exit: There is no letter of one of the ids; nothing is done then.
    """
    chosen = [letter for letter in letters if wanted(letter)]
    if missing := sorted(set(ids or ()) - {letter.id for letter in chosen}):
        typer.echo(f"没有这些死信 no such letters: {', '.join(missing)}", err=True)
        raise typer.Exit(1)
    return chosen


def _of_one_queue(letters: Sequence[Letter], ids: Sequence[str] | None) -> Sequence[Letter]:
    """The letters, if each id names those of one queue: an event has the same id in every queue.

    Raises:
        Exit: There are letters of one id from several queues; nothing is done then.
    """
    queues = {key: sorted({letter.queue for letter in letters if letter.id == key}) for key in ids or ()}
    ambiguous = {key: names for key, names in queues.items() if len(names) > 1}
    for key, names in ambiguous.items():
        typer.echo(f"{key}: 请用 --queue 指明 say which --queue: {', '.join(names)}", err=True)
    if ambiguous:
        raise typer.Exit(1)
    return letters


if __name__ == "__main__":
    cli()
