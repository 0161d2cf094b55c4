"""R21, R23: what the domain clock did to the round while its processes ran, and who may act on it."""

from typing import Any

from deploy.demo.story import Story
from deploy.seed.world import SCHOOLS
from tests.support.eventually import eventually

REPLAY = "query($after: String) { enrollmentEvents(first: 100, after: $after) { nodes { type subject cursor data } } }"
CUT_OFFS = "{ mySchool { innerCutOffs(year: 2024) { project { id title } closesOn } } }"


async def events_of(story: Story, kind: str, subject: str) -> list[Any]:
    """The events of a kind about something, as the ministry's log has them."""
    events: list[Any] = []
    after = None
    while nodes := (await story.seeded.ministry.ask(REPLAY, after=after))["enrollmentEvents"]["nodes"]:
        after = nodes[-1]["cursor"]
        events += [event for event in nodes if (event["type"], event["subject"]) == (kind, subject)]
    return events


async def test_r23_what_a_base_left_undecided_is_escalated_once_and_decided_by_the_ministry(story: Story) -> None:
    key = story.enrollments[SCHOOLS[0].teachers[0], story.projects["工业机器人岗位实践1期"]]

    async def decided() -> list[Any]:
        return await events_of(story, "enrollment.rejected", key)

    (event,) = await eventually(decided)
    assert event["data"]["override"] == "时间重叠"
    assert len(await events_of(story, "enrollment.escalated", key)) == 1


async def test_r21_a_schools_cut_off_is_its_own_and_joined_with_the_project(story: Story) -> None:
    project = story.projects["工业机器人岗位实践1期"]
    school = (await story.seeded.schools[SCHOOLS[0].code].ask(CUT_OFFS))["mySchool"]
    expected = {"project": {"id": project, "title": "工业机器人岗位实践1期"}, "closesOn": "2024-05-18"}
    assert school["innerCutOffs"] == [expected]
