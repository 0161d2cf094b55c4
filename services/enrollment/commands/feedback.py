"""Deliveries are made, one by one, until none is due; what fails is tried again after growing pauses (R24)."""

import asyncio
from datetime import UTC, datetime

import structlog

from kernel.errors import Refusal
from services.enrollment.commands.channels import Channel, channel_of
from services.enrollment.commands.office import Office
from services.enrollment.domain.delivery import Delivery, Pace, Undelivered
from services.enrollment.domain.vocabulary import DeliveryChannel, DeliveryFault

log = structlog.get_logger()


async def deliver_pending(office: Office, kind: DeliveryChannel = DeliveryChannel.INBOX) -> int:
    """Make the deliveries of a channel that are due; each stands by itself, however many processes work at it.

    Returns:
        How many were made.
    """
    channel, pace = channel_of(office, kind), office.paces[kind]
    made = 0
    while channel:
        now = datetime.now(UTC)
        claimed = await office.store.deliveries.claim(kind, now, now + pace.claim)
        if claimed is None:
            break
        made += await _attempt(office, channel, claimed, pace)
    return made


async def _attempt(office: Office, channel: Channel, delivery: Delivery, pace: Pace) -> bool:
    """Try once, in half the time for which nobody else does, and settle what came of it."""
    try:
        async with asyncio.timeout(pace.claim.total_seconds() / 2):
            await channel.deliver(delivery)
    except TimeoutError:
        await _failed(office, delivery, pace, Undelivered(DeliveryFault.TIMEOUT))
    except Refusal:  # something it tells of is not on file
        await _failed(office, delivery, pace, Undelivered(DeliveryFault.STORAGE))
    except Undelivered as failure:
        await _failed(office, delivery, pace, failure)
    else:
        return await office.store.deliveries.delivered(delivery, office.clock.now())
    return False


async def _failed(office: Office, delivery: Delivery, pace: Pace, failure: Undelivered) -> None:
    log.warning(
        "undelivered",
        delivery=delivery.id,
        attempts=delivery.attempts,
        fault=failure.fault.value,
        permanent=failure.permanent,
    )
    if failure.permanent or pace.ends(delivery.attempts):
        await office.store.deliveries.give_up(delivery, failure.fault)
    else:
        until = datetime.now(UTC) + pace.pause(delivery.attempts)
        await office.store.deliveries.put_off(delivery, failure.fault, until)
