"""A class's workbook as its base has filled it in becomes rows to enter (R29, R30)."""

import asyncio
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from chassis.workbooks.child import program_of, read_in_child
from chassis.workbooks.errors import TooLargeError, UnreadableError
from kernel.refusals import REPEATED_ROWS
from services.assessment.domain.entry import AttendanceEntry, Attended, Entry, Problem, ResultEntry
from services.assessment.domain.refusals import (
    CELL_UNREADABLE,
    WORKBOOK_OF_ANOTHER_CLASS,
    WORKBOOK_TOO_LARGE,
    WORKBOOK_UNKNOWN,
    WORKBOOK_UNREADABLE,
)
from services.assessment.domain.vocabulary import SessionMode
from services.assessment.workbooks import confined_reader, layout
from services.assessment.workbooks.layout import Key

_PROGRAM = program_of(f"{__name__.rpartition('.')[0]}.confined_reader")
_HOURS = re.compile(r"(\d{1,3})(线上|线下)?", re.ASCII)
_SCORE = re.compile(r"\d{1,3}", re.ASCII)
_WHOLE = frozenset("√✓✔到") | {"出勤", "全勤"}
_ABSENT = frozenset("×✗✘xX缺旷") | {"缺勤", "缺席"}
_MODES = {"线上": SessionMode.ONLINE, "线下": SessionMode.OFFLINE, None: None}
_OUTCOMES = {said: outcome for outcome, said in layout.OUTCOMES.items()}
_LONGEST_ID = 40
_MOST_PROBLEMS = 3
"""How many cells of a row are named that cannot be read; whoever mends these finds the others."""
_BLANK = re.compile(r"\s+")
Cells = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a sheet.

    Attributes:
        sheet: The sheet's name.
        number: The row's number, from 1, as the office program shows it.
        enrollment: The enrollment's id, as far as it is one.
        entry: What it states; None where it cannot be read, or states nothing.
        problems: Why it cannot be read, cell by cell.
    """

    sheet: str
    number: int
    enrollment: str | None
    entry: Entry | None = None
    problems: tuple[Problem, ...] = ()


async def read_class_workbook(raw: bytes, project: str) -> list[Line]:
    """Read a workbook in a child process; the caller bounds how many run at a time.

    Args:
        raw: The file.
        project: Whose workbook it must be, the project's id.

    Returns:
        The rows that are filled in, attendance before results.

    Raises:
        Refusal: `WORKBOOK_UNREADABLE`, `WORKBOOK_TOO_LARGE`, `WORKBOOK_UNKNOWN`, `WORKBOOK_OF_ANOTHER_CLASS`,
            `DEADLINE_EXCEEDED`.
    """
    too_large = WORKBOOK_TOO_LARGE(rows=layout.MOST_ATTENDEES, sessions=layout.MOST_SESSIONS)
    try:
        reply = await asyncio.to_thread(json.loads, await read_in_child(raw, _PROGRAM))
    except TooLargeError as error:
        raise too_large from error
    except UnreadableError as error:
        raise WORKBOOK_UNREADABLE() from error
    if reply == confined_reader.TOO_LARGE:
        raise too_large
    if reply == confined_reader.UNREADABLE:
        raise WORKBOOK_UNREADABLE()
    return await asyncio.to_thread(lines_of, reply, project)  # a file of four megabytes has a million cells


def lines_of(sheets: dict[str, list[list[Any]]], project: str) -> list[Line]:
    """The rows of both sheets that are filled in.

    Args:
        sheets: The cells by sheet.
        project: Whose workbook it must be.

    Raises:
        Refusal: `WORKBOOK_UNKNOWN`, `WORKBOOK_OF_ANOTHER_CLASS`.
    """
    if not sheets:
        raise WORKBOOK_UNKNOWN()
    lines: list[Line] = []
    for name in (layout.ATTENDANCE, layout.RESULTS):
        if name in sheets:
            lines += _Reading(name, sheets[name], project).lines()
    return lines


class _Reading:
    """One sheet.

    Args:
        name: The sheet's name.
        rows: Its cells, from its first row on.
        project: Whose workbook it must be.
    """

    def __init__(self, name: str, rows: Sequence[Cells], project: str) -> None:
        keys = [_text(cell) for cell in rows[0]] if rows else []
        if not keys or not keys[0].startswith(f"{layout.FORMAT} "):
            raise WORKBOOK_UNKNOWN()
        if keys[0] != layout.owner(project):
            raise WORKBOOK_OF_ANOTHER_CLASS()
        self._name = name
        self._rows = rows
        self._keys = keys
        needed = {Key.REVISION, Key.REASON} | ({Key.OUTCOME, Key.SCORE} if name == layout.RESULTS else set())
        if not needed <= set(keys) or len([key for key in keys if key]) != len({key for key in keys if key}):
            raise WORKBOOK_UNKNOWN()

    def lines(self) -> Iterator[Line]:
        """The rows that state something; one that names somebody again is refused."""
        seen: set[str] = set()
        for number, row in enumerate(self._rows[layout.HEADER_ROWS :], layout.HEADER_ROWS + 1):
            texts = {key: _text(cell) for key, cell in zip(self._keys, row, strict=False) if key}
            line = self._line(number, texts)
            if line is None:
                continue
            if line.enrollment and line.enrollment in seen:
                line = Line(self._name, number, line.enrollment, None, (("A", REPEATED_ROWS(rule="R29")),))
            seen |= {line.enrollment} if line.enrollment else set()
            yield line

    def _line(self, number: int, texts: dict[str, str]) -> Line | None:
        statements = {key: _compact(text) for key, text in texts.items() if text and key in self._stating}
        if not statements:
            return None
        enrollment = texts.get(self._keys[0], "")
        if not 0 < len(enrollment) <= _LONGEST_ID:
            lacking = ("缺少报名编号", "there is no enrollment id")
            return Line(self._name, number, None, None, (("A", CELL_UNREADABLE(detail=lacking)),))
        problems: list[Problem] = []
        read = self._result if self._name == layout.RESULTS else self._attendance
        entry = read(enrollment, texts, statements, problems)
        return Line(self._name, number, enrollment, None if problems else entry, tuple(problems))

    @property
    def _stating(self) -> set[str]:
        if self._name == layout.RESULTS:
            return {Key.OUTCOME, Key.SCORE}
        return {key for key in self._keys if key.startswith(layout.SESSION)}

    def _attendance(
        self, enrollment: str, texts: dict[str, str], statements: dict[str, str], problems: list[Problem]
    ) -> AttendanceEntry:
        cells: list[Attended] = []
        for key, text in statements.items():
            column, session = self._column(key), key.removeprefix(layout.SESSION)
            cell = _attended(column, session, text)
            if cell is None:
                words = (
                    "应为实到学时，如 8、0、8线上，或 √、×",
                    "class hours such as 8, 0 or 8线上, or √ or ×",
                )
                problems.append((column, CELL_UNREADABLE(detail=words)))
                if len(problems) == _MOST_PROBLEMS:
                    break
            else:
                cells.append(cell)
        return AttendanceEntry(
            enrollment=enrollment,
            revision=texts.get(Key.REVISION) or None,
            cells=tuple(cells),
            reason=texts.get(Key.REASON) or None,
        )

    def _result(
        self, enrollment: str, texts: dict[str, str], statements: dict[str, str], problems: list[Problem]
    ) -> ResultEntry | None:
        outcome = _OUTCOMES.get(statements.get(Key.OUTCOME, ""))
        score = statements.get(Key.SCORE)
        if outcome is None:
            said = ("应为合格、不合格或未完成", "this must be 合格, 不合格 or 未完成")
            problems.append((self._column(Key.OUTCOME), CELL_UNREADABLE(rule="R30", detail=said)))
        if score and not _SCORE.fullmatch(score):
            said = ("应为0至100的整数", "this must be a whole number from 0 to 100")
            problems.append((self._column(Key.SCORE), CELL_UNREADABLE(rule="R30", detail=said)))
        if outcome is None or problems:
            return None
        return ResultEntry(
            enrollment=enrollment,
            revision=texts.get(Key.REVISION) or None,
            column=self._column(Key.OUTCOME),
            outcome=outcome,
            score=int(score) if score else None,
            reason=texts.get(Key.REASON) or None,
        )

    def _column(self, key: str) -> str:
        letters: str = xl_col_to_name(self._keys.index(key))
        return letters


def _attended(column: str, session: str, text: str) -> Attended | None:
    """A cell of the attendance sheet; None where it cannot be read."""
    if text in _WHOLE:
        return Attended(column, session, None)
    if text in _ABSENT:
        return Attended(column, session, 0)
    found = _HOURS.fullmatch(text)
    return Attended(column, session, int(found[1]), _MODES[found[2]]) if found else None


def _text(cell: Any) -> str:
    """The text of a cell as people read it: no blanks around it, no `.0`."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _compact(text: str) -> str:
    """A short statement: full-width characters as ASCII ones, without blanks."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", text))
