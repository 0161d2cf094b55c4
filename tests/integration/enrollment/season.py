"""Enrollment on a real database, played through its graph by each role."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from chassis.clock import move_forward
from chassis.context import Act
from chassis.events import Envelope
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.mongo import Database
from kernel.dates import SHANGHAI
from services.enrollment.commands import Deps
from services.enrollment.graph.schema import schema
from services.enrollment.messaging.certificate_news import certificate_handlers
from services.enrollment.messaging.feed_publisher import readers_of
from services.enrollment.messaging.from_assessment import assessment_handlers
from services.enrollment.messaging.from_catalog import catalog_handlers
from services.enrollment.messaging.from_enrollment import own_handlers
from services.enrollment.store import COLLECTIONS
from tests.support.consuming import take_in
from tests.support.graph import ask
from tests.support.identity_numbers import id_number, mobile
from tests.support.names import person_name
from tests.support.principals import ANYBODY, MINISTRY

GUANGDONG = Principal("gd", Scope.PROVINCE, province="44")
HUNAN = Principal("hn", Scope.PROVINCE, province="43")
BASE = Principal("base-account", Scope.BASE, organization="4144000001", bases=("base-1",))
OTHER_BASE = Principal("other-base", Scope.BASE, organization="4144000002", bases=("base-2",))
SCHOOL = Principal("school-1", Scope.SCHOOL, organization="4144100001", school="4144100001")
OTHER_SCHOOL = Principal("school-2", Scope.SCHOOL, organization="4143100002", school="4143100002")

ENROLLMENT = "id status version rank reason reasonCode"
ROW = f"id ok enrollment {{ {ENROLLMENT} }} refusal {{ code rule unblock details }}"
SIGN_UP = f"mutation($id: ID!) {{ signUp(projectId: $id) {{ {ENROLLMENT} warnings {{ code rule }} }} }}"
SUBMIT = f"mutation($ids: [ID!]!) {{ submitEnrollments(ids: $ids) {{ {ROW} }} }}"
DECIDE = f"mutation($given: [EnrollmentDecisionInput!]!) {{ decideEnrollments(decisions: $given) {{ {ROW} }} }}"
REVISE = f"""mutation($id: ID!, $decision: EnrollmentDecision!, $why: String!) {{
  reviseDecision(id: $id, decision: $decision, reason: $why) {{
    {ENROLLMENT} fedBackAt history {{ status by reason }} }} }}"""
WITHDRAW = f"mutation($id: ID!, $why: String!) {{ withdrawEnrollment(id: $id, reason: $why) {{ {ENROLLMENT} }} }}"
TAKE = f"mutation($id: ID!) {{ acceptOffer(id: $id) {{ {ENROLLMENT} }} }}"
RANK = "mutation($id: ID!, $ids: [ID!]!) { rankWaitlist(projectId: $id, ids: $ids) { id } }"
SUBSTITUTE = f"""mutation($id: ID!, $who: ID!, $why: String!) {{
  substituteTeacher(id: $id, teacherId: $who, reason: $why) {{ {ENROLLMENT} teacher {{ id }} }} }}"""
ADD = """mutation($rows: [TeacherInput!]!) { addTeachers(rows: $rows) {
  index ok teacher { id name idNumber mobile } refusal { code rule unblock details } } }"""
CALENDAR = {
    "ENROL": {"opens": "2024-04-01", "closes": "2024-05-20"},
    "ADMIT": {"opens": "2024-04-01", "closes": "2024-05-24"},
}


def published(project: str, **changes: Any) -> dict[str, Any]:
    """The payload of `catalog.project-published`, with more than enrollment reads."""
    return {
        "project": project,
        "code": "GP-1",
        "title": "智能制造专业教师数字化能力提升",
        "base": "base-1",
        "base_name": "示范大学职教基地",
        "organization": "4144000001",
        "province": "44",
        "year": 2024,
        "starts_on": "2024-07-08",
        "ends_on": "2024-07-14",
        "capacity": 10,
        "audience": ["TEACHER"],
        "category": "DUAL_QUALIFIED_TEACHER",
        "fee": 280000,
    } | changes


@dataclass
class Season:
    """One round as the test plays it.

    Attributes:
        key: The `Idempotency-Key` of what is asked, if any.
    """

    deps: Deps
    database: Database
    clock_file: Path
    people: int = 0
    versions: int = 0
    key: str | None = None

    def at(self, text: str) -> None:
        """Move the domain clock."""
        move_forward(self.clock_file, datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))

    def later(self, **passed: float) -> None:
        """Let domain time pass."""
        move_forward(self.clock_file, self.deps.clock.now() + timedelta(**passed))

    async def begin(self) -> None:
        self.at("2024-05-12T09:00")
        await self.hear("catalog.round-opened", "2024", {"year": 2024, "calendar": CALENDAR})
        for school, province in ((SCHOOL, "44"), (OTHER_SCHOOL, "43")):
            given = {"code": school.school, "name": "某职业学校", "province": province}
            await self.act(MINISTRY, "mutation($i: SchoolInput!) { registerSchool(input: $i) { code } }", i=given)
            person = {"name": "赵主任", "phone": "13900000000"}
            await self.act(
                school, "mutation($i: DesignatedPersonInput!) { designatePerson(input: $i) { code } }", i=person
            )

    async def hear(self, kind: str, subject: str, data: dict[str, Any], province: str = "44") -> None:
        """Take an event in as the consumer does."""
        self.versions += 1
        producer, _, name = kind.partition(".")
        if name.startswith("project-"):
            data = {"base": "base-1", "code": "GP-1"} | data
        envelope = Envelope(
            id=f"{producer}/{name}:{new_id()}/1/0",
            producer=producer,
            name=name,
            subject=subject,
            version=self.versions,
            at=datetime.now(UTC),
            province=province,
            data=data,
        )
        handlers = {
            **catalog_handlers(self.deps),
            **assessment_handlers(self.deps),
            **certificate_handlers(self.deps),
            **own_handlers(self.deps),
        }
        await take_in(self.database, handlers, envelope)

    async def publish(self, project: str = "p1", **changes: Any) -> str:
        """A published project."""
        await self.hear("catalog.project-published", project, published(project, **changes))
        return project

    async def ask(self, principal: Principal, query: str, **variables: Any) -> Any:
        """The answer's data.

        Raises:
            Refused: The answer has errors.
        """
        return await ask(schema, self.deps, Act(principal, idempotency_key=self.key), query, **variables)

    async def act(self, principal: Principal, query: str, **variables: Any) -> Any:
        """The answer of an operation's only field."""
        (value,) = (await self.ask(principal, query, **variables)).values()
        return value

    async def feed(self) -> None:
        """Take every event that waits into the logs, as the feed's worker does."""
        batch = []
        for name in COLLECTIONS:
            async for document in self.database[name].find({}, {"events": 1}):
                batch += [Envelope(**event) for event in document["events"]]
        await (await self.deps.store.feed.writer()).append([(event, readers_of(event)) for event in batch])

    def person(self, **changes: Any) -> dict[str, Any]:
        """A row for `addTeachers`."""
        self.people += 1
        return {
            "name": person_name(self.people),
            "idNumber": id_number(self.people),
            "mobile": mobile(self.people),
            "post": "TEACHER",
            "employment": "FULL_TIME",
            "majorCategory": 6,
        } | changes

    async def teachers(self, count: int, school: Principal = SCHOOL, **changes: Any) -> list[Principal]:
        """Teachers of a school, as principals."""
        rows = await self.act(school, ADD, rows=[self.person(**changes) for _ in range(count)])
        assert all(row["ok"] for row in rows), rows
        return [
            Principal(
                f"account-{row['teacher']['id']}", Scope.TEACHER, school=school.school, person=row["teacher"]["id"]
            )
            for row in rows
        ]

    async def submitted(self, teacher: Principal, project: str, school: Principal = SCHOOL) -> str:
        """A sign-up that the school has handed in."""
        signed = await self.act(teacher, SIGN_UP, id=project)
        (row,) = await self.act(school, SUBMIT, ids=[signed["id"]])
        assert row["ok"], row
        return str(signed["id"])

    async def decide(self, key: str, decision: str = "ACCEPT", base: Principal = BASE, **more: Any) -> Any:
        """The row of one decision."""
        (row,) = await self.act(base, DECIDE, given=[{"id": key, "decision": decision, **more}])
        return row

    async def seats(self, project: str = "p1") -> dict[str, int]:
        """The public seats of a project."""
        query = """query($r: [_Any!]!) { _entities(representations: $r) {
          ... on Project { seats { capacity accepted offered waitlisted left } } } }"""
        (found,) = await self.act(ANYBODY, query, r=[{"__typename": "Project", "id": project}])
        seats: dict[str, int] = found["seats"]
        return seats

    async def status(self, key: str) -> str:
        """The state of an enrollment."""
        return (await self.deps.store.enrollments.get(key)).status.value

    def today(self) -> date:
        """The domain's day."""
        return self.deps.clock.now().date()
