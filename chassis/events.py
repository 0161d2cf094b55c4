"""Domain events and their envelope on the wire: CloudEvents 1.0 in AMQP binary mode (docs/events.md)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

import msgspec

from chassis.context import current_act

NATIONWIDE = "00"
"""The province of an event that concerns no single province."""


class DomainEvent(Protocol):
    """A frozen dataclass in a service's `domain/events.py`; every event has a province, for routing."""

    @property
    def province(self) -> str:
        """Two-digit code, or `00`."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Which past of a producer's database an event belongs to (ADR 69).

    Attributes:
        number: 0 from the database's birth; another one since each restore of an older copy.
        restored: Up to when that copy reached, real time; None in the first timeline.
    """

    number: int = 0
    restored: datetime | None = None

    def stamp(self, key: str) -> dict[str, Any]:
        """What an event of this timeline has besides: its id, and where it belongs.

        Args:
            key: The event's id in the first timeline.
        """
        return {"id": f"{key}~{self.number}", "timeline": self.number, "restored": self.restored}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineBegun:
    """The producer's database was restored from an older copy; what it told after that copy no longer holds (R40)."""

    number: int
    restored: datetime
    reason: str
    province: str


_VERSION_BITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An event with its metadata, as it waits in its aggregate and as it is published.

    Attributes:
        id: `<producer>/<kind>:<aggregate id>/<version>/<index>`, the same however often it is published; in another
            timeline than the first followed by `~<timeline>`.
        producer: The service that emits it.
        name: The event's class in kebab case, such as `project-published`.
        subject: The aggregate's id.
        version: The aggregate's version after the write that the event belongs to.
        at: Real time of the write, UTC.
        province: Two-digit code, or `00`.
        data: The payload, JSON-ready, without ID number and mobile (R41).
        traceparent: W3C Trace Context of the request that caused it.
        actor: Who acted: `subject`, `scope`, `organization`, `name`; for the audit log (R40).
        request: Id of the request that caused it, where a trusted proxy gave one; else the trace's id is the request's.
        timeline: Which past of the producer's database it belongs to; 0 where that was never restored (ADR 69).
        restored: Up to when the copy reached that the timeline began with; None in the first.
    """

    id: str
    producer: str
    name: str
    subject: str
    version: int
    at: datetime
    province: str
    data: dict[str, Any]
    traceparent: str | None = None
    actor: dict[str, str | None] | None = None
    request: str | None = None
    timeline: int = 0
    restored: datetime | None = None

    @property
    def order(self) -> int:
        """Sorts the events of an aggregate: first by timeline, then by version.

        In the first timeline it is the version. Projections keep it as the version of what they show, and take an
        event of a greater one only.
        """
        return self.order_of(self.version)

    def order_of(self, version: int) -> int:
        """Likewise, of another thing that the producer counts, such as a project's moves of seats."""
        return self.timeline << _VERSION_BITS | version

    @property
    def type(self) -> str:
        """`<producer>.<name>`, which consumers register handlers for."""
        return f"{self.producer}.{self.name}"

    @property
    def routing_key(self) -> str:
        """`<producer>.<name>.<province>`."""
        return f"{self.type}.{self.province}"

    def document(self) -> dict[str, Any]:
        """As it is stored. `dataclasses.asdict` would copy the payload deeply, at a third of the cost of a write."""
        left_out = {name for name in _OPTIONAL if not getattr(self, name)}  # as replicas read it that do not know them
        return {name: getattr(self, name) for name in self.__slots__ if name not in left_out}


def timeline_of(key: str) -> int:
    """The timeline that an event's id names; 0 for the first."""
    _, mark, number = key.rpartition("~")
    return int(number) if mark else 0


_FIELDS = frozenset(Envelope.__slots__)
_OPTIONAL = ("request", "timeline", "restored")


@cache
def event_name(event: type) -> str:
    """The wire name of an event class: `ProjectPublished` is `project-published`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", event.__name__).lower()


def seal(
    events: Sequence[DomainEvent], *, producer: str, kind: str, subject: str, version: int
) -> list[dict[str, Any]]:
    """The events of one write as documents that wait inside their aggregate (notes N19).

    Args:
        events: In the order in which they will be published.
        producer: The service's name.
        kind: The aggregate's noun; it is data, part of the events' ids.
        subject: The aggregate's id.
        version: The aggregate's version after the write.
    """
    act = current_act()
    now = datetime.now(UTC)
    return [
        Envelope(
            id=f"{producer}/{kind}:{subject}/{version}/{index}",
            producer=producer,
            name=event_name(type(event)),
            subject=subject,
            version=version,
            at=now,
            province=event.province,
            data=msgspec.to_builtins(event),
            traceparent=act.traceparent,
            actor=current_actor(),
            request=act.request,
        ).document()
        for index, event in enumerate(events)
    ]


def unseal(document: dict[str, Any]) -> Envelope:
    """The envelope of a waiting event; fields that it does not know are passed over."""
    return Envelope(**{name: value for name, value in document.items() if name in _FIELDS})


def current_actor() -> dict[str, str | None] | None:
    """Who acts now, as events and the audit log name it (R40); None for a timer or a consumer."""
    act = current_act()
    if act.operator:
        return {"subject": f"operator:{act.operator}", "scope": "operator", "organization": None, "name": act.operator}
    principal = act.principal
    if principal is None:
        return None
    return {
        "subject": principal.subject,
        "scope": principal.scope.value,
        "organization": principal.organization,
        "name": principal.name,
    }
