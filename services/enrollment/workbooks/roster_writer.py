"""Workbooks for schools: the template with its drop-downs, and the result of a roster's check (R22, R41).

Every cell is written as text: one that begins with = + - or @ is no formula, neither here nor after it is saved again.
"""

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from chassis.workbooks.writer import DANGEROUS, HEADING, PLAIN
from kernel.language import Language
from kernel.reference import major_categories
from services.enrollment.domain.project import Project
from services.enrollment.domain.roster.roster import Problem, Row, RowState
from services.enrollment.domain.roster.rows import EMPLOYMENTS, POSTS
from services.enrollment.domain.roster.sheet import HEADERS, MOST_ROWS, Column

_OPTIONS = {"in_memory": True, **PLAIN}
_AS_TEXT = 49  # Excel's own text format, @
_WIDTHS = {Column.ID_NUMBER: 22, Column.MOBILE: 15, Column.PROJECT: 18, Column.MAJOR_CATEGORY: 20, Column.TEACHER: 36}
_PROJECTS = "可报项目"
_LINE, _RESULT, _PROBLEMS, _WARNINGS = ("行号", "Line"), ("结果", "Result"), ("问题", "Problems"), ("提示", "Warnings")
_GOOD, _BAD = ("合格", "good"), ("不合格", "bad")
_ENTERED, _REFUSED = ("已提交", "submitted"), ("未提交", "refused")
_INSTRUCTIONS = (
    "1. 在“名单”工作表中填写，一人一项目一行；一人报两个项目填两行。一份名单最多5000行，可分几份上传。",
    "2. 姓名、身份证号码、项目编号必填；尚未登记的教师还须填写手机号码、岗位、专兼职。",
    "   已登记的教师沿用登记信息：可只填姓名和身份证号码后四位，或填写教师编号而不填身份证号码。",
    "3. 身份证号码、手机号码、项目编号三列已设为文本格式，请勿更改；从别处粘贴时请选择“只粘贴文本”。",
    "   若以数字格式录入身份证号码，表格软件会丢失第15位以后的数字，系统将要求重新输入。",
    "4. 岗位、专兼职、专业大类、项目编号请从下拉列表中选择；当前可报项目见“可报项目”工作表。",
    "5. 校内排序可不填；填写时为1起的整数，按项目排列。",
    "6. 列的先后不限，表头之上可有标题行，空行忽略。",
    "7. 上传后先逐行检查，可下载带有问题说明的结果；由专人确认后才提交。以确认提交的时刻为准，须在报名截止前。",
)


def template(projects: Sequence[Project]) -> bytes:
    """An empty roster with drop-downs, instructions, and a sheet of the projects that are open for sign-ups."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        heading = book.add_format(HEADING)
        as_text = book.add_format({"num_format": _AS_TEXT})
        sheet = book.add_worksheet("名单")
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(Column):
            sheet.set_column(place, place, _WIDTHS.get(column, 12), as_text)
            sheet.write_string(0, place, HEADERS[column][0], heading)
            if source := _choices(column, len(projects)):
                sheet.data_validation(1, place, MOST_ROWS, place, _drop_down(source, HEADERS[column][0]))
        _write_lines(book.add_worksheet("填写说明"), _INSTRUCTIONS)
        _write_projects(book.add_worksheet(_PROJECTS), projects, heading, as_text)
    return file.getvalue()


def result(rows: Sequence[Row], language: Language) -> bytes:
    """The roster as it was sent, numbers masked (R41), with the line number and the problems of each row."""
    titles = [language.choose(*title) for title in (_RESULT, _PROBLEMS, _WARNINGS)]
    names = [language.choose(*_LINE), *(HEADERS[column][0] for column in Column), *titles]
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        heading = book.add_format(HEADING)
        wrong = book.add_format({"num_format": _AS_TEXT, "font_color": "#C00000"})
        quoted = book.add_format({"num_format": _AS_TEXT, "quote_prefix": True})
        sheet = book.add_worksheet("名单")
        sheet.freeze_panes(1, 1)
        for place, name in enumerate(names):
            sheet.set_column(place, place, 60 if name in titles[1:] else 16)
            sheet.write_string(0, place, name, heading)
        for line, row in enumerate(rows, 1):
            sheet.write_number(line, 0, row.number)
            texts = [row.said.get(column.value, "") for column in Column]
            texts += [_outcome(row, language), _sentences(row.problems, language), _sentences(row.warnings, language)]
            for place, text in enumerate(texts, 1):
                plain = wrong if row.problems and place > len(Column) else None
                sheet.write_string(line, place, text, quoted if text.startswith(DANGEROUS) else plain)
    return file.getvalue()


def _choices(column: Column, projects: int) -> Any:
    """The source of a column's drop-down: a list, or the cells of the sheet of projects."""
    match column:
        case Column.POST:
            return list(POSTS)
        case Column.EMPLOYMENT:
            return list(EMPLOYMENTS)
        case Column.MAJOR_CATEGORY:
            return list(major_categories().values())
        case Column.PROJECT if projects:
            return f"='{_PROJECTS}'!$A$2:$A${projects + 1}"
        case _:
            return None


def _drop_down(source: Any, title: str) -> dict[str, Any]:
    return {
        "validate": "list",
        "source": source,
        "error_title": title,
        "error_message": "请从下拉列表中选择",
    }


def _write_lines(sheet: Any, lines: Sequence[str]) -> None:
    sheet.set_column(0, 0, 110)
    for line, text in enumerate(lines):
        sheet.write_string(line, 0, text)


def _write_projects(sheet: Any, projects: Sequence[Project], heading: Any, as_text: Any) -> None:
    for place, (name, width) in enumerate((("编号", 18), ("项目名称", 50), ("基地", 40), ("时间", 26), ("人数", 8))):
        sheet.set_column(place, place, width, as_text)
        sheet.write_string(0, place, name, heading)
    for line, project in enumerate(projects, 1):
        days = f"{project.starts_on} – {project.ends_on}"
        cells = (project.code, project.title, project.base_name, days, str(project.capacity))
        for place, text in enumerate(cells):
            sheet.write_string(line, place, text, as_text)


def _outcome(row: Row, language: Language) -> str:
    """Of a row that has not been entered yet whether its check passed, else what became of it."""
    match row.state:
        case RowState.ENTERED:
            return language.choose(*_ENTERED)
        case RowState.REFUSED:
            return language.choose(*_REFUSED)
        case _:
            return language.choose(*(_BAD if row.problems else _GOOD))


def _sentences(problems: Sequence[Problem], language: Language) -> str:
    return "；".join(problem.refusal().message(language) for problem in problems)
