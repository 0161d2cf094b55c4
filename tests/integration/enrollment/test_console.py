"""`python -m services.enrollment schools import` as an operator runs it on the national list (R3)."""

import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from chassis.storage.migration import migrate
from chassis.storage.mongo import Database
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.local.secrets import Secrets
from services.enrollment.migrations import MIGRATIONS
from tests.support.processes import command

ROOT = Path(__file__).resolve().parents[3]
HEADINGS = "学校标识码,学校名称,省份\n"


@pytest.fixture
async def environment(parts: Parts, database: Database, tmp_path: Path) -> dict[str, str]:
    """The settings of an enrollment process, whose database is migrated."""
    await migrate(database, MIGRATIONS)
    return {
        "MONGODB_URL": parts.mongodb_url(ADMIN),
        "MONGODB_DATABASE": database.name,
        "AMQP_URL": "amqp://unused",
        "INTERNAL_JWKS_FILE": str(tmp_path / "unused.json"),
        "VAULT_FILE": str(Secrets(tmp_path).vault_keys),
        "NAMES_KEYS_FILE": str(Secrets(tmp_path).name_keys),
        "PORT": "1",
    }


async def run(environment: dict[str, str], *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, the lines of JSON, and what is on standard error; the operator is 李工."""
    done = await command(
        "services.enrollment", "schools", "import", "--as", "李工", *arguments, environment=environment
    )
    return done.code, [json.loads(line) for line in done.out.splitlines()], done.error


def workbook(file: Path, rows: list[list[Any]]) -> Path:
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    book.close()
    return file


async def test_a_list_is_checked_by_a_dry_run_then_imported_with_a_result_for_each_row(
    environment: dict[str, str], database: Database, tmp_path: Path
) -> None:
    rows = [
        "3144000011,羊城机电中等职业学校,广东省",
        "4111000001,部属职业学院,00",
        "3151000021,错省学校,44",
        "1,无码,44",
    ]
    rows += ["3144000012,没写省份,"]
    file = tmp_path / "schools.csv"
    file.write_text(HEADINGS + "\n".join(rows), encoding="utf-8-sig")
    refused = ["refused"] * 3
    status, lines, error = await run(environment, str(file), "--dry-run")
    assert (status, [line["state"] for line in lines]) == (1, ["would be registered"] * 2 + refused)
    assert "dry run：将登记 would be registered 2、拒绝 refused 3" in error
    assert await database["schools"].count_documents({}) == 0
    status, lines, error = await run(environment, str(file))
    assert (status, [line["state"] for line in lines]) == (1, ["registered"] * 2 + refused)
    assert [line.get("refusal") for line in lines][2:] == [
        "PROVINCE_MISMATCH",
        "INVALID_SCHOOL_CODE",
        "UNKNOWN_PROVINCE",
    ]
    assert [line["row"] for line in lines] == [2, 3, 4, 5, 6]
    assert "登记 registered 2、拒绝 refused 3" in error
    stored = {school["_id"]: school async for school in database["schools"].find()}
    assert {code: school["province"] for code, school in stored.items()} == {"3144000011": "44", "4111000001": "00"}
    actor = stored["3144000011"]["events"][0]["actor"]
    assert (actor["subject"], actor["scope"], actor["name"]) == ("operator:李工", "operator", "李工")


async def test_a_workbook_with_codes_typed_as_numbers_and_a_list_in_gb18030_are_read(
    environment: dict[str, str], tmp_path: Path
) -> None:
    rows: list[list[Any]] = [
        ["省份代码", "name", "学校代码"],
        [44, "羊城机电", 3144000011],
        ["44", "鹏湾信息", "３１４４０００ ０１２"],
    ]
    status, lines, _ = await run(environment, str(workbook(tmp_path / "schools.xlsx", rows)))
    assert (status, [line["state"] for line in lines]) == (0, ["registered", "registered"])
    file = tmp_path / "schools.csv"
    file.write_text(f"{HEADINGS}3144000011,羊城机电,广东省\n3144000013,第三所,广东省\n", encoding="gb18030")
    status, lines, _ = await run(environment, str(file))
    assert (status, [line["state"] for line in lines]) == (0, ["known", "registered"])


@pytest.mark.parametrize("content", [None, "学校标识码,学校名称\n1,2\n", "", "PK\x03\x04"])
async def test_a_file_that_cannot_be_read_is_named_without_a_traceback(
    environment: dict[str, str], tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / ("schools.xlsx" if content and content.startswith("PK") else "schools.csv")
    if content is not None:
        file.write_text(content)
    status, lines, error = await run(environment, str(file))
    assert (status, lines) == (2, [])
    assert "Traceback" not in error


async def test_a_file_that_is_not_there_is_named_by_its_path(environment: dict[str, str]) -> None:
    status, _, error = await run(environment, "nowhere/schools.csv")
    assert status == 2
    assert "nowhere/schools.csv" in error
