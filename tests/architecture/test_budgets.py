"""What is asked of every file of code (CONTRIBUTING.md)."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("bench", "chassis", "contracts", "deploy", "gateway", "kernel", "services", "tests")
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}


def modules() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)


def test_no_module_is_named_for_nothing() -> None:
    assert not [path for path in modules() if VAGUE & {path.stem, *path.relative_to(ROOT).parts}]


def test_no_file_promises_work_for_later() -> None:
    words = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
    found = [path for path in modules() if any(word in path.read_text(encoding="utf-8") for word in words)]
    assert not found
