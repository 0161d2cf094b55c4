"""What may be wrong with a row of a roster, and what is only worth a look (R19, R20, R22, R41)."""

from collections.abc import Sequence
from typing import Any

from kernel.errors import Refusal, Unblock
from services.enrollment.domain.roster.sheet import HEADERS, Column


def field_missing(columns: Sequence[Column]) -> Refusal:
    """Cells that must not be blank."""
    return _about(
        "FIELD_MISSING",
        f"未填写：{_names(columns)}",
        f"Blank: {', '.join(columns)}",
        columns=[column.value for column in columns],
    )


def invalid_name() -> Refusal:
    """A name with digits is another column's text; it is not kept (R41)."""
    return _about("INVALID_NAME", "姓名中不应有数字，请检查各列是否对齐", "A name has no digits: are columns shifted?")


def id_number_rounded() -> Refusal:
    """An office program has taken the number for a number (R41)."""
    return _about(
        "ID_NUMBER_ROUNDED",
        "身份证号码被表格软件当作数字，第15位以后的数字已丢失：请先将该列设为文本格式，再重新输入号码",
        "The office program took the ID number for a number and lost what follows its 15th digit: "
        "set the column's format to text, then type the number again",
        rule="R41",
    )


def unknown_word(column: Column, allowed: Sequence[str]) -> Refusal:
    """A post, an employment or a major category of no such name."""
    return _about(
        _WORD_CODES[column],
        f"{HEADERS[column][0]}应为：{'、'.join(allowed)}",
        f"{column} is one of: {', '.join(allowed)}",
        rule="R20" if column in {Column.POST, Column.EMPLOYMENT} else "R22",
        allowed=list(allowed),
    )


def invalid_rank() -> Refusal:
    """A rank that is no place."""
    return _about("INVALID_RANK", "校内排序应为1至9999的整数", "A rank is a number from 1 to 9999", rule="R21")


def unknown_project() -> Refusal:
    """No published project has the code."""
    return _about("UNKNOWN_PROJECT", "没有该编号的已发布项目", "No published project has this code")


def duplicate_row(number: int) -> Refusal:
    """The same person and project stand above."""
    return _about(
        "DUPLICATE_ROW",
        f"与第{number}行重复（同一人、同一项目）",
        f"The same person and project are in line {number}",
        rule="R19",
        row=number,
    )


def conflicting_rows(number: int, column: Column) -> Refusal:
    """Two lines contradict each other about a person."""
    return _about(
        "CONFLICTING_ROWS",
        f"与第{number}行矛盾：身份证号码与{HEADERS[column][0]}对不上",
        f"It contradicts line {number}: ID number and {column} do not go together",
        row=number,
        column=column.value,
    )


def name_mismatch() -> Refusal:
    """The number is a colleague's of another name: whoever is meant, it is not certain."""
    return _about(
        "NAME_MISMATCH",
        "该身份证号码在本校登记的是另一姓名，请核对号码与姓名",
        "On file at your school this ID number has another name: check both",
    )


def already_signed_up(project: str) -> Refusal:
    """The person has a live sign-up that is with the base already (R19)."""
    return _about(
        "SECOND_SIGN_UP",
        "该教师已报名该项目并已提交，不能重复报名",
        "The teacher's sign-up for this project is live and submitted already",
        rule="R19",
        project=project,
    )


def audience_mismatch() -> Refusal:
    """Warns only (R20)."""
    return _about(
        "AUDIENCE_MISMATCH",
        "该教师的岗位不在项目培训对象之内",
        "The project is not meant for a person of this post",
        rule="R20",
    )


def differs_from_file(columns: Sequence[Column]) -> Refusal:
    """Warns only: what is on file stays; it is corrected by a command of its own (R41)."""
    return _about(
        "DIFFERS_FROM_FILE",
        f"与本校登记的信息不一致，将沿用登记信息：{_names(columns)}",
        f"Differs from what is on file, which stays: {', '.join(columns)}",
        columns=[column.value for column in columns],
    )


_WORD_CODES = {
    Column.POST: "UNKNOWN_POST",
    Column.EMPLOYMENT: "UNKNOWN_EMPLOYMENT",
    Column.MAJOR_CATEGORY: "UNKNOWN_MAJOR_CATEGORY",
}


def _about(code: str, zh: str, en: str, *, rule: str = "R22", **details: Any) -> Refusal:
    return Refusal(code, zh, en, rule=rule, unblock=Unblock.SELF, **details)


def _names(columns: Sequence[Column]) -> str:
    return "、".join(HEADERS[column][0] for column in columns)
