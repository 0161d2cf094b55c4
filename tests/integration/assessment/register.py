"""The register of evaluations and its ballot box, on a real database, with time moved by the test (R34–R36)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from chassis.clock import Clock, move_forward
from chassis.events import Envelope
from chassis.principal import Principal, Scope
from chassis.seal import KeyFolder
from chassis.storage.migration import migrate
from chassis.storage.mongo import Database, connect
from kernel.dates import SHANGHAI
from kernel.encoding import to_base64url
from services.assessment import voting
from services.assessment.app import load_rules, load_weights
from services.assessment.ballots.app import build
from services.assessment.ballots.migrations import MIGRATIONS
from services.assessment.ballots.settings import BallotsSettings
from services.assessment.commands import issue_ballot_token
from services.assessment.commands.deps import Deps
from services.assessment.commands.evaluations import Evaluations
from services.assessment.domain.instrument import Instrument, instrument_id
from services.assessment.domain.project import Project, RatedTeacher, Session
from services.assessment.domain.record import Mark, Record
from services.assessment.domain.vocabulary import InstrumentKind, ProjectPhase, SessionMode
from services.assessment.messaging.ballot_box import HttpBallotBox
from services.assessment.store import Store
from tests.integration.assessment.world import VAULT
from tests.support.certificates import new_credentials
from tests.support.voters import sheet
from tests.unit.gateway.serving import Browser, served

SECRET = "s" * 40
STARTED = datetime(2024, 6, 3, 10, tzinfo=SHANGHAI)
FINISHED = datetime(2024, 6, 10, 15, tzinfo=SHANGHAI)
OPENS = datetime(2024, 6, 11, tzinfo=SHANGHAI)
CLOSES = OPENS + timedelta(days=14)
SURVEY, TEACHING = (instrument_id("p1", kind) for kind in (InstrumentKind.SATISFACTION, InstrumentKind.TEACHING))
FACULTY = (RatedTeacher("f1", "王工"), RatedTeacher("f2", "李师傅"))


def teacher(number: int) -> Principal:
    """The account of an attendee."""
    return Principal(f"a-{number}", Scope.TEACHER, person=f"t-{number}")


@dataclass
class Register:
    """The register and its box; a test moves time, and has the register look."""

    deps: Deps
    database: Database
    keys: Path
    box_keys: Path
    clock_file: Path
    box_settings: BallotsSettings
    browser: Browser = field(init=False)
    evaluations: Evaluations = field(init=False)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        self.browser = await self._stack.enter_async_context(served(build(self.box_settings)))
        box = HttpBallotBox(self.browser.url, SECRET)
        self.evaluations = Evaluations(self.deps, KeyFolder(self.keys), box)

    async def stop(self) -> None:
        await self._stack.aclose()

    async def restart(self) -> None:
        """Begin anew with both processes."""
        await self.stop()
        await self.start()

    def at(self, moment: datetime) -> None:
        move_forward(self.clock_file, moment)

    async def look(self) -> None:
        """Everything that the timer does, once."""
        for act in self.evaluations.acts().values():
            await act()

    async def have(self, project: Project, attendees: int, absent: int = 0) -> None:
        """A project with attendees of whom the last ones came to nothing."""
        await self.deps.store.projects.put(project)
        for number in range(attendees):
            marks = () if number >= attendees - absent else (Mark("s1", True, SessionMode.OFFLINE, STARTED),)
            record = Record(
                f"e-{project.id}-{number}", 1, project.id, "b1", f"t-{number}", "3144000011", "44", marks=marks
            )
            await self.deps.store.records.insert(record)

    async def phase(self, phase: ProjectPhase, key: str = "p1") -> None:
        project = await self.deps.store.projects.get(key)
        await self.deps.store.projects.put(replace(project, phase=phase))

    async def audit(self) -> None:
        """Let the audit log take the events of key lists, as its queue brings them."""
        async for document in self.database["key_lists"].find():
            await self.deps.store.audit.append(
                [
                    Envelope(
                        id=event["id"],
                        producer="assessment",
                        name="evaluation-keys-listed",
                        subject=document["_id"],
                        version=1,
                        at=event["at"],
                        province="00",
                        data=event["data"],
                    )
                    for event in document.get("events", [])
                ]
            )

    async def listed(self, attendees: int = 8, absent: int = 0, project: Project | None = None) -> None:
        """A project that has begun, whose questionnaires are made and listed."""
        self.at(STARTED)
        await self.have(project or PROJECT, attendees, absent)
        await self.look()
        self.at(STARTED + timedelta(days=1))
        await self.look()
        await self.audit()

    async def opened(self, attendees: int = 8, absent: int = 0) -> None:
        """The same, when its training is over and answers are taken."""
        await self.listed(attendees, absent)
        self.at(FINISHED)
        await self.phase(ProjectPhase.FINISHED)
        await self.look()
        self.at(OPENS)
        await self.look()

    async def closed(self) -> None:
        self.at(CLOSES + timedelta(seconds=61))
        await self.look()

    async def instrument(self, key: str = SURVEY) -> Instrument:
        return await self.deps.store.instruments.get(key)

    async def keys_of(self, key: str = SURVEY) -> voting.Keys:
        found = await self.instrument(key)
        assert found.list_day is not None
        listed = await self.deps.store.key_lists.get(found.list_day.isoformat())
        return voting.Keys.listed(listed.text.encode(), listed.sha256, key)

    async def token(self, number: int, key: str = SURVEY, seed: bytes | None = None) -> tuple[voting.Voter, bytes]:
        """An attendee's right to answer."""
        voter = voting.Voter.of(seed or voting.new_seed(), await self.keys_of(key))
        blinded = to_base64url(voter.blinded)
        return voter, await issue_ballot_token(self.deps, teacher(number), instrument=key, blinded=blinded)

    async def vote(self, number: int, mark: int = 4, key: str = SURVEY, text: str = "") -> str:
        """An attendee answers; returns the receipt."""
        voter, reply = await self.token(number, key)
        content = sheet(mark=mark, text=text)
        if key == TEACHING:
            content = {
                "v": 1,
                "form": "teaching-2024.1",
                "project": [mark] * 6,
                "texts": ["", "", text],
                "faculty": {"f1": [mark] * 4},
            }
        answer = await self.browser.send("POST", "/ballots", json=voter.ballot(reply, content))
        assert answer.status == 200, answer.text
        return str(answer.json["receipt"])

    async def events(self, collection: str = "instruments") -> list[tuple[str, dict[str, Any]]]:
        """The events that wait, by the aggregate's id."""
        return [
            (event["name"], event["data"])
            async for document in self.database[collection].find(sort=[("_id", 1)])
            for event in document.get("events", [])
        ]


SESSIONS = (Session("s1", "课", date(2024, 6, 3), 8), Session("s2", "课", date(2024, 6, 4), 8))
PROJECT = Project("p1", 1, "b1", 2024, 7, ProjectPhase.RUNNING, SESSIONS, faculty=FACULTY)


@asynccontextmanager
async def running_register(database: Database, url: str, folder: Path) -> AsyncIterator[Register]:
    """The register, and a ballot box with a database of its own.

    Args:
        database: The register's database.
        url: The database server, as its administrator.
        folder: For keys, secret and clock.
    """
    secret, clock_file = folder / "secret", folder / "clock.json"
    secret.write_text(SECRET, encoding="utf-8")
    move_forward(clock_file, STARTED - timedelta(days=1))
    store = Store(database)
    await store.prepare()
    settings = BallotsSettings(
        mongodb_url=SecretStr(url),
        mongodb_database=f"{database.name}_box",
        keys_dir=folder / "box",
        ballots_secret_file=secret,
        port=1,
        environment="development",
        clock_file=clock_file,
    )
    async with connect(url) as client:
        await migrate(client[settings.mongodb_database], MIGRATIONS)
    deps = Deps(store, Clock(clock_file), load_rules(), VAULT, load_weights(), new_credentials())
    running = Register(deps, database, folder / "register", folder / "box", clock_file, settings)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()
        async with connect(url) as client:
            await client.drop_database(settings.mongodb_database)
