"""R27, R42: a province's progress is what one would count by hand, and costs the same for one province as for all."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.storage.mongo import Database
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from kernel.reference import provinces
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.progress import SUCCEEDED
from services.enrollment.domain.seats import ADMITTED
from services.enrollment.domain.vocabulary import LIVE, BaseCategory, EnrollmentStatus
from services.enrollment.store import Store
from tests.integration.enrollment.season import BASE, GUANGDONG, HUNAN, Season
from tests.support.graph import Refused
from tests.support.operations import Operations
from tests.support.operations import watched as watched_database
from tests.support.principals import MINISTRY

NOW = datetime(2024, 5, 12, 9, tzinfo=UTC)
TALLY = "signUps submitted accepted rejected waitlisted attending passed statuses { status count }"
PROGRESS = f"""province {{ code }} year total schools registeredSchools submittingSchools tally {{ {TALLY} }}
  byCategory {{ category tally {{ {TALLY} }} }} byBaseProvince {{ province {{ code }} tally {{ {TALLY} }} }}
  funding {{ amount yuan }}"""
OWN = f"query {{ myProvince {{ progress(year: 2024) {{ {PROGRESS} }} }} }}"
ALL = f"query {{ provinceProgress(year: 2024) {{ {PROGRESS} }} }}"
EACH = """query($r: [_Any!]!) { _entities(representations: $r) {
  ... on Province { progress(year: 2024) { total } } } }"""
PROJECTS = {
    "p1": ("44", BaseCategory.PRINCIPAL),
    "p2": ("43", BaseCategory.DUAL_QUALIFIED_TEACHER),
    "p3": ("44", BaseCategory.ENTERPRISE_PRACTICE),
    "p4": ("00", BaseCategory.ENTERPRISE_PRACTICE),
}
CODES = ("44", "43", "00")
ROW = st.tuples(
    st.sampled_from(CODES),
    st.integers(0, 2),
    st.sampled_from(sorted(PROJECTS)),
    st.sampled_from([2023, 2024, 2024]),
    st.sampled_from(list(EnrollmentStatus)),
    st.booleans(),
)


@pytest.fixture
async def watched(parts: Parts, database: Database) -> AsyncIterator[tuple[Store, Operations]]:
    """The store on a client that tells of every operation."""
    async with watched_database(parts.mongodb_url(ADMIN), database.name) as (same, operations):
        store = Store(same)
        await store.prepare()
        operations.clear()
        yield store, operations


def enrollments(rows: Sequence[tuple[Any, ...]]) -> list[Enrollment]:
    return [
        Enrollment(
            id=f"e{place}",
            version=1,
            project=project,
            base=f"base-{project}",
            teacher=f"t{place}",
            school=f"41{province}00000{school}",
            province=province,
            year=year,
            status=status,
            live=status in LIVE,
            signed_up_at=NOW,
            submitted_at=NOW if submitted else None,
        )
        for place, (province, school, project, year, status, submitted) in enumerate(rows)
    ]


def by_hand(found: Sequence[Enrollment]) -> dict[str, Any]:
    statuses = Counter(one.status for one in found)
    return {
        "signUps": len(found),
        "submitted": len([one for one in found if one.submitted_at]),
        "accepted": len([one for one in found if one.status in ADMITTED]),
        "rejected": statuses[EnrollmentStatus.REJECTED],
        "waitlisted": statuses[EnrollmentStatus.WAITLISTED],
        "attending": statuses[EnrollmentStatus.ATTENDING],
        "passed": len([one for one in found if one.status in SUCCEEDED]),
        "statuses": [{"status": one, "count": statuses[one]} for one in EnrollmentStatus if statuses[one]],
    }


async def fill(season: Season, rows: Sequence[tuple[Any, ...]]) -> list[Enrollment]:
    """Enrollments as they are kept, in whatever state."""
    await season.database["enrollments"].delete_many({})
    found = enrollments(rows)
    for one in found:
        await season.deps.store.enrollments.insert(one)
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=40))
async def test_progress_is_what_one_counts_by_hand(season: Season, rows: list[tuple[Any, ...]]) -> None:
    for key, (province, category) in PROJECTS.items():
        await season.publish(key, base=f"base-{key}", province=province, category=category.value)
    found = [one for one in await fill(season, rows) if one.year == 2024]
    shown = {(row["province"] or {"code": "00"})["code"]: row for row in await season.act(MINISTRY, ALL)}
    assert list(shown) == [*provinces(), "00"]
    for code, row in shown.items():
        own = [one for one in found if one.province == code]
        assert row["tally"] == by_hand(own)
        assert row["total"] == len(own)
        assert row["schools"] == len({one.school for one in own})
        assert row["submittingSchools"] == len({one.school for one in own if one.submitted_at})
        assert row["registeredSchools"] == (1 if code in {"44", "43"} else 0)
        assert row["byCategory"] == [
            {"category": category, "tally": by_hand(group)}
            for category in BaseCategory
            if (group := [one for one in own if PROJECTS[one.project][1] is category])
        ]
        assert row["byBaseProvince"] == [
            {"province": {"code": at} if at != "00" else None, "tally": by_hand(group)}
            for at in sorted({PROJECTS[one.project][0] for one in own})
            if (group := [one for one in own if PROJECTS[one.project][0] == at])
        ]
    assert (await season.act(GUANGDONG, OWN))["progress"] == shown["44"]


async def test_all_provinces_cost_as_many_operations_as_one(season: Season, watched: tuple[Store, Operations]) -> None:
    store, operations = watched
    rows = [(code, 0, f"p{n % 4}", 2024, EnrollmentStatus.ACCEPTED, True) for n in range(30) for code in CODES]
    await fill(season, rows)
    await store.progress.of([("44", 2024)])
    one = sorted(operations.seen)
    operations.clear()
    await store.progress.of([(code, year) for code in (*provinces(), "00") for year in (2023, 2024)])
    assert sorted(operations.seen) == one
    assert [command for command, _ in one] == ["aggregate"] * 5


async def test_through_the_graph_every_province_is_counted_at_once(
    season: Season, watched: tuple[Store, Operations]
) -> None:
    season.deps = type(season.deps)(watched[0], season.deps.clock, season.deps.vault)
    asked = [{"__typename": "Province", "code": code} for code in provinces()]
    assert len(await season.act(MINISTRY, EACH.replace("total", PROGRESS), r=asked)) == len(provinces())
    assert len(watched[1].seen) == 5
    watched[1].clear()
    await season.act(MINISTRY, ALL)
    assert len(watched[1].seen) == 5


async def test_enrollments_are_counted_by_the_index_alone(season: Season) -> None:
    await fill(season, [("44", n % 3, "p1", 2024, EnrollmentStatus.ACCEPTED, True) for n in range(20)])
    await season.database.command("profile", 2)
    await season.deps.store.progress.of([("44", 2024), ("43", 2024)])
    await season.database.command("profile", 0)
    told = await season.database["system.profile"].find({"command.aggregate": "enrollments"}).to_list()
    assert [(one["docsExamined"], one["keysExamined"] >= 20) for one in told] == [(0, True)] * 2


async def test_a_base_all_of_whose_projects_are_from_before_categories_were_kept_has_none(season: Season) -> None:
    await season.publish("p1", base="base-p1")
    await season.database["projects"].update_one({"_id": "p1"}, {"$unset": {"category": 1}})
    await fill(season, [("44", 0, "p1", 2024, EnrollmentStatus.SIGNED_UP, False)])
    shown = (await season.act(GUANGDONG, OWN))["progress"]
    assert [(one["category"], one["tally"]["signUps"]) for one in shown["byCategory"]] == [(None, 1)]


async def test_the_table_of_all_provinces_is_the_ministrys(season: Season) -> None:
    asked = [{"__typename": "Province", "code": code} for code in ("44", "43", "00")]
    assert await season.act(HUNAN, EACH, r=asked) == [{"progress": None}, {"progress": {"total": 0}}, None]
    assert await season.act(BASE, EACH, r=asked) == [{"progress": None}, {"progress": None}, None]
    for who in (HUNAN, BASE):
        with pytest.raises(Refused) as refused:
            await season.act(who, ALL)
        assert refused.value.code == "FORBIDDEN"
