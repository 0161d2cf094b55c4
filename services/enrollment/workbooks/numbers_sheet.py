"""The numbers of a class in plain, as a workbook that is written in memory only (R41, R42)."""

import io
from collections.abc import Sequence

import xlsxwriter

from chassis.commands.bulk import RowResult
from chassis.workbooks.writer import DANGEROUS, HEADING, PLAIN
from kernel.language import Language
from services.enrollment.commands import Revealed
from services.enrollment.domain.labels import label

_OPTIONS = {"in_memory": True, **PLAIN}  # no plain number goes through a temporary file
_AS_TEXT = 49  # Excel's own text format, @: else it would show an ID number rounded once the cell is edited
_WIDTH = 22
_COLUMNS = (
    ("教师编号", "Teacher id"),
    ("姓名", "Name"),
    ("身份证号码", "ID number"),
    ("手机号码", "Mobile"),
    ("电子邮箱", "Mail"),
    ("学校代码", "School code"),
    ("岗位", "Post"),
    ("查看编号", "Reveal id"),
    ("未显示的原因", "Why it is not shown"),
)
_NAME = ("学员号码", "Numbers")


def numbers(rows: Sequence[RowResult[Revealed]], language: Language) -> bytes:
    """The rows of `reveal_teachers` in their order; one that was refused says why.

    Args:
        rows: What the command has answered; each that shows numbers is recorded already.
        language: Of the headings, words and refusals.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        heading = book.add_format(HEADING)
        plain = book.add_format({"num_format": _AS_TEXT})
        quoted = book.add_format({"num_format": _AS_TEXT, "quote_prefix": True})
        sheet = book.add_worksheet(language.choose(*_NAME))
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(_COLUMNS) - 1, _WIDTH)
        for place, column in enumerate(_COLUMNS):
            sheet.write_string(0, place, language.choose(*column), heading)
        for line, row in enumerate(rows, 1):
            for place, text in enumerate(_texts(row, language)):
                sheet.write_string(line, place, text, quoted if text.startswith(DANGEROUS) else plain)
    return file.getvalue()


def _texts(row: RowResult[Revealed], language: Language) -> Sequence[str]:
    if row.value is None:
        why = row.refusal.message(language) if row.refusal else ""
        return (row.key, *[""] * (len(_COLUMNS) - 2), why)
    shown = row.value
    return (
        row.key,
        shown.teacher.name,
        shown.id_number,
        shown.mobile,
        shown.email or "",
        shown.act.school,
        label(shown.teacher.post, language),
        shown.act.id,
        "",
    )
