"""Making deliveries by inbox and mail, and marking notices read (R24)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import structlog
from cryptography.exceptions import InvalidTag

from chassis.commands.guards import require_rows
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import StorageError
from services.enrollment.commands.deps import Deps, Mailer
from services.enrollment.domain.notification_texts import digest, letter, message
from services.enrollment.domain.notifications import (
    Delivery,
    DeliveryFailed,
    Notice,
    NoticeKind,
    RetryPolicy,
    mail_of,
    notice_of,
)
from services.enrollment.domain.school import DesignatedPerson
from services.enrollment.domain.teacher import Teacher
from services.enrollment.domain.vocabulary import DeliveryChannel, DeliveryFault, DeliveryRecipient

log = structlog.get_logger()
_LISTED = 50
"""The most notices that a digest says; of the others it says how many they are."""


Failures = Mapping[str, DeliveryFailed]
"""By the ids of deliveries, why they were not made."""


class Channel(Protocol):
    """A way to reach recipients; it must bear the same delivery twice."""

    @property
    def most(self) -> int:
        """How many deliveries it takes at a time."""

    async def deliver(self, deliveries: Sequence[Delivery]) -> Failures:
        """Make deliveries; one that fails holds up no other.

        Returns:
            Those that were not made, and why.
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
        claimed = await deps.store.deliveries.claim(kind, now, now + policy.claim, channel.most)
        if not claimed:
            break
        made += await _attempt(deps, channel, claimed, policy)
    return made


async def _attempt(deps: Deps, channel: Channel, deliveries: Sequence[Delivery], policy: RetryPolicy) -> int:
    """Try once, within half of the claim, so that no other process tries meanwhile; then settle the attempts."""
    failures: Failures
    try:
        async with asyncio.timeout(policy.claim.total_seconds() / 2):
            failures = await channel.deliver(deliveries)
    except TimeoutError:
        failures = {delivery.id: DeliveryFailed(DeliveryFault.TIMEOUT) for delivery in deliveries}
    arrived = [delivery for delivery in deliveries if delivery.id not in failures]
    made = await deps.store.deliveries.delivered(arrived, deps.clock.now()) if arrived else 0
    await _settle_failed(deps, [delivery for delivery in deliveries if delivery.id in failures], failures, policy)
    return made


async def _settle_failed(deps: Deps, deliveries: Sequence[Delivery], failures: Failures, policy: RetryPolicy) -> None:
    """Settle attempts that failed: those of one fault and as many attempts by one write."""
    alike: dict[tuple[DeliveryFault, bool, int], list[Delivery]] = {}
    for delivery in deliveries:
        failure, attempts = failures[delivery.id], delivery.attempts
        log.warning(
            "undelivered",
            delivery=delivery.id,
            attempts=attempts,
            fault=failure.fault.value,
            permanent=failure.permanent,
        )
        ends = failure.permanent or policy.is_exhausted(attempts)
        alike.setdefault((failure.fault, ends, attempts), []).append(delivery)
    for (fault, ends, attempts), failed in alike.items():
        if ends:
            await deps.store.deliveries.fail(failed, fault)
        else:
            until = datetime.now(UTC) + policy.pause(attempts)
            await deps.store.deliveries.reschedule(failed, fault, until)


def channel_of(deps: Deps, kind: DeliveryChannel) -> Channel | None:
    """The channel of that kind; None where it is not configured."""
    if kind is DeliveryChannel.INBOX:
        return _Inbox(deps)
    return _Mail(deps, deps.mailer) if deps.mailer else None


@dataclass(frozen=True, slots=True)
class _Inbox:
    """Puts a notice under each delivery's id, so that a repeat adds none; then leaves the deliveries by mail."""

    deps: Deps
    most: int = 200

    async def deliver(self, deliveries: Sequence[Delivery]) -> Failures:
        """Deliver all together; where that fails, each half by itself, until what fails is alone."""
        try:
            return await self._deliver(deliveries)
        except StorageError:
            if len(deliveries) == 1:
                return {deliveries[0].id: DeliveryFailed(DeliveryFault.STORAGE)}
        half = len(deliveries) // 2
        return {**await self.deliver(deliveries[:half]), **await self.deliver(deliveries[half:])}

    async def _deliver(self, deliveries: Sequence[Delivery]) -> Failures:
        store, now = self.deps.store, self.deps.clock.now()
        await store.notices.put([notice_of(delivery, now) for delivery in deliveries])
        if not self.deps.mailer:
            return {}
        people = await _people(self.deps, deliveries)
        mails = [mail_of(delivery, now) for delivery in deliveries if _has_address(people.get(delivery.id), delivery)]
        await store.deliveries.add(mails)
        return {
            delivery.id: DeliveryFailed(DeliveryFault.STORAGE) for delivery in deliveries if delivery.id not in people
        }


@dataclass(frozen=True, slots=True)
class _Mail:
    """Sends mails, one by one, each to the address that is on file at that time."""

    deps: Deps
    mailer: Mailer
    most: int = 1

    async def deliver(self, deliveries: Sequence[Delivery]) -> Failures:
        failures = {}
        for delivery in deliveries:
            try:
                await self._send(delivery)
            except DeliveryFailed as failure:
                failures[delivery.id] = failure
        return failures

    async def _send(self, delivery: Delivery) -> None:
        if delivery.kind is NoticeKind.DIGEST:
            await self._send_digest(delivery)
            return
        people = (await _people(self.deps, [delivery])).get(delivery.id)
        project = await self.deps.store.projects.find(delivery.project or "")
        if people is None or project is None:
            raise DeliveryFailed(DeliveryFault.STORAGE)
        trainee = people.teacher if delivery.recipient is DeliveryRecipient.TRAINEE else None
        name, address = self._address(trainee, people.designated)
        await self.mailer.send(letter(delivery, project, to=address, name=name, trainee=people.teacher.name))

    async def _send_digest(self, delivery: Delivery) -> None:
        """Send what is unread now; nothing where all has been read since the digest was left."""
        store = self.deps.store
        _, _, key = delivery.to.partition(":")
        notices = await store.notices.page([delivery.to], PageRequest(_LISTED - 1), unread=True)
        if not notices:
            return
        if delivery.recipient is DeliveryRecipient.TRAINEE:
            name, address = self._address(await store.teachers.find(key), None)
        else:
            school = await store.schools.find(key)
            name, address = self._address(None, school.designated if school else None)
        names = await store.notices.names_of(notices)
        unread = await store.notices.count([delivery.to], unread=True)
        messages = [(notice.at, message(notice, names[notice])[0]) for notice in notices]
        await self.mailer.send(digest(delivery, messages, to=address, name=name, unread=unread))

    def _address(self, trainee: Teacher | None, designated: DesignatedPerson | None) -> tuple[str, str]:
        """The name and the address of the trainee, or else of the designated person.

        Raises:
            DeliveryFailed: No address is on file, or the key to it is not installed.
        """
        name, address = (designated.name, designated.email) if designated else ("", None)
        try:
            if trainee:
                name = trainee.name
                address = self.deps.vault.open(trainee.email.sealed) if trainee.email else None
        except (KeyError, InvalidTag) as error:  # not permanent: the key may be installed later
            raise DeliveryFailed(DeliveryFault.NO_ADDRESS) from error
        if address is None:
            raise DeliveryFailed(DeliveryFault.NO_ADDRESS, permanent=True)
        return name, address


@dataclass(frozen=True, slots=True)
class _People:
    """The trainee of a delivery, and the school's designated person."""

    teacher: Teacher
    designated: DesignatedPerson | None


def _has_address(people: _People | None, delivery: Delivery) -> bool:
    if people is None:
        return False
    if delivery.recipient is DeliveryRecipient.TRAINEE:
        return people.teacher.email is not None
    return people.designated is not None and people.designated.email is not None


async def _people(deps: Deps, deliveries: Sequence[Delivery]) -> dict[str, _People]:
    """By the deliveries' ids, the people; without those whose enrollment, teacher or school is not on file."""
    store = deps.store
    enrollments = await store.enrollments.find_many([delivery.enrollment or "" for delivery in deliveries])
    teachers = await store.teachers.find_many([enrollment.teacher if enrollment else "" for enrollment in enrollments])
    schools = await store.schools.find_many([enrollment.school if enrollment else "" for enrollment in enrollments])
    return {
        delivery.id: _People(teacher, school.designated)
        for delivery, teacher, school in zip(deliveries, teachers, schools, strict=True)
        if teacher and school
    }


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
    require_rows(keys, "ids", rule="R22")
    return await deps.store.notices.mark_read(boxes, keys, deps.clock.now())
