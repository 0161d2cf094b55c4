"""R22: what a workbook hides, merges, or has besides the roster is said, each by its own problem."""

from typing import Any

from chassis.context import Act, acting
from services.enrollment.commands import stage_roster
from services.enrollment.workbooks.sheet_worker import read_in_worker
from tests.integration.enrollment.lists import HEADER, codes, someone
from tests.integration.enrollment.season import SCHOOL, Season
from tests.unit.enrollment.roster_files import workbook

JOB = """query($id: ID!) { rosterJob(id: $id) { total good bad warnings { code rule message }
  rows { nodes { number problems { code message details } } } } }"""


def spoilt(book: Any, sheet: Any) -> None:
    """Four people, of whom the second is hidden and the fourth shares a merged cell; a total; a second list."""
    sheet.write_row(0, 0, HEADER)
    for place in range(1, 5):
        sheet.write_row(place, 0, [someone(place).get(name, "") for name in HEADER])
    sheet.set_row(2, None, None, {"hidden": True})
    sheet.merge_range(3, 7, 4, 7, "GP-1", book.add_format())
    sheet.write_row(5, 0, ("合计：4人",))
    book.add_worksheet("第二批").write_row(0, 0, HEADER)


async def test_r22_what_of_a_workbook_does_not_go_in_is_said_by_row_and_of_the_file(season: Season) -> None:
    await season.publish()
    sheet = await read_in_worker(workbook(spoilt))
    with acting(Act(SCHOOL)):
        roster = await stage_roster(season.deps, SCHOOL, sheet=sheet, file_name="名单.xlsx")
    job = await season.act(SCHOOL, JOB, id=roster.id)
    rows = job["rows"]["nodes"]
    assert [(row["number"], codes(row)) for row in rows] == [
        (2, []),
        (3, ["HIDDEN_ROWS"]),
        (4, []),
        (5, ["MERGED_CELL"]),
    ]
    assert rows[3]["problems"][0]["details"] == {"columns": ["projectCode"]}
    assert (job["total"], job["good"], job["bad"]) == (4, 2, 2)
    assert [(warning["code"], warning["rule"]) for warning in job["warnings"]] == [
        ("OTHER_SHEETS", "R22"),
        ("FOOTER", "R22"),
    ]
    assert "第二批" in job["warnings"][0]["message"]
    assert "第6行" in job["warnings"][1]["message"]
