"""A front end's request, its event and what the event does elsewhere are one trace (W3C Trace Context)."""

import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from deploy.demo.story import Story
from tests.support.eventually import eventually

SUSPEND = 'mutation($id: ID!) { suspendProject(id: $id, reason: "核查") { id } }'
RESUME = "mutation($id: ID!) { resumeProject(id: $id) { id } }"


def spans(home: Path, trace: str) -> dict[tuple[str, str], Any]:
    """A trace's spans by service and name."""
    found = {}
    for file in home.glob("*.traces"):
        for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n") and trace in line:  # the last line may still be on its way
                span = json.loads(line)
                found[span["resource"]["attributes"]["service.name"], span["name"]] = span
    return found


async def test_request_event_and_effects_are_one_trace(story: Story) -> None:
    trace, parent = secrets.token_hex(16), secrets.token_hex(8)
    client = replace(story.seeded.ministry, headers={"traceparent": f"00-{trace}-{parent}-01"})
    project = story.projects["工业机器人岗位实践1期"]
    await client.do(SUSPEND, id=project)
    await story.seeded.ministry.do(RESUME, id=project)
    effects = [(service, "catalog.project-suspended") for service in ("enrollment", "assessment")]

    def whole() -> dict[tuple[str, str], Any]:
        found = spans(story.provisioner.suite.home, trace)
        return found if {("catalog", "catalog.graphql"), *effects} <= set(found) else {}

    found = await eventually(whole)
    request = found["catalog", "catalog.graphql"]
    assert request["parent_id"] == f"0x{parent}"
    for effect in effects:
        assert found[effect]["parent_id"] == request["context"]["span_id"]
        assert found[effect]["context"]["trace_id"] == f"0x{trace}"
