"""Lists, search, cursors, entities in batches (R17; facts 5, 9)."""

from typing import Any

import pytest
from pymongo.monitoring import CommandListener, CommandStartedEvent

from chassis.mongo import connect
from chassis.principal import ANONYMOUS
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.catalog.commands import Catalog
from services.catalog.store import Store
from tests.integration.catalog.season import MINISTRY, Refused, Season

ENTITIES = """query($representations: [_Any!]!) { _entities(representations: $representations) {
  __typename ... on Project { code base { name organization { name } } round { year } } ... on Base { name }
  ... on Province { name } ... on Round { title } ... on Organization { name } ... on Expert { name } } }"""


async def test_published_projects_are_found_by_text_theme_dates_fee_and_place(season: Season) -> None:
    """R17: published projects are public and searchable."""
    base = await season.register_base()
    await season.published(base)
    await season.published(
        base,
        title="Python数据分析与专业建设",
        themes=["D1"],
        startsOn="2024-08-05",
        endsOn="2024-08-11",
        timetable=[{"title": "一", "teacher": "王", "date": "2024-08-05", "hours": 8}],
        feeFen=0,
        venue={"province": "45", "address": "南宁市"},
        mode="BLENDED",
        majorCategory=11,
    )
    await season.draft(base, title="数字化教学能力草稿")
    for search, filters, titles in (
        ("数字化教师", {}, []),
        ("教师数字化", {}, ["智能"]),
        ("python", {}, ["Pyth"]),
        ("，", {}, []),
        (None, {"themes": ["D1"]}, ["Pyth"]),
        (None, {"startsFrom": "2024-08-01", "startsTo": "2024-08-31"}, ["Pyth"]),
        (None, {"feeAtMostFen": 0}, ["Pyth"]),
        (None, {"province": "44"}, ["智能"]),
        (None, {"mode": "BLENDED", "majorCategory": 11}, ["Pyth"]),
        ("示范大学", {"year": 2024, "category": "DUAL_QUALIFIED_TEACHER", "kind": "TEACHING"}, ["智能", "Pyth"]),
    ):
        data = await season.ask(
            ANONYMOUS,
            "query($search: String, $filter: ProjectFilter) { projects(search: $search, filter: $filter) "
            "{ totalCount nodes { title fee { yuan } } } }",
            search=search,
            filter=filters,
        )
        assert [node["title"][:4].strip("制造") for node in data["projects"]["nodes"]] == titles, (search, filters)
        assert data["projects"]["totalCount"] == len(titles)


@pytest.mark.parametrize("order", ["CODE", "STARTS_ON", "NEWEST"])
async def test_pages_are_stable_while_rows_are_added(season: Season, order: str) -> None:
    base = await season.register_base()
    bare: dict[str, Any] = {"startsOn": None, "endsOn": None, "timetable": []}
    codes = [(await season.draft(base, **(bare if number % 2 else {})))["code"] for number in range(5)]
    seen: list[str] = []
    after = None
    while True:
        data = await season.ask(
            base,
            "query($after: String, $order: ProjectOrder) { projects(first: 2, after: $after, orderBy: $order) "
            "{ edges { cursor node { code } } pageInfo { hasNextPage endCursor } } }",
            after=after,
            order=order,
        )
        seen += [edge["node"]["code"] for edge in data["projects"]["edges"]]
        after = data["projects"]["pageInfo"]["endCursor"]
        if not data["projects"]["pageInfo"]["hasNextPage"]:
            break
        if order == "NEWEST":
            await season.draft(base)
    assert sorted(seen) == codes
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [("first: 101", "BAD_PAGE_SIZE"), ('after: "???"', "BAD_CURSOR"), ('after: "WzEsMiwzXQ"', "BAD_CURSOR")],
)
async def test_a_page_that_cannot_be_is_refused(season: Season, arguments: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        await season.ask(ANONYMOUS, f"{{ projects({arguments}) {{ totalCount nodes {{ id }} }} }}")
    assert refused.value.code == code


async def test_entities_of_every_type_resolve(season: Season) -> None:
    base = await season.register_base()
    expert = await season.register_expert("甲")
    project = await season.published(base)
    keys: list[dict[str, Any]] = [
        {"__typename": "Project", "id": project["id"]},
        {"__typename": "Base", "id": base.bases[0]},
        {"__typename": "Province", "code": "44"},
        {"__typename": "Round", "year": 2024},
        {"__typename": "Organization", "code": base.organization},
        {"__typename": "Expert", "id": expert.person},
        {"__typename": "Base", "id": "nowhere"},
    ]
    found = (await season.ask(MINISTRY, ENTITIES, representations=keys))["_entities"]
    assert [one["__typename"] if one else None for one in found] == [key["__typename"] for key in keys[:-1]] + [None]
    assert found[0]["base"]["organization"]["name"] == "示范大学"
    for_all = (await season.ask(ANONYMOUS, ENTITIES, representations=keys))["_entities"]
    assert for_all[5] is None
    assert for_all[0]["code"] == project["code"]


async def test_an_unpublished_project_is_no_entity_for_the_public(season: Season) -> None:
    base = await season.register_base()
    draft = await season.draft(base)
    keys = [{"__typename": "Project", "id": draft["id"]}]
    assert (await season.ask(ANONYMOUS, ENTITIES, representations=keys))["_entities"] == [None]


@pytest.mark.parametrize(
    "key",
    [
        {"__typename": "Base", "id": {"$ne": None}},
        {"__typename": "Project", "id": ["a"]},
        {"__typename": "Base", "id": 7},
        {"__typename": "Province", "code": 44},
        {"__typename": "Round", "year": "2024"},
        {"__typename": "Round", "year": True},
    ],
)
async def test_a_key_of_another_type_is_refused(season: Season, key: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        await season.ask(MINISTRY, ENTITIES, representations=[key])
    assert refused.value.code == "BAD_ENTITY_KEY"


class Finds(CommandListener):
    """Counts the reads that reach the database."""

    def __init__(self) -> None:
        self.collections: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "find":
            self.collections.append(event.command["find"])

    def succeeded(self, event: object) -> None:
        """Not of interest."""

    def failed(self, event: object) -> None:
        """Not of interest."""


async def test_fifty_entities_are_one_read_of_each_kind(season: Season, parts: Parts) -> None:
    bases = [await season.register_base() for _ in range(3)]
    projects = [await season.draft(bases[number % 3]) for number in range(50)]
    finds = Finds()
    client = connect(parts.mongodb_url(ADMIN))
    watched = type(client)(parts.mongodb_url(ADMIN), tz_aware=True, event_listeners=[finds])
    name = season.catalog.store.projects.collection.database.name
    watched_season = Season(
        Catalog(Store(watched[name]), season.catalog.clock, season.catalog.vault), season.clock_file
    )
    keys = [{"__typename": "Project", "id": project["id"]} for project in projects]
    found = (await watched_season.ask(MINISTRY, ENTITIES, representations=keys))["_entities"]
    await watched.close()
    await client.close()
    assert len(found) == 50
    assert sorted(finds.collections) == ["bases", "projects", "rounds"]
