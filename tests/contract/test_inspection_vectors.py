"""The draw of an inspection, recomputed by the domain and both public programs, byte for byte alike (R37; ADR 55)."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local import node as nodejs
from kernel.encoding import canonical
from kernel.free_text import Title
from kernel.reference import FOLDER
from services.assessment.domain import draw, inspection
from services.assessment.domain.beacon import Beacon
from services.assessment.domain.inspection import Inspection
from services.assessment.domain.vocabulary import InspectionState

EXAMPLES = Path(__file__).parent / "inspection"
POPULATION = (EXAMPLES / "population.jsonl").read_bytes()
PROGRAMS = FOLDER / "inspection"
NODE = nodejs.command("node")
SHARE_BP = 2000


def ceremony(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


def published(name: str) -> bytes:
    """The published sample, as the programs print it."""
    return canonical(ceremony(f"{name}.sample")) + b"\n"


def announced(name: str) -> Inspection:
    """The inspection of the example at the moment before its draw."""
    public = ceremony(name)
    candidates = draw.candidates_of(POPULATION)
    frozen_at = datetime.fromisoformat("2024-06-03T09:00:00+08:00")
    frozen, _, _ = inspection.freeze(
        public["id"],
        year=2024,
        title=Title("2024年第一次随机抽检"),
        share_bp=SHARE_BP,
        candidates=candidates,
        weights="weights-2024.1",
        now=frozen_at,
    )
    recorded_at = datetime.fromisoformat("2024-06-15T09:00:00+08:00")
    return replace(
        frozen,
        state=InspectionState.ANNOUNCED,
        commitment=public["commitment"],
        beacons=tuple(
            Beacon(beacon["source"], datetime.fromisoformat(beacon["at"]), beacon["value"])
            for beacon in public["beacons"]
        ),
        reveal_by=datetime.fromisoformat(public["reveal_by"]),
        recorded_at=recorded_at,
    )


def drawn(name: str) -> Inspection:
    before, candidates = announced(name), draw.candidates_of(POPULATION)
    secret = ceremony(name)["secret"]
    if secret is None:
        assert before.reveal_by
        return inspection.withhold(before, candidates, before.reveal_by + timedelta(seconds=1))[0]
    assert before.recorded_at
    return inspection.reveal(before, candidates, bytes.fromhex(secret), before.recorded_at + timedelta(hours=24))[0]


def python(folder: Path) -> "subprocess.CompletedProcess[bytes]":
    return finished([sys.executable, "-I", "-S", str(PROGRAMS / "draw.py")], folder)


def node(folder: Path) -> "subprocess.CompletedProcess[bytes]":
    assert NODE
    return finished([*NODE, str(PROGRAMS / "draw.mjs")], folder)


def finished(program: list[str], folder: Path) -> "subprocess.CompletedProcess[bytes]":
    command = [*program, "population.jsonl", "ceremony.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603 - our own programs


RUNS = [
    pytest.param(python, id="draw.py"),
    pytest.param(node, id="draw.mjs", marks=pytest.mark.skipif(not NODE, reason="no Node")),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The public files as a stranger has fetched them, from our own domain."""
    (tmp_path / "population.jsonl").write_bytes(draw.population_file(draw.candidates_of(POPULATION)))
    (tmp_path / "ceremony.json").write_bytes(canonical(drawn("ceremony").ceremony()))
    return tmp_path


def test_the_population_is_written_as_the_example_is() -> None:
    assert draw.population_file(reversed(draw.candidates_of(POPULATION))) == POPULATION


@pytest.mark.parametrize("name", ["ceremony", "withheld"])
def test_r37_the_domain_draws_the_published_sample_byte_for_byte(name: str) -> None:
    assert canonical(drawn(name).drawn_sample()) + b"\n" == published(name)


@pytest.mark.parametrize("name", ["ceremony", "withheld"])
def test_r37_the_domain_writes_the_published_ceremony(name: str) -> None:
    assert drawn(name).ceremony() == ceremony(name)


@pytest.mark.parametrize("name", ["ceremony", "withheld"])
@pytest.mark.parametrize("run", RUNS)
def test_r37_anyone_recomputes_the_sample_with_a_public_program(folder: Path, run: Any, name: str) -> None:
    (folder / "ceremony.json").write_bytes(canonical(drawn(name).ceremony()))
    assert run(folder).stdout == published(name)


@pytest.mark.parametrize("run", RUNS)
def test_r37_a_population_that_was_tampered_with_is_found(folder: Path, run: Any) -> None:
    file = folder / "population.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([lines[0].replace(b'"weight":3', b'"weight":1'), *lines[1:]]))
    result = run(folder)
    assert result.returncode != 0
    assert "总体文件与公布的哈希不符" in result.stderr.decode()


@pytest.mark.parametrize("run", RUNS)
def test_r37_another_secret_than_the_committed_one_is_found(folder: Path, run: Any) -> None:
    public = ceremony("ceremony") | {"secret": "00" * 32}
    (folder / "ceremony.json").write_bytes(canonical(public))
    result = run(folder)
    assert result.returncode != 0
    assert "密钥与公布的承诺不符" in result.stderr.decode()


def test_the_sample_of_the_example_is_allocated_as_published() -> None:
    sizes = draw.sizes_of(draw.candidates_of(POPULATION))
    assert draw.allocate(sizes, draw.wanted(sum(sizes.values()), SHARE_BP)) == ceremony("ceremony")["allocation"]
