"""How tests are shared out to workers."""

from collections.abc import Iterator
from pathlib import Path

from tests.support.scheduling import scope_of

ROOT = Path(__file__).resolve().parents[3]


def files(*tiers: str) -> Iterator[str]:
    for tier in tiers:
        yield from (path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / tier).rglob("test_*.py"))


def test_what_plays_on_one_suite_stays_in_one_worker() -> None:
    assert len({scope_of(f"{file}::test_x") for file in files("e2e", "security")}) == 1
    assert len({scope_of(f"{file}::test_x") for file in files("faults")}) == 1
    assert len({scope_of(f"{file}::test_x") for file in files("web")}) == 1


def test_any_other_file_may_go_to_any_worker_and_goes_whole() -> None:
    others = [*files("unit", "integration", "contract", "architecture", "deploy")]
    assert [scope_of(f"{file}::TestX::test_y[a::b]") for file in others] == others
