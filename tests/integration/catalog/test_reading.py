"""Pages that cannot be, entities in batches, keys of the wrong type (notes N5, N9)."""

from typing import Any

import pytest

from chassis.principal import ANONYMOUS
from deploy.local.parts import Parts
from tests.integration.catalog.season import Season
from tests.integration.catalog.watching import watched
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

ENTITIES = """query($representations: [_Any!]!) { _entities(representations: $representations) {
  __typename ... on Project { code base { name organization { name } } round { year } } ... on Base { name }
  ... on Province { name } ... on Round { title } ... on Organization { name } ... on Expert { name } } }"""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("first: 101", "BAD_PAGE_SIZE"),
        ('after: "???"', "BAD_CURSOR"),
        ('after: "WzEsMiwzXQ"', "BAD_CURSOR"),
        ('after: ""', "BAD_CURSOR"),
    ],
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
    entities = (await season.ask(MINISTRY, ENTITIES, representations=keys))["_entities"]
    assert [entity["__typename"] if entity else None for entity in entities] == [
        key["__typename"] for key in keys[:-1]
    ] + [None]
    assert entities[0]["base"]["organization"]["name"] == "示范大学"
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


async def test_fifty_entities_and_what_they_refer_to_are_two_operations(season: Season, parts: Parts) -> None:
    bases = [await season.register_base() for _ in range(3)]
    projects = [await season.draft(bases[number % 3]) for number in range(50)]
    keys = [{"__typename": "Project", "id": project["id"]} for project in projects]
    async with watched(season, parts) as (listened, operations):
        entities = (await listened.ask(MINISTRY, ENTITIES, representations=keys))["_entities"]
    assert len(entities) == 50
    assert [command for command, _ in operations.seen] == ["aggregate", "aggregate"]
