"""The tables of refusals: one kind a code, a code of several processes is the kernel's, and docstrings name kinds."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.refusals_page import tables
from deploy.processes import SUBGRAPHS

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("kernel", "chassis", *(f"services/{name}" for name in SUBGRAPHS), "gateway")
"""Where what a docstring says under `Raises:` is compared with the tables."""
_SECTION = re.compile(r"^Raises:\n((?:[ ]+.*\n?|\n)+)", re.MULTILINE)
_ENTRY = re.compile(r"^ {4}Refusal:(.*(?:\n {5,}.*)*)", re.MULTILINE)
_CODE = re.compile(r"`([A-Z][A-Z_]*_[A-Z_]*[A-Z]|[A-Z]{4,})`")


def raised(docstring: str) -> list[str]:
    """The codes that a cleaned docstring names under `Raises:`, in the entries of `Refusal`."""
    entries = (entry for section in _SECTION.findall(docstring) for entry in _ENTRY.findall(section))
    return [code for entry in entries for code in _CODE.findall(entry)]


def docstrings(package: str) -> Iterator[tuple[str, str]]:
    """Where each docstring of a package is, and its text without indentation."""
    for file in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                name = getattr(node, "name", "")
                yield f"{file.relative_to(ROOT)}: {name}", ast.get_docstring(node) or ""


def test_a_code_has_one_kind_wherever_it_is_used() -> None:
    codes = Counter(kind.code for _, kinds in tables() for kind in kinds)
    assert len(codes) > 10
    assert [code for code, count in codes.items() if count > 1] == []


def test_every_kind_speaks_both_languages() -> None:
    for _, kinds in tables():
        for kind in kinds:
            assert kind.zh, kind.code
            assert kind.en, kind.code
            assert kind.zh != kind.en, kind.code


@pytest.mark.parametrize("package", PACKAGES)
def test_a_docstring_names_refusals_that_exist(package: str) -> None:
    codes = {kind.code for _, kinds in tables() for kind in kinds}
    named = [(place, code) for place, text in docstrings(package) for code in raised(text)]
    assert named, "no docstring names a refusal: the test reads nothing"
    assert [(place, code) for place, code in named if code not in codes] == []


def test_codes_are_read_from_entries_of_refusal_only() -> None:
    text = """Do it.

Raises:
    ValueError: `NOT_A_CODE`.
    Refusal: `NOT_FOUND`, or `FORBIDDEN` under `rule`; `INVALID_SCORE`
        and `MISSPELT_CODE`.
    KeyError: `ANOTHER_WORD`.

Returns:
    `NO_CODE_EITHER`.
"""
    assert raised(text) == ["NOT_FOUND", "FORBIDDEN", "INVALID_SCORE", "MISSPELT_CODE"]
