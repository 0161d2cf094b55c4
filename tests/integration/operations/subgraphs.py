"""The three subgraphs in one process on a real database, each with more rows of everything than a page holds."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chassis.clock import Clock
from chassis.context import Act
from chassis.events import Envelope
from chassis.graph import SubgraphSchema
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.mongo import Database
from chassis.storage.vault import Vault
from kernel.errors import Refusal
from kernel.free_text import Reason
from kernel.reference import provinces
from kernel.reveals import Purpose
from services.assessment.app import load_rules, load_weights
from services.assessment.commands import Deps as AssessmentDeps
from services.assessment.domain.annual import Assessment, open_comments
from services.assessment.domain.finding import Finding, FindingStep
from services.assessment.domain.indicators import EvidenceRow
from services.assessment.domain.project import Project
from services.assessment.domain.record import Record
from services.assessment.domain.vocabulary import EvidenceKind, FindingState, ProjectPhase, Severity
from services.assessment.graph.schema import schema as assessment_schema
from services.assessment.store import Store as AssessmentStore
from services.catalog.commands import Deps as CatalogDeps
from services.catalog.graph.schema import schema as catalog_schema
from services.catalog.store import Store as CatalogStore
from services.enrollment.commands import Deps as EnrollmentDeps
from services.enrollment.commands import deliver_pending, enter_rosters
from services.enrollment.domain.reveal import reveal
from services.enrollment.domain.transfer import TransferRequest, request
from services.enrollment.domain.vocabulary import Employment, TransferKind
from services.enrollment.graph.schema import schema as enrollment_schema
from services.enrollment.store import Store as EnrollmentStore
from tests.integration.catalog import season as declaring
from tests.integration.enrollment import lists
from tests.integration.enrollment import season as enrolling
from tests.security.questions import Values
from tests.support.certificates import new_credentials
from tests.support.graph import execute
from tests.support.names import person_name
from tests.support.operations import Operations
from tests.support.principals import MINISTRY
from tests.unit.assessment.annual_facts import NATIONAL, NOW, drafted

ROWS = 21
BASES = ("base-1", *(f"base-{number}" for number in range(2, 22)))
_ADJUST = "mutation($b: ID!, $i: QuotaInput!) { adjustQuota(baseId: $b, input: $i) { id } }"


@dataclass(slots=True)
class Subgraph:
    """One of them.

    Attributes:
        schema: Its schema.
        deps: Its dependencies.
        operations: What reaches its database.
        principals: Who may ask for pages that are full.
        entities: Keys of its entities by type; the first has full lists.
        values: What to fill in for arguments that name one of its rows.
    """

    schema: SubgraphSchema
    deps: Any
    operations: Operations
    principals: Sequence[Principal]
    entities: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    values: Values = field(default_factory=dict)

    def keys(self, kind: str, count: int, principal: Principal) -> list[dict[str, Any]]:
        """So many representations of a type; of `Me` there is only whoever asks."""
        keys = [{"id": principal.subject}] if kind == "Me" else self.entities[kind]
        return [{"__typename": kind, **key} for key in keys[:count]]

    async def ask(self, principal: Principal, query: str, **variables: Any) -> tuple[Any, list[str]]:
        """The answer's data, and the reads that it took."""
        self.operations.clear()
        result = await execute(self.schema, self.deps, Act(principal), query, **variables)
        defects = [one for one in result.errors or () if not isinstance(one.original_error, Refusal)]
        assert not defects, (defects, query)
        return result.data, [f"{command} {collection}" for command, collection in self.operations.reads]


async def catalog(database: Database, operations: Operations, folder: Path) -> Subgraph:
    """Bases, projects, experts and reviews, each row with an organisation, base or expert of its own."""
    store, clock_file = CatalogStore(database), folder / "catalog.json"
    await store.prepare()
    playing = declaring.Season(CatalogDeps(store, Clock(clock_file), _vault()), clock_file)
    await playing.open_round()
    bases = [await playing.register_base() for _ in range(ROWS)]
    experts = [
        await playing.register_expert(person_name(number, "专家"), f"41310001{number:02d}")
        for number in range(ROWS + 1)
    ]
    projects = []
    for base, expert in zip(bases, experts[1:], strict=True):
        project = await playing.submitted(base)
        projects.append({"id": project["id"]})
        await playing.assign(project, experts[0], expert)
        if base is not bases[-1]:  # so that the first expert, too, has a review to write
            await playing.review(experts[0], project)
    await playing.act(
        MINISTRY, _ADJUST, b=bases[0].bases[0], i={"year": 2024, "limit": 50, "reason": "扩容", "aboveRound": True}
    )
    for _ in range(ROWS):
        await playing.submitted(bases[0])
    # Classes of one design, as so many calls of `addClass` would make them.
    series = (await store.projects.get(projects[0]["id"])).series
    await database["projects"].update_many({"base": bases[0].bases[0]}, {"$set": {"series": series}})
    principals = (MINISTRY, bases[0], experts[0])
    entities: dict[str, list[dict[str, Any]]] = {
        "Base": [{"id": base.bases[0]} for base in bases],
        "Expert": [{"id": expert.person} for expert in experts],
        "Organization": [{"code": base.organization} for base in bases],
        "Project": projects,
        "Province": [{"code": code} for code in provinces()],
        "Round": [{"year": 2024}] * ROWS,
    }
    return Subgraph(catalog_schema, playing.deps, operations, principals, entities)


async def enrollment(database: Database, operations: Operations, folder: Path) -> Subgraph:
    """Enrollments of many schools in one project and of one teacher in many, notices, and a feed."""
    store, clock_file = EnrollmentStore(database), folder / "enrollment.json"
    await store.prepare()
    playing = enrolling.Season(EnrollmentDeps(store, Clock(clock_file), _vault()), database, clock_file)
    await playing.begin()
    projects = [await playing.publish(f"p{number}") for number in range(ROWS)]
    # The first of a page has what the others may have, so that a page of one asks for it, too.
    first, second, *_ = sorted(await playing.teachers(ROWS), key=lambda teacher: str(teacher.person))
    schools = [await _school(playing, f"41441002{number:02d}") for number in range(ROWS)]
    teachers = [(await playing.teachers(1, school))[0] for school in schools]
    for teacher, school in zip(teachers, schools, strict=True):
        await playing.submitted(teacher, projects[0], school)
    keys = [await playing.submitted(first, project) for project in projects]
    (other,) = await playing.teachers(1, enrolling.OTHER_SCHOOL)
    keys += [await playing.submitted(other, project, enrolling.OTHER_SCHOOL) for project in projects[:2]]
    decisions = [{"id": key, "decision": "REJECT", "reason": "名额已满"} for key in keys]
    await playing.act(enrolling.BASE, enrolling.DECIDE, given=decisions)
    await deliver_pending(playing.deps)
    later = [await playing.submitted(second, project) for project in projects]
    undelivered = [{"id": key, "decision": "REJECT", "reason": "名额已满"} for key in later]
    await playing.act(enrolling.BASE, enrolling.DECIDE, given=undelivered)
    for _ in range(ROWS):
        await lists.staged(playing, [lists.someone(400)])
    roster = await lists.committed(playing, [lists.someone(500 + number) for number in range(ROWS)], "VALID_ROWS")
    await enter_rosters(playing.deps, 1)
    person = await store.teachers.get(str(first.person))
    for _ in range(ROWS):
        act = reveal(
            new_id(),
            person,
            Purpose("核对报到证件"),
            playing.deps.clock.now(),
            by="moe",
            scope="ministry",
            organization=None,
        )
        await store.reveals.repository.insert(*act)
    await _requested(playing, teachers)
    await (await store.feed.writer()).append([(event(number), ("44",)) for number in range(ROWS)])
    await store.feed.epochs()  # a process reads them once
    playing.at("2024-05-25T09:00")
    principals = (MINISTRY, enrolling.BASE, enrolling.SCHOOL, first, enrolling.GUANGDONG)
    entities: dict[str, list[dict[str, Any]]] = {
        "Enrollment": [{"id": key} for key in keys],
        "Project": [{"id": project} for project in projects],
        "Province": [{"code": code} for code in sorted(provinces(), key=lambda code: code != "44")],
        "School": [{"code": school.school} for school in (enrolling.SCHOOL, *schools)],
        "Teacher": [{"id": teacher.person} for teacher in (first, *teachers)],
    }
    return Subgraph(enrollment_schema, playing.deps, operations, principals, entities, {"Query.rosterJob.id": [roster]})


async def _requested(playing: enrolling.Season, teachers: Sequence[Principal]) -> None:
    """One school requests teachers of as many others (R20)."""
    store, now = playing.deps.store, playing.deps.clock.now()
    asked = TransferRequest(
        kind=TransferKind.TRANSFER, employment=Employment.FULL_TIME, reason=Reason.of("人才引进", "R20")
    )
    at, time = (str(enrolling.SCHOOL.school), "44"), playing.deps.transfer_time
    for teacher in await store.teachers.find_many([str(one.person) for one in teachers]):
        assert teacher
        await store.transfers.insert(*request(new_id(), teacher, asked, now, at=at, by="赵主任", time=time))


async def _school(playing: enrolling.Season, code: str) -> Principal:
    given = {"code": code, "name": f"学校{code}", "province": "44"}
    await playing.act(MINISTRY, "mutation($i: SchoolInput!) { registerSchool(input: $i) { code } }", i=given)
    principal = Principal(code, Scope.SCHOOL, organization=code, school=code)
    person = {"name": "赵主任", "phone": "13900000000"}
    await playing.act(
        principal, "mutation($i: DesignatedPersonInput!) { designatePerson(input: $i) { code } }", i=person
    )
    return principal


async def assessment(database: Database, operations: Operations, folder: Path) -> Subgraph:
    """Attendees of one project, a finding of each, and acts of the log."""
    store = AssessmentStore(database)
    await store.prepare()
    for number in range(ROWS):
        running = Project(f"p{number}", 1, "base-1", year=2024, days=7, phase=ProjectPhase.RUNNING, sessions=())
        await store.projects.put(running)
        await store.findings.put(finding(number, running.id))
        for project in {"p0", running.id}:
            key = f"e-{project}-{number:02d}"
            await store.records.put(Record(key, 1, project, "base-1", f"t{number}", f"s{number}", "44"))
    for assessment in (annual(number) for number in range(ROWS)):
        await store.annual.put(assessment)
        rows = [EvidenceRow(EvidenceKind.PROJECT, f"p{number:02d}", {"of": 1}) for number in range(ROWS)]
        await store.evidence.collection.bulk_write(store.evidence.keep(assessment, {"A1": rows}))
    await store.audit.append([event(number) for number in range(ROWS)])
    clock = Clock(folder / "assessment.json")
    deps = AssessmentDeps(store, clock, load_rules(), _vault(), load_weights(), new_credentials())
    principals = (Principal("moe", Scope.MINISTRY), Principal("base", Scope.BASE, bases=BASES))
    entities: dict[str, list[dict[str, Any]]] = {
        "Base": [{"id": base} for base in BASES],
        "Enrollment": [{"id": f"e-p{number}-{number:02d}"} for number in range(ROWS)],
        "Project": [{"id": f"p{number}"} for number in range(ROWS)],
        "Province": [{"code": code} for code in provinces()][:ROWS],
    }
    values: Values = {"Query.assessmentEvidence.id": [annual(0).id], "Query.assessmentEvidence.code": ["A1"]}
    return Subgraph(assessment_schema, deps, operations, principals, entities, values)


def annual(number: int) -> Assessment:
    """The annual assessment of the n-th base, which may comment on it."""
    return open_comments(drafted(base=BASES[number]), NATIONAL, NOW)[0]


def finding(number: int, project: str) -> Finding:
    """The n-th finding, of that project."""
    at, text = datetime(2024, 9, 2, tzinfo=UTC), "课表与实际授课不符"
    state = FindingState.OPEN
    return Finding(
        id=f"f{number:02d}",
        inspection="2024-1",
        year=2024,
        project=project,
        base="base-1",
        province="44",
        severity=Severity.MINOR,
        text=text,
        clause=None,
        due_on=at.date(),
        state=state,
        history=(FindingStep(state, at, "MINISTRY", text),),
    )


def event(number: int) -> Envelope:
    """The n-th event, of a school and a base that read it."""
    return Envelope(
        id=f"enrollment/enrollment:e{number}/1/0",
        producer="enrollment",
        name="submitted",
        subject=f"e{number}",
        version=1,
        at=datetime(2024, 5, 12, tzinfo=UTC),
        province="44",
        data={"school": enrolling.SCHOOL.school, "base": "base-1", "project": f"p{number}"},
    )


def _vault() -> Vault:
    return Vault({"k1": os.urandom(32)}, "k1", os.urandom(32))
