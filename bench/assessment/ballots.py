"""50,000 ballots through the real processes, and garbage at the ballot box (R34–R36, ADR 54).

`python -m services.assessment` makes the questionnaires, issues the tokens and counts, `python -m
services.assessment.ballots` takes the ballots; gateway, mongod and RabbitMQ are their own; the bench plays the voters.
What a process costs is its CPU, for the cores are shared with the voters. The box takes 200 new ballots a second at
most.
"""

import asyncio
import itertools
import os
import secrets
import shutil
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import orjson

from bench.gateway.load import post
from bench.gateway.peers import cpu_seconds
from chassis.principal import Principal, Scope, TokenMinter
from chassis.runtime.key_files import read_keys
from chassis.storage.mongo import connect, to_document
from deploy.broker.definitions import ADMIN
from deploy.local.suite import BALLOTS, GATEWAY, ROOT, Suite
from kernel.dates import SHANGHAI
from kernel.encoding import from_base64url, to_base64url
from services.assessment import voting
from services.assessment.domain.project import Project, RatedTeacher, Session
from services.assessment.domain.record import Mark, Record
from services.assessment.domain.vocabulary import InstrumentKind, InstrumentState, ProjectPhase, SessionMode
from services.assessment.store import Store

REGISTER, DATABASE = "assessment", "mongod"
_CLASS, _VOTERS = 1_000, 16
_STARTED = datetime(2024, 6, 3, 10, tzinfo=SHANGHAI)
_FINISHED = datetime(2024, 6, 10, 15, tzinfo=SHANGHAI)
_DAY = timedelta(days=1)
_SESSION = Session("s1", "课", date(2024, 6, 3), 8)
_PROJECT = Project("p", 1, "b1", 2024, 7, ProjectPhase.RUNNING, (_SESSION,), faculty=(RatedTeacher("f1", "王工"),))
_ISSUE = "mutation($i: ID!, $b: String!) { issueBallotToken(instrumentId: $i, blinded: $b) { reply } }"
_GARBAGE_SECONDS, _GARBAGE_CONNECTIONS, _BODIES = 10.0, 32, 500
_PASSED_SECONDS, _PASSED_RATE = 20.0, 100.0
_PATIENCE_SECONDS, _POLL_SECONDS = 1_800.0, 0.5
_TOKEN_MS, _BALLOT_MS, _COUNT_MS, _PASSED_MS, _PEAK_MIB, _REFUSED = 10.0, 5.0, 2.0, 30.0, 300.0, 1_000.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the report.

    Attributes:
        what: What was measured.
        measured: The numbers.
        limit: The limit, in words.
        missed: Whether it is above it.
    """

    what: str
    measured: str
    limit: str = "–"
    missed: bool = False


@dataclass(slots=True)
class Spent:
    """What some work took.

    Attributes:
        seconds: By the clock on the wall.
        cpu: Seconds of CPU, by process.
        latencies: Of its requests, in seconds.
    """

    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A questionnaire that is open.

    Attributes:
        keys: Its keys, from the list.
        project: The class.
        teaching: Whether it is about teaching, else about satisfaction.
    """

    keys: voting.Keys
    project: str
    teaching: bool


@dataclass(frozen=True, slots=True)
class Right:
    """An attendee's right to answer a questionnaire, drawn.

    Attributes:
        voter: The attendee's secrets.
        reply: The register's signature.
        teaching: Whether it is about teaching.
    """

    voter: voting.Voter
    reply: bytes
    teaching: bool

    def ballot(self, mark: int) -> bytes:
        """The body of `POST /ballots`."""
        sheet: dict[str, Any] = {"v": 1, "form": "satisfaction-2024.1", "project": [mark] * 10, "texts": ["收获大", ""]}
        if self.teaching:
            marks = {"project": [mark] * 6, "texts": ["", "", ""], "faculty": {"f1": [mark] * 4}}
            sheet |= {"form": "teaching-2024.1"} | marks
        return orjson.dumps(self.voter.ballot(self.reply, sheet))


class Season:
    """The register and the ballot box, and as many attendees as are asked for.

    Args:
        suite: Its processes, running.
        http: The attendees' connections.
        store: The register's database.
    """

    def __init__(self, suite: Suite, http: aiohttp.ClientSession, store: Store) -> None:
        self._suite, self._http, self._store = suite, http, store
        self._minter = TokenMinter(read_keys(suite.parts.secrets.signing_keys))
        self._children = {child.name: child for child in (*suite.parts.children, *suite.children.values())}

    def port(self, process: str) -> int:
        """Where a process listens."""
        return self._suite.parts.ports.port_of(process)

    def peak_mib(self, process: str) -> float:
        """The most resident memory that a process has had."""
        status = Path(f"/proc/{self._children[process].pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    @asynccontextmanager
    async def spending(self) -> AsyncIterator[Spent]:
        """Measure what the block takes."""
        spent, began = Spent(), time.perf_counter()
        before = {name: cpu_seconds(child.pid) for name, child in self._children.items()}
        yield spent
        spent.seconds = time.perf_counter() - began
        spent.cpu = {name: cpu_seconds(child.pid) - before[name] for name, child in self._children.items()}

    async def open(self, classes: int) -> list[Questionnaire]:
        """The questionnaires of classes whose training is over: listed, and open."""
        at, projects = self._suite.move_clock(_STARTED), [f"p{number:04}" for number in range(classes)]
        for project in projects:
            marks = (Mark("s1", True, SessionMode.OFFLINE, at),)
            records = [
                Record(person_of(project, number), 1, project, "b1", person_of(project, number), "3144000011", "44")
                for number in range(_CLASS)
            ]
            documents = [to_document(replace(record, marks=marks)) | {"events": []} for record in records]
            await self._store.records.collection.insert_many(documents)
            await self._store.projects.put(replace(_PROJECT, id=project))
        instruments = self._store.instruments
        await until(self._count(2 * classes, {"box_key": {"$ne": None}}))
        self._suite.move_clock(_STARTED + _DAY)
        listed = await until(self._listed)
        for project in projects:
            await self._store.projects.put(replace(_PROJECT, id=project, phase=ProjectPhase.FINISHED))
        self._suite.move_clock(_FINISHED)
        await until(self._count(2 * classes, {"opens_at": {"$ne": None}}))
        self._suite.move_clock(_FINISHED + _DAY)
        await until(self._count(2 * classes, {"state": InstrumentState.OPEN.value}))
        found = await instruments.query({})
        return [
            Questionnaire(
                voting.Keys.listed(listed.text.encode(), listed.sha256, each.id),
                each.project,
                each.kind is InstrumentKind.TEACHING,
            )
            for each in found
        ]

    async def draw(self, questionnaires: Sequence[Questionnaire], spent: Spent) -> list[Right]:
        """All attendees get their tokens; the latencies go into `spent`."""
        drawn: list[Right] = []

        async def get(asked: tuple[int, Questionnaire]) -> None:
            number, of = asked
            voter, person = voting.Voter.of(voting.new_seed(), of.keys), person_of(of.project, number)
            variables = {"i": of.keys.instrument, "b": to_base64url(voter.blinded)}
            token = self._minter.mint(Principal(f"a-{person}", Scope.TEACHER, person=person), REGISTER)
            headers = {"Authorization": f"Bearer {token}"}
            began, url = time.perf_counter(), f"http://127.0.0.1:{self.port(REGISTER)}/graphql"
            async with self._http.post(url, json={"query": _ISSUE, "variables": variables}, headers=headers) as answer:
                content = await answer.json(content_type=None)
            spent.latencies.append(time.perf_counter() - began)
            drawn.append(Right(voter, from_base64url(content["data"]["issueBallotToken"]["reply"], 256), of.teaching))

        await side_by_side(itertools.product(range(_CLASS), questionnaires), get)
        return drawn

    async def answer(self, rights: Sequence[Right], spent: Spent) -> None:
        """Attendees send their ballots, again where the box is busy."""
        url = f"http://127.0.0.1:{self.port(BALLOTS)}/ballots"

        async def send(place: int) -> None:
            body, status = rights[place].ballot(1 + place % 5), 0
            while status != 200:  # noqa: PLR2004 - taken
                began = time.perf_counter()
                async with self._http.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
                    status = answer.status
                    await answer.read()
                if status == 503:  # noqa: PLR2004 - more than it takes in a second
                    await asyncio.sleep(secrets.randbelow(500) / 1_000)
                elif status != 200:  # noqa: PLR2004
                    raise AssertionError(f"a good ballot was answered {status}")
            spent.latencies.append(time.perf_counter() - began)

        await side_by_side(range(len(rights)), send)

    async def refuse(self, bodies: Iterator[bytes], honest: bytes) -> tuple[Spent, int]:
        """Send garbage for a time, while somebody sends a good ballot again and again.

        Returns:
            What it took, with the latencies of the good ballot, and how many bodies were refused.
        """
        done = asyncio.Event()
        async with self.spending() as spent:

            async def good() -> None:
                while not done.is_set():
                    began = time.perf_counter()
                    url = f"http://127.0.0.1:{self.port(BALLOTS)}/ballots"
                    async with self._http.post(url, data=honest) as answer:
                        if answer.status != 200:  # noqa: PLR2004
                            raise AssertionError(f"a good ballot was answered {answer.status}")
                    spent.latencies.append(time.perf_counter() - began)
                    await asyncio.sleep(0.05)

            voter = asyncio.ensure_future(good())
            port, many = self.port(BALLOTS), _GARBAGE_CONNECTIONS
            found = await post(port, "/ballots", bodies, seconds=_GARBAGE_SECONDS, connections=many)
            done.set()
            await voter
        if found.failures != len(found.latencies):
            raise AssertionError("garbage was taken")
        return spent, found.failures

    async def pass_on(self, ballot: bytes) -> Spent:
        """Let a ballot come through the gateway again and again, a hundred a second, whether the last is answered."""
        url = f"{self._suite.url}/ballots"
        async with self.spending() as spent:

            async def send() -> None:
                began = time.perf_counter()
                async with self._http.post(url, data=ballot, headers={"Content-Type": "application/json"}) as answer:
                    if answer.status != 200:  # noqa: PLR2004
                        raise AssertionError(f"a good ballot was answered {answer.status} by the gateway")
                spent.latencies.append(time.perf_counter() - began)

            began = time.perf_counter()
            async with asyncio.TaskGroup() as sending:
                for number in range(int(_PASSED_SECONDS * _PASSED_RATE)):
                    await asyncio.sleep(max(0.0, began + number / _PASSED_RATE - time.perf_counter()))
                    sending.create_task(send())
        return spent

    async def count(self, questionnaires: int) -> int:
        """Close everything and wait for the results; how many ballots they count."""
        self._suite.move_clock(_FINISHED + _DAY * 15 + timedelta(minutes=2))
        await until(self._count(questionnaires, {"state": InstrumentState.PUBLISHED.value, "ended": True}))
        return sum(each.result.counted for each in await self._store.instruments.query({}) if each.result)

    def _count(self, wanted: int, where: dict[str, Any]) -> Callable[[], Awaitable[bool]]:
        async def reached() -> bool:
            if dead := self._suite.dead():
                raise AssertionError(f"{dead} has ended")
            return len(await self._store.instruments.query(where)) == wanted

        return reached

    async def _listed(self) -> Any:
        lists = await self._store.key_lists.latest(1)
        rows = await self._store.audit.sequences_of_lists([date.fromisoformat(each.id) for each in lists])
        return lists[0] if rows else None


def person_of(project: str, number: int) -> str:
    """Who attends: person and enrollment alike."""
    return f"{project}-{number:04}"


def garbage(instrument: str) -> dict[str, Callable[[], bytes]]:
    """What is no ballot: by its name, a function that makes one more.

    Args:
        instrument: A questionnaire that is open.
    """

    def shaped(**other: Any) -> bytes:
        sizes = {"nonce": 32, "prefix": 32, "token": 256, "sealed": 4_258}
        secret = {name: to_base64url(secrets.token_bytes(size)) for name, size in sizes.items()}
        return orjson.dumps({"v": 1, "instrument": instrument} | secret | other)

    return {
        "no JSON": lambda: secrets.token_bytes(6_000),
        "JSON that is no ballot": lambda: shaped(more=1),
        "a ballot under a token that nobody signed": shaped,
        "a ballot of a questionnaire that there is not": lambda: shaped(instrument=f"ins{secrets.token_hex(13)[:25]}"),
        "a body that is too long": lambda: b" " * 9_000,
    }


async def side_by_side(jobs: Iterable[T], act: Callable[[T], Awaitable[None]]) -> None:
    """Do all jobs, so many at a time."""
    left = iter(jobs)

    async def worker() -> None:
        for job in left:
            await act(job)

    await asyncio.gather(*(worker() for _ in range(_VOTERS)))


async def until(found: Callable[[], Awaitable[T]]) -> T:
    """Wait until something is there.

    Raises:
        TimeoutError: It does not come in half an hour.
    """
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not (value := await found()):  # noqa: ASYNC110 - in another process
            await asyncio.sleep(_POLL_SECONDS)
        return value


async def measure(ballots: int) -> list[Row]:
    """Let so many ballots be cast and counted, garbage among them.

    Args:
        ballots: How many; rounded up to whole classes of a thousand that answer both questionnaires.
    """
    home = ROOT / ".local" / f"bench-ballots-{os.getpid()}"
    classes = -(-ballots // (2 * _CLASS))
    try:
        with Suite(home, processes=(REGISTER, BALLOTS, GATEWAY)) as suite:
            async with aiohttp.ClientSession() as http, connect(suite.parts.mongodb_url(ADMIN)) as client:
                return await _measured(Season(suite, http, Store(client["assessment"])), classes)
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _measured(season: Season, classes: int) -> list[Row]:
    questionnaires = await season.open(classes)
    total = len(questionnaires) * _CLASS
    async with season.spending() as drawing:
        rights = await season.draw(questionnaires, drawing)
    async with season.spending() as answering:
        await season.answer(rights, answering)
    rows = [
        _row(f"{total:,} tokens issued by the register", drawing, total, _TOKEN_MS, REGISTER),
        _row(f"{total:,} ballots taken by the box", answering, total, _BALLOT_MS, BALLOTS),
    ]
    honest = rights[0].ballot(1)
    passed = await season.pass_on(honest)
    p95 = statistics.quantiles(passed.latencies, n=20)[18] * 1_000
    each = passed.cpu[GATEWAY] / len(passed.latencies) * 1_000
    measured = f"{_times(passed)}; {each:.2f} ms CPU each in {GATEWAY}"
    what = f"a ballot through the gateway, {_PASSED_RATE:.0f} a second"
    rows.append(Row(what, measured, f"p95 {_PASSED_MS:.0f} ms", p95 > _PASSED_MS))
    for what, make in garbage(questionnaires[0].keys.instrument).items():
        bodies = itertools.cycle([make() for _ in range(_BODIES)])
        spent, refused = await season.refuse(bodies, honest)
        each = refused / spent.cpu[BALLOTS]
        measured = f"{refused / spent.seconds:,.0f}/s, {each:,.0f} a second of the box's CPU; a good ballot meanwhile: "
        limit = f"{_REFUSED:,.0f} a second of CPU"
        rows.append(Row(f"refused: {what}", measured + _times(spent), limit, each < _REFUSED))
    async with season.spending() as counting:
        counted = await season.count(len(questionnaires))
    if counted != total:
        raise AssertionError(f"{counted} of {total} ballots were counted")
    rows += [
        _row(f"{total:,} ballots opened, counted and published", counting, total, _COUNT_MS, REGISTER, BALLOTS),
        *(_peak(season, process) for process in (REGISTER, BALLOTS)),
        Row(f"memory of {DATABASE}, at most", f"{season.peak_mib(DATABASE):.0f} MiB"),
    ]
    return rows


def _row(what: str, spent: Spent, total: int, limit: float, *processes: str) -> Row:
    """A line about so many things that went through some processes."""
    each = sum(spent.cpu[process] for process in processes) / total * 1_000
    database = spent.cpu[DATABASE] / total * 1_000
    measured = f"{spent.seconds:.0f} s; {each:.2f} ms CPU each, {database:.2f} in {DATABASE}"
    return Row(
        what,
        measured + (f"; {_times(spent)}" if spent.latencies else ""),
        f"{limit:.0f} ms CPU each",
        each > limit,
    )


def _peak(season: Season, process: str) -> Row:
    found = season.peak_mib(process)
    return Row(f"memory of {process}, at most", f"{found:.0f} MiB", f"{_PEAK_MIB:.0f} MiB", found > _PEAK_MIB)


def _times(spent: Spent) -> str:
    cuts = statistics.quantiles(spent.latencies, n=20)
    return f"{cuts[9] * 1_000:.0f} ms, p95 {cuts[18] * 1_000:.0f} ms"
