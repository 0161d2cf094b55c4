"""The gateway and the field's own tools: the audit of GraphQL over HTTP, the clients of graphql-sse and graphql-ws."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.gateway.peers import free_port, process
from chassis.storage.cursor import cursor_of
from contracts.graph_files import SUPERGRAPH
from deploy.demo.story import Story
from deploy.local.web import EXPLORER
from tests.e2e.conftest import Scripts
from tests.e2e.test_live import FOLLOW, REPLAY


async def output(command: list[str]) -> Any:
    """What a script prints, JSON."""
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        printed, _ = await running.communicate()
    assert running.returncode == 0
    return orjson.loads(printed)


async def test_every_must_should_and_may_of_graphql_over_http_is_kept(scripts: Scripts, tmp_path: Path) -> None:
    port = free_port()
    ours = [sys.executable, "-m", "gateway", "standalone", str(SUPERGRAPH), "--port", str(port)]
    with process(ours, port, 0, tmp_path / "log"):
        results = await output([*scripts("audit"), f"http://127.0.0.1:{port}/graphql"])
    assert len(results) > 50
    assert [result for result in results if result["status"] != "ok"] == []


@pytest.mark.parametrize("kind", ["sse", "ws", "explorer"])
async def test_r27_the_clients_of_front_ends_follow_a_province(story: Story, scripts: Scripts, kind: str) -> None:
    client, after = story.seeded.provinces["44"], cursor_of(0)
    assert client.token
    wanted = (await client.ask(REPLAY, after=after))["enrollmentEvents"]["nodes"]
    if kind == "explorer":
        session = str(EXPLORER.sources / "src" / "session.js")
        command = [*scripts("explorer"), session, client.url, "province44", story.provisioner.password]
    else:
        command = [*scripts("follow"), kind, f"{client.url}/graphql", client.token]
    followed = await output([*command, str(len(wanted)), FOLLOW, orjson.dumps({"after": after}).decode()])
    assert followed == [{"data": {"enrollmentEvents": event}} for event in wanted]
