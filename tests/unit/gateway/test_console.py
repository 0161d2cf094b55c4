"""The operator's commands where something is wrong: exit codes, and nothing secret in what is printed."""

from pathlib import Path

import orjson
import pytest
from joserfc.jwk import ECKey, KeySet
from typer.testing import CliRunner

from gateway.console import commands
from tests.unit.gateway.serving import SUPERGRAPH


@pytest.fixture
def database_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment of a gateway whose database does not answer."""
    keys = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
    file = tmp_path / "keys.json"
    file.write_bytes(orjson.dumps(keys.as_dict(private=True)))
    url = "mongodb://gateway:hidden@127.0.0.1:1/?serverSelectionTimeoutMS=50&connectTimeoutMS=50"
    for name, value in {
        "MONGODB_URL": url,
        "AMQP_URL": "amqp://127.0.0.1:1",
        "SIGNING_KEY_FILE": str(file),
        "SUPERGRAPH_FILE": str(SUPERGRAPH),
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("database_away")
def test_a_database_that_is_away_is_exit_code_2_without_its_address() -> None:
    arguments = ["accounts", "--as", "李工", "unlock", "--login", "3144000011", "--scope", "school"]
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 2
    assert "the database does not answer" in result.stderr
    assert "hidden" not in result.output + result.stderr
    assert "127.0.0.1" not in result.output + result.stderr
