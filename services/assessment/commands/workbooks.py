"""A class's workbook, filled in by its base: every row decided as the mutations decide, and written by itself."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from chassis.principal import Principal
from services.assessment.commands.bulk import RecordRow, change_records
from services.assessment.commands.credentials import Credentials
from services.assessment.commands.deps import Deps
from services.assessment.commands.guards import own_project
from services.assessment.domain.entry import Entry, Problem
from services.assessment.domain.project import Project
from services.assessment.domain.record import Change, Record
from services.assessment.store import AttendeeName


@dataclass(slots=True)
class EnteredRow:
    """What became of a row of a workbook.

    Attributes:
        entry: The row.
        problems: Why nothing of it is written, cell by cell; none where it is, or says nothing new.
        is_new: Whether it has changed the record.
    """

    entry: Entry
    problems: Sequence[Problem] = ()
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class ClassBook:
    """What a class's workbook is written from.

    Attributes:
        project: The project.
        attendees: The records of all who attend it, by enrollment id.
        names: By enrollment id the name, as far as it is on file.
    """

    project: Project
    attendees: Sequence[Record]
    names: dict[str, str] = field(default_factory=dict)


async def class_book(deps: Deps, principal: Principal, project: str, *, rule: str = "R29") -> ClassBook:
    """The class as its base may have it on paper: names and marks, no numbers of persons (R29, R41).

    Args:
        deps: The service's dependencies.
        principal: The base that holds the project.
        project: The project's id.
        rule: The rule of the act.

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN`.
    """
    held = await own_project(deps, principal, project, rule)
    attendees = await deps.store.records.attendees(project)
    sealed = await deps.store.names.find_many([record.id for record in attendees])
    names = await asyncio.to_thread(_opened, deps.credentials, [name for name in sealed if name])
    return ClassBook(held, attendees, names)


def _opened(credentials: Credentials, sealed: Sequence[AttendeeName]) -> dict[str, str]:
    """The names by enrollment id; one whose key is destroyed is lacking, and its row known by the enrollment."""
    names: dict[str, str] = {}
    for name in sealed:
        with suppress(ValueError):
            names[name.id] = credentials.name(name.key, name.sealed, name.id)
    return names


async def enter_workbook(
    deps: Deps, principal: Principal, *, project: str, entries: Sequence[Entry]
) -> list[EnteredRow]:
    """Enter what a workbook states, row by row: a row that is refused writes nothing, and stops no other (R29, R30).

    Rows about one attendee are decided in their order, so a result may rest on attendance of the same workbook.

    Args:
        deps: The service's dependencies.
        principal: The base that holds the project.
        project: The project's id.
        entries: The rows.

    Returns:
        What became of each, in the order of `entries`.

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN` for the project.
    """
    trained = await own_project(deps, principal, project, "R29")
    now = deps.clock.now()
    rows = [EnteredRow(entry) for entry in entries]
    decided = [RecordRow(row.entry.enrollment, row.entry, _Decision(row, trained, deps, now)) for row in rows]
    results = await change_records(deps, principal, "enter_workbook", decided, project)
    for row, result in zip(rows, results, strict=True):
        if result.refusal:
            row.is_new = False
            row.problems = row.problems or [(None, result.refusal)]
    return rows


@dataclass(frozen=True, slots=True)
class _Decision:
    """A row as a step of the domain; a transaction that meets conflicts takes it anew."""

    row: EnteredRow
    project: Project
    deps: Deps
    now: datetime

    def __call__(self, record: Record) -> Change:
        entered = self.row.entry.decide(record, self.project, self.deps.rules, self.now)
        self.row.problems = entered.problems
        self.row.is_new = entered.change[0] is not record
        if entered.problems:
            raise entered.problems[0][1]
        return entered.change
