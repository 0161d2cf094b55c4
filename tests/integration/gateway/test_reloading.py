"""ADR 47: another supergraph is served without a restart; no request fails, no stream breaks."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from graphql import build_schema, graphql
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.serving.sse import EVENT_STREAM, Parser
from deploy.local.ports import Ports
from gateway.app import build
from gateway.reloading import RELOADS, Texts
from gateway.settings import GatewaySettings
from tests.support.eventually import eventually
from tests.unit.federation.case import SUPERGRAPHS
from tests.unit.gateway.following import Follower, Source
from tests.unit.gateway.serving import Browser, served

ROOT = Path(__file__).resolve().parents[3]
SCHOOL = {"query": "{ school { id name } }"}
MOTTO = {"query": "{ motto }"}
FOLLOW = {"query": "subscription { enrolled { number school { name } } }"}
CLIENTS = 4
_SCHEMA = build_schema(
    """
    scalar _Any
    type School { id: ID name: String }
    union _Entity = School
    type Query { school: School motto: String _entities(representations: [_Any!]!): [_Entity]! }
    """
)
_ANSWERS = {
    "school": {"id": "1", "name": "附中"},
    "motto": "博学",
    "_entities": [{"__typename": "School", "id": "1", "name": "附中"}],
}


async def _schools(request: Request) -> Response:
    asked = await request.json()
    answer = await graphql(_SCHEMA, asked["query"], _ANSWERS, variable_values=asked.get("variables"))
    return Response(orjson.dumps(answer.formatted), media_type="application/json")


class Events(Source):
    """A subgraph whose events name a school."""

    def result(self, number: object) -> Any:
        return {"data": {"enrolled": {"number": number, "school": {"__typename": "School", "id": "1"}}}}


@dataclass(slots=True)
class Gateway:
    """A gateway process, its file, and what is behind it."""

    browser: Browser
    process: asyncio.subprocess.Process
    file: Path
    plain: str
    events: Events
    shown: str
    lines: list[str]

    @property
    def with_motto(self) -> str:
        """The supergraph with one more subgraph, and a field of it."""
        graph = re.search(r'SCHOOLS (@join__graph\(name: ")schools(".*)', self.plain)
        assert graph
        more = self.plain.replace(graph[0], f"{graph[0]}\n  MOTTOS {graph[1]}mottos{graph[2]}")
        return more.replace(
            "school: School @join__field(graph: SCHOOLS)",
            "school: School @join__field(graph: SCHOOLS)\n  motto: String @join__field(graph: MOTTOS)",
        ).replace("type Query ", "type Query @join__type(graph: MOTTOS) ")

    async def post(self, body: dict[str, str]) -> Any:
        answer = await self.browser.send("POST", "/graphql", json=body)
        return answer.json

    async def metrics(self) -> str:
        async with aiohttp.request("GET", self.shown) as reply:
            return await reply.text()

    async def serves(self, text: str) -> bool:
        return f'guopei_gateway_schema{{hash="{Texts(text).hash}"}} 1.0' in await self.metrics()

    async def count(self, outcome: str) -> float:
        found = re.search(rf'guopei_gateway_reloads_total{{outcome="{outcome}"}} (.+)', await self.metrics())
        return float(found[1]) if found else 0.0

    def exchange(self, text: str) -> None:
        """Exchange the file as a cluster does: by the link to the directory that it is in."""
        data = self.file.parent / "..data"
        new = self.file.parent / f"..{len(list(self.file.parent.iterdir()))}"
        new.mkdir()
        (new / self.file.name).write_bytes(text.encode("utf-8", "surrogateescape"))
        link = self.file.parent / "..next"
        link.symlink_to(new.name)
        link.rename(data)


@asynccontextmanager
async def gateway(tmp_path: Path, reload_seconds: float = 0.1) -> AsyncIterator[Gateway]:
    """`python -m gateway standalone` on a file that is a link, as a cluster mounts it."""
    ports, events = Ports(tmp_path / "home"), Events()
    schools = Starlette(routes=[Route("/graphql", _schools, methods=["POST"])])
    async with served(schools) as behind, served(events.app()) as streaming:
        text = (SUPERGRAPHS / "subscriptions.graphql").read_text(encoding="utf-8")
        text = text.replace("http://schools", behind.url).replace("http://events", streaming.url)
        (tmp_path / "mount").mkdir()
        file = tmp_path / "mount" / "supergraph.graphql"
        file.symlink_to("..data/supergraph.graphql")
        url, shown = f"http://127.0.0.1:{ports['gateway']}", ports["gateway.metrics"]
        async with aiohttp.ClientSession() as http:
            made = Gateway(Browser(url, http), None, file, text, events, f"http://127.0.0.1:{shown}/metrics", [])  # type: ignore[arg-type]
            made.exchange(text)
            made.process = await asyncio.create_subprocess_exec(
                *[sys.executable, "-m", "gateway", "standalone", str(file), "--port", str(ports["gateway"])],
                env=os.environ | {"RELOAD_SECONDS": str(reload_seconds), "METRICS_PORT": str(shown)},
                cwd=ROOT,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            reading = asyncio.ensure_future(_read(made.process, made.lines))
            try:
                await eventually(lambda: _ready(http, url))
                yield made
            finally:
                made.process.terminate()
                await made.process.wait()
                await reading
                ports.release()


async def _read(process: asyncio.subprocess.Process, lines: list[str]) -> None:
    assert process.stdout
    while line := await process.stdout.readline():
        lines.append(line.decode().rstrip())


async def _ready(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/readyz") as reply:
            return reply.status == 200
    except aiohttp.ClientError:
        return False


@asynccontextmanager
async def steady(gateway: Gateway) -> AsyncIterator[list[Any]]:
    """Clients that ask one after the other for as long as the block runs; their answers."""
    answers: list[Any] = []
    over = asyncio.Event()

    async def client() -> None:
        while not over.is_set():
            answers.append(await gateway.post(SCHOOL))
            answers.append((await gateway.browser.send("GET", "/readyz")).status)

    clients = [asyncio.ensure_future(client()) for _ in range(CLIENTS)]
    try:
        await eventually(lambda: len(answers) > CLIENTS)
        yield answers
    finally:
        over.set()
        await asyncio.gather(*clients)


async def test_no_request_fails_while_subgraphs_come_and_go(tmp_path: Path) -> None:
    async with gateway(tmp_path) as running:
        assert "errors" in await running.post(MOTTO)
        async with steady(running) as answers:
            for _ in range(3):
                running.exchange(running.with_motto)
                await eventually(lambda: running.serves(running.with_motto))
                assert await running.post(MOTTO) == {"data": {"motto": "博学"}}
                running.exchange(running.plain)
                await eventually(lambda: running.serves(running.plain))
                assert "errors" in await running.post(MOTTO)
        assert await running.count("switched") == 6
    assert [it for it in answers if it not in ({"data": {"school": _ANSWERS["school"]}}, 200)] == []


async def test_a_stream_goes_on_over_a_reload(tmp_path: Path) -> None:
    async with gateway(tmp_path) as running:
        url = f"{running.browser.url}/graphql"
        async with running.browser.http.post(url, json=FOLLOW, headers={"Accept": EVENT_STREAM}) as reply:
            follower = Follower(reply, Parser(1_000_000))
            await eventually(lambda: running.events.streams)
            for number, text in enumerate((running.plain, running.with_motto, running.plain)):
                running.exchange(text)
                await eventually(lambda text=text: running.serves(text))  # type: ignore[misc]
                running.events.tell(number)
                name, answer = await follower.next()
                assert name == "next"
                assert answer == {"data": {"enrolled": {"number": number, "school": {"name": "附中"}}}}
            assert running.events.opened == 1


@pytest.mark.parametrize(
    "text",
    ["type Query {", "type Query { a: Int }", "\udcff", None, "subgraph without an address"],
    ids=["no SDL", "no supergraph", "not UTF-8", "no file", "no address"],
)
async def test_a_file_that_cannot_be_served_is_refused_once_and_the_old_one_stays(
    tmp_path: Path, text: str | None
) -> None:
    async with gateway(tmp_path) as running:
        if text is None:
            (running.file.parent / "..data").unlink()
        else:
            bad = re.sub(r"http://[^/]+/graphql", "nowhere", running.plain) if text.startswith("subgraph") else text
            running.exchange(bad)
        await eventually(lambda: running.count("refused"))
        assert await running.serves(running.plain)
        assert await running.post(SCHOOL) == {"data": {"school": _ANSWERS["school"]}}
        running.exchange(running.with_motto)
        await eventually(lambda: running.serves(running.with_motto))
    refusals = [line for line in running.lines if "supergraph refused" in line]
    assert len(refusals) == 1, refusals


@pytest.mark.usefixtures("settings")
async def test_trusted_documents_are_read_again_and_a_bad_one_refuses_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    manifest = tmp_path / "documents.json"
    monkeypatch.setenv("TRUSTED_DOCUMENTS_FILE", str(manifest))
    monkeypatch.setenv("TRUSTED_DOCUMENTS", "require")
    monkeypatch.setenv("RELOAD_SECONDS", "0.05")

    async def answers(key: str) -> bool:
        found = await browser.send("POST", "/graphql", json={"documentId": key})
        return "data" in found.json

    manifest.write_text('{"old": "{ __typename }"}')
    async with served(build(GatewaySettings())) as browser:
        refused = RELOADS.labels("refused")._value
        before = refused.get()
        manifest.write_text('{"new": "{ old: __typename }", "bad": "{ nothing }"}')
        await eventually(lambda: refused.get() == before + 1)
        assert (await answers("old"), await answers("new")) == (True, False)
        manifest.write_text('{"new": "{ old: __typename }"}')
        await eventually(lambda: answers("new"))
        assert not await answers("old")


@pytest.mark.usefixtures("settings")
async def test_manifests_of_two_releases_and_a_folder_of_others_are_read_and_another_file_there_is_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    this, before, others = tmp_path / "this.json", tmp_path / "before.json", tmp_path / "others"
    this.write_text('{"this": "{ __typename }", "both": "{ both: __typename }"}')
    before.write_text('{"before": "{ before: __typename }", "both": "{ both: __typename }"}')
    others.mkdir()
    (others / "note.txt").write_text("no manifest")
    monkeypatch.setenv("TRUSTED_DOCUMENTS_FILE", f"{this}, {before},{others}")
    monkeypatch.setenv("TRUSTED_DOCUMENTS", "require")
    monkeypatch.setenv("RELOAD_SECONDS", "0.05")

    async def answered() -> set[str]:
        sent = {key: {"documentId": key} for key in ("this", "before", "both", "province")}
        found = {key: await browser.send("POST", "/graphql", json=body) for key, body in sent.items()}
        return {key for key, answer in found.items() if "data" in answer.json}

    async def answers_the_province() -> bool:
        return await answered() == {"this", "before", "both", "province"}

    async with served(build(GatewaySettings())) as browser:
        assert await answered() == {"this", "before", "both"}
        (others / "province.json").write_text('{"province": "{ __typename }"}')
        await eventually(answers_the_province)
        refused = RELOADS.labels("refused")._value
        count = refused.get()
        (others / "clash.json").write_text('{"both": "{ other: __typename }"}')
        await eventually(lambda: refused.get() == count + 1)
        assert await answers_the_province()


async def test_sighup_reads_the_file_at_once(tmp_path: Path) -> None:
    async with gateway(tmp_path, reload_seconds=0) as running:
        running.process.send_signal(signal.SIGHUP)
        await eventually(lambda: running.count("unchanged"))
        running.exchange(running.with_motto)
        running.process.send_signal(signal.SIGHUP)
        await eventually(lambda: running.serves(running.with_motto))
        assert await running.post(MOTTO) == {"data": {"motto": "博学"}}
