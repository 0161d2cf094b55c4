"""Notes N9: a page of enrollments costs as many database operations for a hundred rows as for one, whatever it asks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from chassis.principal import Principal
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.enrollment.commands import deliver_pending
from services.enrollment.store import Store
from tests.integration.enrollment.season import BASE, DECIDE, GUANGDONG, OTHER_BASE, SCHOOL, SIGN_UP, SUBMIT, Season
from tests.support.principals import MINISTRY

ROW = """id status history { status } warnings { code } feedback { state } project { id seats { left } }
  school { code name province { code } innerCutOffs(year: 2024) { closesOn } }"""
WHOLE = f"totalCount pageInfo {{ hasNextPage }} nodes {{ {ROW} teacher {{ name idNumber school {{ name }} }} }}"
FOR_A_PROVINCE = f"totalCount pageInfo {{ hasNextPage }} nodes {{ {ROW} }}"
PAGES = {
    "a teacher's or a school's": f"query($n: Int!) {{ myEnrollments(first: $n) {{ {WHOLE} }} }}",
    "a school's in the ministry's eyes": f"""query($n: Int!) {{
      school(code: "{SCHOOL.school}") {{ enrollments(first: $n) {{ {WHOLE} }} }} }}""",
    "a project's": f"""query($n: Int!, $r: [_Any!]!) {{ _entities(representations: $r) {{
      ... on Project {{ enrollments(first: $n) {{ {WHOLE} }} }} }} }}""",
    "a province's": f"query($n: Int!) {{ myProvince {{ enrollments(first: $n) {{ {FOR_A_PROVINCE} }} }} }}",
    "escalations": f"query($n: Int!) {{ escalations(year: 2024, first: $n) {{ {WHOLE} }} }}",
    "notices": """query($n: Int!) { myNotices(first: $n) { totalCount nodes {
      kind project { id } enrollment { id status teacher { name } school { name } } } } }""",
}
READERS: tuple[tuple[str, Principal], ...] = (
    ("a teacher's or a school's", SCHOOL),
    ("a teacher's or a school's", BASE),
    ("a school's in the ministry's eyes", MINISTRY),
    ("a project's", BASE),
    ("a province's", GUANGDONG),
    ("escalations", MINISTRY),
    ("notices", SCHOOL),
)


@dataclass
class Counting(CommandListener):
    """Notes every operation that the driver sends, but not how a new connection of its pool signs in."""

    sent: list[str] = field(default_factory=list)

    def started(self, event: CommandStartedEvent) -> None:
        if not event.command_name.startswith("sasl"):
            self.sent.append(f"{event.command_name} {event.command.get(event.command_name)}")

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to note."""


@pytest.fixture
async def counting(season: Season, parts: Parts) -> AsyncIterator[Counting]:
    """A hundred enrollments, half of them accepted, the rest undecided; from here on, what is sent is counted."""
    await season.publish("p1", capacity=200)
    await season.publish("p2", base="base-2", starts_on="2024-08-01", ends_on="2024-08-05")
    teachers = await season.teachers(99, post="LEADER")
    keys = [(await season.act(one, SIGN_UP, id="p1"))["id"] for one in teachers]
    keys.append((await season.act(teachers[0], SIGN_UP, id="p2"))["id"])
    assert all(row["ok"] for row in await season.act(SCHOOL, SUBMIT, ids=keys))
    await season.act(BASE, DECIDE, given=[{"id": key, "decision": "ACCEPT"} for key in keys[:50]])
    assert (await season.decide(keys[-1], base=OTHER_BASE))["ok"]
    season.at("2024-05-25T00:00")
    amended = {"project": "p2", "starts_on": "2024-07-10", "ends_on": "2024-07-12", "reason": "场地调整"}
    await season.hear("catalog.project-amended", "p2", amended)

    await deliver_pending(season.deps)
    listener = Counting()
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
        parts.mongodb_url(ADMIN), tz_aware=True, event_listeners=[listener]
    )
    season.deps = replace(season.deps, store=Store(client[season.database.name]))
    await client.admin.command("ping")
    yield listener
    await client.close()


async def test_a_page_of_a_hundred_costs_what_a_page_of_one_costs(season: Season, counting: Counting) -> None:
    for name, who in READERS:
        costs, rows = list[list[str]](), list[int]()
        for first in (1, 50, 100):
            counting.sent.clear()
            answer = await season.act(who, PAGES[name], n=first, r=[{"__typename": "Project", "id": "p1"}])
            costs.append(sorted(counting.sent))
            rows.append(str(answer).count("'status': ") if name != "notices" else str(answer).count("'kind'"))
        assert rows[0] < rows[1], (name, who.scope, rows)
        assert costs[1:] == costs[:1] * 2, (name, who.scope, costs)
        assert len(costs[0]) <= 10, (name, costs[0])


async def test_an_overlap_is_seen_on_both_enrollments_by_both_bases_and_the_school(
    season: Season, counting: Counting
) -> None:
    """R19: also by whoever missed the notice, and for as long as it lasts; where else, a base does not learn."""
    shown = "{ myEnrollments(first: 100) { nodes { id project { id } warnings { code rule message } } } }"
    for who, projects in ((BASE, ["p1"]), (OTHER_BASE, ["p2"]), (SCHOOL, ["p1", "p2"])):
        nodes = (await season.act(who, shown))["nodes"]
        warned = [one for one in nodes if "OVERLAP" in {advice["code"] for advice in one["warnings"]}]
        assert sorted(one["project"]["id"] for one in warned) == projects
        assert {advice["rule"] for one in warned for advice in one["warnings"]} == {"R19", "R20"}
    assert counting.sent


async def test_teachers_of_enrollments_that_are_shown_need_no_query_of_who_was_met(
    season: Season, counting: Counting
) -> None:
    """R20: a teacher asked for by id is looked for among the reader's enrollments; one beside an enrollment is not."""
    page = (await season.act(BASE, "{ myEnrollments(first: 20) { nodes { teacher { id name } } } }"))["nodes"]
    assert len(page) == 20
    assert all(row["teacher"]["name"] for row in page)
    assert "distinct enrollments" not in counting.sent
    asked = "query($id: ID!) { teacher(id: $id) { name } }"
    shown = page[0]["teacher"]
    assert await season.act(BASE, asked, id=shown["id"]) == {"name": shown["name"]}
    assert "distinct enrollments" in counting.sent
    assert await season.act(OTHER_BASE, asked, id=page[1]["teacher"]["id"]) is None
