"""A front end's request, its event and what the event does elsewhere are one trace (W3C Trace Context, OTLP)."""

import json
import secrets
from pathlib import Path
from typing import Any

from deploy.demo.story import Story
from deploy.seed.graph_client import Client
from tests.support.eventually import eventually
from tests.support.otlp import Collector, Span

SUSPEND = 'mutation($id: ID!) { suspendProject(id: $id, reason: "核查") { id } }'
RESUME = "mutation($id: ID!) { resumeProject(id: $id) { id } }"
EVENT = "catalog.project-suspended"


async def trace_of(client: Client, query: str, **variables: Any) -> str:
    """Do it, and return the trace that the reply names."""
    headers = {"Authorization": f"Bearer {client.token}", "Idempotency-Key": secrets.token_hex(16)}
    body = {"query": query, "variables": variables}
    async with client.http.post(f"{client.url}/graphql", json=body, headers=headers) as reply:
        assert "errors" not in await reply.json()
        return reply.headers["traceresponse"].split("-")[1]


def lines(home: Path, trace: str) -> set[tuple[str, str]]:
    """Which processes log what of a trace."""
    found = set()
    for file in (home / "logs").glob("*.log"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if trace in line:
                entry = json.loads(line)
                assert entry["trace"] == trace
                found.add((entry["service"], entry["event"]))
    return found


async def test_a_request_its_event_and_the_effects_are_one_trace_in_spans_and_logs(
    story: Story, collector: Collector
) -> None:
    """Whoever has the trace of a request, which its reply names, finds all that came of it."""
    ministry, project = story.seeded.ministry, story.projects["职业学校校长办学治校能力提升1期"]
    trace = await trace_of(ministry, SUSPEND, id=project)
    await ministry.do(RESUME, id=project)
    effects = [(service, EVENT) for service in ("enrollment", "assessment")]
    path = [("gateway", "mutation"), ("gateway", "fetch catalog"), ("catalog", "catalog.graphql")]
    written, sent = ("catalog", "update projects"), ("catalog", f"publish {EVENT}")
    works = [
        (service, name) for service, _ in effects for name in ("effects", "insert inbox", "commitTransaction admin")
    ]

    def whole() -> dict[tuple[str, str], Span]:
        found = collector.of(trace)
        return found if {*path, written, sent, *effects, *works} <= set(found) else {}

    spans = await eventually(whole)
    client, fetch, request = (spans[step] for step in path)
    assert [client.parent, fetch.parent, request.parent] == ["", client.id, fetch.id]
    assert {spans[effect].parent for effect in effects} == {request.id}
    assert spans[written].parent == spans[sent].parent == request.id
    assert {spans[work].trace for work in works} == {trace}
    assert request.attributes["guopei.outcome"] == fetch.attributes["guopei.outcome"] == "ok"
    assert "核查" not in repr(spans)
    wanted = {
        ("gateway", "operation"),
        ("catalog", "operation"),
        ("catalog", "event sent"),
        ("enrollment", "event taken"),
        ("assessment", "event taken"),
    }
    await eventually(lambda: wanted <= lines(story.provisioner.suite.home, trace))


async def test_a_trace_of_the_clients_is_linked_and_not_continued(story: Story, collector: Collector) -> None:
    theirs, query = secrets.token_hex(16), {"query": "{ __typename }"}
    headers = {"traceparent": f"00-{theirs}-{secrets.token_hex(8)}-01"}
    client = story.seeded.ministry
    async with client.http.post(f"{client.url}/graphql", json=query, headers=headers) as reply:
        trace = reply.headers["traceresponse"].split("-")[1]
    spans = await eventually(lambda: collector.of(trace))
    assert spans["gateway", "query"].links == (theirs,)
    assert not collector.of(theirs)
