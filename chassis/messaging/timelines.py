"""Events of a time that a restore has undone, and the command that begins another timeline (ADR 69).

`python -m services.<name> timeline new` follows the restore of a database from an older copy. From then on the events
of the service say which timeline they belong to, and up to when the copy reached that it began with. An event of an
earlier timeline that was written after that instant tells of what no longer is: no consumer gives it an effect. One
that was written before is as good as ever, for the restored service sends again what still waited in the copy.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import structlog
import typer
from aio_pika.abc import AbstractIncomingMessage

from chassis.context import acting
from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.messaging.batch import give_up
from chassis.runtime.console import FORMATS, WRONG, MongoUrl, Name, Operator, act_of, console, database_is_away
from chassis.runtime.telemetry import LOST_TIME
from chassis.storage.migration import Migrations, require_current
from chassis.storage.mongo import Database, StorageError, connect
from chassis.storage.timeline import Timelines, working
from kernel.dates import SHANGHAI
from kernel.errors import Refusal
from kernel.free_text import Reason

_OWN_NAME = "guopei-timeline"
log = structlog.get_logger()


class KnownTimelines:
    """The timelines of other services' databases, as their events tell of them, and that of the own one.

    They are kept in the collection `timelines`, `{_id: <producer>, restored: {<number>: <restore point>}}`.

    Args:
        database: The consuming service's database.
        service: That service's name.
    """

    def __init__(self, database: Database, service: str) -> None:
        self._known = database["timelines"]
        self._own = Timelines(database)
        self._service = service
        self._restored: dict[str, dict[int, datetime]] = {}

    async def load(self) -> None:
        """Read what is known; to be called before the first batch."""
        self._restored = {
            row["_id"]: {int(number): restored for number, restored in row["restored"].items()}
            async for row in self._known.find({})
        }
        if own := await self._own.all():
            self._restored.setdefault(self._service, {}).update(own)

    async def sift(self, queue: str, batch: Sequence[AbstractIncomingMessage]) -> Sequence[AbstractIncomingMessage]:
        """Make dead letters of the deliveries that belong to lost time; the others, in their order.

        Where no service was ever restored nothing is read.

        Args:
            queue: The queue that they come from.
            batch: Its deliveries.
        """
        if not self._restored and not any(map(amqp.tells_timeline, batch)):
            return batch
        kept = []
        for message in batch:
            envelope = _read(message)
            if envelope and envelope.restored and envelope.timeline not in self._restored.get(envelope.producer, {}):
                await self._learn(envelope.producer, envelope.timeline, envelope.restored)
            if envelope and self.is_lost(envelope):
                LOST_TIME.labels(queue).inc()
                log.error("event of a lost time", queue=queue, event_id=envelope.id, written=envelope.at.isoformat())
                await give_up(queue, message)
            else:
                kept.append(message)
        return kept

    def is_lost(self, envelope: Envelope) -> bool:
        """Whether an event was written after the point to which its producer has since been restored."""
        timelines = self._restored.get(envelope.producer, {})
        return any(number > envelope.timeline and envelope.at > restored for number, restored in timelines.items())

    async def _learn(self, producer: str, number: int, restored: datetime) -> None:
        await self._known.update_one({"_id": producer}, {"$set": {f"restored.{number}": restored}}, upsert=True)
        self._restored.setdefault(producer, {})[number] = restored


def _read(message: AbstractIncomingMessage) -> Envelope | None:
    """The envelope of a delivery; None where it cannot be read, which the consumer finds out by itself."""
    try:
        return amqp.from_message(message)
    except Exception:  # noqa: BLE001 - `readable` meets it again, logs it and gives the delivery up
        return None


def timeline_commands(migrations: Migrations) -> typer.Typer:
    """The commands `timeline …` of a service.

    Args:
        migrations: The steps of its database, which has to have had them (ADR 71).
    """
    group = console("A database that was restored from an older copy (ADR 69).")

    @group.command("new")
    def new(*, url: MongoUrl, name: Name, at: At, reason: Why, operator: Operator = "") -> None:
        """Begin another timeline, before any process of the service runs again. Exit 1 if one runs."""
        restored = at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
        if restored > datetime.now(SHANGHAI):
            raise typer.BadParameter("该时刻尚未到来 it is yet to come", param_hint="--at")

        async def run() -> None:
            async with connect(url, _OWN_NAME) as client:
                await require_current(client[name], migrations)
                refuse_beside(await working(client, client[name], _OWN_NAME))
                timeline = await Timelines(client[name]).begin(migrations.service, restored, why.text)
                typer.echo(f"新时间线 new timeline: {timeline.number}")

        try:
            why = Reason.of(reason, "R40")
            with acting(act_of(operator)):
                asyncio.run(run())
        except Refusal as refusal:
            typer.echo(f"{refusal.code}: {refusal.zh} {refusal.en}", err=True)
            raise typer.Exit(WRONG) from refusal
        except StorageError as error:
            raise database_is_away(error) from error

    @group.callback()
    def _group() -> None:
        """Makes Typer keep the group, which has a single command."""

    return group


def refuse_beside(signs: Sequence[str]) -> None:
    """Refuse to go on where processes of the service run.

    Args:
        signs: What shows that they do (`working`).

    Raises:
        Exit: There is one.
    """
    if signs:
        typer.echo(f"服务仍在运行，请先停止 the service runs, stop it first: {'; '.join(signs)}", err=True)
        raise typer.Exit(WRONG)


At = Annotated[
    datetime,
    typer.Option(formats=FORMATS, help="Up to when the restored copy reaches; real time, of Asia/Shanghai by default."),
]
Why = Annotated[str, typer.Option("--reason", help="Why, for the audit (R40).")]
