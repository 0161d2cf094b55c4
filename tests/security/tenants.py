"""Tenants beside each other in one suite, and everything of theirs that only some may read."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from deploy.demo import documents as d
from deploy.seed import load as seed
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import Client
from deploy.seed.plans import plan_of
from deploy.seed.steps import wait_for
from deploy.seed.world import id_number
from kernel.identifiers import credit_check_character, mask
from tests.security.rounds import LIVE, TAUGHT, live_round, taught_round
from tests.support.eventually import eventually

PROVINCES = {"a": "32", "b": "33", "c": None}
LETTERS = {"a": "甲", "b": "乙", "c": "丙"}
"""The tenants as they are called in names of people, which have no Latin letters among Chinese ones (R22)."""
"""Of each tenant; the third is a school of a line ministry, with no province and no base of its own."""
SCHOOLS = {"a": "3132000031", "b": "3133000032", "c": f"12100000400698800{credit_check_character('12100000400698800')}"}
PEOPLE = {"a": ("陆甲一", "陆甲二"), "b": ("孟乙一", "孟乙二"), "c": ("柯丙一",)}
BASES = {"a": "4132000201", "b": "4133000202"}
QUOTAS = {"a": 177, "b": 188}
MINISTRY = "ministry"
_REQUEST = "mutation($input: TransferInput!) { requestTeacher(input: $input) { id } }"
_PROJECT_STATUS = "query($id: ID!) { project(id: $id) { status } }"
_INBOX = "{ myNotices { nodes { id enrollment { id } } } }"


@dataclass(slots=True)
class World:
    """What has been built.

    Attributes:
        provisioner: Accounts and clients.
        clients: Who asks, such as `base.a` or `teacher.a1`, with the own client.
        ids: What there is to ask for: `base.a`, `draft.a`, `project.a`, `teacher.a1`, `enrollment.a1.project.a` …
        secrets: A value that is not everybody's, and who may read it.
        known: What a base learns of a teacher with the school's submission (R22).
        panel: The expert who reviews for everybody, and asks for nothing.
    """

    provisioner: AccountProvisioner
    clients: dict[str, Client] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    known: dict[str, list[str]] = field(default_factory=dict)
    panel: Client | None = None

    def only(self, value: str, *readers: str) -> None:
        """Keep a value from all but these and the ministry."""
        self.secrets[value] |= {MINISTRY, *readers}

    def kinds(self, kind: str) -> list[str]:
        """The ids of one kind, in all tenants."""
        return [key for name, key in self.ids.items() if name.split(".")[0] == kind]


async def build(provisioner: AccountProvisioner) -> World:
    """Two provinces, each with base, expert, school and teachers, and a line ministry's school, through the gateway."""
    world = World(provisioner)
    (world.clients[MINISTRY],) = await provisioner.open(
        {"login": "moe-tenants", "scope": "ministry", "name": "教师工作司"}
    )
    world.clients["public"] = provisioner.public
    ministry, today = world.clients[MINISTRY], provisioner.suite.now().date()
    await ministry.do(seed.OPEN_ROUND, input=live_round())
    await ministry.do(seed.OPEN_ROUND, input=taught_round(today))
    await _panel(world)
    await asyncio.gather(*(_base(world, tenant) for tenant in BASES), *(_school(world, tenant) for tenant in SCHOOLS))
    await asyncio.gather(*(_projects(world, tenant, today) for tenant in BASES))
    await _enrollments(world)
    await _transfers(world)
    await asyncio.gather(*(_teach(world, tenant) for tenant in BASES))
    await _complete(world)
    await _notices(world)
    return world


async def _panel(world: World) -> None:
    """A second expert for everybody's projects, who is nobody's tenant (R14)."""
    given = {"name": "评审组", "organizationCode": "4131000002", "organizationName": "外校", "fields": [6]}
    world.ids["panel"] = (await world.clients[MINISTRY].do(seed.REGISTER_EXPERT, input=given))["id"]
    account = {"login": "tenant-panel", "scope": "expert", "person": world.ids["panel"], "name": "评审组"}
    (world.panel,) = await world.provisioner.open(account)


async def _base(world: World, tenant: str) -> None:
    """A base with its team and quota, an expert, and the province."""
    ministry, code, province = world.clients[MINISTRY], BASES[tenant], PROVINCES[tenant]
    given: dict[str, Any] = {"name": f"基地{tenant}", "category": "DUAL_QUALIFIED_TEACHER", "organizationCode": code}
    given |= {"organizationName": f"单位{tenant}", "province": province}
    base = (await ministry.do(seed.REGISTER_BASE, input=given | {"majorCategories": [6]}))["id"]
    expert_given = {"name": f"专家{LETTERS[tenant]}机密", "organizationCode": "4131000001", "organizationName": "外校"}
    expert = (await ministry.do(seed.REGISTER_EXPERT, input=expert_given | {"fields": [6]}))["id"]
    world.ids |= {f"base.{tenant}": base, f"expert.{tenant}": expert}
    names = (f"base.{tenant}", f"expert.{tenant}", f"province.{tenant}")
    accounts: tuple[dict[str, Any], ...] = (
        {"login": code, "scope": "base", "organization": code, "bases": [base], "name": "负责人"},
        {"login": f"tenant-expert-{tenant}", "scope": "expert", "person": expert, "name": "专家"},
        {"login": f"tenant-province-{tenant}", "scope": "province", "province": province, "name": "省教育厅"},
    )
    world.clients |= dict(zip(names, await world.provisioner.open(*accounts), strict=True))
    contact = {"name": f"联系人{LETTERS[tenant]}机密", "phone": f"1390000{ord(tenant):04d}"}
    team = {duty: [contact] for duty in ("design", "declaration", "delivery")}
    await world.clients[f"base.{tenant}"].do(seed.SET_TEAM, base=base, input=team)
    more = {"year": LIVE, "limit": QUOTAS[tenant], "reason": f"调整{tenant}机密", "aboveRound": True}
    await ministry.do(d.ADJUST, id=base, input=more)
    for value in (contact["name"], mask(contact["phone"]), f"调整{tenant}机密"):
        world.only(value, f"base.{tenant}")
    world.only(f'"limit": {QUOTAS[tenant]}', f"base.{tenant}")
    world.only(f"调整为{QUOTAS[tenant]}", f"base.{tenant}", f"province.{tenant}")  # a notice tells the province (R39)
    world.only(expert_given["name"], f"expert.{tenant}")


async def _school(world: World, tenant: str) -> None:
    """A school with its designated person."""
    ministry, code, name = world.clients[MINISTRY], SCHOOLS[tenant], f"school.{tenant}"
    given = {"code": code, "name": f"学校{tenant}", "province": PROVINCES[tenant] or "00"}
    await ministry.do(seed.REGISTER_SCHOOL, input=given)
    account = {"login": code, "scope": "school", "organization": code, "school": code, "name": "专人"}
    (world.clients[name],) = await world.provisioner.open(account)
    world.ids[name] = code
    designated = {"name": f"专人{LETTERS[tenant]}机密", "phone": f"1370000{ord(tenant):04d}"}
    await world.clients[name].do(seed.DESIGNATE, input=designated)
    teachers = await _teachers(world, tenant, designated["name"])
    world.only(mask(designated["phone"]), name, *superior(tenant))
    world.only(designated["name"], name, *superior(tenant), *teachers)


async def _teachers(world: World, tenant: str, designated: str) -> list[str]:
    """Its teachers, signed in; a base reads of one what it needs once the school has submitted one."""
    school = f"school.{tenant}"
    names = [f"teacher.{tenant}{number}" for number, _ in enumerate(PEOPLE[tenant], 1)]
    rows = [_person(tenant, number, person) for number, person in enumerate(PEOPLE[tenant], 1)]
    added = await world.clients[school].do(seed.ADD_TEACHERS, rows=rows)
    for name, row, one in zip(names, rows, added, strict=True):
        world.ids[name] = one["teacher"]["id"]
        own = [row["name"], mask(row["idNumber"]), mask(row["mobile"])]
        for value in own:
            world.only(value, name, school)
        world.only(world.ids[name], name, school, *superior(tenant))
        world.known[name] = [world.ids[name], *own, designated]
    account = {"scope": "teacher", "school": SCHOOLS[tenant], "name": "教师"}
    accounts = [account | {"login": f"tenant-{name}", "person": world.ids[name]} for name in names]
    world.clients |= dict(zip(names, await world.provisioner.open(*accounts), strict=True))
    return names


def _person(tenant: str, number: int, name: str) -> dict[str, str]:
    return {
        "name": name,
        "idNumber": id_number(f"{PROVINCES[tenant] or 11}01001990010109{number}"),
        "mobile": f"1380000{ord(tenant):03d}{number}",
        "post": "TEACHER",
        "employment": "FULL_TIME",
    }


def superior(tenant: str) -> list[str]:
    """The province, where the school has one (R27)."""
    return [f"province.{tenant}"] if PROVINCES[tenant] else []


async def _projects(world: World, tenant: str, today: date) -> None:
    """A draft, a published project that takes sign-ups, and one that is taught today."""
    client, base = world.clients[f"base.{tenant}"], world.ids[f"base.{tenant}"]
    plans = {
        "draft": _plan(tenant, LIVE, date(LIVE, 12, 30), f"草案{tenant}机密"),
        "project": _plan(tenant, LIVE, date(LIVE, 12, 30), f"项目{tenant}"),
        "taught": _plan(tenant, TAUGHT, today, f"在训{tenant}"),
    }
    for kind, plan in plans.items():
        drafted = await client.do(d.DRAFT, base=base, input=plan)
        world.ids[f"{kind}.{tenant}"] = drafted["id"]
        if kind != "draft":
            await client.do(d.SUBMIT, **drafted)
            await _published(world, tenant, drafted["id"])
    for value in (world.ids[f"draft.{tenant}"], plans["draft"]["title"]):
        world.only(value, f"base.{tenant}")
    inner = (plans["project"]["needsEvidence"], plans["project"]["justifications"][0]["text"])
    for value in (*inner, f"评语{tenant}机密", f"决定{tenant}机密"):
        world.only(value, f"base.{tenant}", f"expert.{tenant}")


def _plan(tenant: str, year: int, day: date, title: str) -> dict[str, Any]:
    return plan_of(1) | {
        "year": year,
        "title": title,
        "themes": ["D1"],
        "startsOn": day.isoformat(),
        "endsOn": day.isoformat(),
        "days": 1,
        "classHours": 8,
        "timetable": [{"title": "第1天", "teacher": "周教授", "date": day.isoformat(), "hours": 8}],
        "needsEvidence": f"调研{tenant}机密",
        "justifications": [{"rule": "R9", "text": f"说明{tenant}机密"}],
    }


async def _published(world: World, tenant: str, project: str) -> None:
    """Reviewed by the tenant's expert, approved and published, with its seats in enrollment."""
    ministry = world.clients[MINISTRY]
    await ministry.do(d.ASSIGN, id=project, experts=[world.ids[f"expert.{tenant}"], world.ids["panel"]])
    verdicts = [{"dimension": "FEE", "verdict": "PASS", "comment": f"评语{tenant}机密"}]
    review = (await world.clients[f"expert.{tenant}"].do(d.REVIEW, id=project, verdicts=verdicts))["id"]
    assert world.panel
    await world.panel.do(d.REVIEW, id=project, verdicts=[verdicts[0] | {"comment": "可行"}])
    world.only(review, f"base.{tenant}", f"expert.{tenant}")
    await ministry.do(d.DECIDE, id=project, decision={"outcome": "APPROVE", "reason": f"决定{tenant}机密"})
    (row,) = await ministry.do(d.PUBLISH, ids=[project])
    assert row["ok"], row

    async def seats() -> Any:
        return (await world.provisioner.public.ask(d.SEATS, id=project))["project"]["seats"]

    await wait_for(seats, "the seats of a published project")


async def _enrollments(world: World) -> None:
    """Each school in its own province's base, one across, and the line ministry's school."""
    kinds = ("project", "taught")
    own = [(f"teacher.{tenant}{n}", f"{kind}.{tenant}") for tenant in BASES for n in (1, 2) for kind in kinds]
    for teacher, project in (*own, ("teacher.a1", "project.b"), ("teacher.c1", "project.a")):
        submitted = (teacher[-1], project[:-2]) != ("2", "project")
        await _enroll(world, teacher, project, submitted=submitted)


async def _enroll(world: World, teacher: str, project: str, *, submitted: bool) -> None:
    school = f"school.{teacher[-2]}"
    key = (await world.clients[teacher].do(d.SIGN_UP, id=world.ids[project]))["id"]
    world.ids[f"enrollment.{teacher.removeprefix('teacher.')}.{project}"] = key
    world.only(key, teacher, school, *superior(teacher[-2]))
    if submitted:
        (row,) = await world.clients[school].do(d.SUBMIT_ENROLLMENTS, ids=[key])
        assert row["ok"], row
        for value in (key, *world.known[teacher]):
            world.secrets[value].add(f"base.{project[-1]}")


async def _transfers(world: World) -> None:
    """Each of two schools requests the other's second teacher, who stays where he is."""
    for own, other in (("a", "b"), ("b", "a")):
        teacher, reason = f"teacher.{other}2", f"调入{LETTERS[own]}机密"
        person = _person(other, 2, PEOPLE[other][1])
        asked = {"idNumber": person["idNumber"], "name": person["name"], "employment": "FULL_TIME", "kind": "TRANSFER"}
        key = (await world.clients[f"school.{own}"].do(_REQUEST, input=asked | {"reason": reason}))["id"]
        world.ids[f"transfer.{other}"] = key
        parties = [f"{kind}.{tenant}" for kind in ("school", "province") for tenant in (own, other)]
        for value in (key, reason):
            world.only(value, teacher, *parties)
        for value in (person["name"], world.ids[teacher]):
            world.secrets[value].update(parties)


async def _teach(world: World, tenant: str) -> None:
    """One is accepted, taught and credited, the other is rejected."""
    base, project = world.clients[f"base.{tenant}"], world.ids[f"taught.{tenant}"]
    first, second = (world.ids[f"enrollment.{tenant}{number}.taught.{tenant}"] for number in (1, 2))
    reason = f"不录取{tenant}机密"
    decisions = [{"id": first, "decision": "ACCEPT"}, {"id": second, "decision": "REJECT", "reason": reason}]
    await base.do(d.DECIDE_ENROLLMENTS, decisions=decisions)
    world.only(reason, f"teacher.{tenant}2", f"school.{tenant}", f"province.{tenant}", f"base.{tenant}")
    await base.do(d.START, id=project)
    (session,) = (await base.ask(d.TIMETABLE, id=project))["project"]["timetable"]
    marks = [{"enrollmentId": first, "sessionId": session["id"], "present": True}]
    results = [{"enrollmentId": first, "outcome": "PASSED", "score": 90}]

    async def recorded(mutation: str, rows: list[dict[str, Any]]) -> bool:
        return all(row["ok"] for row in await base.do(mutation, id=project, rows=rows))

    await wait_for(lambda: recorded(d.ATTENDANCE, marks), "attendance")
    await base.do(d.FINISH, id=project)
    await wait_for(lambda: recorded(d.RESULTS, results), "results")
    assert (await base.do(d.PUBLISH_RESULTS, id=project))["state"] == "FINAL"
    await world.clients[f"school.{tenant}"].do(d.CONFIRM, ids=[first])

    async def credited() -> bool:
        found = await world.clients[MINISTRY].ask(d.STATUS, id=first)
        return bool(found["enrollment"]["status"] == "CREDITED")

    await wait_for(credited, "the credit")


async def _complete(world: World) -> None:
    """The catalog completes what is settled after a while, so that nothing changes by itself any more (R28)."""

    async def completed() -> bool:
        found = [await world.clients[MINISTRY].ask(_PROJECT_STATUS, id=world.ids[f"taught.{name}"]) for name in BASES]
        return all(answer["project"]["status"] == "COMPLETED" for answer in found)

    await eventually(completed, deadline=120, every=0.5)


async def _notices(world: World) -> None:
    """A notice has the number of the delivery that brought it, which whoever reads the enrollment reads too (R24)."""
    for tenant in BASES:
        for owner in (f"teacher.{tenant}1", f"teacher.{tenant}2", f"school.{tenant}"):
            client = world.clients[owner]

            async def inbox(client: Client = client) -> Any:
                nodes = (await client.do(_INBOX))["nodes"]
                return [node for node in nodes if node["enrollment"]]

            for notice in await wait_for(inbox, "the notice of a decision"):
                world.ids[f"notice.{owner}"] = notice["id"]
                world.only(notice["id"], owner, *world.secrets[notice["enrollment"]["id"]])
