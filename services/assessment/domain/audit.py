"""The chain of the audit log: each row carries the hash of the one before, so no row changes unnoticed (R40)."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

GENESIS = "0" * 64
"""The hash before the first row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What happened, as its event told it.

    Attributes:
        event: The event's id.
        type: `<producer>.<name>`.
        subject: What it was done to.
        version: That thing's version afterwards.
        province: Two digits, or `00`.
        at: Real time of the write, RFC 3339 in UTC.
        actor: Who: subject, scope, organization, name; None for a timer or a consumer.
        traceparent: The trace it belongs to.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An act and its place in the chain.

    Attributes:
        sequence: 1, 2, 3 …
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
        content = {"sequence": self.sequence, "previous": self.previous, "act": asdict(self.act)}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def computed(self) -> str:
        """The hash that the row should have."""
        return hashlib.sha256(self.canonical).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain."""

    sequence: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the log was tampered with.

    Attributes:
        sequence: The row; of rows that are missing the first.
        what: In one sentence.
    """

    sequence: int
    what: str


def extend(head: Head, acts: Iterable[Act]) -> Iterator[Row]:
    """The rows that these acts make after a head."""
    sequence, previous = head.sequence, head.hash
    for act in acts:
        sequence += 1
        bare = Row(sequence=sequence, previous=previous, act=act, hash="")
        previous = bare.computed()
        yield Row(sequence=sequence, previous=bare.previous, act=act, hash=previous)


class Verification:
    """Looks at one row after the other, so that a log need not fit into memory.

    Args:
        anchors: Number to hash, as somebody outside the database wrote them down: they find a chain that was
            calculated anew, and an end that was cut off together with its head.

    Attributes:
        last: Where the chain ends so far.
    """

    def __init__(self, anchors: Mapping[int, str] | None = None) -> None:
        self._anchors = dict(anchors or {})
        self.last = Head()

    def take(self, row: Row) -> Iterator[Fault]:
        """What is wrong with the next row."""
        yield from _fits(row, self.last)
        if self._anchors.pop(row.sequence, row.hash) != row.hash:
            yield Fault(row.sequence, "is not what the anchor says: the chain up to here was calculated anew")
        self.last = Head(row.sequence, row.hash)

    def end(self, head: Head) -> Iterator[Fault]:
        """What is wrong with the end, by the head's own document."""
        last = self.last
        if head.sequence > last.sequence:
            yield Fault(last.sequence + 1, f"missing to {head.sequence}: the end of the log was cut off")
        elif (head.sequence, head.hash) != (last.sequence, last.hash):
            yield Fault(last.sequence, f"the log should end with {head.sequence} {head.hash}")
        for sequence in sorted(self._anchors):
            yield Fault(sequence, "missing, though there is an anchor: the end of the log was cut off")


def verify(rows: Iterable[Row], head: Head, anchors: Mapping[int, str] | None = None) -> Iterator[Fault]:
    """Every place where the chain does not hold; as `Verification` has it."""
    check = Verification(anchors)
    for row in rows:
        yield from check.take(row)
    yield from check.end(head)


def _fits(row: Row, last: Head) -> Iterator[Fault]:
    expected = last.sequence + 1
    if row.sequence > expected:
        yield Fault(expected, f"missing to {row.sequence - 1}: rows were deleted")
    elif row.sequence < expected:
        yield Fault(row.sequence, "is there twice or out of its place")
    elif row.previous != last.hash:
        yield Fault(row.sequence, f"does not follow row {last.sequence}: one of the two was replaced")
    if row.computed() != row.hash:
        yield Fault(row.sequence, "was changed: its content and its hash differ")
