"""The ballot box as the process that it is: killed at any moment, sent garbage, and looked at from outside (R34)."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bench.assessment.ballots import garbage
from bench.gateway.peers import free_port
from chassis.clock import move_forward
from chassis.storage.migration import migrate
from chassis.storage.mongo import Database
from chassis.storage.refusals import ABSENT_SECONDS
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.local.process import Child
from deploy.local.suite import ROOT
from kernel.dates import SHANGHAI
from kernel.encoding import from_base64url
from services.assessment.ballots.migrations import MIGRATIONS
from tests.support.eventually import eventually
from tests.support.voters import Poll, token_key

OPENS = datetime(2024, 7, 1, tzinfo=SHANGHAI)
CLOSES = OPENS + timedelta(days=14)
SECRET = "s" * 40
JSON = {"Content-Type": "application/json"}
OF_EACH_KIND = 60


class BoxProcess:
    """`python -m services.assessment.ballots` on a port of its own, as often as it is begun.

    Args:
        url: The database server.
        database: The box's database.
        folder: For its keys, secret, clock and log.
        http: Its clients' connections.
    """

    def __init__(self, url: str, database: str, folder: Path, http: aiohttp.ClientSession) -> None:
        self.port, self.folder, self.http = free_port(), folder, http
        (folder / "secret").write_text(SECRET, encoding="utf-8")
        self.clock_file = folder / "clock.json"
        self.environment = {
            "MONGODB_URL": url,
            "MONGODB_DATABASE": database,
            "KEYS_DIR": str(folder / "keys"),
            "BALLOTS_SECRET_FILE": str(folder / "secret"),
            "PORT": str(self.port),
            "ENVIRONMENT": "development",
            "CLOCK_FILE": str(self.clock_file),
        }
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def begin(self) -> None:
        """Start it, and wait until it is ready."""
        self.start()
        await eventually(self.ready, deadline=60)

    def start(self) -> None:
        """Start it, without waiting."""
        command = [sys.executable, "-m", "services.assessment.ballots"]
        self.child = Child("ballots", command, self.folder / "ballots.log", self.environment, ROOT)

    async def missing(self) -> str:
        """What `/readyz` says that it lacks; empty before it answers."""
        try:
            async with self.http.get(f"{self.url}/readyz") as reply:
                return await reply.text() if reply.status == 503 else ""
        except aiohttp.ClientError:
            return ""

    async def ready(self) -> bool:
        assert self.child
        assert self.child.alive(), self.child.tail()
        try:
            async with self.http.get(f"{self.url}/readyz") as reply:
                return reply.status == 200
        except aiohttp.ClientError:
            return False

    def kill(self) -> None:
        """End it without a word."""
        assert self.child
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.stop()

    async def ask(self, method: str, path: str, body: object = None) -> object:
        """What it answers the register."""
        headers = {"Authorization": f"Bearer {SECRET}"}
        async with self.http.request(method, f"{self.url}/internal/{path}", json=body, headers=headers) as reply:
            assert reply.status == 200, await reply.text()
            return await reply.json()

    async def set_up(self, poll: Poll) -> None:
        window = {"opensAt": OPENS.isoformat(), "closesAt": CLOSES.isoformat()}
        answer = await self.ask("PUT", f"boxes/{poll.id}", {"n": poll.n} | window)
        assert isinstance(answer, dict)
        poll.box = from_base64url(answer["boxKey"], 65)

    async def send(self, body: dict[str, object]) -> int:
        """Send a ballot; the status, 0 where the connection broke."""
        try:
            async with self.http.post(f"{self.url}/ballots", json=body) as reply:
                return reply.status
        except aiohttp.ClientError:
            return 0


@pytest.fixture
async def box(parts: Parts, database: Database, tmp_path: Path) -> AsyncIterator[BoxProcess]:
    """A running box."""
    async with aiohttp.ClientSession() as http:
        process = BoxProcess(parts.mongodb_url(ADMIN), database.name, tmp_path, http)
        move_forward(process.clock_file, OPENS - timedelta(days=3))
        await migrate(database, MIGRATIONS)
        await process.begin()
        yield process
        assert process.child
        process.child.stop()


async def test_r34_a_box_takes_nothing_before_its_database_is_migrated_and_begins_by_itself(
    parts: Parts, database: Database, tmp_path: Path
) -> None:
    """In a collection that is not clustered, the order of ballots would tell of their arrival."""
    await database.drop_collection("ballots")
    async with aiohttp.ClientSession() as http:
        process, poll = BoxProcess(parts.mongodb_url(ADMIN), database.name, tmp_path, http), Poll()
        move_forward(process.clock_file, OPENS - timedelta(days=3))
        process.start()
        await eventually(process.missing, deadline=60)
        assert await process.missing() == "the database has schema version 0, this code needs 1: migrate it"
        async with http.get(f"{process.url}/ballots/{poll.id}") as reply:
            assert (reply.status, reply.headers["Retry-After"]) == (503, str(ABSENT_SECONDS))
        assert "ballots" not in await database.list_collection_names()
        await migrate(database, MIGRATIONS)
        await eventually(process.ready)
        await process.set_up(poll)
        assert process.child
        assert process.child.tail().count("not ready") == 1
        process.child.stop()


async def test_r34_r36_a_box_that_is_killed_amid_ballots_has_every_one_that_it_acknowledged(
    box: BoxProcess, database: Database
) -> None:
    """Killed three times under way, and once between closing and opening: nothing is lost and nothing counts twice."""
    polls = [Poll(), Poll(key=token_key(1))]
    for poll in polls:
        await box.set_up(poll)
    move_forward(box.clock_file, OPENS + timedelta(days=1))
    ballots = [poll.ballot(mark=1 + number % 5) for number in range(8) for poll in polls]
    taken: set[int] = set()

    async def vote(place: int) -> None:
        if await box.send(ballots[place]) == 200:
            taken.add(place)

    for _ in range(3):
        before = len(taken)
        under_way = [asyncio.ensure_future(vote(place)) for place in range(len(ballots))]
        await eventually(lambda before=before: len(taken) > min(before, len(ballots) - 1), every=0.001)  # type: ignore[misc]
        box.kill()
        await asyncio.gather(*under_way)
        stored = {document["_id"] async for document in database["ballots"].find({}, {"_id": 1})}
        assert len(stored) >= len(taken)
        await box.begin()

    async def all_taken() -> bool:
        await asyncio.gather(*(vote(place) for place in range(len(ballots)) if place not in taken))
        return len(taken) == len(ballots)

    await eventually(all_taken)
    move_forward(box.clock_file, CLOSES + timedelta(minutes=2))
    for poll in polls:
        assert await box.ask("POST", f"boxes/{poll.id}/close") == {"counted": 8}
    box.kill()
    await box.begin()
    for poll in polls:
        opened = await box.ask("POST", f"boxes/{poll.id}/open")
        assert isinstance(opened, dict)
        assert (len(opened["receipts"]), len(opened["inner"]), opened["unreadable"]) == (8, 8, 0)


async def test_r34_garbage_of_every_kind_is_refused_and_the_box_goes_on(box: BoxProcess, database: Database) -> None:
    """Bytes that are no request among it; nothing of it is stored, and nothing of it is in the log."""
    poll = Poll()
    await box.set_up(poll)
    move_forward(box.clock_file, OPENS + timedelta(days=1))
    statuses: dict[str, set[int]] = {}
    for what, make in garbage(poll.id).items():

        async def send(body: bytes) -> int:
            async with box.http.post(f"{box.url}/ballots", data=body, headers=JSON) as reply:
                await reply.read()
                return reply.status

        statuses[what] = set(await asyncio.gather(*(send(make()) for _ in range(OF_EACH_KIND))))
    assert list(statuses.values()) == [{400}, {400}, {403}, {404}, {413}]
    for line in (
        b"\x16\x03\x01" * 300,
        b"POST /ballots HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port)
        writer.write(line)
        assert (await reader.read(12)).startswith(b"HTTP/1.1 4")
        writer.close()
    assert await box.send(poll.ballot()) == 200
    assert await database["ballots"].count_documents({}) == 1
    log = (box.folder / "ballots.log").read_text(encoding="utf-8")
    assert poll.id not in log


async def test_r34_the_box_is_connected_to_its_database_and_to_nothing_else(box: BoxProcess, parts: Parts) -> None:
    """Neither broker, register nor collector: its sockets, as the kernel has them."""
    poll = Poll()
    await box.set_up(poll)
    assert box.child
    process = Path(f"/proc/{box.child.pid}")
    targets = [str(entry.readlink()) for entry in (process / "fd").iterdir()]
    inodes = {target[8:-1] for target in targets if target.startswith("socket:[")}
    lines = [line.split() for line in (process / "net" / "tcp").read_text(encoding="utf-8").splitlines()[1:]]
    own = [line for line in lines if line[9] in inodes]
    outward = {int(line[2].partition(":")[2], 16) for line in own if int(line[1].partition(":")[2], 16) != box.port}
    assert outward == {parts.ports["mongod"]}
    files = [target for target in targets if target.startswith("/") and not target.startswith("/dev/")]
    assert {file for file in files if ".venv" not in file} <= {str(box.folder / "ballots.log")}
