"""Commands of many rows: those about one record are decided and saved as one, and each has its own result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.commands.bulk import Batch, Row, RowResult, run
from chassis.context import current_act
from chassis.principal import Principal
from chassis.storage.idempotency import request_mark
from chassis.storage.unit_of_work import UnitOfWork
from kernel.errors import Refusal
from kernel.refusals import NOT_FOUND
from services.assessment.commands.certificates import follow_results
from services.assessment.commands.deps import Deps
from services.assessment.domain.certificate import Certificate
from services.assessment.domain.events import RecordEvent
from services.assessment.domain.record import Change, Record

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
    """Apply the rows to those of their records that the principal may see, in one transaction.

    Args:
        deps: The service's dependencies.
        principal: Who acts.
        command: The command's name inside the stored mark of the request; it is data.
        rows: In the order of the input; those about one record are decided in that order and saved in one write.
        project: If set, a record of another project counts as not found.

    Returns:
        A result per row, in the order of `rows`.
    """
    places_by_enrollment: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places_by_enrollment.setdefault(row.enrollment, []).append(place)
    records, act = deps.store.records, current_act()

    def row_of(enrollment: str, places: Sequence[int]) -> Row[Sequence[Decision]]:
        content = [rows[place].content for place in places]
        mark = request_mark(records.name, principal, f"{command}|{enrollment}", content)
        return Row(key=enrollment, command=[rows[place].decide for place in places], act=act, request=mark)

    changes = _Changes(deps, principal, project)
    record_rows = [row_of(enrollment, places) for enrollment, places in places_by_enrollment.items()]
    results: dict[int, RowResult[Record]] = {}
    for places, result in zip(
        places_by_enrollment.values(), await run(deps.store.client, changes, record_rows), strict=True
    ):
        own = result.value or [RowResult(result.key, refusal=result.refusal)] * len(places)
        results |= dict(zip(places, own, strict=True))
    return [results[place] for place in range(len(rows))]


_Loaded = tuple[Mapping[str, Record], Mapping[str, Certificate]]
"""The records by id, and their certificates by number."""


class _Changes(Batch[_Loaded, Sequence[Decision], list[RowResult[Record]], Record]):
    """The batch: a row is all that is decided about one record, its value the result of each decision.

    A row without any effect is not saved and leaves no mark: a repeat of it is simply decided. Where a result is a pass
    no more, the record's certificate is revoked by the same transaction (R32).

    Args:
        deps: The service's dependencies.
        principal: Whose records count; others are not found.
        project: If set, whose records count.
    """

    def __init__(self, deps: Deps, principal: Principal, project: str | None) -> None:
        super().__init__(deps.store.records)
        self._deps = deps
        self._records = deps.store.records
        self._principal = principal
        self._project = project

    async def load(self, unit: UnitOfWork, rows: Sequence[Row[Sequence[Decision]]]) -> _Loaded:
        """The records in one query, each with the marks of the requests about it; their certificates in another."""
        where = self._records.where([row.key for row in rows], self._principal, self._project)
        records = {record.id: record for record in await unit.load(self.outcomes, also=[where])}
        numbers = [record.certificate for record in records.values() if record.certificate]
        issued = await unit.load(self._deps.store.certificates, numbers)
        return records, {certificate.id: certificate for certificate in issued}

    def decide(self, unit: UnitOfWork, state: _Loaded, row: Row[Sequence[Decision]]) -> list[RowResult[Record]]:
        """Decide one after the other, and save once.

        Raises:
            Refusal: `NOT_FOUND`.
        """
        records, issued = state
        record = records.get(row.key)
        if record is None:
            raise NOT_FOUND(kind="enrollment", id=row.key)
        changed, events, refusals = _decided(record, row.command)  # a draft of a result changes without an event
        if changed is not record:
            changed = unit.save(self.outcomes, changed, events, act=row.act, request=row.request)
            follow_results(unit, self._deps, issued.get(record.certificate or ""), changed, row)
        return _results(changed, refusals)

    def repeated(self, state: _Loaded, row: Row[Sequence[Decision]], outcome: Record) -> list[RowResult[Record]]:
        """The record as it is now: the mark says that the row took effect, whatever has come since.

        Of several decisions some may have been refused, which no mark says; they are decided once more, only to tell.
        """
        del state
        if len(row.command) == 1:
            return _results(outcome, [None])
        return _results(outcome, _decided(outcome, row.command)[2])


def _decided(record: Record, decisions: Sequence[Decision]) -> tuple[Record, list[RecordEvent], list[Refusal | None]]:
    """The record after all decisions in their order; one that is refused changes nothing."""
    events: list[RecordEvent] = []
    refusals: list[Refusal | None] = []
    for decide in decisions:
        try:
            record, more = decide(record)
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            events += more
            refusals.append(None)
    return record, events, refusals


def _results(record: Record, refusals: Sequence[Refusal | None]) -> list[RowResult[Record]]:
    return [RowResult(record.id, None if refusal else record, refusal) for refusal in refusals]
