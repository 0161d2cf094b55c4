"""What may not be seen, and what has changed meanwhile, is answered in one way everywhere (access.md, refusals.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LISTS = ("list[", "Connection[", "ProjectPage")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def trees(*patterns: str) -> Iterator[tuple[Path, ast.Module]]:
    for pattern in patterns:
        for file in sorted(ROOT.glob(pattern)):
            yield file.relative_to(ROOT), ast.parse(file.read_text(encoding="utf-8"))


def list_resolvers() -> Iterator[tuple[Path, Function]]:
    for file, tree in trees("services/*/graph/**/*.py"):
        for node in ast.walk(tree):
            if isinstance(node, Function) and node.returns and ast.unparse(node.returns).startswith(_LISTS):
                yield file, node


def test_a_list_whose_rows_are_hidden_is_empty_and_never_null() -> None:
    """R27: an empty list and one that is another's look alike; return `[]` or `Connection[…].empty()`."""
    found = list(list_resolvers())
    assert len(found) > 20
    nulls = [
        f"{file}: {function.name} returns None for a list"
        for file, function in found
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant) and node.value.value is None
    ]
    assert nulls == []


def test_a_stale_version_always_tells_the_current_one_and_who_made_it() -> None:
    """`raise await repository.stale(key)`, or `unit.stale(repository, aggregate)` in a batch."""
    raised = [
        f"{file}:{node.lineno}: raise await repository.stale(key), or unit.stale(repository, aggregate)"
        for file, tree in trees("services/**/*.py", "gateway/**/*.py", "chassis/**/*.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "STALE_VERSION"
    ]
    assert [place for place in raised if not place.startswith("chassis/storage/repository.py")] == []
    assert raised, "the test finds no call at all"
