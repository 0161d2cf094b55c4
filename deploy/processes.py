"""The services, and the processes of a cluster: what each runs, and how many there are (ADR 72)."""

from dataclasses import dataclass

SUBGRAPHS = ("catalog", "enrollment", "assessment")
"""Services that the graph is made of."""
PRODUCERS = (*SUBGRAPHS, "gateway")
"""Services with events: each has a user of the broker, a vault and backups."""
MIGRATED = (*SUBGRAPHS, "ballots", "gateway")
"""Services with a database: each has a user there, and a Job `<name>-migrate`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process of a cluster.

    Attributes:
        name: Its Deployment's or StatefulSet's.
        service: Whose code, database user and Secret it has; what stands before the name's first hyphen.
        role: The part of the service that it runs; empty where it has no roles.
        least: How many there are on an idle day.
        most: How many there may be; as many as `least` where more would only wait for a lease.
        deadline: How many there are in the hours around a deadline.
    """

    name: str
    service: str
    role: str = ""
    least: int = 2
    most: int = 2
    deadline: int = 2

    @property
    def scaled(self) -> bool:
        """Whether load decides how many there are."""
        return self.most > self.least

    @property
    def single(self) -> bool:
        """Whether there must never be two: it has keys that are destroyed, on a disk of its own (R36)."""
        return self.most == 1


def _of(service: str, most: int, deadline: int) -> tuple[Process, ...]:
    return (
        Process(name=f"{service}-api", service=service, role="api", most=most, deadline=deadline),
        Process(name=f"{service}-relay", service=service, role="relay"),
        Process(name=f"{service}-worker", service=service, role="worker"),
    )


PROCESSES = (
    *_of("catalog", 10, 3),
    *_of("enrollment", 10, 6),
    *_of("assessment", 10, 4),
    Process(name="evaluations", service="assessment", role="worker", least=1, most=1),
    Process(name="ballots", service="ballots", least=1, most=1),
    *_of("gateway", 12, 4),
    Process(name="gateway-auth", service="gateway", role="api", most=12, deadline=10),
)
"""Every process that serves."""
