"""Where code and tests cite rules (`R11`), read from their syntax trees; `rules_page` shows it."""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = ("kernel", "chassis", "gateway", "services")
TESTS = ("tests",)
MODULE = ""
"""The symbol of a citation by a module as a whole."""
_RULES = re.compile(r"(?<![A-Za-z0-9])[Rr](\d{1,2})(?:[–-]R?(\d{1,2})|_to_r(\d{1,2}))?(?![A-Za-z0-9])")
Reader = Callable[[ast.AST, str], Iterator[tuple[str, str]]]
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True, order=True)
class Citation:
    """A place that cites a rule.

    Attributes:
        file: Its path from the root.
        symbol: `Class.function` in it, or `MODULE`.
    """

    file: str
    symbol: str


def in_code() -> dict[str, list[Citation]]:
    """Rule to the modules, classes and functions that cite it in a string, most often a docstring."""
    return _collected(CODE, "*.py", of_code)


def in_tests() -> dict[str, list[Citation]]:
    """Rule to the tests, and test modules, that cite it in their name or docstring."""
    return _collected(TESTS, "test_*.py", of_tests)


def rules_in(text: str) -> Iterator[str]:
    """The numbers of the rules that a text cites; `R14–R16` gives three."""
    for first, *last in _RULES.findall(text):
        for number in range(int(first), int(next(filter(None, last), first)) + 1):
            yield f"R{number}"


def of_code(node: ast.AST, symbol: str) -> Iterator[tuple[str, str]]:
    """Every string below a node, with the innermost definition that contains it or that it decorates.

    Args:
        node: Where to look.
        symbol: The definition that contains the node, `MODULE` for none.

    Yields:
        `(symbol, string)`.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield symbol, child.value
        yield from of_code(child, _within(symbol, child))


def of_tests(node: ast.AST, symbol: str) -> Iterator[tuple[str, str]]:
    """The docstrings of a test module and its classes, and the names and docstrings of the tests in them.

    Args:
        node: A module, class or function.
        symbol: Its own symbol, `MODULE` for the module.

    Yields:
        `(symbol, text)`.
    """
    if isinstance(node, ast.Module | ast.ClassDef):
        yield symbol, ast.get_docstring(node) or ""
        for child in node.body:
            yield from of_tests(child, _within(symbol, child))
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
        yield symbol, f"{node.name}\n{ast.get_docstring(node) or ''}"


def _within(symbol: str, node: ast.AST) -> str:
    return f"{symbol}.{node.name}".lstrip(".") if isinstance(node, _Definition) else symbol


def _collected(folders: tuple[str, ...], pattern: str, read: Reader) -> dict[str, list[Citation]]:
    citations: dict[str, set[Citation]] = defaultdict(set)
    for path in (path for folder in folders for path in (ROOT / folder).rglob(pattern)):
        file = path.relative_to(ROOT).as_posix()
        for symbol, text in read(ast.parse(path.read_text(encoding="utf-8")), MODULE):
            for rule in rules_in(text):
                citations[rule].add(Citation(file, symbol))
    return {rule: sorted(places) for rule, places in citations.items()}
