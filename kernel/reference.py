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
    """Two-digit province code to Chinese name; XPCC is 66, line ministries (`00`) are not among them."""
    return {row["code"]: row["name"] for row in _read("provinces.json")}


@cache
def major_categories() -> dict[int, str]:
    """The 19 major categories (专业大类) by ordinal (R2)."""
    return {row["ordinal"]: row["name"] for row in _read("major-categories.json")}


@cache
def round_data(year: int) -> dict[str, Any]:
    """One round as data: phases, quotas, norms, themes, dimensions, contacts (R1).

    Raises:
        FileNotFoundError: No file for that year.
    """
    data: dict[str, Any] = _read(f"round-{year}.json")
    return data


@cache
def credit_rules() -> list[dict[str, Any]]:
    """Versions of the rule that counts credit hours, the national one with province null (R31)."""
    rules: list[dict[str, Any]] = _read("credit-rules.json")
    return rules


@cache
def weak_passwords() -> frozenset[str]:
    """Words and numbers that, with a few characters around them, are the passwords guessed first (R4)."""
    return frozenset(_read("weak-passwords.json"))


@cache
def rules() -> list[dict[str, Any]]:
    """The rules in order: number, titles, the clause of the notice and its words, both null where it is silent."""
    found: list[dict[str, Any]] = _read("rules.json")
    return found


@cache
def _clauses() -> dict[str, str]:
    return {row["rule"]: row["clause"] for row in rules() if row["clause"]}


def clause_of(rule: str) -> str | None:
    """The clause of the notice that a rule comes from, None where the rule is a decision of ours."""
    return _clauses().get(rule)
