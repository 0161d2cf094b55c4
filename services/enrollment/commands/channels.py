"""The ways a delivery goes: the inbox, which is the delivery of R24, and mail, which tells of it (ADR 16)."""

from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag

from chassis.storage.mongo import StorageError
from services.enrollment.commands.office import Mailer, Office
from services.enrollment.domain.delivery import Delivery, Undelivered, mail_of, notice_of
from services.enrollment.domain.school import DesignatedPerson
from services.enrollment.domain.teacher import Teacher
from services.enrollment.domain.vocabulary import DeliveryChannel, DeliveryFault, DeliveryRecipient
from services.enrollment.domain.wording import letter


class Channel(Protocol):
    """A way to a recipient; the same delivery may be handed to it again."""

    async def deliver(self, delivery: Delivery) -> None:
        """Make the delivery.

        Raises:
            Undelivered: It was not made, and why.
        """


def channel_of(office: Office, kind: DeliveryChannel) -> Channel | None:
    """The channel of that kind; None where it is not set up."""
    if kind is DeliveryChannel.INBOX:
        return _Inbox(office)
    return _Mail(office, office.mailer) if office.mailer else None


@dataclass(frozen=True, slots=True)
class _Inbox:
    """A notice under the delivery's id, so that a second attempt leaves no second one; then the mail that tells."""

    office: Office

    async def deliver(self, delivery: Delivery) -> None:
        store, now = self.office.store, self.office.clock.now()
        try:
            await store.put_notice(notice_of(delivery, now))
            if self.office.mailer and await _has_address(self.office, delivery):
                await store.add_deliveries([mail_of(delivery, now)])
        except StorageError as error:
            raise Undelivered(DeliveryFault.STORAGE) from error


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail to the address that is on file when it is sent."""

    office: Office
    mailer: Mailer

    async def deliver(self, delivery: Delivery) -> None:
        store = self.office.store
        teacher, person = await _people(self.office, delivery)
        project = await store.projects.get(delivery.project)
        name, address = teacher.name, None
        try:
            if delivery.recipient is DeliveryRecipient.TRAINEE:
                address = self.office.vault.open(teacher.email.sealed) if teacher.email else None
            elif person:
                name, address = person.name, person.email
        except (KeyError, InvalidTag) as error:  # it may be mended: a key that is not here yet
            raise Undelivered(DeliveryFault.NO_ADDRESS) from error
        if address is None:
            raise Undelivered(DeliveryFault.NO_ADDRESS, permanent=True)
        await self.mailer.send(letter(delivery, project, to=address, name=name, trainee=teacher.name))


async def _has_address(office: Office, delivery: Delivery) -> bool:
    teacher, person = await _people(office, delivery)
    if delivery.recipient is DeliveryRecipient.TRAINEE:
        return teacher.email is not None
    return person is not None and person.email is not None


async def _people(office: Office, delivery: Delivery) -> tuple[Teacher, DesignatedPerson | None]:
    """The trainee, and the school's designated person."""
    enrollment = await office.store.enrollments.get(delivery.enrollment)
    school = await office.store.schools.get(enrollment.school)
    return await office.store.teachers.get(enrollment.teacher), school.designated
