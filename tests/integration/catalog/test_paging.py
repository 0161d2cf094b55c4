"""R17: whatever filter, order and page size, walking the cursors meets each visible project once, in order."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.ids import new_id
from chassis.principal import ANONYMOUS, Principal, Scope
from services.catalog.domain.plan import Venue
from services.catalog.domain.project import Project
from services.catalog.domain.search import terms_of, terms_wanted
from services.catalog.domain.vocabulary import Mode
from services.catalog.store import ProjectOrder
from tests.integration.catalog.season import Season
from tests.unit.catalog.examples import REVIEWING, a_draft

BASE = Principal("base", Scope.BASE, organization="4144010001", bases=("base-1",))
PAGE = """query($search: String, $filter: ProjectFilter, $order: ProjectOrder, $first: Int!, $after: String) {
  projects(search: $search, filter: $filter, orderBy: $order, first: $first, after: $after) {
    totalCount facets { provinces { value { code } count } modes { count } }
    nodes { code } pageInfo { hasNextPage endCursor } } }"""


@dataclass(frozen=True)
class Row:
    """A project as the test makes it."""

    title: str
    published: bool
    own: bool
    day: int | None
    fee: int | None
    capacity: int
    held: int
    province: str | None

    @property
    def left(self) -> int:
        return max(self.capacity - self.held, 0) if self.published else -1


ROWS = st.lists(
    st.builds(
        Row,
        title=st.sampled_from(["数控机床实训", "机床数控", "教师实训", "数控教师"]),
        published=st.sampled_from([True, True, True, False]),
        own=st.booleans(),
        day=st.none() | st.integers(1, 4),
        fee=st.none() | st.sampled_from([0, 100, 200]),
        capacity=st.integers(1, 3),
        held=st.integers(0, 4),
        province=st.sampled_from([None, "44", "45"]),
    ),
    min_size=4,
    max_size=9,
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "province": st.sampled_from(["44", "45"]),
        "feeAtMostFen": st.sampled_from([0, 100]),
        "startsFrom": st.sampled_from(["2024-07-02", "2024-07-03"]),
        "seatsLeftAtLeast": st.integers(0, 3),
    },
)
SEARCHES = st.sampled_from([None, None, None, "数控", "实训", "机床 数控", "示范大学", "校长"])


async def keep(season: Season, row: Row, number: int) -> tuple[Row, Project]:
    """The row as a project on file, with the seats that enrollment told."""
    day = None if row.day is None else date(2024, 7, row.day)
    draft = a_draft(title=row.title, objectives="目标", content_design="设计", starts_on=day, ends_on=day, days=1,
                    class_hours=8,
                    timetable=(), fee=row.fee, capacity=row.capacity, mode=Mode.OFFLINE,
                    venue=row.province and Venue(row.province, "某路"))  # fmt: skip
    project = replace(
        draft,
        id=new_id(),
        code=f"2024-DQT-{number:03d}",
        base="base-1" if row.own else "base-2",
        published_at=REVIEWING if row.published else None,
    )
    projects = season.deps.store.projects
    await projects.insert(project)
    seats = {"version": 1, "held": row.held}
    await projects.collection.update_one({"_id": project.id}, {"$set": {"seats": seats}})
    return row, project


def matches(row: Row, project: Project, wanted: dict[str, Any], search: str | None, principal: Principal) -> bool:
    """Whether the principal sees the row and asked for it, by another way than the database's."""
    text = terms_of(row.title, project.base_name, project.organization_name)
    return all(
        (
            row.published or (row.own and principal is BASE),
            "province" not in wanted or row.province == wanted["province"],
            "feeAtMostFen" not in wanted or (row.fee is not None and row.fee <= wanted["feeAtMostFen"]),
            "startsFrom" not in wanted or (row.day is not None and row.day >= int(wanted["startsFrom"][-2:])),
            "seatsLeftAtLeast" not in wanted or row.left >= wanted["seatsLeftAtLeast"],
            search is None or set(terms_wanted(search)) <= set(text),
        )
    )


def place(row: Row, project: Project, order: ProjectOrder | None, search: str | None) -> tuple[Any, ...]:
    """The sort key of a row; what is absent comes first."""
    hits = len(set(terms_wanted(search or "")) & set(terms_of(row.title)))
    keys: dict[ProjectOrder | None, tuple[Any, ...]] = {
        None: (-hits, project.code),
        ProjectOrder.RELEVANCE: (-hits, project.code),
        ProjectOrder.CODE: (project.code,),
        ProjectOrder.STARTS_ON: (row.day or 0, project.id),
        ProjectOrder.NEWEST: (-int(project.id, 16),),
        ProjectOrder.FEE: (-1 if row.fee is None else row.fee, project.id),
        ProjectOrder.SEATS_LEFT: (-row.left, project.id),
    }
    return keys[order]


@pytest.mark.parametrize("order", [None, *ProjectOrder])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS,
    later=st.just([]) | ROWS,
    wanted=st.just({}) | FILTERS,
    search=SEARCHES,
    first=st.integers(1, 4),
    principal=st.sampled_from([ANONYMOUS, BASE]),
)
async def test_a_walk_meets_each_visible_project_once_in_order_also_while_others_are_added(  # noqa: PLR0917 - one strategy each
    season: Season,
    rows: list[Row],
    later: list[Row],
    wanted: dict[str, Any],
    search: str | None,
    order: ProjectOrder | None,
    first: int,
    principal: Principal,
) -> None:
    await season.deps.store.projects.collection.delete_many({})
    stored = await asyncio.gather(*(keep(season, row, number * 2 + 20) for number, row in enumerate(rows)))
    expected = [pair for pair in stored if matches(*pair, wanted, search, principal)]
    expected.sort(key=lambda pair: place(pair[0], pair[1], order, search))
    seen: list[str] = []
    after, more, adding = None, True, list(enumerate(later))
    while more:
        data = await season.ask(principal, PAGE, search=search, filter=wanted, order=order, first=first, after=after)
        page = data["projects"]
        assert len(page["nodes"]) <= first
        if after is None:
            assert page["totalCount"] == len(expected)
            provinces = {count["value"]["code"]: count["count"] for count in page["facets"]["provinces"]}
            assert provinces == Counter(row.province for row, _ in expected if row.province)
            assert sum(count["count"] for count in page["facets"]["modes"]) == len(expected)
        seen += [node["code"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        if adding:
            number, row = adding.pop()
            await keep(season, row, number * 10 + 5 if number % 2 else number + 500)
    assert len(seen) == len(set(seen))
    first_ones = {project.code for _, project in stored}
    assert [code for code in seen if code in first_ones] == [project.code for _, project in expected]
