"""docs/trust.md: its commands, run as they stand, find what is right and what is not (R32, R34, R36, R37, R40)."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local import node as nodejs
from kernel.ballots import merkle_root
from kernel.encoding import canonical
from kernel.reference import FOLDER
from services.assessment.commands.credentials import Credentials
from services.assessment.console import FORMAT
from services.assessment.domain.audit import GENESIS, Act, Row
from tests.contract.reading import ROOT
from tests.contract.test_certificate_vectors import CLAIMS
from tests.contract.test_inspection_vectors import EXAMPLES, ceremony
from tests.support.certificates import new_credentials

NODE = nodejs.command("node")
BLOCKS = re.findall(r"```\n(.*?)```", (ROOT / "docs" / "trust.md").read_text("utf-8"), re.DOTALL)


def block(beginning: str) -> str:
    """The commands of the page that begin so."""
    (found,) = (text for text in BLOCKS if text.startswith(beginning))
    return str(found)


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """An empty folder, beside it a server's files, and a PATH of a few programs."""
    published, programs = tmp_path / "published", tmp_path / "bin"
    published.mkdir()
    programs.mkdir()
    (tmp_path / "empty").mkdir()
    shutil.copy(EXAMPLES / "population.jsonl", published)
    (published / "ceremony.json").write_bytes(canonical(ceremony("ceremony")) + b"\n")
    (published / "sample.json").write_bytes(canonical(ceremony("ceremony.sample")) + b"\n")
    for program in ("draw.py", "draw.mjs"):
        shutil.copy(FOLDER / "inspection" / program, published)
    _script(programs / "curl", f'cp {shlex.quote(str(published))}/"${{2##*/}}" .')
    _script(programs / "python3", f'exec {shlex.quote(sys.executable)} "$@"')
    _script(programs / "node", f'exec {shlex.join(NODE or ["false"])} "$@"')
    return tmp_path / "empty"


def _script(file: Path, text: str) -> None:
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)


def run(folder: Path, commands: str, **named: str) -> str:
    """What the commands print."""
    path = f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOST": "http://host", **named}
    done = subprocess.run(  # noqa: S603 - the page's own commands
        ["bash", "-e", "-c", commands],  # noqa: S607
        cwd=folder,
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout


@pytest.mark.skipif(not NODE, reason="no Node")
def test_r37_a_stranger_recomputes_the_sample_by_the_commands_of_the_page(stranger: Path) -> None:
    assert run(stranger, block("for f in")) == "the same\nthe same\n"


def test_r37_a_stranger_checks_hash_and_commitment_by_the_commands_of_the_page(stranger: Path) -> None:
    assert run(stranger, block("for f in").partition("python3")[0] + block("sha256sum")).splitlines() == [
        f"{ceremony('ceremony')['population_sha256']}  population.jsonl",
        "True",
    ]


def test_r37_a_stranger_sees_the_order_that_replacements_take(stranger: Path) -> None:
    (order,) = (text for text in BLOCKS if "tickets" in text)
    lines = run(stranger, block("for f in").partition("python3")[0] + order).splitlines()
    first: dict[str, list[str]] = {}
    for line in lines:
        stratum, _, project = line.split(" ")
        first.setdefault(stratum, []).append(project)
    sample = ceremony("ceremony.sample")["sample"]
    assert len(lines) == 60
    assert {stratum: projects[: len(sample[stratum])] for stratum, projects in first.items()} == sample


def twin(credentials: Credentials) -> str:
    """A certificate's signed claims."""
    return credentials.vault.open(credentials.sign(CLAIMS).jws_sealed)


def certified(credentials: Credentials, folder: Path, *ended: int) -> None:
    """A certificate in the folder, and the public files about it on the server."""
    (folder / "certificate.jwt").write_text(twin(credentials), encoding="ascii")
    published = folder.parent / "published"
    published.joinpath("keys.json").write_text(json.dumps(credentials.signing.public()), encoding="utf-8")
    token = credentials.status_list(2024, ended, datetime(2024, 7, 2, tzinfo=UTC))
    published.joinpath("2024.jwt").write_text(token, encoding="ascii")


def test_r32_a_stranger_sees_whether_a_certificate_holds(stranger: Path) -> None:
    commands, credentials = block('curl -fsSO "$HOST/certificates/keys.json"'), new_credentials()
    certified(credentials, stranger)
    assert run(stranger, commands) == f"{CLAIMS.name} holds\n"
    certified(credentials, stranger, CLAIMS.place)
    assert run(stranger, commands) == f"{CLAIMS.name} holds no more\n"


def test_r32_a_stranger_finds_a_certificate_that_others_signed(stranger: Path) -> None:
    certified(new_credentials(), stranger)
    (stranger / "certificate.jwt").write_text(twin(new_credentials()), encoding="ascii")
    with pytest.raises(subprocess.CalledProcessError):
        run(stranger, block('curl -fsSO "$HOST/certificates/keys.json"'))


def test_r34_a_stranger_compares_the_key_list_and_finds_a_questionnaire_in_it_once(stranger: Path) -> None:
    text = canonical({"v": 1, "day": "2024-06-10", "instruments": [{"id": "ins1"}, {"id": "ins2"}]})
    (stranger.parent / "published" / "2024-06-10.json").write_bytes(text)
    printed = run(stranger, block('curl -fsSO "$HOST/evaluations/keys'), DAY="2024-06-10", INSTRUMENT="ins1")
    assert printed.split() == [hashlib.sha256(text).hexdigest(), "2024-06-10.json", "1"]


def test_r36_a_voter_finds_the_own_ballot_and_recomputes_the_root(stranger: Path) -> None:
    receipts = sorted(hashlib.sha256(bytes([number])).hexdigest() for number in range(7))
    (stranger.parent / "published" / "ins1.txt").write_text("".join(f"{line}\n" for line in receipts), "ascii")
    root = merkle_root([bytes.fromhex(receipt) for receipt in receipts]).hex()
    commands = block('curl -fsSO "$HOST/evaluations/receipts')
    assert run(stranger, commands, INSTRUMENT="ins1", RECEIPT=receipts[3]).splitlines() == ["1", f"7 {root}"]


@pytest.mark.parametrize("changed", [False, True])
def test_r40_a_stranger_recomputes_the_audit_chain(stranger: Path, changed: bool) -> None:
    lines, previous = [json.dumps({"format": FORMAT, "genesis": GENESIS})], GENESIS
    for sequence in range(1, 4):
        act = Act(
            event=f"e{sequence}",
            type="catalog.round-opened",
            subject="2024",
            version=sequence,
            province="00",
            at="2024-03-28T00:00:00Z",
            actor=None,
            traceparent=None,
            data={"title": "培训"},
        )
        row = Row(sequence=sequence, previous=previous, act=act, hash="")
        row = replace(row, hash=row.computed())
        previous = row.hash
        written = replace(row, act=replace(act, subject="2025")) if changed and sequence == 2 else row
        lines.append(json.dumps(asdict(written), ensure_ascii=False))
    lines.append(json.dumps({"head": {"sequence": 3, "hash": previous}}))
    (stranger / "audit.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (commands,) = (text for text in BLOCKS if "audit.jsonl" in text and "genesis" in text)
    if changed:
        with pytest.raises(subprocess.CalledProcessError, match="exit status 1"):
            run(stranger, commands)
    else:
        assert run(stranger, commands) == f"intact 3 {previous}\n"
