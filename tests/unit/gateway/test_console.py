"""The operator's commands where something is wrong: exit codes, and nothing secret in what is printed."""

from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner

from chassis.storage.mongo import StorageError
from contracts.graph_files import SUPERGRAPH
from gateway import console

URL = "mongodb://gateway:hidden@db.internal:1/"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment of a gateway."""
    for name, value in {
        "MONGODB_URL": URL,
        "AMQP_URL": "amqp://127.0.0.1:1",
        "SIGNING_KEY_FILE": str(tmp_path / "keys.json"),
        "SUPERGRAPH_FILE": str(SUPERGRAPH),
        "SECOND_FACTOR_SCOPES": "[]",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("environment")
def test_a_database_that_is_away_is_exit_code_2_without_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(url: str) -> NoReturn:
        raise StorageError(f"no server at {url}")

    monkeypatch.setattr(console, "connect", connect)
    arguments = ["accounts", "--as", "李工", "unlock", "--login", "3144000011", "--scope", "school"]
    result = CliRunner().invoke(console.commands, arguments)
    assert result.exit_code == 2
    assert "the database does not answer" in result.stderr
    assert "hidden" not in result.output
    assert "db.internal" not in result.output


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    "arguments",
    [
        ["accounts", "--as", "李工", "import", "nowhere"],
        ["plan", "nowhere", str(SUPERGRAPH)],
        ["plan", str(SUPERGRAPH), "nowhere"],
        ["documents", "nowhere"],
    ],
)
def test_a_file_that_is_not_there_is_named_without_a_traceback(arguments: list[str]) -> None:
    result = CliRunner().invoke(console.commands, arguments)
    assert result.exit_code == 2
    assert "nowhere" in result.stderr
    assert "Traceback" not in result.stderr
