"""What is asked of every file of code (CONTRIBUTING.md): functions are small, names say what a thing is."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("bench", "chassis", "contracts", "deploy", "gateway", "kernel", "services", "tests")
LIMITS = {"C901", "PLR0911", "PLR0912", "PLR0915"}
"""Ruff's rules on how complex a function is, and how many returns, branches and statements it has."""
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}


def modules() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)


def test_ruffs_limits_on_functions_hold_everywhere() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    ignored = {*lint["ignore"], *(code for codes in lint["per-file-ignores"].values() for code in codes)}
    assert lint["select"] == ["ALL"]
    assert not {code for code in ignored if any(limit.startswith(code) for limit in LIMITS)}
    exempt = re.compile(rf"# noqa:? *(?:[A-Z0-9, ]*\b(?:{'|'.join(LIMITS)})\b|$)", re.MULTILINE)
    assert not [path for path in modules() if exempt.search(path.read_text(encoding="utf-8"))]


def test_no_module_is_named_for_nothing() -> None:
    assert not [path for path in modules() if VAGUE & {path.stem, *path.relative_to(ROOT).parts}]


def test_no_file_promises_work_for_later() -> None:
    words = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
    found = [path for path in modules() if any(word in path.read_text(encoding="utf-8") for word in words)]
    assert not found
