"""R22, R41: of a teacher on file a roster needs no whole ID number: name and last four characters, or the id, do."""

from typing import Any

from chassis.principal import Principal
from services.enrollment.commands import enter_rosters
from tests.integration.enrollment.lists import COMMIT, JOB, codes, entered, line_of, someone, staged
from tests.integration.enrollment.season import OTHER_SCHOOL, SCHOOL, Season
from tests.support.identity_numbers import numbered

BLANK = {"手机号码": "", "岗位": "", "专兼职": "", "职称": "", "专业大类": ""}


async def by_tail(season: Season, teacher: Principal, **changes: str) -> dict[str, str]:
    """A row with the name and the last four characters of the ID number only."""
    whole = await line_of(season, teacher)
    return whole | BLANK | {"身份证号码": whole["身份证号码"][-4:]} | changes


async def by_id(season: Season, teacher: Principal, **changes: str) -> dict[str, str]:
    """A row with the name and the teacher's id as the graph shows it."""
    whole = await line_of(season, teacher)
    return whole | BLANK | {"身份证号码": "", "教师编号": f" {str(teacher.person).upper()} "} | changes


async def problems_of(season: Season, *lines: dict[str, str]) -> list[Any]:
    roster = await staged(season, lines)
    return [codes(row) for row in (await season.act(SCHOOL, JOB, id=roster.id))["rows"]["nodes"]]


async def test_r22_teachers_on_file_are_enrolled_by_last_four_characters_or_by_id(season: Season) -> None:
    await season.publish()
    first, second = await season.teachers(2)
    job = await entered(season, [await by_tail(season, first), await by_id(season, second)], "ALL_OR_NOTHING")
    assert (job["state"], job["entered"]) == ("COMMITTED", 2)
    rows = job["rows"]["nodes"]
    assert [row["enrollment"]["status"] for row in rows] == ["SUBMITTED", "SUBMITTED"]
    assert rows[0]["idNumber"] == "*" * 14 + (await line_of(season, first))["身份证号码"][-4:]
    assert await season.database["teachers"].count_documents({}) == 2
    people = [(await season.deps.store.enrollments.get(row["enrollment"]["id"])).teacher for row in rows]
    assert people == [first.person, second.person]


async def test_r22_an_id_beside_another_persons_whole_number_is_no_teacher(season: Season) -> None:
    await season.publish()
    first, second = await season.teachers(2)
    whole = await line_of(season, first)
    assert await problems_of(season, whole | {"教师编号": str(first.person)}) == [[]]
    assert await problems_of(season, whole | {"教师编号": str(second.person)}) == [["UNKNOWN_TEACHER"]]
    assert await problems_of(season, whole | {"教师编号": "联系张老师"}) == [["UNKNOWN_TEACHER"]]


async def test_r22_leading_zeros_that_an_office_program_drops_are_restored(season: Season) -> None:
    await season.publish()
    number = numbered("11010119800101001")
    assert number[-4:].startswith("00")
    rows = await season.act(
        SCHOOL, "mutation($r: [TeacherInput!]!) { addTeachers(rows: $r) { ok } }", r=[season.person(idNumber=number)]
    )
    assert rows[0]["ok"]
    line = someone(0, 姓名="教师一", 身份证号码=number[-4:].lstrip("0")) | BLANK
    assert await problems_of(season, line) == [[]]


async def test_r22_who_is_named_by_too_little_is_ambiguous(season: Season) -> None:
    await season.publish()
    days = [numbered(f"110101198001{day:02d}001") for day in range(1, 29)]
    pair = next([one, other] for one in days for other in days if one < other and one[-4:] == other[-4:])
    twins = [(await season.teachers(1, name="张三", idNumber=number))[0] for number in pair]
    line = await by_tail(season, twins[0])
    assert await problems_of(season, line, await by_id(season, twins[1])) == [["AMBIGUOUS"], []]


async def test_r22_nobody_of_the_school_is_unknown_and_another_schools_teacher_is_not_told(season: Season) -> None:
    await season.publish()
    (own,) = await season.teachers(1)
    (theirs,) = await season.teachers(1, OTHER_SCHOOL)
    found = await problems_of(
        season,
        await by_tail(season, own, 姓名="另一人"),
        await by_tail(season, theirs),
        await by_id(season, theirs),
        await by_id(season, own, 姓名="另一人"),
    )
    assert found == [["UNKNOWN_TEACHER"], ["UNKNOWN_TEACHER"], ["UNKNOWN_TEACHER"], ["NAME_MISMATCH"]]


async def test_r19_one_person_named_in_two_ways_is_there_twice(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    lines = [await line_of(season, teacher), await by_tail(season, teacher), await by_id(season, teacher)]
    roster = await staged(season, lines)
    rows = (await season.act(SCHOOL, JOB, id=roster.id))["rows"]["nodes"]
    assert [codes(row) for row in rows] == [[], ["DUPLICATE_ROW"], ["DUPLICATE_ROW"]]
    await season.act(SCHOOL, COMMIT, id=roster.id, mode="VALID_ROWS")
    await enter_rosters(season.deps, 1)
    assert await season.database["enrollments"].count_documents({}) == 1
