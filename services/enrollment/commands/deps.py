"""What every command of enrollment works with."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from chassis.clock import Clock
from chassis.storage.vault import Vault
from services.enrollment.domain.notification_texts import Letter
from services.enrollment.domain.notifications import RETRY_POLICIES, RetryPolicy
from services.enrollment.domain.vocabulary import DeliveryChannel
from services.enrollment.store import Store


class Mailer(Protocol):
    """Hands mail to a server."""

    async def send(self, letter: Letter) -> None:
        """Send it, or say why not.

        Raises:
            DeliveryFailed: The server did not take it.
        """


@dataclass(frozen=True, slots=True)
class Deps:
    """The dependencies of the service, built once in its `app.py`.

    Attributes:
        store: Everything that is kept.
        clock: Domain time.
        vault: Seals ID numbers and mobiles (R41).
        offer_time: How long a school may think about an offered seat (R25).
        mailer: Sends mail, where that is set up (R24).
        retry_policies: How each channel of deliveries is tried again (R24).
        wake: Set when a delivery waits, so that it leaves at once (R24).
    """

    store: Store
    clock: Clock
    vault: Vault
    offer_time: timedelta = timedelta(hours=48)
    mailer: Mailer | None = None
    retry_policies: Mapping[DeliveryChannel, RetryPolicy] = field(default_factory=lambda: RETRY_POLICIES)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
