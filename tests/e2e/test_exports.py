"""R42: workbooks through the gateway, for who may have them."""

import io

from python_calamine import CalamineWorkbook

from deploy.demo.story import Story
from deploy.seed.world import SCHOOLS

HOW_MANY = "{ myProvince { enrollments { totalCount } } }"
PATH = "/exports/provinces/44.xlsx?year=2024"


async def test_a_province_takes_its_workbook_through_the_gateway_and_no_other(story: Story) -> None:
    status, content = await story.seeded.provinces["44"].fetch(PATH)
    assert status == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["进展", "经费", "报名名单"]
    assert [row[3] for row in book.get_sheet_by_name("经费").to_python()[1:]] == [30_000_000, 28_000_000]
    there = (await story.seeded.provinces["44"].ask(HOW_MANY))["myProvince"]["enrollments"]["totalCount"]
    assert len(book.get_sheet_by_name("报名名单").to_python()) == 1 + there > 1
    assert (await story.seeded.provinces["51"].fetch(PATH))[0] == 404
    assert (await story.provisioner.public.fetch(PATH))[0] == 401
    assert (await story.seeded.ministry.fetch("/exports/provinces.xlsx?year=2024"))[0] == 200


async def test_base_and_school_take_their_rosters(story: Story) -> None:
    project = next(key for _, key in story.enrollments)
    status, content = await story.seeded.base_clients[1].fetch(f"/exports/projects/{project}.xlsx")
    assert (status, content[:2]) == (200, b"PK")
    assert (await story.seeded.base_clients[0].fetch(f"/exports/projects/{project}.xlsx"))[0] == 404
    for school, expected in ((SCHOOLS[0], 200), (SCHOOLS[1], 404)):
        status, _ = await story.seeded.schools[SCHOOLS[0].code].fetch(f"/exports/schools/{school.code}.xlsx?year=2024")
        assert status == expected
