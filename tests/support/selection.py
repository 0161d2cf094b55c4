"""`python -m tests.support.selection WORD`: what pytest is to run for `make test ONLY=WORD`.

A path of a file, of a folder or of a test stays as it is; `R11` is every test whose name or docstring cites the rule,
and every file that is about it; any other word is every test whose name holds it.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache

from contracts.citations import ROOT, TESTS, Citation, in_tests

_RULE = re.compile(r"[Rr](\d{1,2})")


def selected(word: str) -> list[str]:
    """The arguments for pytest; none where nothing fits the word."""
    if (ROOT / word.partition("::")[0]).exists():
        return [word]
    if rule := _RULE.fullmatch(word):
        return _nodes(_citations().get(f"R{rule[1]}", ()))
    return _nodes(citation for citation in _tests() if word in citation.symbol)


def _nodes(citations: Iterable[Citation]) -> list[str]:
    """Tests by their ids, in their order; a file whole where more of it than a function is meant."""
    nodes: dict[str, None] = {}
    for citation in citations:
        *_, name = symbols = citation.symbol.split(".")
        nodes["::".join([citation.file, *symbols]) if name.startswith("test_") else citation.file] = None
    return [node for node in nodes if "::" not in node or node.partition("::")[0] not in nodes]


_citations = cache(in_tests)


@cache
def _tests() -> list[Citation]:
    """Every test function."""
    return [
        Citation(path.relative_to(ROOT).as_posix(), symbol)
        for path in sorted(path for folder in TESTS for path in (ROOT / folder).rglob("test_*.py"))
        for symbol in _functions(ast.parse(path.read_text(encoding="utf-8")))
    ]


def _functions(node: ast.Module | ast.ClassDef, scope: str = "") -> Iterator[str]:
    for child in node.body:
        if isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{scope}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and child.name.startswith("test_"):
            yield f"{scope}{child.name}"


def main(word: str) -> None:
    """Print the arguments, one a line.

    Raises:
        SystemExit: There is no such test; the message says what a word may be.
    """
    nodes = selected(word)
    if not nodes:
        sys.exit(f"no test for ONLY={word}: name a file, a folder, a part of a test's name, or a rule such as R11")
    sys.stdout.writelines(f"{node}\n" for node in nodes)


if __name__ == "__main__":
    main(sys.argv[1])
