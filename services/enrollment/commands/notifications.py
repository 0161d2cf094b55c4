"""Making deliveries by inbox and mail, and marking notices read (R24)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import structlog
from cryptography.exceptions import InvalidTag

from chassis.commands.guards import require_rows
from chassis.storage.mongo import StorageError
from kernel.errors import Refusal
from services.enrollment.commands.deps import Deps, Mailer
from services.enrollment.domain.notification_texts import letter
from services.enrollment.domain.notifications import Delivery, DeliveryFailed, Notice, RetryPolicy, mail_of, notice_of
from services.enrollment.domain.school import DesignatedPerson
from services.enrollment.domain.teacher import Teacher
from services.enrollment.domain.vocabulary import DeliveryChannel, DeliveryFault, DeliveryRecipient

log = structlog.get_logger()


class Channel(Protocol):
    """A way to reach a recipient; it must bear the same delivery twice."""

    async def deliver(self, delivery: Delivery) -> None:
        """Make the delivery.

        Raises:
            DeliveryFailed: It was not made, and why.
        """


async def deliver_pending(deps: Deps, kind: DeliveryChannel = DeliveryChannel.INBOX) -> int:
    """Make the deliveries of a channel that are due; several processes may do so at the same time.

    Returns:
        How many were made.
    """
    channel, policy = channel_of(deps, kind), deps.retry_policies[kind]
    made = 0
    while channel:
        now = datetime.now(UTC)
        claimed = await deps.store.deliveries.claim(kind, now, now + policy.claim)
        if claimed is None:
            break
        made += await _attempt(deps, channel, claimed, policy)
    return made


async def _attempt(deps: Deps, channel: Channel, delivery: Delivery, policy: RetryPolicy) -> bool:
    """Try once, within half of the claim, so that no other process tries meanwhile; then settle the attempt."""
    try:
        async with asyncio.timeout(policy.claim.total_seconds() / 2):
            await channel.deliver(delivery)
    except TimeoutError:
        await _failed(deps, delivery, policy, DeliveryFailed(DeliveryFault.TIMEOUT))
    except Refusal:  # the teacher, the school or the project is not on file
        await _failed(deps, delivery, policy, DeliveryFailed(DeliveryFault.STORAGE))
    except DeliveryFailed as failure:
        await _failed(deps, delivery, policy, failure)
    else:
        return await deps.store.deliveries.delivered(delivery, deps.clock.now())
    return False


async def _failed(deps: Deps, delivery: Delivery, policy: RetryPolicy, failure: DeliveryFailed) -> None:
    log.warning(
        "undelivered",
        delivery=delivery.id,
        attempts=delivery.attempts,
        fault=failure.fault.value,
        permanent=failure.permanent,
    )
    if failure.permanent or policy.is_exhausted(delivery.attempts):
        await deps.store.deliveries.fail(delivery, failure.fault)
    else:
        until = datetime.now(UTC) + policy.pause(delivery.attempts)
        await deps.store.deliveries.reschedule(delivery, failure.fault, until)


def channel_of(deps: Deps, kind: DeliveryChannel) -> Channel | None:
    """The channel of that kind; None where it is not configured."""
    if kind is DeliveryChannel.INBOX:
        return _Inbox(deps)
    return _Mail(deps, deps.mailer) if deps.mailer else None


@dataclass(frozen=True, slots=True)
class _Inbox:
    """Puts a notice under the delivery's id, so that a repeat adds none; then leaves the delivery by mail."""

    deps: Deps

    async def deliver(self, delivery: Delivery) -> None:
        store, now = self.deps.store, self.deps.clock.now()
        try:
            await store.notices.put([notice_of(delivery, now)])
            if self.deps.mailer and await _has_address(self.deps, delivery):
                await store.deliveries.add([mail_of(delivery, now)])
        except StorageError as error:
            raise DeliveryFailed(DeliveryFault.STORAGE) from error


@dataclass(frozen=True, slots=True)
class _Mail:
    """Sends a mail to the address that is on file at that time."""

    deps: Deps
    mailer: Mailer

    async def deliver(self, delivery: Delivery) -> None:
        store = self.deps.store
        teacher, person = await _people(self.deps, delivery)
        project = await store.projects.get(delivery.project)
        name, address = teacher.name, None
        try:
            if delivery.recipient is DeliveryRecipient.TRAINEE:
                address = self.deps.vault.open(teacher.email.sealed) if teacher.email else None
            elif person:
                name, address = person.name, person.email
        except (KeyError, InvalidTag) as error:  # not permanent: the key may be installed later
            raise DeliveryFailed(DeliveryFault.NO_ADDRESS) from error
        if address is None:
            raise DeliveryFailed(DeliveryFault.NO_ADDRESS, permanent=True)
        await self.mailer.send(letter(delivery, project, to=address, name=name, trainee=teacher.name))


async def _has_address(deps: Deps, delivery: Delivery) -> bool:
    teacher, person = await _people(deps, delivery)
    if delivery.recipient is DeliveryRecipient.TRAINEE:
        return teacher.email is not None
    return person is not None and person.email is not None


async def _people(deps: Deps, delivery: Delivery) -> tuple[Teacher, DesignatedPerson | None]:
    """The trainee, and the school's designated person."""
    enrollment = await deps.store.enrollments.get(delivery.enrollment)
    school = await deps.store.schools.get(enrollment.school)
    return await deps.store.teachers.get(enrollment.teacher), school.designated


async def mark_notices_read(deps: Deps, *, boxes: Sequence[str], keys: Sequence[str]) -> list[Notice]:
    """Mark notices of the caller's inboxes read. Idempotent.

    Args:
        deps: The service's dependencies.
        boxes: The caller's inboxes.
        keys: Ids of notices.

    Returns:
        Those of the notices that are in the inboxes.

    Raises:
        Refusal: `TOO_MANY_ROWS`.
    """
    require_rows(keys, rule="R22")
    return await deps.store.notices.mark_read(boxes, keys, deps.clock.now())
