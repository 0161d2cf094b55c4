"""`python -m bench.rosters`: a roster of 5,000 rows, 300 of them bad, from file to enrollments (R22, ADR 15).

The transaction of a whole roster stands beside its limit from the same run: one transaction that inserts as many
documents of the same size, without a query or a check.
"""

import argparse
import asyncio
import io
import os
import platform
import secrets
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import xlsxwriter

from chassis.clock import Clock
from chassis.principal import Principal, Scope
from chassis.storage.mongo import Database, Document, Session, connect, transact
from chassis.storage.vault import Vault
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.local.suite import ROOT
from deploy.seed.world import id_number
from kernel.dates import SHANGHAI
from services.enrollment.commands import Deps, commit_roster, enter_rosters, stage_roster
from services.enrollment.domain.project import Phase, Project, Round
from services.enrollment.domain.roster.sheet import HEADERS, Column
from services.enrollment.domain.school import DesignatedPerson, School
from services.enrollment.domain.vocabulary import Audience, RosterMode
from services.enrollment.store import Store
from services.enrollment.workbooks.sheet_worker import read_in_worker

RESULTS = ROOT / "bench" / "results" / "rosters.md"
_ROWS, _BAD = 5_000, 300
_SCHOOL = Principal("bench", Scope.SCHOOL, organization="4144100001", school="4144100001")


def people(first: int, count: int, bad: int) -> Iterator[list[str]]:
    """Rows of people who are not on file; the ID numbers of the bad rows lack their last character.

    Args:
        first: Serial number of the first person.
        count: How many rows.
        bad: How many of them are bad, evenly spread.
    """
    for serial in range(first, first + count):
        number = id_number(f"440100{1960 + serial // 9_000 % 40}0{serial // 1_000 % 9 + 1}12{serial % 1_000:03d}")
        index = serial - first
        wrong = (index + 1) * bad // count > index * bad // count
        yield [
            "某老师",
            number[:-1] if wrong else number,
            f"138{serial:08d}",
            "教师",
            "专职",
            "讲师",
            "装备制造",
            "2024-D-001-01",
            "",
        ]


def workbook(rows: Iterator[list[str]]) -> bytes:
    """A roster's .xlsx file, as a school uploads it."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [HEADERS[column][0] for column in Column])
        for line, row in enumerate(rows, 1):
            sheet.write_row(line, 0, row)
    return file.getvalue()


async def prepared(database: Database) -> Deps:
    """A database with a school, an open round and a project; the dependencies of commands on it."""
    deps = Deps(Store(database), Clock(), Vault({"k": os.urandom(32)}, "k", os.urandom(32)))
    await deps.store.prepare()
    person = DesignatedPerson("赵主任", "k:x", "139****0000")
    await deps.store.schools.insert(School(str(_SCHOOL.school), 1, "某职业学校", "44", person))
    now = datetime.now(SHANGHAI)
    phase = Phase(now - timedelta(days=1), now + timedelta(days=1))
    project = Project(
        id="p1",
        version=1,
        code="2024-D-001-01",
        title="教学能力提升",
        base="b1",
        base_name="示范基地",
        organization="4144000001",
        province="44",
        year=2024,
        starts_on=date(2024, 7, 8),
        ends_on=date(2024, 7, 14),
        capacity=50,
        audience=(Audience.TEACHER,),
    )

    async def work(session: Session) -> None:
        await deps.store.rounds.put(Round("2024", 1, {"ENROL": phase}), session)
        await deps.store.projects.put(project, session)

    await deps.store.transact(work)
    return deps


async def measured(deps: Deps, raw: bytes, mode: RosterMode) -> dict[str, float]:
    """Take a roster through all its steps.

    Args:
        deps: The dependencies of commands.
        raw: The .xlsx file.
        mode: How it is committed.

    Returns:
        Step to seconds.
    """
    times = [time.perf_counter()]
    sheet = await read_in_worker(raw)
    times.append(time.perf_counter())
    roster = await stage_roster(deps, _SCHOOL, sheet=sheet, file_name="bench.xlsx")
    times.append(time.perf_counter())
    await commit_roster(deps, _SCHOOL, key=roster.id, mode=mode)
    times.append(time.perf_counter())
    await enter_rosters(deps, 1)
    times.append(time.perf_counter())
    roster = await deps.store.rosters.get(roster.id)
    print(f"{mode}: {roster.state}, {roster.entered} in, {roster.refused} refused")
    names = ("read the file", "check and keep", "commitRoster", "run")
    return {name: after - before for name, before, after in zip(names, times, times[1:], strict=False)}


async def insert_bare(database: Database, rows: int) -> float:
    """The seconds of one transaction that inserts the documents of a roster and does nothing else."""
    pattern = {
        name: await database[name].find_one({}, {"_id": 0}) or {} for name in ("teachers", "persons", "enrollments")
    }

    async def work(session: Session) -> None:
        for name, document in pattern.items():
            documents: list[Document] = [document | {"_id": secrets.token_hex(14)} for _ in range(rows)]
            await database[f"bare_{name}"].insert_many(documents, session=session)

    for name in pattern:
        await database.create_collection(f"bare_{name}")
    began = time.perf_counter()
    await transact(database.client, work)
    return time.perf_counter() - began


async def main(rows: int, bad: int) -> str:
    """Measure on a mongod of its own; returns the page in Markdown.

    Args:
        rows: The rows of a roster.
        bad: How many of them are bad, where valid rows are committed.
    """
    home = ROOT / ".local" / f"bench-rosters-{os.getpid()}"
    try:
        with Parts(home) as parts:
            client = connect(parts.mongodb_url(ADMIN))
            deps = await prepared(client["bench_rosters"])
            valid = await measured(deps, workbook(people(0, rows, bad)), RosterMode.VALID_ROWS)
            whole = await measured(deps, workbook(people(100_000, rows, 0)), RosterMode.ALL_OR_NOTHING)
            limit = await insert_bare(client["bench_rosters"], rows)
            await client.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return report(rows, bad, valid, whole, limit)


def report(rows: int, bad: int, valid: dict[str, float], whole: dict[str, float], limit: float) -> str:
    """The page, in Markdown.

    Args:
        rows: The rows of a roster.
        bad: How many of them were bad.
        valid: Step to seconds with `VALID_ROWS`.
        whole: Step to seconds with `ALL_OR_NOTHING`.
        limit: Seconds of the bare transaction.
    """
    lines = [
        "# Rosters",
        "",
        (
            f"{rows:,} rows (.xlsx) of people who are not on file; `VALID_ROWS` with {bad} bad ones. "
            f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores shared with others, "
            f"Python {platform.python_version()}, one mongod. Seconds."
        ),
        "",
        "| step | `VALID_ROWS` | `ALL_OR_NOTHING` |",
        "|---|---|---|",
        *(f"| {name} | {valid[name]:.2f} | {whole[name]:.2f} |" for name in valid),
        "",
        (
            f"One transaction that only inserts as many documents: {limit:.2f} s; "
            f"a whole roster's run is {whole['run'] / limit:.1f} times that, a transaction's bound 20 s."
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=_ROWS)
    options.add_argument("--bad", type=int, default=_BAD)
    options.add_argument("--write", type=Path, default=RESULTS, help="where the report goes")
    arguments = options.parse_args()
    text = asyncio.run(main(arguments.rows, arguments.bad))
    arguments.write.write_text(text, encoding="utf-8")
    print(text)
