"""Reference data shared by all processes, read once from `contracts/reference`."""

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "contracts" / "reference"


def _read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def provinces() -> dict[str, str]:
    """Two-digit province code to Chinese name; XPCC is `66`; line ministries (`00`) are no province."""
    return {row["code"]: row["name"] for row in _read("provinces.json")}


@cache
def major_categories() -> dict[int, str]:
    """The 19 major categories (专业大类) by ordinal (R2)."""
    return {row["ordinal"]: row["name"] for row in _read("major-categories.json")}


@cache
def round_data(year: int) -> dict[str, Any]:
    """The data of a year's round: phases, quotas, norms, themes, dimensions, contacts (R1).

    Raises:
        FileNotFoundError: There is none for that year.
    """
    data: dict[str, Any] = _read(f"round-{year}.json")
    return data


@cache
def credit_rules() -> list[dict[str, Any]]:
    """The versions of the rule that counts credit hours; `province` is null in the national ones (R31)."""
    rules: list[dict[str, Any]] = _read("credit-rules.json")
    return rules


@cache
def holidays(year: int) -> dict[str, list[str]]:
    """The days off of a year that would be working days, and its weekend days on which people work (ISO 8601).

    Both lists are empty for a year whose holidays are not on file.
    """
    if not (FOLDER / f"holidays-{year}.json").exists():
        return {"days_off": [], "working_weekends": []}
    data: dict[str, list[str]] = _read(f"holidays-{year}.json")
    return data


@cache
def inspection_weights() -> list[dict[str, Any]]:
    """The versions of the rule by which projects weigh in the draw of an inspection, the latest last (R37)."""
    rules: list[dict[str, Any]] = _read("inspection-weights.json")
    return rules


@cache
def rubric_data(version: str) -> dict[str, Any]:
    """A version of the indicators of the annual assessment (R38).

    Args:
        version: One of `rubric_versions`.

    Raises:
        FileNotFoundError: There is no such version.
    """
    data: dict[str, Any] = _read(f"rubric-{version}.json")
    return data


@cache
def rubric_versions() -> frozenset[str]:
    """The versions of the indicators of the annual assessment that are on file (R38)."""
    return frozenset(path.stem.removeprefix("rubric-") for path in FOLDER.glob("rubric-*.json"))


@cache
def questionnaires() -> dict[str, Any]:
    """The forms of the evaluation of teaching and of the satisfaction survey, each frozen by its version (R34, R35)."""
    data: dict[str, Any] = _read("questionnaires.json")
    return data


@cache
def weak_passwords() -> frozenset[str]:
    """Words and numbers that passwords which are guessed first consist of, but for a few characters (R4)."""
    return frozenset(_read("weak-passwords.json"))


@cache
def id_number_regions() -> frozenset[str]:
    """The first two digits of resident identity numbers.

    Provinces of GB/T 2260, Taiwan (71), Hong Kong (81) and Macao (82), and 83, which residence permits of people from
    Taiwan bear. XPCC (66) is a customary code of ours and on no card.
    """
    return frozenset(_read("identity-numbers.json")["regions"])


@cache
def working_age() -> tuple[int, int]:
    """The least and the greatest age in full years at which somebody is trained (R20); both are included."""
    ages = _read("identity-numbers.json")["working_age"]
    return ages["least"], ages["most"]


@cache
def roster_words() -> dict[str, dict[str, list[str]]]:
    """What offices write in rosters for posts, employments and major categories, by the value meant (R20, R22)."""
    words: dict[str, dict[str, list[str]]] = _read("roster-words.json")
    return words


@cache
def no_names() -> frozenset[str]:
    """Words that offices write where they have no name, folded to lower case (R22)."""
    return frozenset(_read("no-names.json"))


@cache
def printable() -> tuple[tuple[int, int], ...]:
    """The code points that the fonts of pages can draw, as ranges in their order, both ends included (R32)."""
    spans = (span.partition("-") for line in _read("printable.json") for span in line.split())
    return tuple((int(first, 16), int(last or first, 16)) for first, _, last in spans)


@cache
def rules() -> list[dict[str, Any]]:
    """The rules in order: number, titles, and the clause of the notice with its words (null where it has none)."""
    ordered: list[dict[str, Any]] = _read("rules.json")
    return ordered


@cache
def _clauses() -> dict[str, str]:
    return {row["rule"]: row["clause"] for row in rules() if row["clause"]}


def clause_of(rule: str) -> str | None:
    """The clause of the notice that a rule comes from; None for a rule of our own."""
    return _clauses().get(rule)
