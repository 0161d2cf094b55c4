"""R27: the log of a province, followed live through the gateway, is the log that replay tells."""

from typing import Any

import aiohttp
import orjson

from chassis.serving.sse import COMPLETE, EVENT_STREAM, Parser
from chassis.storage.cursor import cursor_of
from deploy.demo.story import Story
from deploy.seed.graph_client import Client
from gateway.http.websocket import PROTOCOL

FOLLOW = "subscription($after: String) { enrollmentEvents(after: $after) { sequence id type province } }"
REPLAY = """query($after: String) { enrollmentEvents(after: $after, first: 100) { totalCount
  nodes { sequence id type province } } }"""


async def followed(client: Client, after: str | None, most: int, query: str = FOLLOW) -> list[dict[str, Any]]:
    """The next so many results of the subscription, fewer where it ends by itself."""
    headers = {"Accept": EVENT_STREAM} | ({"Authorization": f"Bearer {client.token}"} if client.token else {})
    body = {"query": query, "variables": {"after": after}}
    results: list[dict[str, Any]] = []
    parser = Parser(1_000_000)
    timeout = aiohttp.ClientTimeout(total=60)
    async with client.http.post(f"{client.url}/graphql", json=body, headers=headers, timeout=timeout) as reply:
        async for piece in reply.content.iter_any():
            for event in parser.feed(piece):
                if event.name == COMPLETE:
                    return results
                results.append(orjson.loads(event.data))
            if len(results) >= most:
                return results[:most]
    raise AssertionError("the stream was cut")


async def test_r27_a_province_follows_the_log_that_it_replays(story: Story) -> None:
    client = story.seeded.provinces["44"]
    page = (await client.ask(REPLAY, after=cursor_of(0)))["enrollmentEvents"]
    wanted = page["nodes"][:100]
    assert len(wanted) > 10
    live = await followed(client, cursor_of(0), len(wanted))
    assert [result["data"]["enrollmentEvents"] for result in live] == wanted
    assert all("errors" not in result for result in live)


async def test_r27_the_public_may_not_follow_and_is_told_as_an_event(story: Story) -> None:
    public = Client(story.provisioner.suite.url, story.provisioner.http)
    (result,) = await followed(public, cursor_of(0), 2)
    assert result["data"] is None
    assert [error["extensions"]["code"] for error in result["errors"]] == ["UNAUTHENTICATED"]


async def test_r27_the_ministry_follows_the_nation_by_websocket(story: Story) -> None:
    client = story.seeded.ministry
    wanted = (await client.ask(REPLAY, after=cursor_of(0)))["enrollmentEvents"]["nodes"]
    async with client.http.ws_connect(f"{client.url}/graphql", protocols=(PROTOCOL,)) as socket:
        await socket.send_json({"type": "connection_init", "payload": {"Authorization": f"Bearer {client.token}"}})
        assert await socket.receive_json(timeout=10) == {"type": "connection_ack"}
        payload = {"query": FOLLOW, "variables": {"after": cursor_of(0)}}
        await socket.send_json({"type": "subscribe", "id": "1", "payload": payload})
        messages = [await socket.receive_json(timeout=10) for _ in wanted]
    assert [message["payload"] for message in messages] == [{"data": {"enrollmentEvents": event}} for event in wanted]
