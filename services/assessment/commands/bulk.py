"""Commands of many rows: all rows about one record are one write, and each row has its own result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.commands.bulk import RowResult
from chassis.principal import Principal
from chassis.storage.idempotency import run_once
from kernel.errors import Refusal
from kernel.refusals import NOT_FOUND
from services.assessment.commands.deps import Deps
from services.assessment.domain.events import RecordEvent
from services.assessment.domain.record import Change, Record

_ATTEMPTS = 5
Decision = Callable[[Record], Change]
"""A step of the domain with everything but the record filled in; it may refuse."""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One row of a command.

    Attributes:
        enrollment: The enrollment's id, which is also its record's.
        content: The row's input. A repeat under the same `Idempotency-Key` must bring the same.
        decide: What the row makes of the record.
    """

    enrollment: str
    content: Any
    decide: Decision


async def change_records(
    deps: Deps, principal: Principal, command: str, rows: Sequence[RecordRow], project: str | None = None
) -> list[RowResult[Record]]:
    """Apply the rows to those of their records that the principal may see.

    Args:
        deps: The service's dependencies.
        principal: Who acts.
        command: The command's name inside the stored mark of the request; it is data.
        rows: In the order of the input; those about one record are decided in that order and saved in one write.
        project: If set, a record of another project counts as not found.

    Returns:
        A result per row, in the order of `rows`.
    """
    places_of: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places_of.setdefault(row.enrollment, []).append(place)
    records = await deps.store.records.visible(list(places_of), principal)
    results: dict[int, RowResult[Record]] = {}
    for enrollment, places in places_of.items():
        record = records.get(enrollment)
        if record is None or (project and record.project != project):
            refusal = NOT_FOUND(kind="enrollment", id=enrollment)
            results |= {place: RowResult(enrollment, refusal=refusal) for place in places}
        else:
            changed = await _change(deps, principal, command, record, [rows[place] for place in places])
            results |= dict(zip(places, changed, strict=True))
    return [results[place] for place in range(len(rows))]


async def _change(
    deps: Deps, principal: Principal, command: str, record: Record, rows: Sequence[RecordRow]
) -> list[RowResult[Record]]:
    """The results of all rows about one record.

    Where the request took effect before, under the same `Idempotency-Key`, nothing is written: the rows are decided
    once more on the record as it is now, only to tell which of them are refused.
    """
    refusals: list[Refusal | None] | None = None

    async def act() -> Record:
        nonlocal refusals
        saved, refusals = await _save(deps, record, rows)
        return saved

    content = [row.content for row in rows]
    try:
        stored = await run_once(deps.store.records, principal, f"{command}|{record.id}", content, act)
    except Refusal as refusal:
        return [RowResult(record.id, refusal=own or refusal) for own in refusals or [None] * len(rows)]
    if refusals is None:
        refusals = _decide(stored, rows)[2]
    return [RowResult(record.id, refusal=refusal) if refusal else RowResult(record.id, stored) for refusal in refusals]


async def _save(deps: Deps, record: Record, rows: Sequence[RecordRow]) -> tuple[Record, list[Refusal | None]]:
    """Decide and save; where somebody else saved the record meanwhile, decide again on what they left."""
    for attempt in range(_ATTEMPTS):
        changed, events, refusals = _decide(record, rows)
        if not events:
            return changed, refusals
        try:
            return await deps.store.records.save(changed, events), refusals
        except Refusal:
            if attempt == _ATTEMPTS - 1:
                raise
            record = await deps.store.records.get(record.id)
    raise AssertionError("unreachable")


def _decide(record: Record, rows: Sequence[RecordRow]) -> tuple[Record, list[RecordEvent], list[Refusal | None]]:
    """Decide all rows about one record in their order; a row that is refused changes nothing."""
    events: list[RecordEvent] = []
    refusals: list[Refusal | None] = []
    for row in rows:
        try:
            record, row_events = row.decide(record)
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            events += row_events
            refusals.append(None)
    return record, events, refusals
