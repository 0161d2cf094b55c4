"""What every command of enrollment works with."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from chassis.clock import Clock
from chassis.commands.bulk import RowResult
from chassis.commands.combining import Combiner
from chassis.storage.vault import Vault
from chassis.storage.yearly_keys import YearlyKeys
from services.enrollment.commands.admissions import AdmissionBatch, EnrollmentRow
from services.enrollment.domain.admission import Command
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.notification_texts import Letter
from services.enrollment.domain.notifications import RETRY_POLICIES, RetryPolicy
from services.enrollment.domain.vocabulary import DeliveryChannel
from services.enrollment.store import Store


class Mailer(Protocol):
    """Hands mail to a server."""

    async def send(self, letter: Letter) -> None:
        """Send a mail.

        Raises:
            DeliveryFailed: The server did not take it.
        """


@dataclass(frozen=True, slots=True)
class Deps:
    """The dependencies of the service, built once in its `app.py`.

    Attributes:
        store: The service's collections.
        clock: Domain time.
        vault: Seals ID numbers and mobiles (R41).
        offer_time: Validity of an offer (R25).
        transfer_time: How long a school may take to answer a request for one of its teachers (R20).
        mailer: Sends mail; None where no server is configured (R24).
        retry_policies: When failed deliveries of each channel are tried again (R24).
        wake: Set when a delivery waits, so that it is made at once (R24).
        name_keys: The public keys that names are sealed to for assessment (ADR 52); None tells no name.
        lane: Runs whatever moves an enrollment (ADR 24).
    """

    store: Store
    clock: Clock
    vault: Vault
    offer_time: timedelta = timedelta(hours=48)
    mailer: Mailer | None = None
    retry_policies: Mapping[DeliveryChannel, RetryPolicy] = field(default_factory=lambda: RETRY_POLICIES)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    transfer_time: timedelta = timedelta(days=10)
    name_keys: YearlyKeys | None = None
    lane: Combiner[Command, Enrollment] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lane", Combiner("enrollment", self._run))

    async def _run(self, rows: Sequence[EnrollmentRow]) -> list[RowResult[Enrollment]]:
        batch = AdmissionBatch(self.store, self.clock, self.offer_time)
        results = await batch.run(rows)
        if batch.left_feedback:
            self.wake.set()
        return results
