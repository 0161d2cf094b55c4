"""The workbook of a class for its base: attendance and results as they are, to be filled in (R29, R30).

Names are in it, and no number of a person (R41). Every cell is written as text or as a number: one that begins with
= + - or @ is no formula, neither here nor after it is saved again.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from chassis.workbooks.writer import DANGEROUS, HEADING, PLAIN
from services.assessment.commands.workbooks import ClassBook
from services.assessment.domain.entry import attendance_revision, result_revision
from services.assessment.domain.project import Project, Session
from services.assessment.domain.record import Mark, Record
from services.assessment.domain.refusals import WORKBOOK_TOO_LARGE
from services.assessment.domain.vocabulary import HeldMode, SessionMode
from services.assessment.workbooks import layout
from services.assessment.workbooks.layout import Key

ONLINE = "线上"
_OPTIONS = {"in_memory": True, **PLAIN}  # it has names, which go through no temporary file
_AS_TEXT = 49  # Excel's own text format, @
_HELP = (
    "1. 请勿改动两个工作表隐藏的首行，也不要删除列；行可以排序、筛选、删除，未填写的单元格不作登记。",
    "2. 考勤：填实到学时，0为缺勤；也可填 √（全勤）或 ×（缺勤）。混合课次线上参加的填“学时+线上”，如 8线上。",
    "3. 成绩：结论从下拉列表中选择，成绩为0至100的整数；未完成的不填成绩。",
    "4. 培训结束后更正考勤、更正已发布的成绩，或分数与出勤均达标而判不合格的，须填写理由。",
    "5. 上传后逐行检查：有问题的行整行不登记，并指明工作表、行和列；其余的行照常登记。",
    "6. 下载之后平台上已有变动的学员不会被覆盖，请重新下载后填写。",
    "Leave the hidden first row of both sheets as it is. Attendance is class hours, 0 for somebody absent.",
    "A row with a problem is not entered; the answer names its sheet, row and column.",
)


def class_workbook(book: ClassBook, now: datetime) -> bytes:
    """The workbook.

    Args:
        book: The class.
        now: Domain time, by which hours are due.

    Raises:
        Refusal: `WORKBOOK_TOO_LARGE`.
    """
    project, attendees = book.project, book.attendees
    if len(attendees) > layout.MOST_ATTENDEES or len(project.sessions) > layout.MOST_SESSIONS:
        raise WORKBOOK_TOO_LARGE(rows=layout.MOST_ATTENDEES, sessions=layout.MOST_SESSIONS)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as workbook:
        attendance = _Sheet(workbook, layout.ATTENDANCE, project.id, [*_PERSON, *_sessions(project), _REASON])
        results = _Sheet(workbook, layout.RESULTS, project.id, [*_PERSON, *_RESULT, _REASON])
        for record in attendees:
            name = book.names.get(record.id, "")
            marks = [_hours(record.in_force.get(session.id), session) for session in project.sessions]
            attendance.add([record.id, attendance_revision(record), name, record.school, *marks, ""])
            results.add([record.id, result_revision(record), name, record.school, *_result(record, project, now)])
        results.choose(Key.OUTCOME, list(layout.OUTCOMES.values()))
        page = workbook.add_worksheet(layout.HELP)
        page.set_column(0, 0, 110)
        for line, text in enumerate(_HELP):
            page.write_string(line, 0, text)
    return file.getvalue()


_PERSON = ((Key.ENROLLMENT, "报名编号", 30), (Key.REVISION, "版本", 8), ("", "姓名", 14), ("", "学校代码", 14))
_RESULT = (
    *(("", "实到学时", 10), ("", "应到学时", 10), ("", "出勤率", 10)),
    *((Key.OUTCOME, "结论", 10), (Key.SCORE, "成绩", 8)),
)
_REASON = (Key.REASON, "理由", 40)


def _sessions(project: Project) -> list[tuple[str, str, int]]:
    return [
        (
            f"{layout.SESSION}{session.id}",
            f"{session.date.isoformat()}\n{session.title}\n{session.hours}学时",
            14,
        )
        for session in project.sessions
    ]


def _hours(mark: Mark | None, session: Session) -> str | int:
    """What a cell says of a mark; of a blended session also that somebody took part online."""
    if mark is None:
        return ""
    hours = mark.hours_of(session.hours)
    is_online = session.mode is HeldMode.BLENDED and mark.mode is SessionMode.ONLINE and hours > 0
    return f"{hours}{ONLINE}" if is_online else hours


def _result(record: Record, project: Project, now: datetime) -> list[str | int]:
    attended, due = record.attended_hours(project), project.due_hours(now)
    shown = record.result or record.draft
    rate = f"{record.attendance_rate(project, now):.4f}"
    if shown is None:
        return [attended, due, rate, "", "", ""]
    score = "" if shown.score is None else shown.score
    return [attended, due, rate, layout.OUTCOMES[shown.outcome], score, ""]  # a correction has a reason of its own


class _Sheet:
    """A sheet of the workbook."""

    def __init__(self, workbook: Any, name: str, project: str, columns: Sequence[tuple[str, str, int]]) -> None:
        self._page = workbook.add_worksheet(name)
        self._keys = [layout.owner(project) if key is Key.ENROLLMENT else str(key) for key, _, _ in columns]
        self._line = layout.HEADER_ROWS
        self._places = {key: place for place, (key, _, _) in enumerate(columns) if key}
        self._plain = workbook.add_format({"num_format": _AS_TEXT})
        self._quoted = workbook.add_format({"num_format": _AS_TEXT, "quote_prefix": True})
        heading = workbook.add_format({**HEADING, "text_wrap": True, "valign": "top"})
        self._page.set_row(0, None, None, {"hidden": True})
        self._page.freeze_panes(layout.HEADER_ROWS, len(_PERSON))
        for place, (key, title, width) in enumerate(columns):
            hidden = {"hidden": True} if key is Key.REVISION else {}
            self._page.set_column(place, place, width, None, hidden)
            self._write(0, place, self._keys[place])
            self._page.write_string(1, place, title, heading)

    def add(self, cells: Sequence[str | int]) -> None:
        """The row of a person."""
        for place, cell in enumerate(cells):
            self._write(self._line, place, cell)
        self._line += 1

    def choose(self, key: Key, choices: Sequence[str]) -> None:
        """Let a column be filled in from a list."""
        place, last = self._places[key], max(self._line - 1, layout.HEADER_ROWS)
        self._page.data_validation(layout.HEADER_ROWS, place, last, place, {"validate": "list", "source": choices})

    def _write(self, line: int, place: int, cell: str | int) -> None:
        if isinstance(cell, int):
            self._page.write_number(line, place, cell)
        elif cell:
            self._page.write_string(line, place, cell, self._quoted if cell.startswith(DANGEROUS) else self._plain)
