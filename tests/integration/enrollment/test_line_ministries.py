"""R27: schools of line ministries belong to no province (`00`), and appear to the ministry only, on every path."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.events import Envelope
from chassis.principal import Principal, Scope
from services.enrollment.messaging.feed_publisher import readers_of
from tests.integration.enrollment.season import GUANGDONG, HUNAN, SIGN_UP, Season
from tests.integration.enrollment.workbooks import FileClient
from tests.support.graph import Refused
from tests.support.principals import MINISTRY, NO_PROVINCE

CODE = "4144000077"
"""It lies in Guangdong, and is none of Guangdong's."""
SCHOOL = Principal("ministry-school", Scope.SCHOOL, organization=CODE, school=CODE)
"""A province's account that was provisioned for `00` by mistake."""
STRANGERS = (GUANGDONG, HUNAN, NO_PROVINCE)
EVENTS = "query { enrollmentEvents(first: 100) { totalCount nodes { type province data } } }"
LISTING = """query($filter: SchoolFilter, $search: String) {
  schools(filter: $filter, search: $search) { nodes { code } } }"""
TABLE = "query { provinceProgress(year: 2024) { province { code } total registeredSchools } }"
ENTITIES = """query($r: [_Any!]!) { _entities(representations: $r) { ... on Enrollment { status }
  ... on School { designatedPerson { name } enrollments { totalCount } }
  ... on Province { progress(year: 2024) { total } enrollments { totalCount } funding(year: 2024) { id } } } }"""


@pytest.fixture
async def enrolled(season: Season) -> str:
    """A school without province, with somebody enrolled at a base in Guangdong."""
    register = "mutation($i: SchoolInput!) { registerSchool(input: $i) { code province { code } } }"
    made = await season.act(MINISTRY, register, i={"code": CODE, "name": "部属职业学院", "province": "00"})
    assert made == {"code": CODE, "province": None}
    designate = "mutation($i: DesignatedPersonInput!) { designatePerson(input: $i) { code } }"
    await season.act(SCHOOL, designate, i={"name": "孙主任", "phone": "13900000001"})
    await season.publish()
    (teacher,) = await season.teachers(1, SCHOOL)
    return str((await season.act(teacher, SIGN_UP, id="p1"))["id"])


@pytest.mark.parametrize("who", STRANGERS, ids=lambda one: one.subject)
async def test_no_query_shows_it_to_a_province(season: Season, enrolled: str, who: Principal) -> None:
    assert await season.act(who, "query($c: ID!) { school(code: $c) { code } }", c=CODE) is None
    assert await season.act(who, "query($id: ID!) { enrollment(id: $id) { id } }", id=enrolled) is None
    for asked in ({}, {"filter": {"province": "00"}}, {"search": "部属"}):
        assert {"code": CODE} not in (await season.act(who, LISTING, **asked))["nodes"]
    own = "query { myProvince { code enrollments { totalCount } progress(year: 2024) { total registeredSchools } } }"
    shown = await season.act(who, own)
    assert shown is None or (shown["enrollments"]["totalCount"], shown["progress"]["total"]) == (0, 0)
    representations = [
        {"__typename": "Enrollment", "id": enrolled},
        {"__typename": "School", "code": CODE},
        {"__typename": "Province", "code": "00"},
    ]
    entities = await season.act(who, ENTITIES, r=representations)
    assert entities == [None, {"designatedPerson": None, "enrollments": {"totalCount": 0}}, None]


async def test_the_ministry_sees_it_on_every_path(season: Season, enrolled: str, files: FileClient) -> None:
    assert await season.act(MINISTRY, "query($c: ID!) { school(code: $c) { code } }", c=CODE) == {"code": CODE}
    assert await season.act(MINISTRY, "query($id: ID!) { enrollment(id: $id) { id } }", id=enrolled)
    listing = 'query { schools(filter: {province: "00"}) { nodes { code } } }'
    assert await season.act(MINISTRY, listing) == {"nodes": [{"code": CODE}]}
    rows = await season.act(MINISTRY, TABLE)
    assert rows[-1] == {"province": None, "total": 1, "registeredSchools": 1}
    assert sum(row["total"] for row in rows) == 1
    await season.feed()
    events = (await season.act(MINISTRY, EVENTS))["nodes"]
    assert {event["type"] for event in events if event["province"] == "00"} >= {
        "enrollment.school-registered",
        "enrollment.signed-up",
    }
    _, _, roster = await files.sheets(MINISTRY, "provinces/00", year=2024)
    assert len(roster) == 2
    assert (await files.ask(MINISTRY, f"schools/{CODE}", year=2024))[0] == 200


@pytest.mark.parametrize("who", STRANGERS, ids=lambda one: one.subject)
async def test_no_log_of_a_province_has_its_events(season: Season, enrolled: str, who: Principal) -> None:
    await season.feed()
    if who is NO_PROVINCE:
        with pytest.raises(Refused) as refused:
            await season.act(who, EVENTS)
        assert refused.value.code == "FORBIDDEN"
        return
    events = (await season.act(who, EVENTS))["nodes"]
    assert events
    assert not [event for event in events if event["province"] == "00" or enrolled in str(event["data"])]
    assert CODE not in str(events)


@pytest.mark.parametrize("who", STRANGERS, ids=lambda one: one.subject)
@pytest.mark.usefixtures("enrolled")
async def test_no_workbook_of_a_province_has_it(files: FileClient, who: Principal) -> None:
    for path in ("provinces/00", f"schools/{CODE}", "provinces", "projects/p1"):
        assert (await files.ask(who, path, year=2024))[0] == (403 if path == "provinces" else 404)
    if who.province != "00":
        assert CODE not in str(await files.sheets(who, f"provinces/{who.province}", year=2024))


def test_an_event_without_a_province_is_for_no_province() -> None:
    event: Any = {"id": "x", "producer": "enrollment", "name": "accepted", "subject": "e", "version": 1, "data": {}}
    assert readers_of(Envelope(**event, at=datetime.now(UTC), province="00")) == ()
