"""R17: the public catalogue: search, filters, orders, facets, and at most three operations a page."""

from typing import Any

import pytest

from chassis.graph import SubgraphContext
from chassis.principal import ANONYMOUS, Principal, Scope
from chassis.serving.asgi import error_json
from deploy.local.parts import Parts
from kernel.language import Language
from services.catalog.graph.schema import schema
from services.catalog.store import SeatsTaken
from tests.integration.catalog.season import Season
from tests.integration.catalog.watching import watched
from tests.support.principals import MINISTRY

LIST = """query($search: String, $filter: ProjectFilter, $order: ProjectOrder) {
  projects(search: $search, filter: $filter, orderBy: $order) { totalCount nodes { title fee { yuan } } } }"""
FACETS = """query($filter: ProjectFilter) { projects(filter: $filter, first: 1) { nodes { id } facets {
  categories { value count } provinces { value { code name } count } modes { value count }
  majorCategories { value { ordinal name } count } } } }"""
OTHER: dict[str, Any] = {
    "title": "Python数据分析与专业建设",
    "themes": ["D1"],
    "startsOn": "2024-08-05",
    "endsOn": "2024-08-11",
    "timetable": [{"title": "一", "teacher": "覃老师", "date": "2024-08-05", "hours": 8}],
    "feeFen": 0,
    "venue": {"province": "45", "address": "南宁市大学路"},
    "faculty": [{"name": "覃老师", "organization": "广西职业学院"}],
    "mode": "BLENDED",
    "majorCategory": 11,
    "contentDesign": "智能制造场景下的数据分析",
    "capacity": 30,
}

SEARCHES: list[tuple[str, list[str]]] = [
    ("教师数字化", ["智能"]),
    ("化学教师", []),
    ("ｐｙｔｈｏｎ", ["Py"]),
    ("thon数据", ["Py"]),
    ("智能制造", ["智能", "Py"]),  # in a title first, then elsewhere
    ("数据分析 智能", ["Py"]),
    ("示范大学", ["智能", "Py"]),  # the base's and the organisation's name
    ("实训结合", ["智能"]),  # the content design
    ("提升数字化", ["智能", "Py"]),  # the objectives, and the words of a title first
    ("专业建设", ["Py"]),
    ("南宁市", ["Py"]),
    ("广西", ["Py"]),  # the venue's province
    ("覃老师", ["Py"]),
    ("装备制造", ["智能"]),  # the major category
    ("，", []),
    ("校长", []),
]
FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"themes": ["D1"]}, ["Py"]),
    ({"startsFrom": "2024-08-01", "startsTo": "2024-08-31"}, ["Py"]),
    ({"endsBy": "2024-07-14"}, ["智能"]),
    ({"feeAtMostFen": 0}, ["Py"]),
    ({"province": "45"}, ["Py"]),
    ({"baseProvince": "45"}, []),
    ({"baseProvince": "44"}, ["智能", "Py"]),
    ({"mode": "BLENDED", "majorCategory": 11}, ["Py"]),
    ({"year": 2024, "category": "DUAL_QUALIFIED_TEACHER", "kind": "TEACHING"}, ["智能", "Py"]),
    ({"year": 2023}, []),
    ({"seatsLeftAtLeast": 31}, ["智能"]),
]
SORTED: list[tuple[str, list[str]]] = [
    ("CODE", ["智能", "Py"]),
    ("STARTS_ON", ["智能", "Py"]),
    ("NEWEST", ["Py", "智能"]),
    ("FEE", ["Py", "智能"]),
    ("SEATS_LEFT", ["智能", "Py"]),
    ("RELEVANCE", ["智能", "Py"]),
]


async def titles(season: Season, **asked: Any) -> list[str]:
    """The first letters of what is found, which must be as many as are counted."""
    page = (await season.ask(ANONYMOUS, LIST, **asked))["projects"]
    assert page["totalCount"] == len(page["nodes"])
    return [node["title"][:2] for node in page["nodes"]]


async def hold(season: Season, project: Any, held: int, version: int) -> None:
    """What enrollment's event of that version tells."""
    projects, count = season.deps.store.projects, SeatsTaken(project["id"], version, held)
    await season.deps.store.transact(lambda session: projects.set_seats([count], session))


@pytest.fixture
async def two(season: Season) -> list[Any]:
    """Two published projects, and a draft that the public never finds."""
    base = await season.register_base()
    published = [await season.published(base), await season.published(base, **OTHER)]
    await season.draft(base, title="数字化教学能力草稿")
    return published


async def test_published_projects_are_found_by_what_is_public_of_them(season: Season, two: list[Any]) -> None:
    assert len(two) == 2
    for search, expected in SEARCHES:
        assert await titles(season, search=search) == expected, search


async def test_a_project_is_found_by_the_names_of_its_themes(season: Season, two: list[Any]) -> None:
    stored = await season.deps.store.projects.get(two[1]["id"])
    assert len(stored.theme_names) == 1
    assert await titles(season, search=stored.theme_names[0]) == ["Py"]


async def test_an_index_of_an_older_edition_is_renewed_at_the_next_start(season: Season, two: list[Any]) -> None:
    projects = season.deps.store.projects
    await projects.collection.update_one({"_id": two[0]["id"]}, {"$unset": {"index": ""}})
    old = {"edition": 0, "title": [], "terms": ["旧"]}
    await projects.collection.update_one({"_id": two[1]["id"]}, {"$set": {"index": old}})
    assert await titles(season, search="示范大学") == []
    await season.deps.store.prepare()
    assert await titles(season, search="示范大学") == ["智能", "Py"]
    assert await titles(season, search="旧") == []


async def test_an_amended_venue_is_found_at_once_and_the_old_one_no_more(season: Season, two: list[Any]) -> None:
    stored = await season.deps.store.projects.get(two[1]["id"])
    await season.act(
        Principal("base", Scope.BASE, organization=stored.organization, bases=(stored.base,)),
        "mutation($id: ID!, $version: Int!, $input: ProjectAmendmentInput!) "
        "{ amendProject(id: $id, version: $version, input: $input) { version } }",
        id=two[1]["id"],
        version=two[1]["version"],
        input={"reason": "场地维修", "venue": {"province": "45", "address": "桂林市"}},
    )
    assert await titles(season, search="桂林") == ["Py"]
    assert await titles(season, search="南宁") == []


async def test_published_projects_are_filtered(season: Season, two: list[Any]) -> None:
    assert len(two) == 2
    for filters, expected in FILTERS:
        assert await titles(season, filter=filters) == expected, filters


async def test_projects_are_sorted_as_asked(season: Season, two: list[Any]) -> None:
    assert len(two) == 2
    for order, expected in SORTED:
        assert await titles(season, order=order) == expected, order


async def test_r23_the_seats_left_are_those_of_the_latest_step_in_whatever_order_events_come(
    season: Season, two: list[Any]
) -> None:
    full = {"seatsLeftAtLeast": 1}
    await hold(season, two[0], 40, 3)
    await hold(season, two[0], 12, 2)
    assert await titles(season, filter=full) == ["Py"]
    assert await titles(season, order="SEATS_LEFT") == ["Py", "智能"]
    await hold(season, two[0], 39, 4)
    await hold(season, two[0], 39, 4)
    assert await titles(season, filter=full) == ["智能", "Py"]
    assert await titles(season, filter={"seatsLeftAtLeast": 2}) == ["Py"]


async def test_r33_a_cancelled_project_has_no_seats_left(season: Season, two: list[Any]) -> None:
    await season.act(
        MINISTRY, 'mutation($id: ID!) { cancelProject(id: $id, reason: "场地停用") { status } }', id=two[0]["id"]
    )
    assert await titles(season, filter={"seatsLeftAtLeast": 0}) == ["Py"]
    assert await titles(season, order="SEATS_LEFT") == ["Py", "智能"]


async def test_a_change_of_the_project_leaves_the_seats_that_enrollment_told(season: Season, two: list[Any]) -> None:
    await hold(season, two[0], 40, 1)
    await season.act(
        MINISTRY, 'mutation($id: ID!) { suspendProject(id: $id, reason: "核查") { status } }', id=two[0]["id"]
    )
    assert await titles(season, filter={"seatsLeftAtLeast": 1}) == ["Py"]


async def test_facets_count_the_selection_and_no_more(season: Season, two: list[Any]) -> None:
    assert len(two) == 2
    facets = (await season.ask(ANONYMOUS, FACETS))["projects"]["facets"]
    assert facets == {
        "categories": [{"value": "DUAL_QUALIFIED_TEACHER", "count": 2}],
        "provinces": [
            {"value": {"code": "44", "name": "广东省"}, "count": 1},
            {"value": {"code": "45", "name": "广西壮族自治区"}, "count": 1},
        ],
        "modes": [{"value": "BLENDED", "count": 1}, {"value": "OFFLINE", "count": 1}],
        "majorCategories": [
            {"value": {"ordinal": 6, "name": "装备制造"}, "count": 1},
            {"value": {"ordinal": 11, "name": "电子与信息"}, "count": 1},
        ],
    }
    none = (await season.ask(ANONYMOUS, FACETS, filter={"year": 2023}))["projects"]
    assert none == {
        "nodes": [],
        "facets": {"categories": [], "provinces": [], "modes": [], "majorCategories": []},
    }


FAT_BASE = """base { id name category organization { code name } province { name } majorCategories { name }
  team { name phone } quota(year: 2024) { limit used remaining } }"""
FAT_PROJECT = f"""id code version status series kind title objectives contentDesign mode startsOn endsOn days classHours
  fee {{ yuan }} feeIncludes majorCategory {{ name }} audience capacity venue {{ address province {{ name }} }}
  timetable {{ title }} faculty {{ name }} assessmentMethod needsEvidence publishedAt extendedUntil
  justifications {{ text }} warnings {{ message }} decision {{ reason }} history {{ at }}
  round {{ title phases {{ name open }} themes(category: PRINCIPAL) {{ name }} }} themes {{ name }} {FAT_BASE}
  experts {{ name organization {{ name }} }}
  reviews {{ id verdicts {{ comment }} expert {{ name }} project {{ id round {{ year }} {FAT_BASE} }} }}"""
FAT = f"""query {{ projects(search: "教师", first: 100) {{ totalCount facets {{ categories {{ count }} }}
  ...Rows pageInfo {{ hasNextPage }} }} }}
  fragment Rows on ProjectConnection {{ nodes {{ {FAT_PROJECT} }} edges {{ cursor node {{ {FAT_PROJECT} }} }} }}"""


async def test_the_fattest_page_is_three_operations(season: Season, parts: Parts) -> None:
    bases = [await season.register_base() for _ in range(3)]
    for number in range(6):
        await season.published(bases[number % 3])
    for number in range(100):
        await season.draft(bases[number % 3])
    async with watched(season, parts) as (listened, operations):
        page = (await listened.ask(MINISTRY, FAT))["projects"]
    assert (page["totalCount"], len(page["nodes"]), page["pageInfo"]["hasNextPage"]) == (106, 100, True)
    assert page["facets"]["categories"] == [{"count": 106}]
    assert len(page["nodes"][0]["reviews"]) == 2
    assert page["nodes"] == [edge["node"] for edge in page["edges"]]
    assert [command for command, _ in operations.seen] == ["aggregate"] * 3, operations.seen


async def test_the_public_page_with_counts_is_two_operations_and_without_what_it_refers_to_one(
    season: Season, two: list[Any], parts: Parts
) -> None:
    assert len(two) == 2
    for query, most in (
        ("{ projects { totalCount facets { modes { count } } nodes { title base { name } round { year } } } }", 2),
        ("{ projects { nodes { title } } }", 1),
    ):
        async with watched(season, parts) as (listened, operations):
            await listened.ask(ANONYMOUS, query)
        assert len(operations.seen) == most, operations.seen


async def test_a_project_is_found_first_by_its_code(season: Season) -> None:
    """R17: as it is written in a notice, in whatever case."""
    base = await season.register_base()
    drafts = [await season.draft(base) for _ in range(3)]
    query = "query($search: String) { projects(search: $search) { nodes { code } } }"
    for wanted in drafts:
        for typed in (wanted["code"], f" {wanted['code'].lower()} "):
            nodes = (await season.ask(base, query, search=typed))["projects"]["nodes"]
            assert nodes[0]["code"] == wanted["code"]
    assert (await season.ask(base, query, search="$code"))["projects"]["nodes"] == []


async def test_a_search_that_is_too_long_is_refused_alone(season: Season) -> None:
    """R17: what else the request asks for is answered."""
    base = await season.register_base()
    await season.draft(base)
    query = "query($long: String) { long: projects(search: $long) { totalCount } all: projects { totalCount } }"
    result = await schema.execute(
        query, variable_values={"long": "长" * 101}, context_value=SubgraphContext(season.deps, base)
    )
    assert result.data == {"long": None, "all": {"totalCount": 1}}
    assert [error_json(error, Language.ZH)["extensions"]["code"] for error in result.errors or ()] == [
        "SEARCH_TOO_LONG"
    ]


async def test_r17_an_exact_code_finds_that_project_first_and_alone_by_code(season: Season) -> None:
    """C3: as people type it: full width, lower case, blanks around; never one that the reader may not see."""
    base = await season.register_base()
    first, second = await season.published(base), await season.published(base)
    draft = await season.draft(base)
    by_code = "query($code: String!) { projectByCode(code: $code) { id } }"
    listed = "query($codes: [String!], $search: String) { projects(filter: {codes: $codes}, search: $search) {"
    listed += " totalCount nodes { id } } }"
    wide = "".join(chr(ord(char) + 0xFEE0) for char in second["code"].lower())
    for typed in (second["code"], f" {second['code'].lower()} ", wide):
        assert await season.act(ANONYMOUS, by_code, code=typed) == {"id": second["id"]}
        found = (await season.ask(ANONYMOUS, listed, search=typed))["projects"]["nodes"]
        assert found[0] == {"id": second["id"]}
    for hidden in (draft["code"], "GP-0000", ""):
        assert await season.act(ANONYMOUS, by_code, code=hidden) is None
    assert await season.act(base, by_code, code=draft["code"]) == {"id": draft["id"]}
    codes = [first["code"].lower(), second["code"], draft["code"], "GP-0000"]
    found = (await season.ask(ANONYMOUS, listed, codes=codes))["projects"]
    assert (found["totalCount"], [node["id"] for node in found["nodes"]]) == (2, [first["id"], second["id"]])


async def test_a_project_is_found_by_its_code_from_an_index(season: Season) -> None:
    found = season.deps.store.projects.collection.find({"code": {"$in": ["GP-1"]}})
    assert "COLLSCAN" not in str((await found.explain())["queryPlanner"]["winningPlan"])
