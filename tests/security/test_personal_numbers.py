"""R41: a personal number in any text is refused, and then stands nowhere: in no collection, event, log or workbook."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from chassis.storage.mongo import connect
from deploy.broker.definitions import ADMIN
from deploy.demo.roster import PROJECT_CODE
from deploy.processes import MIGRATED
from services.enrollment.domain.roster.sheet import HEADERS, Column
from tests.security.planting import WAYS, Plant, numbers, plants, written
from tests.security.rounds import LIVE
from tests.security.tenants import SCHOOLS, World
from tests.security.test_rows import SCHEMA
from tests.security.test_trespasses import answer_of

FOR_THE_TEXT = {"INVALID_TEXT", "INVALID_REASON", "INVALID_NAME", "INVALID_PURPOSE"}
"""What a field of free text is refused for; any other refusal would hide that the text was not looked at."""
_NUMBER = re.compile(r"(?<!\d)(?:\d{17}[\dX]|\d{11})(?!\d)")
_GROUPED = re.compile(r"(?<=\d)[\s\-](?=[\dX])")
_VERSION = "query($id: ID!) { project(id: $id) { version } }"
_ROSTER = 9_000
"""The serial numbers of what is planted into a roster begin here."""


@pytest.fixture(scope="module")
async def planted(world: World) -> dict[str, str]:
    """Every number that was sent, with where; and by whom it was let through."""
    sent: dict[str, str] = {}
    let_through: list[str] = []
    published = (await world.clients["base.a"].ask(_VERSION, id=world.ids["project.a"]))["project"]
    for plant in plants(SCHEMA, world, published["version"]):
        sent[plant.number] = str(plant)
        answer = await world.clients[plant.who].execute(document_of(plant), **plant.arguments)
        codes = codes_in(answer)
        if not codes or not (plant.coded or codes <= FOR_THE_TEXT):
            let_through.append(f"{plant}: {sorted(codes)}")
        if held(str(answer), {plant.number: ""}):
            let_through.append(f"{plant}: said again in {answer}")
    numbers_of, roster = await a_roster(world)
    sent |= numbers_of
    staged = await world.clients["school.a"].upload_roster(roster.encode())
    world.ids["roster.planted"] = str(staged.get("id"))
    if staged.get("good") != 0:
        let_through.append(f"roster: {staged}")
    return sent | {"let through": "\n".join(let_through)}


async def test_r41_a_number_in_any_text_of_any_mutation_or_roster_is_refused(planted: dict[str, str]) -> None:
    assert len(planted) > 300
    assert not planted["let through"], planted["let through"]


async def test_r41_such_a_number_is_in_no_collection_and_so_in_no_event(world: World, planted: dict[str, str]) -> None:
    """The audit and the provincial logs hold every event there is."""
    client = connect(world.provisioner.suite.parts.mongodb_url(ADMIN))
    found: set[str] = set()
    seen = 0
    async with client:
        for name in MIGRATED:
            for collection in await client[name].list_collection_names():
                async for document in client[name][collection].find():
                    seen += 1
                    found |= {f"{name}.{collection}: {planted[number]}" for number in held(str(document), planted)}
    assert seen > 500
    assert found == set()


async def test_r41_such_a_number_is_in_no_log_line(world: World, planted: dict[str, str]) -> None:
    logs = list((world.provisioner.suite.home / "logs").glob("*.log"))
    assert len(logs) >= len(MIGRATED)
    found = {
        f"{log.name}: {planted[number]}"
        for log in logs
        for number in held(log.read_text(encoding="utf-8", errors="replace"), planted)
    }
    assert found == set()


async def test_r41_such_a_number_is_in_no_workbook(world: World, planted: dict[str, str]) -> None:
    school, province, project = SCHOOLS["a"], "32", world.ids["project.a"]
    paths = {
        "base.a": f"/exports/projects/{project}.xlsx",
        "school.a": f"/exports/schools/{school}.xlsx?year={LIVE}",
        "school.a ": f"/rosters/{world.ids['roster.planted']}/result.xlsx",
        "province.a": f"/exports/provinces/{province}.xlsx?year={LIVE}",
    }
    for who, path in paths.items():
        status, content = await world.clients[who.strip()].fetch(path)
        assert status == 200, path
        text = "".join(cells(content))
        assert text
        assert not held(text, planted), path


def document_of(plant: Plant) -> str:
    assert SCHEMA.mutation_type
    field = SCHEMA.mutation_type.fields[plant.mutation]
    names = [name for name in field.args if name in plant.arguments]
    variables = ", ".join(f"${name}: {field.args[name].type}" for name in names)
    given = ", ".join(f"{name}: ${name}" for name in names)
    return f"mutation({variables}) {{ {plant.mutation}({given}) {answer_of(field)} }}"


def codes_in(answer: dict[str, Any]) -> set[str]:
    """Why it was refused, whole or row by row; empty when it was let through."""
    codes = {str(error["extensions"].get("code")) for error in answer.get("errors", ())}
    (value,) = (answer.get("data") or {"": None}).values()
    rows = value if isinstance(value, list) else []
    return codes | {row["refusal"]["code"] for row in rows if row.get("refusal")}


async def a_roster(world: World) -> tuple[dict[str, str], str]:
    """The numbers in a roster and its text: for every column but the numbers' own two lines a way of writing one."""
    code = (await world.clients["public"].do(PROJECT_CODE, id=world.ids["project.a"]))["code"]
    columns = list(Column)
    sent: dict[str, str] = {}
    lines = [",".join(HEADERS[column][0] for column in columns)]
    planted_columns = [column for column in columns if column not in {Column.ID_NUMBER, Column.MOBILE}]
    rows = [(column, way) for column in planted_columns for way in range(len(WAYS))]
    for serial, (column, way) in enumerate(rows, _ROSTER):
        for place, number in enumerate(numbers(serial)):
            own, mobile = numbers(serial + 100 * (place + 1))
            texts = {
                Column.NAME: "名册甲",
                Column.ID_NUMBER: own,
                Column.MOBILE: mobile,
                Column.POST: "教师",
                Column.EMPLOYMENT: "专职",
                Column.TITLE: "讲师",
                Column.PROJECT: code,
            }
            texts[column] = texts.get(column, "") + written(number, way)
            sent[number] = f"roster, {column}"
            lines.append(",".join(texts.get(key, "") for key in columns))
    return sent, "\n".join(lines)


def held(text: str, planted: dict[str, str]) -> set[str]:
    """The planted numbers in a text, in whatever way they are written there."""
    plain = unicodedata.normalize("NFKC", text)
    return {number for number in _NUMBER.findall(f"{plain} | {_GROUPED.sub('', plain)}") if number in planted}


def cells(workbook: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(workbook)) as book:
        yield from (book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
