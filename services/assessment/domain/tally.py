"""What is published of an evaluation: counted from the opened answer sheets, nothing below five answers (R36)."""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from kernel.ballots import LEAST_BALLOTS
from kernel.personal_numbers import without_numbers

BEST_MARK = 5
"""Marks are 1 to 5; 0 is a question left unanswered."""
MOST_CHARACTERS = 250
"""The most code points of a text."""
_NUMBER = re.compile(r"\d(?:[\s\-]?\d){6,}")
_MASK = "…"
_UNWRITTEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"})
"""Categories of characters that no text has: controls, private ones, and blanks but the plain one."""


@dataclass(frozen=True, slots=True)
class Form:
    """The questions of a questionnaire, frozen by their version.

    Attributes:
        version: Such as `teaching-2024.1`.
        kind: `TEACHING` or `SATISFACTION`.
        faculty: How many questions there are about each teacher.
        project: How many about the project.
        texts: How many are answered in words.
    """

    version: str
    kind: str
    faculty: int
    project: int
    texts: int

    @property
    def rates_faculty(self) -> bool:
        """Whether its sheets have a part about teachers."""
        return self.kind == "TEACHING"


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What is published of a question.

    Attributes:
        answered: How many answered it; None below five.
        mean_hundredths: The mean of the marks, in hundredths; None where it is not shown.
        distribution: How many gave each mark from 1 to 5; None where it is not shown.
    """

    answered: int | None
    mean_hundredths: int | None
    distribution: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class TeacherResult:
    """What is published of a teacher: an item for each question.

    Attributes:
        key: Such as `f1`.
        items: In the order of the questions.
    """

    key: str
    items: tuple[ItemResult, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What is published of a questionnaire.

    Attributes:
        counted: The valid sheets.
        invalid: The others.
        mean_hundredths: The mean of the means that are shown of the project's questions, in hundredths.
        project: An item for each question about the project.
        faculty: The teachers.
        texts: For each question that is answered in words the answers, sorted, or none below five.
    """

    counted: int
    invalid: int
    mean_hundredths: int | None
    project: tuple[ItemResult, ...]
    faculty: tuple[TeacherResult, ...]
    texts: tuple[tuple[str, ...], ...]


def is_valid(form: Form, faculty: Sequence[str], sheet: Any) -> bool:
    """Whether a sheet answers this form: its members, its lengths and its marks.

    Args:
        form: The form.
        faculty: The keys of the teachers that may be rated; one who is left out is not rated.
        sheet: What was under the seals, read as JSON.
    """
    members = {"v", "form", "project", "texts"} | ({"faculty"} if form.rates_faculty else set())
    if not isinstance(sheet, dict) or set(sheet) != members:
        return False
    if type(sheet["v"]) is not int or sheet["v"] != 1 or sheet["form"] != form.version:
        return False
    rated, texts = sheet.get("faculty", {}), sheet["texts"]
    if not isinstance(rated, dict) or not rated.keys() <= set(faculty):
        return False
    if not all(_are_marks(row, form.faculty) for row in rated.values()) or not _are_marks(
        sheet["project"], form.project
    ):
        return False
    return isinstance(texts, list) and len(texts) == form.texts and all(map(_is_text, texts))


def tally(form: Form, faculty: Sequence[str], everybody: int, sheets: Sequence[Any]) -> Tally | None:
    """Count the sheets of a closed questionnaire.

    Nothing is shown of a question that fewer than five answered, and neither mean nor distribution where everybody who
    may answer gave the same mark: that would say what each of them gave. The mean of the whole is over what is shown,
    or it would give away what is not.

    Args:
        form: The form.
        faculty: The keys of the teachers.
        everybody: From how many sheets on everybody who may answer has.
        sheets: What was under the seals, in any order.

    Returns:
        The result; None where fewer than five sheets are valid.
    """
    good = [sheet for sheet in sheets if is_valid(form, faculty, sheet)]
    if len(good) < LEAST_BALLOTS:
        return None
    project = _items([sheet["project"] for sheet in good], form.project, everybody)
    shown = [item.mean_hundredths for item in project if item.mean_hundredths is not None]
    rows = {key: [sheet["faculty"][key] for sheet in good if key in sheet["faculty"]] for key in _rated(form, faculty)}
    texts = [sorted(sheet["texts"][place] for sheet in good if sheet["texts"][place]) for place in range(form.texts)]
    return Tally(
        counted=len(good),
        invalid=len(sheets) - len(good),
        mean_hundredths=_half_up(Fraction(sum(shown), len(shown))) if shown else None,
        project=project,
        faculty=tuple(TeacherResult(key, _items(given, form.faculty, everybody)) for key, given in rows.items()),
        texts=tuple(tuple(answers) if len(answers) >= LEAST_BALLOTS else () for answers in texts),
    )


def masked(text: str) -> str:
    """A text without what could tell who wrote it by number (R41).

    Personal numbers in whatever way they are written, and any other seven digits or more.
    """
    return _NUMBER.sub(_MASK, without_numbers(text))


def _rated(form: Form, faculty: Sequence[str]) -> Sequence[str]:
    return faculty if form.rates_faculty else ()


def _items(rows: Sequence[Sequence[int]], questions: int, everybody: int) -> tuple[ItemResult, ...]:
    whole = len(rows) >= everybody
    return tuple(_item([row[place] for row in rows], whole=whole) for place in range(questions))


def _item(answers: Sequence[int], *, whole: bool) -> ItemResult:
    given = [mark for mark in answers if mark]
    few = len(given) < LEAST_BALLOTS
    if few or (whole and len(set(answers)) == 1):
        return ItemResult(None if few else len(given), None, None)
    mean = _half_up(Fraction(100 * sum(given), len(given)))
    return ItemResult(len(given), mean, tuple(given.count(mark) for mark in range(1, BEST_MARK + 1)))


def _are_marks(row: Any, questions: int) -> bool:
    if not isinstance(row, list) or len(row) != questions:
        return False
    return all(type(mark) is int and 0 <= mark <= BEST_MARK for mark in row)


def _is_text(text: Any) -> bool:
    """Whether it is one line; a character that is newer than our Unicode is one like any other (GB 18030)."""
    if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
        return False
    return all(char == " " or unicodedata.category(char) not in _UNWRITTEN for char in text)


def _half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))
