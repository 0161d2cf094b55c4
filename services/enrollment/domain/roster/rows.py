"""Turn lines into rows: the meaning of their cells, and lines that contradict or repeat each other (R20, R22)."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kernel.errors import Refusal
from kernel.free_text import PersonName, Title
from kernel.reference import roster_words
from services.enrollment.domain.refusals import DUPLICATE_ROW, HIDDEN_ROWS, INVALID_RANK
from services.enrollment.domain.roster import problems
from services.enrollment.domain.roster.roster import Problem, Row
from services.enrollment.domain.roster.sheet import Column, Line, ascii_code, hidden, shown, tail_of
from services.enrollment.domain.vocabulary import Audience, Employment

_WORDS = roster_words()
POSTS: dict[str, Audience] = {
    "教师": Audience.TEACHER,
    "校领导": Audience.LEADER,
    "中层干部": Audience.MIDDLE_MANAGER,
}
"""The words of the template."""
EMPLOYMENTS: dict[str, Employment] = {"专职": Employment.FULL_TIME, "兼职": Employment.PART_TIME}
_ALL_POSTS = (
    {word: Audience(post) for post, words in _WORDS["posts"].items() for word in words}
    | POSTS
    | {post.value: post for post in Audience}
)
_ALL_EMPLOYMENTS = (
    {word: Employment(employment) for employment, words in _WORDS["employments"].items() for word in words}
    | EMPLOYMENTS
    | {employment.value: employment for employment in Employment}
)
_OTHER_MAJORS = {word: int(ordinal) for ordinal, words in _WORDS["major_categories"].items() for word in words}
_NUMBERS = frozenset({Column.ID_NUMBER, Column.MOBILE})
_HIGHEST_RANK = 9_999
_HIDDEN_BEFORE_TAIL = 14
_OUR_ID = re.compile(r"(?=.*[a-f])[0-9a-f]{24,32}")


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of all projects, also found without the leading zeros that office programs drop.

    Attributes:
        exact: The codes.
        loose: Codes by their form without leading zeros; None where two codes share it.
    """

    exact: frozenset[str]
    loose: Mapping[str, str | None]

    @classmethod
    def of(cls, codes: Iterable[str]) -> "Codes":
        """The index of these codes."""
        exact, loose = frozenset(codes), dict[str, str | None]()
        for code in exact:
            key = _loose(code)
            loose[key] = code if key not in loose else None
        return cls(exact, loose)

    def find(self, text: str) -> str:
        """The code that the text stands for, leading zeros restored if exactly one code fits; else the text itself."""
        return text if text in self.exact else self.loose.get(_loose(text)) or text


def row_of(line: Line, row: Row, codes: Codes, majors: Mapping[int, str]) -> Row:
    """The row with the meaning of all cells of its line; a cell that has none becomes a fault of the row.

    Args:
        line: The line.
        row: The row with its sealed numbers, and their faults.
        codes: The codes of all projects.
        majors: Major categories by ordinal.
    """
    texts, wrong = line.texts, list(row.faults)

    def read(column: Column, meaning: Callable[[str], Any]) -> Any:
        try:
            return meaning(texts[column]) if column in texts else None
        except Refusal as refusal:
            wrong.append(Problem.of(refusal, column.value))
            return None

    if line.hidden:
        wrong.append(Problem.of(HIDDEN_ROWS()))
    if line.merged:
        wrong.append(Problem.of(problems.merged_cell(sorted(line.merged))))
    return replace(
        row,
        said={column.value: _display(column, text) for column, text in texts.items()},
        name=read(Column.NAME, _name) or "",
        post=read(Column.POST, _word(Column.POST, _ALL_POSTS, list(POSTS))),
        employment=read(Column.EMPLOYMENT, _word(Column.EMPLOYMENT, _ALL_EMPLOYMENTS, list(EMPLOYMENTS))),
        title=read(Column.TITLE, _title),
        major_category=read(Column.MAJOR_CATEGORY, lambda text: _major(text, majors)),
        project_code=read(Column.PROJECT, lambda text: shown(codes.find(ascii_code(text)))),
        rank=read(Column.RANK, _rank),
        registered=read(Column.TEACHER, _teacher_id),
        faults=tuple(wrong),
    )


def with_conflicts(rows: Sequence[Row]) -> list[Row]:
    """The rows, with a fault where one contradicts or repeats a line above."""
    people: dict[str, Row] = {}
    pairs: dict[tuple[str, str], Row] = {}
    compared_rows: list[Row] = []
    for row in rows:
        wrong = [*_contradictions(row, people)]
        if row.id_number and row.project_code:
            first = pairs.setdefault((row.id_number.hash, row.project_code), row)
            if first is not row:
                wrong.append(DUPLICATE_ROW(row=first.number))
        compared_rows.append(replace(row, faults=(*row.faults, *map(Problem.of, wrong))) if wrong else row)
    return compared_rows


def _contradictions(row: Row, people: dict[str, Row]) -> Iterable[Refusal]:
    if row.id_number is None:
        return
    first = people.setdefault(row.id_number.hash, row)
    if row.name and first.name and first.name != row.name:
        yield problems.conflicting_rows(first.number, Column.NAME)
    if row.mobile and first.mobile and first.mobile.hash != row.mobile.hash:
        yield problems.conflicting_rows(first.number, Column.MOBILE)


def _display(column: Column, text: str) -> str:
    if column is Column.ID_NUMBER and (tail := tail_of(text)):
        return "*" * _HIDDEN_BEFORE_TAIL + tail
    if column is Column.TEACHER:
        return _teacher_id(text)
    return hidden(ascii_code(text)) if column in _NUMBERS else shown(text)


def _teacher_id(text: str) -> str:
    """The id of a teacher; one of ours may by chance look as if a number were in it (R41)."""
    code = ascii_code(text).lower()
    return code if _OUR_ID.fullmatch(code) else shown(code)


def _name(text: str) -> str:
    return PersonName.of(text, Column.NAME.value, "R22").text


def _title(text: str) -> str | None:
    return Title.of(text, Column.TITLE.value, "R22").text or None


def _word(column: Column, words: Mapping[str, Any], allowed: Sequence[str]) -> Callable[[str], Any]:
    def meaning(text: str) -> Any:
        value = words.get(ascii_code(text))
        if value is None:
            raise problems.unknown_word(column, allowed)
        return value

    return meaning


def _major(text: str, majors: Mapping[int, str]) -> int:
    """The ordinal of a major category: `6`, `06`, `装备制造`, `装备制造大类`, `装备制造类`, `06装备制造`, a synonym."""
    word = ascii_code(text)
    digits = word[: len(word) - len(word.lstrip("0123456789"))]
    name = word[len(digits) :].lstrip(".、-").removesuffix("大类").removesuffix("类")
    name = majors.get(_OTHER_MAJORS.get(name, 0), name)
    ordinals = {label: key for key, label in majors.items()} | {f"{key:02d}": key for key in majors}
    ordinal = ordinals.get(digits.zfill(2) if digits else name, 0)
    if ordinal not in majors or name not in {"", majors[ordinal]}:
        raise problems.unknown_word(Column.MAJOR_CATEGORY, [f"{key} {label}" for key, label in majors.items()])
    return ordinal


def _rank(text: str) -> int:
    word = ascii_code(text)
    if not (word.isascii() and word.isdecimal() and len(word) <= 6 and 1 <= int(word) <= _HIGHEST_RANK):  # noqa: PLR2004 - leading zeros
        raise INVALID_RANK()
    return int(word)


def _loose(code: str) -> str:
    return "-".join(part.lstrip("0") for part in code.split("-"))
