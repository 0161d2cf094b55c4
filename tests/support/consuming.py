"""Events taken in as a consumer does it, without a broker, and how a broker may deliver them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from hypothesis import strategies as st

from chassis.context import acting
from chassis.events import Envelope
from chassis.messaging.inbox import Handler, Inbox
from chassis.storage.mongo import Database

T = TypeVar("T")


async def take_in(database: Database, handlers: Mapping[str, Handler], *envelopes: Envelope) -> int:
    """Apply events in one transaction, then do what comes after each; returns how many took effect."""
    inbox = Inbox(database, "tests", handlers)
    rows = [row for envelope in envelopes if (row := inbox.read(envelope))]
    new = await inbox.apply(rows)
    for row in rows:
        if row.handler.after:
            with acting(row.act):
                await row.handler.after(row.envelope)
    return new


def envelope_of(kind: str, subject: str, version: int, data: Mapping[str, Any]) -> Envelope:
    """An event of Guangdong; its id is made of the subject and the version."""
    producer, _, name = kind.partition(".")
    return Envelope(
        id=f"{producer}/{subject}/{version}/0",
        producer=producer,
        name=name,
        subject=subject,
        version=version,
        at=datetime.now(UTC),
        province="44",
        data=dict(data),
    )


@st.composite
def deliveries(draw: st.DrawFn, events: st.SearchStrategy[T]) -> tuple[list[T], list[list[int]]]:
    """Events in their order, and batches in which a broker delivers them: all in order, some of them again later.

    Returns:
        The events, and the batches as indices into them.
    """
    history = draw(st.lists(events, min_size=8, max_size=40))
    order = list(range(len(history)))
    for copied in draw(st.lists(st.integers(0, len(history) - 1), max_size=5)):
        order.insert(draw(st.integers(order.index(copied) + 1, len(order))), copied)
    cuts = sorted(draw(st.sets(st.integers(1, len(order)), max_size=4)))
    return history, _cut(order, cuts)


def _cut(order: Sequence[int], cuts: Sequence[int]) -> list[list[int]]:
    pieces = zip([0, *cuts], [*cuts, len(order)], strict=True)
    return [list(order[start:end]) for start, end in pieces if start < end]
