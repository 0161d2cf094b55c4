"""`events republish|go-on`: what an operator does once the broker has lost events (ADR 66).

A relay whose broker has forgotten it publishes nothing. `republish` sends again what the broker had confirmed, in the
order in which it was sent; consumers drop by their inbox what they have. Then, or at `go-on`, the relay publishes.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from chassis.messaging import amqp
from chassis.messaging.generation import Generation
from chassis.messaging.sent import KEPT_DAYS, SentEvents
from chassis.runtime.console import FORMATS, UNAVAILABLE, WRONG, MongoUrl, Name, console, database_is_away
from chassis.storage.migration import Migrations, require_current
from chassis.storage.mongo import Database, StorageError, connect
from kernel.dates import SHANGHAI

_RATE = 200
_CONFIRM_SECONDS = 10.0


class Stopped(Exception):  # noqa: N818 - says where to go on
    """The broker did not take an event.

    Args:
        at: When that event had been sent: to go on, begin there.
        number: How many were sent again before it.
    """

    def __init__(self, at: datetime, number: int) -> None:
        super().__init__(at, number)
        self.at = at
        self.number = number


async def republish(
    database: Database, amqp_url: str, service: str, since: datetime, *, types: Sequence[str] = (), rate: int = _RATE
) -> int:
    """Send events again that this service had sent at an instant or later.

    Args:
        database: The service's database.
        amqp_url: The broker, as the service's own user.
        service: The producer's name.
        since: The instant, with a time zone.
        types: `<service>.<event>` of those that are sent; all without any.
        rate: The most events a second.

    Returns:
        How many were sent.

    Raises:
        Stopped: A queue is full, or has gone, or the broker went away.
    """
    number, begun = 0, time.monotonic()
    async with await amqp.connect(amqp_url, f"{service}.events") as connection:
        channel = await connection.channel(on_return_raises=True)
        exchange = await channel.get_exchange(amqp.EVENTS, ensure=False)
        async for at, envelope in SentEvents(database).since(since, types):
            await asyncio.sleep(begun + number / rate - time.monotonic())
            try:
                await exchange.publish(
                    amqp.to_message(envelope), envelope.routing_key, mandatory=True, timeout=_CONFIRM_SECONDS
                )
            except amqp.BROKER_ERRORS as error:
                raise Stopped(at, number) from error
            number += 1
    return number


async def accept(database: Database, amqp_url: str, service: str) -> None:
    """Let this service's relay publish to the broker as it is.

    Args:
        database: The service's database.
        amqp_url: The broker, as the service's own user.
        service: The producer's name.
    """
    async with await amqp.connect(amqp_url, f"{service}.events") as connection:
        await Generation(database, service).accept(await connection.channel())


def event_commands(migrations: Migrations) -> typer.Typer:
    """The commands `events …` of a service.

    Args:
        migrations: The steps of its database, which has to have had them (ADR 71).
    """
    service = migrations.service
    group = console("Events that the broker has lost (ADR 66).")

    @group.command("republish")
    def republish_(
        *, url: MongoUrl, name: Name, broker: Broker, since: Since, type_: Types = None, rate: Rate = _RATE
    ) -> None:
        """Send again what was sent since an instant; then let the relay publish, if something of every type was sent.

        Exit 1 if the broker does not take an event: it is said where to go on. What consumers have, they drop.
        """
        begin = since if since.tzinfo else since.replace(tzinfo=SHANGHAI)
        if begin > datetime.now(SHANGHAI):
            raise typer.BadParameter("该时刻尚未到来 it is yet to come", param_hint="--since")

        async def run(database: Database) -> None:
            number = await republish(database, broker, service, begin, types=type_ or (), rate=rate)
            if number and not type_:
                await accept(database, broker, service)
            typer.echo(f"已重新发送 sent again: {number}")

        _run(url, name, migrations, run)

    @group.command("go-on")
    def go_on(url: MongoUrl, name: Name, broker: Broker) -> None:
        """Let the relay publish to a broker that has lost data, without sending anything again."""
        _run(url, name, migrations, lambda database: accept(database, broker, service))
        typer.echo("继续发送 the relay goes on")

    return group


def _run(url: str, name: str, migrations: Migrations, work: Callable[[Database], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with connect(url) as client:
            await require_current(client[name], migrations)
            await work(client[name])

    try:
        asyncio.run(run())
    except typer.Exit:  # a RuntimeError, as some of the broker's are
        raise
    except Stopped as stopped:
        where = stopped.at.astimezone(SHANGHAI).isoformat(timespec="seconds")
        typer.echo(
            f"已重新发送 sent again: {stopped.number}；消息代理未接收下一个事件，请以 --since {where} 继续 "
            f"the broker did not take the next event, go on with --since {where}",
            err=True,
        )
        raise typer.Exit(WRONG) from stopped
    except StorageError as error:
        raise database_is_away(error) from error
    except amqp.BROKER_ERRORS as error:
        typer.echo(f"消息代理没有应答 the broker does not answer: {type(error).__name__}", err=True)
        raise typer.Exit(UNAVAILABLE) from error


Broker = Annotated[str, typer.Option(envvar="AMQP_URL", help="The broker, as the service's user.", show_default=False)]
Since = Annotated[
    datetime, typer.Option(formats=FORMATS, help=f"Real time, of Asia/Shanghai by default; kept are {KEPT_DAYS} days.")
]
Types = Annotated[list[str] | None, typer.Option("--type", help="Only such events, as catalog.project-published.")]
Rate = Annotated[int, typer.Option(help="The most events a second.", min=1)]
