"""A catalog on a real database, played through its graph by each role."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from chassis.clock import move_forward
from chassis.context import Act
from chassis.principal import Principal, Scope
from kernel.dates import SHANGHAI
from services.catalog.commands import Deps
from services.catalog.graph.schema import schema
from services.catalog.messaging import enrollment_handlers
from tests.support.consuming import envelope_of, take_in
from tests.support.graph import ask
from tests.support.names import person_name
from tests.support.principals import MINISTRY

PLAN: dict[str, Any] = {
    "title": "智能制造专业教师数字化能力提升",
    "themes": ["D3", "D5"],
    "objectives": "提升数字化教学能力",
    "contentDesign": "理论与实训结合",
    "mode": "OFFLINE",
    "startsOn": "2024-07-08",
    "endsOn": "2024-07-14",
    "days": 7,
    "classHours": 8,
    "feeFen": 280000,
    "feeIncludes": "培训费、资料费",
    "majorCategory": 6,
    "audience": ["TEACHER"],
    "capacity": 40,
    "venue": {"province": "44", "address": "广州市示范路1号"},
    "timetable": [{"title": "数字化教学设计", "teacher": "王教授", "date": "2024-07-08", "hours": 8}],
    "faculty": [{"name": "王教授", "title": "教授"}],
    "assessmentMethod": "过程性考核与成果汇报",
    "needsEvidence": "调研问卷320份",
}
PROJECT = "id code version status"
DRAFT = f"mutation($base: ID!, $input: ProjectInput!) {{ draftProject(baseId: $base, input: $input) {{ {PROJECT} }} }}"
SUBMIT = f"mutation($id: ID!, $version: Int!) {{ submitProject(id: $id, version: $version) {{ {PROJECT} }} }}"


@dataclass
class Season:
    """One round as the test plays it.

    Attributes:
        deps: The service's dependencies on a real database.
        clock_file: Where the domain clock's offset is kept.
    """

    deps: Deps
    clock_file: Path
    organizations: int = 0
    submissions: int = 0

    def at(self, text: str) -> None:
        """Move the domain clock."""
        move_forward(self.clock_file, datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))

    async def ask(self, principal: Principal, query: str, **variables: Any) -> Any:
        """The answer's data.

        Raises:
            Refused: The answer has errors.
        """
        return await ask(schema, self.deps, Act(principal), query, **variables)

    async def act(self, principal: Principal, query: str, **variables: Any) -> Any:
        """The answer of a mutation's only field."""
        (value,) = (await self.ask(principal, query, **variables)).values()
        return value

    async def open_round(self) -> None:
        """The 2024 round, in April."""
        self.at("2024-04-20T09:00")
        await self.act(MINISTRY, "mutation { openRound(input: {year: 2024}) { year } }")

    async def register_base(self, *, category: str = "DUAL_QUALIFIED_TEACHER", team: bool = True) -> Principal:
        """A new base in Guangdong, as its own principal."""
        self.organizations += 1
        given: dict[str, Any] = {
            "name": "示范大学职教基地",
            "category": category,
            "organizationCode": f"4144{self.organizations:06d}",
            "organizationName": "示范大学",
            "province": "44",
            "majorCategories": [6, 11],
        }
        base = await self.act(
            MINISTRY, "mutation($input: BaseInput!) { registerBase(input: $input) { id } }", input=given
        )
        principal = Principal("base", Scope.BASE, organization=given["organizationCode"], bases=(base["id"],))
        if team:
            await self.set_team(principal)
        return principal

    async def set_team(self, principal: Principal) -> Any:
        """Contacts for every duty."""
        contacts = [{"name": "李老师", "phone": "13800138000", "email": "li@example.edu.cn"}]
        return await self.act(
            principal,
            "mutation($base: ID!, $input: BaseTeamInput!) "
            "{ setBaseTeam(baseId: $base, input: $input) { team { name phone email } } }",
            base=principal.bases[0],
            input={"design": contacts, "declaration": contacts, "delivery": contacts},
        )

    async def school_submits(self, school: Principal, base: Principal, times: int = 1) -> None:
        """Enrollment's event of a submission to a project of the base, taken in `times` times."""
        self.submissions += 1
        given = {"project": "p1", "base": base.bases[0], "school": school.school, "rank": None}
        event = envelope_of("enrollment.submitted", f"e{self.submissions}", 1, given)
        database = self.deps.store.projects.collection.database
        for _ in range(times):
            await take_in(database, enrollment_handlers(self.deps), event)

    async def accept(self, project: Any, held: int = 1) -> None:
        """Enrollment's event of an acceptance: so many seats of the project are taken since."""
        self.submissions += 1
        seats = {"version": self.submissions, "accepted": held, "offered": 0}
        event = envelope_of(
            "enrollment.accepted", f"e{self.submissions}", 1, {"project": project["id"], "seats": seats}
        )
        await take_in(self.deps.store.projects.collection.database, enrollment_handlers(self.deps), event)

    async def register_expert(self, name: str, code: str = "4131000001", field: int = 6) -> Principal:
        """A new expert, as the own principal; a code of a base names its organisation as on file."""
        base = await self.deps.store.bases.collection.find_one({"organization.code": code})
        organization = base["organization"]["name"] if base else "外校"
        expert = await self.act(
            MINISTRY,
            "mutation($input: ExpertInput!) { registerExpert(input: $input) { id } }",
            input={"name": name, "organizationCode": code, "organizationName": organization, "fields": [field]},
        )
        return Principal(f"expert-{name}", Scope.EXPERT, person=expert["id"])

    async def draft(self, principal: Principal, **changes: Any) -> Any:
        """A draft with a complete plan, changed as asked."""
        return await self.act(principal, DRAFT, base=principal.bases[0], input=PLAN | changes)

    async def submit(self, principal: Principal, project: Any) -> Any:
        """The project handed in."""
        return await self.act(principal, SUBMIT, id=project["id"], version=project["version"])

    async def submitted(self, principal: Principal, **changes: Any) -> Any:
        """A project drafted and handed in."""
        return await self.submit(principal, await self.draft(principal, **changes))

    async def assign(self, project: Any, *experts: Principal) -> Any:
        """The project given to experts."""
        return await self.act(
            MINISTRY,
            "mutation($id: ID!, $experts: [ID!]!) "
            f"{{ assignExperts(projectId: $id, experts: $experts) {{ {PROJECT} }} }}",
            id=project["id"],
            experts=[expert.person for expert in experts],
        )

    async def review(self, expert: Principal, project: Any) -> Any:
        """The expert's review, all in favour."""
        codes = ("OBJECTIVES", "CONTENT", "ORGANIZATION", "DURATION", "FEE")
        verdicts = [{"dimension": code, "verdict": "PASS", "comment": "可行"} for code in codes]
        return await self.act(
            expert,
            "mutation($id: ID!, $verdicts: [VerdictInput!]!) "
            "{ submitReview(projectId: $id, verdicts: $verdicts) { id submittedAt } }",
            id=project["id"],
            verdicts=verdicts,
        )

    async def decide(self, project: Any, outcome: str) -> Any:
        """The ministry's decision."""
        return await self.act(
            MINISTRY,
            "mutation($id: ID!, $given: ProjectDecisionInput!) "
            f"{{ decideProject(id: $id, decision: $given) {{ {PROJECT} }} }}",
            id=project["id"],
            given={"outcome": outcome, "reason": "按评审意见"},
        )

    async def publish(self, *projects: Any, reason: str | None = None) -> Any:
        """The rows of a publication."""
        return await self.act(
            MINISTRY,
            "mutation($ids: [ID!]!, $override: PublishOverrideInput) { publishProjects(ids: $ids, override: $override) "
            f"{{ id ok project {{ {PROJECT} }} refusal {{ code rule unblock message }} }} }}",
            ids=[project["id"] for project in projects],
            override={"reason": reason} if reason else None,
        )

    async def published(self, principal: Principal, **changes: Any) -> Any:
        """A project from draft to publication, with two experts of its own."""
        project = await self.submitted(principal, **changes)
        experts = [await self.register_expert(person_name(f"{project['code']}{number}", "专家")) for number in (1, 2)]
        await self.assign(project, *experts)
        for expert in experts:
            await self.review(expert, project)
        await self.decide(project, "APPROVE")
        (row,) = await self.publish(project)
        assert row["ok"], row
        return row["project"]

    async def quota(self, principal: Principal) -> Any:
        """The base's quota as it sees it."""
        data = await self.ask(principal, "{ myBases { quota(year: 2024) { limit used remaining } } }")
        return data["myBases"][0]["quota"]
