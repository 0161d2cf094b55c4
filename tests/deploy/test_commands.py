"""What an operator reads who calls a command of `make run` with too little, with something wrong, or twice."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy import __main__ as local
from deploy.local.home import lock_holder
from deploy.local.suite import ROOT
from deploy.seed.loading import LOGINS

_HOLD = """import signal, sys
from pathlib import Path
from deploy.local.home import HomeLock
lock = HomeLock(Path(sys.argv[1]))
print("held", flush=True)
signal.pause()
"""


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A process that holds the home as `make run` does, with its gateway on port 8123; its id."""
    monkeypatch.setattr(local, "HOME", tmp_path)
    monkeypatch.setattr(local, "ENDPOINTS", tmp_path / "endpoints.json")
    monkeypatch.setattr(local, "_stop_on_signals", lambda: None)
    endpoints = {"graphql": "http://127.0.0.1:8123/graphql", "metrics": {"gateway": "http://127.0.0.1:8124/metrics"}}
    local.ENDPOINTS.write_text(json.dumps(endpoints), encoding="utf-8")
    logins = {"password": "a-password", "logins": [], "initial": {}}
    (tmp_path / LOGINS).write_text(json.dumps(logins), encoding="utf-8")
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:  # noqa: S603 - ours
        assert process.stdout
        process.stdout.readline()
        yield process.pid
        process.kill()


@pytest.mark.parametrize(
    ("arguments", "form"),
    [
        (["clock"], "make clock AT=2024-05-25T09:00"),
        (["do"], 'make do ON=enrollment DO="vault keys"'),
        (["do", "ON=catalog"], "make do ON=catalog DO=--help"),
        (["deadletters"], "make deadletters DO=list"),
        (["revoke"], "make revoke PROVINCE=44"),
        (["readmit"], "make readmit PROVINCE=44"),
        (["restore-data"], "make restore-data FILE=….backup ON=enrollment"),
        (["plan"], "make plan QUERY=file.graphql"),
    ],
)
def test_a_target_that_lacks_a_variable_says_how_it_is_called(arguments: list[str], form: str) -> None:
    done = subprocess.run(["make", *arguments], cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603, S607
    assert done.returncode
    assert form in done.stderr
    assert "Usage" not in done.stderr


def test_what_is_no_time_is_answered_with_an_example() -> None:
    result = CliRunner().invoke(local.cli, ["clock", "garbage"])
    assert result.exit_code
    assert "AT=2024-05-25T09:00" in result.output


def test_commands_of_a_suite_that_does_not_run_print_nothing_that_a_script_takes_for_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "ENDPOINTS", tmp_path / "endpoints.json")
    result = CliRunner().invoke(local.cli, ["endpoint", "amqp"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "It does not run" in result.stderr


@pytest.mark.parametrize(("port", "ignored"), [("9000", True), ("8123", False)])
@pytest.mark.usefixtures("running")
def test_a_second_start_says_where_the_first_runs_and_that_another_port_is_ignored(port: str, ignored: bool) -> None:
    result = CliRunner().invoke(local.cli, ["run", "--port", port])
    assert "http://127.0.0.1:8123/graphql" in result.output
    assert (f"PORT={port}" in result.output) == ignored


def test_stop_says_what_it_has_stopped(running: int) -> None:
    result = CliRunner().invoke(local.cli, ["stop"])
    assert (result.exit_code, lock_holder(local.HOME)) == (0, None)
    assert "http://127.0.0.1:8123" in result.output
    assert str(running) in result.output
