"""One of the two sides: a whole suite that runs the code of a folder, and what the bench fills it with."""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from bench.gateway.peers import cpu_seconds
from bench.writes.callers import Caller
from chassis.events import Envelope
from chassis.ids import new_id
from chassis.messaging import amqp
from chassis.principal import Principal, Scope, TokenMinter
from chassis.runtime.key_files import read_keys
from chassis.storage.mongo import Document, connect, to_document
from deploy.broker.definitions import ADMIN
from deploy.demo import documents as d
from deploy.local.home import processes_of
from deploy.local.suite import Suite
from deploy.seed.load import DESIGNATE, OPEN_ROUND, REGISTER_BASE, REGISTER_EXPERT, REGISTER_SCHOOL, SET_TEAM
from deploy.seed.plans import plan_of
from deploy.seed.world import BASES, BEGIN, EXPERTS, SCHOOLS, YEAR, base_input, contact
from gateway.http.client import Client
from gateway.http.replicas import Replicas
from gateway.identity.sessions import GRAPH
from services.enrollment.domain.enrollment import Change, Enrollment, submit
from services.enrollment.domain.teacher import Sealed, Teacher
from services.enrollment.domain.vocabulary import Audience, Employment, EnrollmentStatus

GATEWAY, CATALOG, ENROLLMENT, SECOND = "gateway", "catalog", "enrollment", "enrollment.api.2"
_TOKEN_SECONDS = 12 * 3600
_TEACHING = 1
"""The base that declares all classes, by its position in `BASES`."""
_DIMENSIONS = ("OBJECTIVES", "CONTENT", "ORGANIZATION", "DURATION", "FEE")
_QUOTA = 10_000
_CLASSES, _SEATS = 10, 50
_SETTLE_SECONDS, _IDLE_SECONDS = 5.0, 10.0
"""After the filling, and to see what an idle suite takes: two looks of its timers."""
_WINDOW = 200
"""Messages that are unconfirmed at a time."""
_LOOK_SECONDS = 1.0
_QUIET_CPU = 0.08
"""CPU seconds a second, above what an idle suite takes, below which nothing is left to do."""
_POLL_SECONDS = 0.02
_MOST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A teacher with an enrollment, written straight into the database.

    Attributes:
        teacher: The teacher's id.
        school: The school's position in `SCHOOLS`.
        enrollment: The enrollment's id.
    """

    teacher: str
    school: int
    enrollment: str


class Side:
    """The suite of one folder of code.

    Args:
        name: `old` or `new`.
        suite: Its processes; started and stopped by its owner.

    Attributes:
        classes: The classes of the mix.
        idle: What the suite takes while it has nothing to do, in CPU seconds a second.
    """

    def __init__(self, name: str, suite: Suite) -> None:
        self.name = name
        self.suite = suite
        self._minter = TokenMinter(read_keys(suite.parts.secrets.signing_keys))
        self._clients: dict[str, Client] = {}
        self.mongo = connect(suite.parts.mongodb_url(ADMIN))
        self.enrollment = self.mongo["enrollment"]
        self._base_id = ""
        self._experts: list[str] = []
        self.classes: list[str] = []
        self.idle = 0.0

    def caller(self, process: str, principal: Principal) -> Caller:
        """A caller of the gateway or of a subgraph's process."""
        if process not in self._clients:
            url = f"http://127.0.0.1:{self.suite.parts.ports.port_of(process)}/graphql"
            self._clients[process] = Client(Replicas(url), most_bytes=1 << 25)
        audience = GRAPH if process == GATEWAY else process.partition(".")[0]
        return Caller(self._clients[process], self._minter.mint(principal, audience, _TOKEN_SECONDS))

    def ministry(self) -> Caller:
        """The ministry, at the gateway."""
        return self.caller(GATEWAY, Principal("bench-ministry", Scope.MINISTRY, name="教师工作司"))

    def base(self, process: str = ENROLLMENT) -> Caller:
        """The base of all classes."""
        code = BASES[_TEACHING].organization_code
        return self.caller(process, Principal("bench-base", Scope.BASE, organization=code, bases=(self._base_id,)))

    def school(self, place: int, process: str = ENROLLMENT) -> Caller:
        """A school by its position in `SCHOOLS`."""
        code = SCHOOLS[place].code
        principal = Principal(f"bench-{code}", Scope.SCHOOL, organization=code, school=code)
        return self.caller(process, principal)

    def teacher(self, candidate: Candidate) -> Caller:
        """A teacher, at the gateway."""
        school = SCHOOLS[candidate.school].code
        principal = Principal(candidate.teacher, Scope.TEACHER, school=school, person=candidate.teacher)
        return self.caller(GATEWAY, principal)

    def expert(self, key: str) -> Caller:
        """An expert, at the gateway."""
        return self.caller(GATEWAY, Principal(f"bench-{key}", Scope.EXPERT, person=key))

    async def open(self) -> None:
        """Open the round: the base with its quota, the experts, the schools; then see what the idle suite costs."""
        self.suite.move_clock(datetime.fromisoformat(BEGIN))
        ministry, base = self.ministry(), BASES[_TEACHING]
        await ministry.do(OPEN_ROUND, input={"year": YEAR})
        self._base_id = (await ministry.do(REGISTER_BASE, input=base_input(base)))["id"]
        team = {"design": [contact("沈工")], "declaration": [contact("韩工")], "delivery": [contact("杨工")]}
        await self.base(GATEWAY).do(SET_TEAM, base=self._base_id, input=team)
        await ministry.do(d.ADJUST, id=self._base_id, input={"year": YEAR, "limit": _QUOTA, "reason": "测量"})
        for name, code, organization, fields in EXPERTS[:2]:
            expert = {"name": name, "organizationCode": code, "organizationName": organization, "fields": list(fields)}
            self._experts.append((await ministry.do(REGISTER_EXPERT, input=expert))["id"])
        for place, school in enumerate(SCHOOLS):
            registration = {"code": school.code, "name": school.name, "province": school.province}
            await ministry.do(REGISTER_SCHOOL, input=registration)
            await self.school(place, GATEWAY).do(DESIGNATE, input=contact(school.designated))
        self.classes = [await self.published(_SEATS) for _ in range(_CLASSES)]
        await asyncio.sleep(_SETTLE_SECONDS)
        before = sum(self.cpu().values())
        await asyncio.sleep(_IDLE_SECONDS)
        self.idle = (sum(self.cpu().values()) - before) / _IDLE_SECONDS

    async def published(self, capacity: int) -> str:
        """A freshly published class, declared and reviewed through the gateway, that enrollment knows of."""
        base, ministry = self.base(GATEWAY), self.ministry()
        plan = plan_of(_TEACHING) | {"title": f"测量{secrets.token_hex(4)}期", "capacity": capacity}
        made = await base.do(d.DRAFT, base=self._base_id, input=plan)
        key = str(made["id"])
        await base.do(d.SUBMIT, id=key, version=made["version"])
        await ministry.do(d.ASSIGN, id=key, experts=self._experts)
        verdicts = [{"dimension": name, "verdict": "PASS", "comment": "符合要求"} for name in _DIMENSIONS]
        for expert in self._experts:
            await self.expert(expert).do(d.REVIEW, id=key, verdicts=verdicts)
        await ministry.do(d.DECIDE, id=key, decision={"outcome": "APPROVE", "reason": "同意"})
        await ministry.do(d.PUBLISH, ids=[key])
        while not await self.enrollment["seats"].find_one({"_id": key}):  # noqa: ASYNC110 - in another process
            await asyncio.sleep(_POLL_SECONDS)
        return key

    async def candidates(
        self, project: str, count: int, status: EnrollmentStatus, *, school: int | None = None, year: int = YEAR
    ) -> list[Candidate]:
        """Teachers with an enrollment each, written into the database as sign-ups and submissions leave them.

        Args:
            project: The class.
            count: How many.
            status: `SIGNED_UP` or `SUBMITTED`: states in which no counter counts them.
            school: The school of all; by default they are spread over all schools.
            year: The round.
        """
        made = [
            Candidate(new_id(), number % len(SCHOOLS) if school is None else school, new_id())
            for number in range(count)
        ]
        teachers = [to_document(_teacher(one)) | {"events": []} for one in made]
        now = self.suite.now()
        steps = [_signed_up(one, project=project, base=self._base_id, year=year, now=now) for one in made]
        if status is EnrollmentStatus.SUBMITTED:
            steps = [submit(one, "专人", now, calendar=None)[0] for one in steps]
        enrollments = [to_document(one) | {"events": []} for one in steps]
        persons: list[Document] = [{"_id": one.teacher, "accepted": []} for one in made]
        for name, documents in (("teachers", teachers), ("persons", persons), ("enrollments", enrollments)):
            await self.enrollment[name].insert_many(documents, ordered=False)
        return made

    async def send(self, queue: str, events: Sequence[Envelope]) -> None:
        """Put events into one queue, past the exchange, so that nobody else has work with them."""
        async with await amqp.connect(self.suite.parts.amqp_url(ADMIN), "bench.writes") as connection:
            channel = await connection.channel()
            for begin in range(0, len(events), _WINDOW):
                messages = [amqp.to_message(event) for event in events[begin : begin + _WINDOW]]
                await asyncio.gather(*(channel.default_exchange.publish(message, queue) for message in messages))

    async def launch(self, name: str) -> None:
        """Start a process and wait until it is ready."""
        self.suite.launch(name)
        await asyncio.to_thread(self.suite.wait_ready, name)

    def stop(self, name: str) -> None:
        """Stop a process, orderly."""
        self.suite.children.pop(name).stop()

    @asynccontextmanager
    async def second_api(self) -> AsyncIterator[None]:
        """A second process that answers for enrollment runs beside the first while the block does."""
        await self.launch(SECOND)
        try:
            yield
        finally:
            self.stop(SECOND)

    def cpu(self) -> dict[str, float]:
        """CPU seconds of each process of the suite so far, with those that it has started."""
        names = {child.pid: child.name for child in (*self.suite.parts.children, *self.suite.children.values())}
        spent: dict[str, float] = dict.fromkeys(names.values(), 0.0)
        for pid in processes_of(self.suite.home):
            with suppress(OSError):
                name = names.get(os.getpgid(pid), "RabbitMQ")
                spent[name] = spent.get(name, 0.0) + cpu_seconds(pid)
        return spent

    async def quiet(self) -> None:
        """Wait until the suite does nothing any more, whatever its work consists of.

        Raises:
            TimeoutError: It works on for five minutes.
        """
        end = time.monotonic() + _MOST_SECONDS
        before = sum(self.cpu().values())
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            spent, before = sum(self.cpu().values()) - before, sum(self.cpu().values())
            if spent / _LOOK_SECONDS < self.idle + _QUIET_CPU:
                return
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name} does not come to rest: {self.cpu()}")

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.replicas.close()
        await self.mongo.close()


def _teacher(candidate: Candidate) -> Teacher:
    school = SCHOOLS[candidate.school]
    numbers = [Sealed("k1:bench", "***", secrets.token_hex(32)) for _ in range(2)]
    return Teacher(
        id=candidate.teacher,
        version=1,
        name="教师",
        school=school.code,
        province=school.province,
        id_number=numbers[0],
        mobile=numbers[1],
        post=Audience.TEACHER,
        employment=Employment.FULL_TIME,
        major_category=6,
    )


def _signed_up(candidate: Candidate, *, project: str, base: str, year: int, now: datetime) -> Enrollment:
    school = SCHOOLS[candidate.school]
    return Enrollment(
        id=candidate.enrollment,
        version=1,
        project=project,
        base=base,
        teacher=candidate.teacher,
        school=school.code,
        province=school.province,
        year=year,
        status=EnrollmentStatus.SIGNED_UP,
        live=True,
        signed_up_at=now,
        history=(Change(EnrollmentStatus.SIGNED_UP, now, "teacher"),),
    )
