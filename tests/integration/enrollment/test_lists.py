"""C3: lists of enrollments, teachers and schools are searched by name, filtered, sorted, and read page by page."""

from typing import Any

import pytest

from chassis.principal import Principal
from services.enrollment.store import EnrollmentOrder, EnrollmentSelection, enrollments
from tests.integration.enrollment.season import (
    BASE,
    GUANGDONG,
    OTHER_BASE,
    OTHER_SCHOOL,
    SCHOOL,
    SIGN_UP,
    Season,
)
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

LIST = """query(
    $filter: EnrollmentFilter, $search: String, $order: EnrollmentOrder, $first: Int! = 20, $after: String
  ) { myEnrollments(filter: $filter, search: $search, orderBy: $order, first: $first, after: $after) {
    totalCount nodes { id status rank teacher { name } } pageInfo { hasNextPage endCursor } } }"""
TEACHERS = """query($search: String, $order: TeacherOrder, $first: Int! = 20, $after: String) { mySchool {
  teachers(search: $search, orderBy: $order, first: $first, after: $after) {
    totalCount nodes { name } pageInfo { endCursor } } } }"""
SCHOOLS = """query($search: String, $order: SchoolOrder, $first: Int! = 20, $after: String) {
  schools(search: $search, orderBy: $order, first: $first, after: $after) { nodes { code } pageInfo { endCursor } } }"""
NAMES = ["王小明", "王大年", "李四", "赵王", "王小红"]


async def signed_up(season: Season) -> dict[str, str]:
    """Five sign-ups by the trainee's name, of which the first three are submitted and one of them ranked."""
    await season.publish()
    keys = {}
    for place, name in enumerate(NAMES):
        (teacher,) = await season.teachers(1, name=name)
        if place < 3:
            keys[name] = await season.submitted(teacher, "p1")
        else:
            keys[name] = (await season.act(teacher, SIGN_UP, id="p1"))["id"]
    return keys


async def names(season: Season, who: Principal, **given: Any) -> list[str]:
    return [node["teacher"]["name"] for node in (await season.act(who, LIST, **given))["nodes"]]


async def test_enrollments_are_found_by_the_beginning_of_the_name(season: Season) -> None:
    await signed_up(season)
    found = await season.act(SCHOOL, LIST, search="王")
    assert found["totalCount"] == 3
    assert [node["teacher"]["name"] for node in found["nodes"]] == ["王小明", "王大年", "王小红"]
    assert await names(season, SCHOOL, search="王小") == ["王小明", "王小红"]
    assert await names(season, BASE, search="王") == ["王小明", "王大年"]  # the third is not submitted yet
    assert await names(season, OTHER_BASE, search="王") == await names(season, OTHER_SCHOOL, search="王") == []
    assert await names(season, SCHOOL, search=".*") == []


async def test_my_enrollments_are_filtered(season: Season) -> None:
    await signed_up(season)
    assert len(await names(season, SCHOOL, filter={"statuses": ["SUBMITTED"]})) == 3
    assert len(await names(season, SCHOOL, filter={"project": "p1", "year": 2024})) == 5
    assert await names(season, SCHOOL, filter={"project": "p2"}) == []
    assert await names(season, SCHOOL, filter={"escalated": True}) == []
    assert len(await names(season, BASE, filter={"base": "base-1"})) == 3
    assert await names(season, BASE, filter={"base": "base-2"}) == []


@pytest.mark.parametrize("order", list(EnrollmentOrder))
async def test_every_order_is_read_page_by_page_and_keeps_its_place_when_rows_come(
    season: Season, order: EnrollmentOrder
) -> None:
    keys = await signed_up(season)
    rank = 'mutation($ids: [ID!]!) { rankSignUps(projectId: "p1", ids: $ids) { ok } }'
    await season.act(SCHOOL, rank, ids=[keys["王小红"], keys["赵王"]])
    whole = [node["id"] for node in (await season.act(SCHOOL, LIST, order=order.value))["nodes"]]
    assert sorted(whole) == sorted(keys.values())
    seen, after = [], None
    while True:
        page = await season.act(SCHOOL, LIST, order=order.value, first=2, after=after)
        assert page["totalCount"] == len(NAMES) + bool(after)
        seen += [node["id"] for node in page["nodes"]]
        if after is None:
            (late,) = await season.teachers(1, name="一一")
            await season.act(late, SIGN_UP, id="p1")
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert [key for key in seen if key in whole] == whole
    assert len(seen) == len(set(seen))


async def test_orders_put_what_has_no_value_last(season: Season) -> None:
    keys = await signed_up(season)
    rank = 'mutation($ids: [ID!]!) { rankSignUps(projectId: "p1", ids: $ids) { ok } }'
    await season.act(SCHOOL, rank, ids=[keys["王小红"], keys["赵王"]])
    assert (await names(season, SCHOOL, order="RANK"))[:2] == ["王小红", "赵王"]
    assert (await names(season, SCHOOL, order="SUBMITTED_AT"))[:3] == ["王小明", "王大年", "李四"]
    assert await names(season, SCHOOL, order="NAME") == sorted(NAMES)


async def test_a_cursor_of_another_order_is_refused(season: Season) -> None:
    await signed_up(season)
    page = await season.act(SCHOOL, LIST, order="RANK", first=2)
    for order in ("NAME", None):
        with pytest.raises(Refused) as refused:
            await season.act(SCHOOL, LIST, order=order, after=page["pageInfo"]["endCursor"])
        assert refused.value.code == "BAD_CURSOR"


async def test_r27_r41_a_province_which_reads_no_names_neither_searches_nor_sorts_by_them(season: Season) -> None:
    await signed_up(season)
    listed = """query($search: String, $order: EnrollmentOrder) { myProvince {
      enrollments(search: $search, orderBy: $order) { totalCount } } }"""
    for given in ({"search": "王"}, {"order": "NAME"}):
        with pytest.raises(Refused) as refused:
            await season.act(GUANGDONG, listed, **given)
        assert refused.value.code == "FORBIDDEN"
    by_year = listed.replace("enrollments(", "enrollments(filter: {year: 2024}, ")
    assert (await season.act(GUANGDONG, by_year, order="STATUS"))["enrollments"]["totalCount"] == 5


async def refused_list(season: Season, who: Principal, query: str, **given: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await season.act(who, query, **given)
    return refused.value


@pytest.mark.parametrize("order", sorted(set(EnrollmentOrder) - {EnrollmentOrder.SIGNED_UP_AT}))
async def test_c3_all_years_of_a_base_or_a_province_are_not_sorted_at_every_page(
    season: Season, order: EnrollmentOrder
) -> None:
    """A project, a school or a year keeps what is sorted short; a school's and a teacher's own list is short."""
    await signed_up(season)
    province = """query($filter: EnrollmentFilter, $order: EnrollmentOrder) {
      _entities(representations: [{__typename: "Province", code: "44"}]) { ... on Province {
        enrollments(filter: $filter, orderBy: $order) { totalCount } } } }"""
    for who, query in ((BASE, LIST), (MINISTRY, province)):
        refusal = await refused_list(season, who, query, order=order.value)
        assert (refusal.code, refusal.extensions["field"]) == ("LIST_TOO_WIDE", "orderBy")
        for narrow in ({"year": 2024}, {"project": "p1"}, {"school": SCHOOL.school}):
            assert await season.act(who, query, order=order.value, filter=narrow)
    assert len(await names(season, SCHOOL, order=order.value)) == len(NAMES)
    assert len(await names(season, BASE, order="SIGNED_UP_AT")) == 3


async def test_c3_a_search_beyond_a_school_or_project_finds_the_names_first_and_asks_for_more_of_common_ones(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    await signed_up(season)
    monkeypatch.setattr(enrollments, "MOST_NAMED", 2)
    refusal = await refused_list(season, BASE, LIST, search="王")
    assert (refusal.code, refusal.extensions["field"], refusal.extensions["most"]) == ("SEARCH_TOO_WIDE", "search", 2)
    found = await season.act(BASE, LIST, search="王小")
    assert (found["totalCount"], [node["teacher"]["name"] for node in found["nodes"]]) == (1, ["王小明"])
    assert await names(season, BASE, search="王", filter={"project": "p1"}) == ["王小明", "王大年"]
    assert await names(season, SCHOOL, search="王") == ["王小明", "王大年", "王小红"]
    plan = await season.database["teachers"].find({"name": {"$regex": "^王小"}}, {"_id": 1}).explain()
    assert "'indexName': 'all_names'" in str(plan["queryPlanner"]["winningPlan"])


async def test_teachers_are_found_by_the_beginning_of_the_name_and_sorted_by_it(season: Season) -> None:
    for name in NAMES:
        await season.teachers(1, name=name)
    found = (await season.act(SCHOOL, TEACHERS, search="王"))["teachers"]
    assert (found["totalCount"], [node["name"] for node in found["nodes"]]) == (3, ["王小明", "王大年", "王小红"])
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = (await season.act(SCHOOL, TEACHERS, order="NAME", first=2, after=after))["teachers"]
        seen += [node["name"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert seen == sorted(NAMES)
    assert (await season.act(OTHER_SCHOOL, TEACHERS, search="王"))["teachers"]["totalCount"] == 0


async def test_schools_are_sorted_by_name(season: Season) -> None:
    await season.database["schools"].update_one({"_id": SCHOOL.school}, {"$set": {"name": "乙校"}})
    await season.database["schools"].update_one({"_id": OTHER_SCHOOL.school}, {"$set": {"name": "丙校"}})
    by_name = await season.act(MINISTRY, SCHOOLS, order="NAME", first=1)
    assert by_name["nodes"] == [{"code": OTHER_SCHOOL.school}]
    rest = await season.act(MINISTRY, SCHOOLS, order="NAME", after=by_name["pageInfo"]["endCursor"])
    assert rest["nodes"] == [{"code": SCHOOL.school}]
    assert (await season.act(MINISTRY, SCHOOLS, search="丙"))["nodes"] == [{"code": OTHER_SCHOOL.school}]


async def test_no_list_reads_a_whole_collection(season: Season) -> None:
    await signed_up(season)
    database = season.database
    lists: list[tuple[str, dict[str, Any], list[tuple[str, int]]]] = [
        ("teachers", {"school": SCHOOL.school, "name": {"$regex": "^王"}}, [("_id", 1)]),
        ("teachers", {"school": SCHOOL.school}, [("name", 1), ("_id", 1)]),
        ("schools", {}, [("name", 1), ("_id", 1)]),
        ("schools", {"province": "44"}, [("name", 1), ("_id", 1)]),
        ("schools", {"$or": [{"name": {"$regex": "丙"}}, {"_id": {"$regex": "^41"}}]}, [("_id", 1)]),
        ("enrollments", EnrollmentSelection(school=SCHOOL.school).condition(), [("_id", 1)]),
        ("enrollments", EnrollmentSelection(project="p1").condition(), [("rank", 1), ("_id", 1)]),
    ]
    for collection, where, order in lists:
        plan = await database[collection].find(where, sort=order).explain()
        assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"]), (collection, where)
