"""The hash chain of the audit log: each row carries the hash of the row before, so a change is noticed (R40)."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.encoding import canonical

GENESIS = "0" * 64
"""What the first row carries as the hash of the row before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act, as recorded by its event.

    Attributes:
        event: The event's id.
        type: The event's type, `<producer>.<name>`.
        subject: Id of the aggregate that was changed.
        version: The aggregate's version after the change.
        province: Two-digit code, or `00` for none.
        at: Real time of the write, RFC 3339 in UTC.
        actor: Who acted: `subject`, `scope`, `organization`, `name`; None for a timer or a consumer.
        traceparent: W3C Trace Context of the request.
        data: The event's payload.
    """

    event: str
    type: str
    subject: str
    version: int
    province: str
    at: str
    actor: Mapping[str, str | None] | None
    traceparent: str | None
    data: Mapping[str, Any]

    def content(self) -> dict[str, Any]:
        """Its fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An act with its place in the chain.

    Attributes:
        sequence: The row's number: 1, 2, 3 …
        previous: The hash of the row before.
        hash: SHA-256 of `canonical` in hexadecimal.
    """

    sequence: int
    previous: str
    act: Act
    hash: str

    @property
    def canonical(self) -> bytes:
        """What is hashed: compact JSON with sorted keys, UTF-8, of `act`, `previous` and `sequence`."""
        content = {"sequence": self.sequence, "previous": self.previous, "act": self.act.content()}
        return canonical(content)

    def computed(self) -> str:
        """The hash that the row should have."""
        return hashlib.sha256(self.canonical).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the last row's number and hash; by default that of an empty log."""

    sequence: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the chain does not hold.

    Attributes:
        sequence: The row's number; where rows are missing, that of the first.
        what: What is wrong, in one sentence.
    """

    sequence: int
    what: str


def extend(head: Head, acts: Iterable[Act]) -> Iterator[Row]:
    """Chain acts to the log.

    Args:
        head: The end of the log.
        acts: In the order in which they are appended.

    Returns:
        The new rows.
    """
    sequence, previous = head.sequence, head.hash
    for act in acts:
        sequence += 1
        bare = Row(sequence=sequence, previous=previous, act=act, hash="")
        previous = bare.computed()
        yield Row(sequence=sequence, previous=bare.previous, act=act, hash=previous)


class Verification:
    """Verifies a chain row by row, so that the log need not fit into memory.

    Args:
        anchors: Row number to hash, as somebody noted them outside the database. The chain alone cannot show that it
            was computed again from an altered row on, or that its end was cut off together with the head; an anchor
            shows both.

    Attributes:
        last: The end of the chain so far.
    """

    def __init__(self, anchors: Mapping[int, str] | None = None) -> None:
        self._anchors = dict(anchors or {})
        self.last = Head()

    def take(self, row: Row) -> Iterator[Fault]:
        """The faults of the next row."""
        yield from _link_faults(row, self.last)
        if self._anchors.pop(row.sequence, row.hash) != row.hash:
            yield Fault(row.sequence, "is not what the anchor says: the chain up to here was calculated anew")
        self.last = Head(row.sequence, row.hash)

    def end(self, head: Head) -> Iterator[Fault]:
        """The faults of the end, compared with the stored head; call it after the last row."""
        last = self.last
        if head.sequence > last.sequence:
            yield Fault(last.sequence + 1, f"missing to {head.sequence}: the end of the log was cut off")
        elif (head.sequence, head.hash) != (last.sequence, last.hash):
            yield Fault(last.sequence, f"the log should end with {head.sequence} {head.hash}")
        for sequence in sorted(self._anchors):
            yield Fault(sequence, "missing, though there is an anchor: the end of the log was cut off")


def verify(rows: Iterable[Row], head: Head, anchors: Mapping[int, str] | None = None) -> Iterator[Fault]:
    """Verify a whole chain.

    Args:
        rows: All rows, in order.
        head: The stored head.
        anchors: See `Verification`.

    Returns:
        Every place where the chain does not hold.
    """
    check = Verification(anchors)
    for row in rows:
        yield from check.take(row)
    yield from check.end(head)


def _link_faults(row: Row, last: Head) -> Iterator[Fault]:
    expected = last.sequence + 1
    if row.sequence > expected:
        yield Fault(expected, f"missing to {row.sequence - 1}: rows were deleted")
    elif row.sequence < expected:
        yield Fault(row.sequence, "is there twice or out of its place")
    elif row.previous != last.hash:
        yield Fault(row.sequence, f"does not follow row {last.sequence}: one of the two was replaced")
    if row.computed() != row.hash:
        yield Fault(row.sequence, "was changed: its content and its hash differ")
