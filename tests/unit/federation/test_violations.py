"""An error of the projection is told unless another one explains it, and however many there are, it is found fast."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.federation.errors import Path
from gateway.federation.executor.projection import Violations

PATHS = st.lists(st.lists(st.sampled_from(["a", "b", 0, 1]), max_size=4).map(tuple), max_size=12)


def trail_of(path: Path) -> Any:
    trail: Any = None
    for step in path:
        trail = (trail, step)
    return trail


def is_around(known: Path, path: Path) -> bool:
    return known[: len(path)] == path or path[: len(known)] == known


@given(PATHS, PATHS)
def test_what_is_known_at_a_path_above_it_or_below_it_is_told_once(fetched: list[Path], found: list[Path]) -> None:
    violations = Violations([{"path": list(path)} for path in fetched])
    known, told = list(fetched), []
    for path in found:
        violations.add(trail_of(path), "", "X")
        if not any(is_around(other, path) for other in known):
            known.append(path)
            told.append(path)
    assert [tuple(error.get("path", ())) for error in violations.errors] == told


class Counted(int):
    """An index that counts how often it is compared with another or looked up."""

    times = 0

    def __eq__(self, other: object) -> bool:
        Counted.times += 1
        return int(self) == other

    def __hash__(self) -> int:
        Counted.times += 1
        return int.__hash__(self)


def test_each_of_many_violations_takes_as_many_steps_as_its_path_has() -> None:
    violations, Counted.times = Violations([]), 0
    for index in range(2_000):
        violations.add(((None, "list"), Counted(index)), "", "X")
    assert len(violations.errors) == 2_000
    assert Counted.times <= 2_000 * 10
