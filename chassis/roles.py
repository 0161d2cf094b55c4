"""What a process of a service does: everything by default, or one part of it, so that each part scales alone."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

Task = Callable[[], Awaitable[None]]
"""Work that goes on until it is cancelled."""


class Role(StrEnum):
    """The parts of a service; `relay` and `worker` take turns where several run, so order holds (ADR 4)."""

    ALL = "all"
    API = "api"
    RELAY = "relay"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """What runs beside the requests, by the role that it belongs to.

    Attributes:
        api: What requests themselves rely on.
        relay: Sends waiting events.
        worker: Consumers, timers and deliveries.
    """

    api: tuple[Task, ...] = ()
    relay: tuple[Task, ...] = ()
    worker: tuple[Task, ...] = ()

    def of(self, role: Role) -> tuple[Task, ...]:
        """What a process of that role runs."""
        parts = {Role.API: self.api, Role.RELAY: self.relay, Role.WORKER: self.worker}
        return parts.get(role, (*self.api, *self.relay, *self.worker))
