"""The whole round through the gateway, in every role, on all processes: the story that the demo tells."""

import secrets
from dataclasses import replace

import pytest
from icalendar import Calendar

from deploy.demo import documents
from deploy.demo.play import _received
from deploy.demo.story import Story
from deploy.seed.graph_client import Refused
from deploy.seed.world import SCHOOLS
from tests.support.eventually import eventually


async def test_one_query_joins_the_three_services(story: Story) -> None:
    project = next(key for _, key in story.enrollments)
    answer = (await story.seeded.ministry.ask(documents.ACROSS_SERVICES, id=project))["project"]
    nodes = answer["enrollments"]["nodes"]
    assert answer["base"]["quota"]["limit"] == 22
    assert answer["seats"] == {"capacity": 10, "accepted": 10, "waitlisted": 0, "left": 0}
    assert len([node for node in nodes if node["credit"]]) == 8
    assert {node["status"] for node in nodes} >= {"CREDITED", "FAILED", "REJECTED", "LAPSED"}


async def test_r17_the_catalogue_knows_the_seats_that_enrollment_gave_away(story: Story) -> None:
    query = "{ projects(filter: {year: 2024, seatsLeftAtLeast: 1}) { nodes { id seats { left } } } }"
    full = next(key for _, key in story.enrollments)

    async def agreed() -> bool:
        nodes = (await story.provisioner.public.do(query))["nodes"]
        left = {node["id"]: node["seats"]["left"] for node in nodes}
        return bool(left) and all(left.values()) and full not in left

    await eventually(agreed)


async def test_r1_a_calendar_program_gets_the_round_once_and_then_only_when_it_changes(story: Story) -> None:
    url = f"{story.provisioner.suite.url}/calendar/2024.ics"
    async with story.provisioner.http.get(url) as reply:
        assert (reply.status, reply.content_type) == (200, "text/calendar")
        assert len(Calendar.from_ical(await reply.text()).walk("VEVENT")) == 5
        headers = {"If-None-Match": reply.headers["etag"]}
        assert reply.headers["cache-control"] == "public, max-age=300"
    async with story.provisioner.http.get(url, headers=headers) as reply:
        assert (reply.status, await reply.read()) == (304, b"")
    async with story.provisioner.http.get(f"{story.provisioner.suite.url}/calendar/1.ics") as reply:
        assert reply.status == 404


async def test_r27_a_province_sees_its_own_only_by_query_and_by_queue(story: Story) -> None:
    enrollment = story.enrollments[SCHOOLS[0].teachers[0], next(key for _, key in story.enrollments)]
    assert (await story.seeded.provinces["44"].ask(documents.STATUS, id=enrollment))["enrollment"]
    assert (await story.seeded.provinces["51"].ask(documents.STATUS, id=enrollment))["enrollment"] is None
    for code in ("44", "51"):
        received = await _received(story.provisioner.suite, code)
        numbers = [number for number, _ in received]
        assert ("enrollment.funding-recorded" in {name for _, name in received}) == (code == "44")
        assert numbers == list(range(1, len(numbers) + 1))


async def test_r41_nobody_reads_an_id_number_in_the_clear(story: Story) -> None:
    project = next(key for _, key in story.enrollments)
    answer = await story.seeded.ministry.execute(documents.ACROSS_SERVICES, id=project)
    numbers = [node["teacher"]["idNumber"] for node in answer["data"]["project"]["enrollments"]["nodes"]]
    assert all(number[3:-4] == "*" * 11 for number in numbers)


async def test_r31_the_public_reads_no_result(story: Story) -> None:
    project = next(key for _, key in story.enrollments)
    with pytest.raises(Refused) as refused:
        await story.provisioner.public.ask(documents.ACROSS_SERVICES, id=project)
    assert "UNAUTHENTICATED" in refused.value.codes


async def test_a_mutation_repeated_under_its_idempotency_key_takes_effect_once(story: Story) -> None:
    base = story.seeded.base_clients[0]
    keyed = replace(base, headers={"Idempotency-Key": secrets.token_hex(16)})
    own = (await base.do("{ myBases { id } }"))[0]
    plan = "{year: 2024, title: $title}"
    draft = f"mutation ($base: ID!, $title: String!) {{ draftProject(baseId: $base, input: {plan}) {{ id }} }}"
    first = await keyed.do(draft, base=own["id"], title="一次")
    assert await keyed.do(draft, base=own["id"], title="一次") == first
    with pytest.raises(Refused) as refused:
        await keyed.do(draft, base=own["id"], title="两次")
    assert refused.value.codes == ["IDEMPOTENCY_KEY_REUSED"]


HELD = """query($id: ID!) { enrollment(id: $id) { attendedHours dueHours attendanceRate
  attendanceHistory { hours present by reason } result { outcome score } resultHistory { outcome correction }
  credit { hours status ruleVersion dueOn } creditHistory { status } } }"""
BOOK = """query($id: ID!) { project(id: $id) { status
  book { state attendees passed failed incomplete noShows unassessed resultsDueOn late } } }"""


async def test_r29_r30_r31_the_people_of_a_class_see_attendance_by_hours_results_and_credit_with_their_history(
    story: Story,
) -> None:
    """Seven days of eight hours, of which one trainee missed three hours of the second day."""
    project = story.projects["智能制造专业教学能力提升1期"]
    shown = {}
    for name, (_, teacher) in story.seeded.teachers.items():
        if (name, project) in story.enrollments:
            answer = await teacher.ask(HELD, id=story.enrollments[name, project])
            if (answer["enrollment"] or {}).get("credit"):
                shown[name] = answer["enrollment"]
    late = [name for name, held in shown.items() if held["attendedHours"] == 53]
    assert len(shown) == 8
    assert len(late) == 1
    held = shown[late[0]]
    assert (held["dueHours"], held["attendanceRate"], held["result"]["score"]) == (56, 0.9464, 90)
    assert sorted(mark["hours"] for mark in held["attendanceHistory"]) == [5, 8, 8, 8, 8, 8, 8]
    assert held["resultHistory"] == [{"outcome": "PASSED", "correction": 0}]
    assert (held["credit"]["hours"], held["credit"]["ruleVersion"]) == (53, "national-2024-2")
    assert [credit["status"] for credit in held["creditHistory"]][-2:] == ["CONFIRMED", "PENDING"]


async def test_r28_r30_a_project_is_completed_once_its_results_are_published(story: Story) -> None:
    project = story.projects["智能制造专业教学能力提升1期"]

    async def completed() -> bool:
        answer = await story.provisioner.public.ask("query($id: ID!) { project(id: $id) { status } }", id=project)
        return bool(answer["project"]["status"] == "COMPLETED")

    await eventually(completed, deadline=90, every=0.5)
    answer = await story.seeded.ministry.ask(BOOK, id=project)
    assert answer["project"]["book"] == {
        "state": "FINAL", "attendees": 10, "passed": 8, "failed": 1, "incomplete": 1, "noShows": 1, "unassessed": 0,
        "resultsDueOn": "2024-06-24", "late": False,
    }  # fmt: skip
