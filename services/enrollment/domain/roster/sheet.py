"""Turn a sheet of cells into lines of a roster: find the header, and undo what office programs do to text (R22)."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from kernel.free_text import BLANK, spelled
from kernel.personal_numbers import holds_number
from kernel.refusals import TOO_MANY_ROWS
from services.enrollment.domain.refusals import ROSTER_COLUMN_TWICE, ROSTER_EMPTY, ROSTER_HEADER_MISSING

Cell = str | int | float | bool | date | datetime | time | timedelta | None
"""The value of a cell of a workbook or of a CSV file."""

MOST_ROWS = 5_000
_HEADER_WITHIN = 30
_LONGEST_HEADER = 100
_EXACT_BELOW = 10**15
_ASIDE = re.compile(r"\([^()]*\)|[*:]")
_AS_FORMULA = re.compile(r'="(.*)"')
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+?\d+")
_HIDDEN = "…"
_LONGEST_SHOWN = 80
_FOOTER = re.compile(
    r"(合计|总计|小计|共计|总人数|人数|共\d*[人名]|以上共|以下空白|填表|填报|制表|审核|审批|负责人|经办|联系人|日期|备注|注:|说明|单位"
    r"|\w{0,12}\(?(盖章|公章|签字|签章|签名))"
)
"""How the lines begin that stand below the people: totals, signatures, remarks."""
_OF_PERSON = re.compile(r"[0-9A-Z-]{15,}")
"""An ID number, also of 15 digits or mistyped, or an id of ours, as `ascii_code` writes it."""
_TAIL = 4
_TAIL_LIKE = re.compile(r"\d{1,4}|\d{3}X")
_NUMBER_LIKE = re.compile(r"\d(?:[ -]?\d){10,}[Xx]?")


class Column(StrEnum):
    """The columns of a roster."""

    NAME = "name"
    ID_NUMBER = "idNumber"
    MOBILE = "mobile"
    POST = "post"
    EMPLOYMENT = "employment"
    TITLE = "title"
    MAJOR_CATEGORY = "majorCategory"
    PROJECT = "projectCode"
    RANK = "rank"
    TEACHER = "teacherId"


HEADERS: dict[Column, tuple[str, ...]] = {
    Column.NAME: ("姓名", "教师姓名", "学员姓名", "参训人员姓名", "参训教师", "名字", "name"),
    Column.ID_NUMBER: (
        "身份证号码",
        "身份证号",
        "身份证",
        "居民身份证号码",
        "公民身份号码",
        "证件号码",
        "证件号",
        "idnumber",
    ),
    Column.MOBILE: ("手机号码", "手机号", "手机", "移动电话", "联系电话", "联系方式", "电话", "mobile", "phone"),
    Column.POST: ("岗位", "岗位类别", "人员类别", "人员类型", "身份类别", "post"),
    Column.EMPLOYMENT: ("专兼职", "专职/兼职", "专/兼职", "聘用形式", "用工形式", "任职形式", "employment"),
    Column.TITLE: ("职称", "专业技术职务", "技术职称", "title"),
    Column.MAJOR_CATEGORY: ("专业大类", "所属专业大类", "任教专业大类", "majorcategory"),
    Column.PROJECT: (
        "项目编号",
        "项目代码",
        "培训项目编号",
        "报名项目编号",
        "报名项目",
        "班次编号",
        "班级编号",
        "projectcode",
    ),
    Column.RANK: ("校内排序", "排序", "推荐顺序", "名次", "rank"),
    Column.TEACHER: ("教师编号", "教师id", "登记编号", "teacherid"),
}
"""The names that schools give the columns; the first is the template's. 序号 is no rank: it only counts lines."""

_COLUMN_OF = {name: column for column, names in HEADERS.items() for name in names}
REQUIRED = (Column.NAME, Column.ID_NUMBER, Column.PROJECT)
"""The columns that every roster has; others are needed only for people who are not on file yet.

A column of teachers' ids stands in for that of ID numbers: it names people who are on file.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a roster, its numbers in plain: it exists in memory only, until they are sealed (R41).

    Attributes:
        number: The line's number in the file, from 1, as the office program shows it.
        texts: The text of its cells; blank cells are left out.
        rounded: Columns whose number lost its last digits in the office program.
        hidden: Whether the office program does not show it: it is hidden, or filtered out.
        merged: Columns that are blank because their cell is merged with another.
    """

    number: int
    texts: Mapping[Column, str]
    rounded: frozenset[Column] = frozenset()
    hidden: bool = False
    merged: frozenset[Column] = frozenset()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The content of a file.

    Attributes:
        lines: Its lines below the header, blank ones left out.
        ignored: Headers that are no column of a roster.
        footers: Numbers of lines below the people, such as totals and signatures.
        others: Names of other visible worksheets that are filled in.
    """

    lines: tuple[Line, ...]
    ignored: tuple[str, ...] = ()
    footers: tuple[int, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Marks:
    """What a workbook says of its sheet besides the cells.

    Attributes:
        hidden: Numbers, from 1, of rows that are not shown.
        merged: By the index of a row, from 0, the first and last index of columns that a merged cell takes.
        others: Names of other visible worksheets that are filled in.
    """

    hidden: frozenset[int] = frozenset()
    merged: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    others: tuple[str, ...] = ()


NO_MARKS = Marks()


def has_header(rows: Iterable[Sequence[Cell]]) -> bool:
    """Whether a header is among the first rows."""
    return _best(rows)[0] >= len(REQUIRED)


def sheet_of(rows: Sequence[Sequence[Cell]], marks: Marks = NO_MARKS) -> Sheet:
    """The lines of a sheet, whatever stands above its header, in any order of columns, among any other columns.

    Args:
        rows: The cells, row by row.
        marks: What else the workbook says of them.

    Raises:
        Refusal: `ROSTER_HEADER_MISSING`, `ROSTER_COLUMN_TWICE`, `ROSTER_EMPTY` or `TOO_MANY_ROWS`.
    """
    at = _best(rows)[1]
    header = [_column(cell) for cell in rows[at]] if rows else []
    missing = [column for column in REQUIRED if not _has(column, header)]
    if missing:
        raise ROSTER_HEADER_MISSING(detail=names_of(missing), missing=[column.value for column in missing])
    columns = [column for column in header if column]
    if twice := sorted({column for column in columns if columns.count(column) > 1}):
        raise ROSTER_COLUMN_TWICE(detail=names_of(twice), columns=[column.value for column in twice])
    lines: list[Line] = []
    footers: list[int] = []
    for number, row in enumerate(rows[at + 1 :], at + 2):
        line = _line(number, header, row, marks)
        if _is_footer(line, row):
            footers.append(number)
        elif line.texts:
            lines.append(line)
    if not lines:
        raise ROSTER_EMPTY()
    if len(lines) > MOST_ROWS:
        raise TOO_MANY_ROWS(rows=len(lines), limit=MOST_ROWS, rule="R22")
    ignored = [shown(tidy(cell)) for cell, column in zip(rows[at], header, strict=True) if column is None]
    others = tuple(shown(name) for name in marks.others)
    return Sheet(tuple(lines), tuple(text for text in ignored if text)[:50], tuple(footers), others)


def tidy(cell: Cell) -> str:
    """The text of a cell as people read it: no `.0`, dates as days, no blanks around it or within Chinese."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT_BELOW:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if not isinstance(cell, str):
        return str(cell)
    if forced := _AS_FORMULA.fullmatch(cell.strip()):
        cell = forced[1]
    return spelled(cell.strip().lstrip("'"))


def ascii_code(text: str) -> str:
    """A code as ASCII: full-width digits, letters and dashes, no blanks, upper case."""
    return re.sub(r"[\u2010-\u2015\u2212]", "-", BLANK.sub("", unicodedata.normalize("NFKC", text)).upper())


def tail_of(text: str) -> str | None:
    """The last four characters of an ID number, where a cell holds no more; None for anything longer.

    An office program drops the zeros that a number begins with, so up to four digits are the last four.
    """
    code = ascii_code(text)
    return code.zfill(_TAIL) if _TAIL_LIKE.fullmatch(code) else None


def shown(text: str) -> str:
    """A text that may be stored and shown: short, and without what looks like a personal number (R41)."""
    masked = _NUMBER_LIKE.sub(lambda match: hidden(match[0]), text)
    return _HIDDEN if holds_number(masked) else masked[:_LONGEST_SHOWN]


def hidden(text: str) -> str:
    """Mask what looks like a personal number, also an invalid one such as with a digit too few (R41)."""
    head, tail = (3, 4) if len(text) > 10 else (0, 0)  # noqa: PLR2004 - shorter than a mobile, all of it
    return text[:head] + "*" * min(len(text) - head - tail, 20) + text[len(text) - tail :]


def _best(rows: Iterable[Sequence[Cell]]) -> tuple[int, int]:
    """The row that looks most like a header: how many required columns it has, and its index."""
    best = (0, 0)
    for number, row in enumerate(rows):
        if number >= _HEADER_WITHIN:
            break
        columns = {_column(cell) for cell in row}
        score = sum(_has(column, columns) for column in REQUIRED)
        if score > best[0]:
            best = (score, number)
    return best


def _has(column: Column, columns: Collection[Column | None]) -> bool:
    """Whether a required column is there, or the one that stands in for it."""
    return column in columns or (column is Column.ID_NUMBER and Column.TEACHER in columns)


def _column(cell: Cell) -> Column | None:
    if isinstance(cell, str) and len(cell) > _LONGEST_HEADER:
        return None
    return _COLUMN_OF.get(_ASIDE.sub("", ascii_code(tidy(cell))).lower())


def _is_footer(line: Line, row: Sequence[Cell]) -> bool:
    """Whether a line stands below the people: it begins as a total or a signature, and is about nobody.

    What stands beside such a word is a count, a name or a date, in whatever column. The line is about somebody where it
    has a person's number, a name with four last characters, or a project, beside the word.
    """
    first = next((text for cell in row if (text := tidy(cell))), "")
    if len(first) > _LONGEST_HEADER or not _FOOTER.match(ascii_code(first)):
        return False
    words = {column for column, text in line.texts.items() if text.isdigit() or _FOOTER.match(ascii_code(text))}
    beside = line.texts.keys() - words
    if any(_OF_PERSON.fullmatch(ascii_code(text)) for text in line.texts.values()):
        return False
    if line.texts.get(Column.NAME) == first:
        return True
    tail = tail_of(line.texts.get(Column.ID_NUMBER, ""))
    return not ({Column.PROJECT, Column.TEACHER} & beside or (tail and Column.NAME in beside))


def _line(number: int, header: Sequence[Column | None], row: Sequence[Cell], marks: Marks) -> Line:
    texts: dict[Column, str] = {}
    rounded: set[Column] = set()
    merged: set[Column] = set()
    ranges = marks.merged.get(number - 1, ())
    for place, (column, cell) in enumerate(zip(header, row, strict=False)):
        if not column:
            continue
        if text := tidy(cell):
            texts[column] = text
            if column in {Column.ID_NUMBER, Column.MOBILE} and _is_rounded(cell, text):
                rounded.add(column)
        elif any(first <= place <= last for first, last in ranges):
            merged.add(column)
    return Line(number, texts, frozenset(rounded), number in marks.hidden, frozenset(merged))


def _is_rounded(cell: Cell, text: str) -> bool:
    """Whether an office program stored 18 digits as a number, which keeps 15 of them and ends with zeros."""
    if isinstance(cell, int | float):
        return abs(cell) >= _EXACT_BELOW
    return bool(_SCIENTIFIC.fullmatch(ascii_code(text)))


def names_of(columns: Sequence[Column]) -> tuple[str, str]:
    """What columns are called, listed in Chinese and in English."""
    return "、".join(HEADERS[column][0] for column in columns), ", ".join(columns)
