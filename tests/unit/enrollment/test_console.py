"""R3, R40, R41: the import of schools ends with an exit code that a script can use, and prints no personal number."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymongo.errors import ServerSelectionTimeoutError
from typer.testing import CliRunner

from services.enrollment import console
from services.enrollment.commands import ImportedSchool, NewSchool


@asynccontextmanager
async def away(url: str) -> AsyncIterator[None]:
    """A database that does not answer."""
    raise ServerSelectionTimeoutError(url)
    yield


def test_a_database_that_is_away_is_exit_code_2_and_no_address_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "MONGODB_URL": "mongodb://127.0.0.1:1",
        "MONGODB_DATABASE": "enrollment",
        "AMQP_URL": "amqp://unused",
        "INTERNAL_JWKS_FILE": "unused",
        "VAULT_FILE": "unused",
        "NAMES_KEYS_FILE": "unused",
        "PORT": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(console, "connect", away)
    file = tmp_path / "schools.csv"
    file.write_text("学校标识码,学校名称,省份\n3144000011,羊城机电,44\n", encoding="utf-8")
    result = CliRunner().invoke(console.commands, ["schools", "import", str(file), "--as", "李工"])
    assert result.exit_code == 2
    assert "数据库没有应答" in result.output
    assert "127.0.0.1" not in result.output


@pytest.mark.parametrize("number", ["110101199003077758", "138 0013 8000"])
def test_r41_a_cell_with_a_personal_number_is_not_printed(number: str) -> None:
    row = NewSchool(code=number, name=f"某校{number}", province="44")
    line = console._line(ImportedSchool(0), row, "refused")
    assert (line["row"], line["code"], line["name"]) == (2, "…", "…")
