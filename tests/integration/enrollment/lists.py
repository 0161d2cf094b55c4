"""Rosters for the tests: rows as schools write them, staged and put in as the service does it."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from chassis.context import Act, acting
from chassis.principal import Principal
from services.enrollment.commands import enter_rosters, stage_roster
from services.enrollment.domain.roster.roster import Roster
from services.enrollment.workbooks.roster_reader import read_roster
from tests.integration.enrollment.season import SCHOOL, Season
from tests.support.identity_numbers import id_number

HEADER = ("姓名", "身份证号码", "手机号码", "岗位", "专兼职", "职称", "专业大类", "项目编号", "校内排序", "教师编号")
COMMIT = "mutation($id: ID!, $mode: RosterMode!) { commitRoster(jobId: $id, mode: $mode) { id state mode total } }"
JOB = """query($id: ID!, $bad: Boolean) { rosterJob(id: $id) {
  state mode by total good bad warned done entered refused ignoredColumns
  rows(bad: $bad, first: 100) { totalCount nodes { number state ok name idNumber mobile projectCode
    problems { code rule details message } warnings { code rule } enrollment { id status rank reason } } } } }"""
JOBS = "{ rosterJobs(first: 1) { totalCount nodes { id fileName } pageInfo { hasNextPage } } }"
Lines = Iterable[Mapping[str, str]]


def someone(serial: int, project: str = "GP-1", **changes: str) -> dict[str, str]:
    """A row for somebody who is not on file yet."""
    return {
        "姓名": f"新教师{chr(0x4E00 + serial)}",
        "身份证号码": id_number(serial),
        "手机号码": f"1370000{serial:04d}",
        "岗位": "教师",
        "专兼职": "专职",
        "职称": "讲师",
        "专业大类": "装备制造",
        "项目编号": project,
    } | changes


async def line_of(season: Season, teacher: Principal, **changes: str) -> dict[str, str]:
    """A row for somebody on file, as that school would write it."""
    kept, opened = await season.deps.store.teachers.get(str(teacher.person)), season.deps.vault.open
    numbers = {"身份证号码": opened(kept.id_number.sealed), "手机号码": opened(kept.mobile.sealed)}
    return someone(0, 姓名=kept.name, 职称="") | numbers | changes


def as_csv(lines: Lines, encoding: str = "gb18030", delimiter: str = ",") -> bytes:
    """The lines as an office program exports them."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADER, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode(encoding)


async def staged(season: Season, lines: Lines, school: Principal = SCHOOL) -> Roster:
    """The roster of these lines, checked."""
    with acting(Act(school)):
        sheet = read_roster(as_csv(lines))
        return await stage_roster(season.deps, school, sheet=sheet, file_name="名单.csv")


async def committed(season: Season, lines: Lines, mode: str) -> str:
    """A roster that has been put in, and waits for the worker."""
    roster = await staged(season, lines)
    await season.act(SCHOOL, COMMIT, id=roster.id, mode=mode)
    return roster.id


async def entered(season: Season, lines: Lines, mode: str) -> Any:
    """The roster of these lines after its run, as the school sees it."""
    key = await committed(season, lines, mode)
    assert await enter_rosters(season.deps, 1) == 1
    return await season.act(SCHOOL, JOB, id=key)


def codes(row: Mapping[str, Any]) -> list[str]:
    """The codes of a row's problems."""
    return [one["code"] for one in row["problems"]]
