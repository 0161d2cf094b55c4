"""No module imports itself by way of others, but for the types of a GraphQL schema that name each other."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("kernel", "chassis", "services", "gateway", "contracts", "deploy")
TYPE_CIRCLES = {"services.catalog.graph": 5, "services.enrollment.graph": 7}
"""Where object types refer to each other, which Strawberry resolves lazily, and how many files are in the circle."""


def imports(*packages: str) -> dict[str, set[str]]:
    """Module to the modules that it imports, in any place of its text but for types only.

    An import inside a function counts as well: it hides a circle from the interpreter, not from a reader.
    """
    graph = grimp.build_graph(*packages, exclude_type_checking_imports=False, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def circles(imported: Mapping[str, set[str]]) -> Iterator[set[str]]:
    """The strongly connected components of more than one module (Kosaraju's algorithm)."""
    importers: dict[str, set[str]] = {module: set() for module in imported}
    for module, targets in imported.items():
        for target in targets:
            importers[target].add(module)
    left = dict.fromkeys(finished(imported))
    while left:
        start = next(reversed(left))
        component = reached(start, importers, left.keys())
        for module in component:
            del left[module]
        if len(component) > 1:
            yield component


def finished(imported: Mapping[str, set[str]]) -> Iterator[str]:
    """Every module after all that it imports, as far as circles allow."""
    seen: set[str] = set()
    for root in imported:
        stack = [(root, iter(imported[root]))] if root not in seen else []
        seen.add(root)
        while stack:
            module, targets = stack[-1]
            target = next((target for target in targets if target not in seen), None)
            if target is None:
                stack.pop()
                yield module
            else:
                seen.add(target)
                stack.append((target, iter(imported[target])))


def reached(start: str, edges: Mapping[str, set[str]], within: AbstractSet[str]) -> set[str]:
    """Everything that can be reached from a module."""
    seen, waiting = {start}, [start]
    while waiting:
        more = (edges[waiting.pop()] & within) - seen
        seen |= more
        waiting += more
    return seen


def folder(circle: set[str]) -> str:
    """The package that all of a circle is in."""
    return min(circle).rpartition(".")[0]


def test_only_the_types_of_a_schema_import_each_other() -> None:
    found = [sorted(circle) for circle in circles(imports(*PACKAGES))]
    avoidable = [circle for circle in found if folder(set(circle)) not in TYPE_CIRCLES]
    assert avoidable == []
    for circle in found:
        package = folder(set(circle))
        assert all(module.startswith(f"{package}.") for module in circle), circle
    assert {folder(set(circle)): len(circle) for circle in found} == TYPE_CIRCLES


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}}, [{"a", "b"}]),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"e"}, "e": {"d", "a"}}, [{"a", "b", "c"}, {"d", "e"}]),
    ],
    ids=["none", "two", "three and two"],
)
def test_a_circle_is_found(edges: dict[str, set[str]], expected: list[set[str]]) -> None:
    assert sorted(circles(edges), key=min) == expected


@pytest.mark.parametrize("line", ["import kernel.identifiers", "def late() -> None:\n    import kernel.identifiers"])
def test_a_planted_circle_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """`kernel.identifiers` imports `kernel.dates`; here `dates` imports it as well."""
    package = tmp_path / "kernelcopy"
    package.mkdir()
    for file in (ROOT / "kernel").glob("*.py"):
        text = file.read_text(encoding="utf-8").replace("from kernel.", "from kernelcopy.")
        (package / file.name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert list(circles(imports("kernelcopy"))) == []
    with (package / "dates.py").open("a", encoding="utf-8") as spoilt:
        spoilt.write(f"\n\n{line.replace('kernel', 'kernelcopy')}\n")
    assert list(circles(imports("kernelcopy"))) == [{"kernelcopy.dates", "kernelcopy.identifiers"}]
