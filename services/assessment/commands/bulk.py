"""Commands of many rows: each record is changed in one write, and each row has its result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.principal import Principal
from chassis.storage.idempotency import run_once
from kernel.errors import Refusal
from kernel.refusals import NOT_FOUND
from services.assessment.commands.deps import Deps
from services.assessment.domain.events import RecordEvent
from services.assessment.domain.record import Change, Record

_TRIES = 5


Outcome = Record | Refusal
"""What became of one row of a bulk command."""


Decision = Callable[[Record], Change]


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One row of a command: whose record, what was said of it, and what that makes of the record."""

    key: str
    said: Any
    decide: Decision


async def change_each(
    deps: Deps, principal: Principal, command: str, said: Sequence[RecordRow], project: str | None = None
) -> list[Outcome]:
    """Change the records that the principal may see, each in one write, however many rows speak of it."""
    places: dict[str, list[int]] = {}
    for index, row in enumerate(said):
        places.setdefault(row.key, []).append(index)
    found = await deps.store.visible_records(list(places), principal)
    outcomes: dict[int, Outcome] = {}
    for key, indexes in places.items():
        record, rows = found.get(key), [said[index] for index in indexes]
        if record is None or (project and record.project != project):
            outcomes |= dict.fromkeys(indexes, NOT_FOUND(kind="enrollment", id=key))
        else:
            outcomes |= dict(zip(indexes, await _change(deps, principal, command, record, rows), strict=True))
    return [outcomes[index] for index in range(len(said))]


async def _change(
    deps: Deps, principal: Principal, command: str, record: Record, rows: Sequence[RecordRow]
) -> list[Outcome]:
    """What became of each row of one record; under an `Idempotency-Key` that has done this, of the record as it is."""
    refusals: list[Refusal | None] | None = None

    async def act() -> Record:
        nonlocal refusals
        changed, refusals = await _save(deps, record, rows)
        return changed

    try:
        kept = await run_once(deps.store.records, principal, f"{command}|{record.id}", [one.said for one in rows], act)
    except Refusal as refused:
        return [given or refused for given in refusals or [None] * len(rows)]
    if refusals is None:
        refusals = _decide(kept, rows)[2]
    return [refusal or kept for refusal in refusals]


async def _save(deps: Deps, record: Record, rows: Sequence[RecordRow]) -> tuple[Record, list[Refusal | None]]:
    """Decide and save; a colleague's change at the same moment is met by deciding anew."""
    for attempt in range(_TRIES):
        changed, events, refusals = _decide(record, rows)
        if not events:
            return changed, refusals
        try:
            return await deps.store.records.save(changed, events), refusals
        except Refusal:
            if attempt == _TRIES - 1:
                raise
            record = await deps.store.records.get(record.id)
    raise AssertionError("unreachable")


def _decide(record: Record, rows: Sequence[RecordRow]) -> tuple[Record, list[RecordEvent], list[Refusal | None]]:
    """All decisions on one record, in order; what is refused changes nothing."""
    events: list[RecordEvent] = []
    refusals: list[Refusal | None] = []
    for row in rows:
        try:
            record, more = row.decide(record)
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            events += more
            refusals.append(None)
    return record, events, refusals
