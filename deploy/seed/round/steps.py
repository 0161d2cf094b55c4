"""The steps of which the round in progress is made; each goes through the gateway by the account whose task it is."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import Client
from deploy.seed.logins import Login
from deploy.seed.round import documents as d
from deploy.seed.round.cast import TeacherSeed
from deploy.seed.round.plans import Fate, PlanSeed
from deploy.seed.steps import check, wait_for

_DIMENSIONS = ("OBJECTIVES", "CONTENT", "ORGANIZATION", "DURATION", "FEE")
_COMMENTS = {"PASS": "符合要求", "REVISE": "建议细化", "FAIL": "与基地定位不符"}
_POSTS = {"LEADER": "校领导", "MIDDLE_MANAGER": "中层干部", "TEACHER": "教师"}
_EMPLOYMENT = {"FULL_TIME": "专职", "PART_TIME": "兼职"}
_HEADER = "姓名,身份证号码,手机号码,岗位,专兼职,职称,项目编号,校内排序"
_AT_ONCE = 4
"""Requests that the seed has under way at a time; files are read in processes of their own, and cores are few."""


@dataclass(slots=True)
class World:
    """The round under way: a signed-in client for everybody who acts, and the ids of what has been entered.

    Attributes:
        provisioner: Creates accounts and signs in to them.
        ministry: The ministry.
        bases: A base's word to its id and its client.
        experts: Ids and clients, in the order of `cast.EXPERTS`.
        schools: School code to its client.
        provinces: Province code to its client.
        teachers: Teacher's name to the id.
        projects: Title of a project to its id; further classes of a series have `/2`, `/3` after it.
        all_logins: All activated accounts, the ministry's first.
        shown: Login names of the accounts to print, one a role: of those who have something to do.
    """

    provisioner: AccountProvisioner
    ministry: Client = field(init=False)
    bases: dict[str, tuple[str, Client]] = field(default_factory=dict)
    experts: list[tuple[str, Client]] = field(default_factory=list)
    schools: dict[str, Client] = field(default_factory=dict)
    provinces: dict[str, Client] = field(default_factory=dict)
    teachers: dict[str, str] = field(default_factory=dict)
    projects: dict[str, str] = field(default_factory=dict)
    all_logins: list[Login] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)

    @property
    def logins(self) -> list[Login]:
        """The accounts to print."""
        return [login for login in self.all_logins if login[1] in self.shown]

    @property
    def others(self) -> list[Login]:
        """The other activated accounts."""
        return [login for login in self.all_logins if login[1] not in self.shown]

    def clock(self, at: str) -> None:
        """Move the domain clock of all processes forward to a time in Asia/Shanghai, ISO 8601 without an offset."""
        self.provisioner.suite.move_clock(datetime.fromisoformat(at))

    def base_of(self, plan: PlanSeed) -> Client:
        """The client of the base that holds a project."""
        return self.bases[plan.base][1]

    def key(self, plan: PlanSeed) -> str:
        """The id of a project."""
        return self.projects[plan.title]


async def side_by_side(requests: Iterable[Awaitable[Any]]) -> list[Any]:
    """What some requests answer, in their order; four are under way at a time."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def slotted(request: Awaitable[Any]) -> Any:
        async with slots:
            return await request

    return await asyncio.gather(*(slotted(request) for request in requests))


async def rows(client: Client, document: str, what: str, /, **variables: Any) -> None:
    """Send a mutation of many rows, all of which must be done.

    Raises:
        StepFailed: A row was refused.
    """
    answers = await client.do(document, **variables)
    refused = [answer["refusal"] for answer in answers if not answer["ok"]]
    check(not refused, f"{what}: {refused}")


async def declare(world: World, plans: Sequence[PlanSeed], year: int) -> None:
    """Bases draft their plans one after another, so that codes are the same every time, and hand most of them in."""
    handed_in = []
    for plan in plans:
        base, client = world.bases[plan.base]
        drafted = [await client.do(d.DRAFT, base=base, input=plan.input(year))]
        for first_day in plan.classes:
            last_day = first_day + timedelta(days=plan.days - 1)
            dates = {"startsOn": first_day.isoformat(), "endsOn": last_day.isoformat()}
            drafted.append(await client.do(d.ADD_CLASS, id=drafted[0]["id"], input=dates))
        titles = [plan.title, *(f"{plan.title}/{number}" for number in range(2, len(drafted) + 1))]
        world.projects |= {title: project["id"] for title, project in zip(titles, drafted, strict=True)}
        if plan.fate is not Fate.DRAFT:
            handed_in += [(client, project) for project in drafted]
    await side_by_side(
        client.do(d.SUBMIT, id=project["id"], version=project["version"]) for client, project in handed_in
    )


def with_classes(world: World, plan: PlanSeed) -> list[str]:
    """The ids of a project and of the further classes of its series."""
    numbers = range(2, len(plan.classes) + 2)
    return [world.projects[title] for title in (plan.title, *(f"{plan.title}/{number}" for number in numbers))]


async def review(world: World, plans: Sequence[PlanSeed]) -> None:
    """Two experts a plan, taken in turn, answer as its fate has it (R14, R15)."""
    reviewed = [(key, plan) for plan in plans for key in with_classes(world, plan) if plan.fate in _VERDICTS]
    pairs = [
        [world.experts[(number + offset) % len(world.experts)] for offset in range(2)]
        for number in range(len(reviewed))
    ]
    await side_by_side(
        world.ministry.do(d.ASSIGN, id=key, experts=[expert for expert, _ in pair])
        for (key, _), pair in zip(reviewed, pairs, strict=True)
    )
    late = [pair[1] for (_, plan), pair in zip(reviewed, pairs, strict=True) if plan.fate is Fate.AWAITED]
    world.shown |= {f"expert{world.experts.index(expert) + 1}" for expert in late[:1]}
    await side_by_side(
        client.do(d.REVIEW, id=key, verdicts=_verdicts(verdict))
        for (key, plan), pair in zip(reviewed, pairs, strict=True)
        for (_, client), verdict in zip(pair, _VERDICTS[plan.fate], strict=False)
    )


_VERDICTS = {
    Fate.AWAITED: ("PASS",),
    Fate.SPLIT: ("PASS", "FAIL"),
    Fate.RETURNED: ("REVISE", "REVISE"),
    Fate.REJECTED: ("FAIL", "FAIL"),
    Fate.APPROVED: ("PASS", "PASS"),
    Fate.PUBLISHED: ("PASS", "PASS"),
}
"""What the first and the second expert find, by the fate of the plan."""


def _verdicts(verdict: str) -> list[dict[str, str]]:
    """A review that passes everything but the content, about which it says `verdict`."""
    found = dict.fromkeys(_DIMENSIONS, "PASS") | {"CONTENT": verdict}
    return [{"dimension": dimension, "verdict": each, "comment": _COMMENTS[each]} for dimension, each in found.items()]


async def decide(world: World, plans: Sequence[PlanSeed]) -> None:
    """The ministry decides on what two experts agree about (R16)."""
    outcomes = {
        Fate.RETURNED: ("RETURN", "内容设计与岗位需求对应不足，请补充学时分配后再报"),
        Fate.REJECTED: ("REJECT", "与基地定位不符，专家一致不通过"),
        Fate.APPROVED: ("APPROVE", "专家评审意见一致"),
        Fate.PUBLISHED: ("APPROVE", "专家评审意见一致"),
    }
    decisions = [
        {"id": key, "outcome": outcomes[plan.fate][0], "reason": outcomes[plan.fate][1]}
        for plan in plans
        if plan.fate in outcomes
        for key in with_classes(world, plan)
    ]
    await rows(world.ministry, d.DECIDE, "decisions on plans", decisions=decisions)


async def publish(world: World, plans: Sequence[PlanSeed], year: int) -> dict[str, str]:
    """The ministry publishes, and enrollment hears of it (R17).

    Returns:
        The codes of the published projects by id.
    """
    keys = [key for plan in plans if plan.fate is Fate.PUBLISHED for key in with_classes(world, plan)]
    await rows(world.ministry, d.PUBLISH, "publication", ids=keys)

    async def known() -> dict[str, str] | None:
        published = (await world.provisioner.public.do(d.PUBLISHED, year=year))["nodes"]
        codes = {project["id"]: project["code"] for project in published if project["seats"]}
        return codes if len(codes) == len(keys) else None

    codes: dict[str, str] = await wait_for(known, "the seats of published projects")
    return codes


def applicants(plans: Sequence[PlanSeed], teachers: Sequence[TeacherSeed]) -> dict[str, list[TeacherSeed]]:
    """Who asks for the seats of each project: everybody for one project at most, in the order of `teachers`.

    Args:
        plans: The projects.
        teachers: Who may ask; leaders and middle managers for projects that are meant for them (R20).

    Returns:
        Title to its applicants.
    """
    waiting = {
        True: [teacher for teacher in teachers if teacher.post != "TEACHER"],
        False: [teacher for teacher in teachers if teacher.post == "TEACHER"],
    }
    chosen = {}
    for plan in plans:
        queue = waiting[plan.kind == "LEADERSHIP"]
        check(len(queue) >= plan.demand.applicants, f"applicants for {plan.title}")
        chosen[plan.title] = queue[: plan.demand.applicants]
        del queue[: plan.demand.applicants]
    return chosen


async def enroll_by_roster(world: World, wanted: dict[str, list[TeacherSeed]], codes: dict[str, str]) -> None:
    """Each school signs its teachers up by one roster, and so submits them (R22).

    Args:
        world: The round.
        wanted: Title of a project to its applicants.
        codes: Id of a project to its code.
    """
    lines: dict[str, list[str]] = {}
    for title, teachers in wanted.items():
        ranks: dict[str, int] = {}
        for teacher in teachers:
            ranks[teacher.school] = ranks.get(teacher.school, 0) + 1
            line = roster_line(teacher, codes[world.projects[title]], ranks[teacher.school])
            lines.setdefault(teacher.school, []).append(line)
    await side_by_side(_commit_roster(world.schools[school], lines[school]) for school in lines)


def roster_line(teacher: TeacherSeed, code: str, rank: int) -> str:
    """A line of a roster (R22).

    Args:
        teacher: Who is signed up.
        code: The project's code.
        rank: The place among the school's candidates, from 1 (R21).
    """
    post, employment = _POSTS[teacher.post], _EMPLOYMENT[teacher.employment]
    return ",".join((teacher.name, teacher.id_number, teacher.mobile, post, employment, teacher.title, code, str(rank)))


async def stage_roster(client: Client, lines: Sequence[str]) -> dict[str, Any]:
    """Upload a roster; its summary after the check (R22)."""
    return await client.upload_roster("\r\n".join((_HEADER, *lines)).encode())


async def _commit_roster(client: Client, lines: Sequence[str]) -> None:
    staged = await stage_roster(client, lines)
    check((staged.get("good"), staged.get("bad")) == (len(lines), 0), f"the roster: {staged}")
    await client.do(d.COMMIT_ROSTER, id=staged["id"])

    async def committed() -> Any:
        job = await client.do(d.ROSTER, id=staged["id"])
        return job if job["state"] == "COMMITTED" else None

    job = await wait_for(committed, "a roster")
    check(job["entered"] == len(lines), f"the roster: {job}")


async def enrolled(world: World, plan: PlanSeed, *statuses: str) -> list[dict[str, Any]]:
    """The enrollments in a project, by the names of the teachers; all, or those in some states."""
    project = await world.base_of(plan).ask(d.ENROLLMENTS, id=world.key(plan))
    nodes = project["project"]["enrollments"]["nodes"]
    return sorted(
        (node for node in nodes if not statuses or node["status"] in statuses),
        key=lambda node: node["teacher"]["name"],
    )


async def decide_enrollments(world: World, plans: Sequence[PlanSeed]) -> None:
    """Bases decide as their demand has it, and leave the rest undecided (R23)."""
    await side_by_side(_decide_project(world, plan) for plan in plans if plan.demand.accept)


async def _decide_project(world: World, plan: PlanSeed) -> None:
    demand, pending = plan.demand, await enrolled(world, plan, "SUBMITTED")
    words = ["ACCEPT"] * demand.accept + ["WAITLIST"] * demand.waitlist + ["REJECT"] * demand.reject
    decisions = [
        {"id": enrollment["id"], "decision": word, "reason": "报名人数超过容量" if word == "REJECT" else None}
        for enrollment, word in zip(pending, words, strict=False)
    ]
    await rows(world.base_of(plan), d.DECIDE_ENROLLMENTS, plan.title, decisions=decisions)


async def give_up_seat(world: World, enrollment: dict[str, Any], reason: str) -> None:
    """A school gives up an accepted place (R26); the seat is offered to the next in line (R25)."""
    await world.schools[enrollment["school"]["code"]].do(d.WITHDRAW_ENROLLMENT, id=enrollment["id"], reason=reason)


async def attend(
    world: World, plan: PlanSeed, *, until: date, absent: Callable[[int, str], bool] = lambda *_: False
) -> list[str]:
    """The base records who took part in each session that has been held (R29).

    Args:
        world: The round.
        plan: The project, running.
        until: The last day to record.
        absent: Whether an attendee, by the place in the list and the session's date, did not come.

    Returns:
        The attendees' enrollments, in the order of the list.
    """
    base, key = world.base_of(plan), world.key(plan)
    project = (await base.ask(d.ENROLLMENTS, id=key))["project"]
    attendees = [enrollment["id"] for enrollment in await enrolled(world, plan, "ACCEPTED", "ATTENDING")]
    marks = [
        {"enrollmentId": attendee, "sessionId": session["id"], "present": not absent(place, session["date"])}
        for session in project["timetable"]
        if session["date"] <= until.isoformat()
        for place, attendee in enumerate(attendees)
    ]
    await _when_assessment_knows(base, d.ATTENDANCE, key, marks)
    return attendees


async def assess(world: World, plan: PlanSeed, outcomes: dict[str, tuple[str, int | None]]) -> None:
    """The base drafts results (R30).

    Args:
        world: The round.
        plan: The project, finished.
        outcomes: Enrollment's id to outcome and score.
    """
    results = [{"enrollmentId": key, "outcome": outcome, "score": score} for key, (outcome, score) in outcomes.items()]
    await _when_assessment_knows(world.base_of(plan), d.RESULTS, world.key(plan), results)


async def publish_results(world: World, plan: PlanSeed) -> None:
    """The base publishes its results, of which there is one for everybody who came (R30)."""
    book = await world.base_of(plan).do(d.PUBLISH_RESULTS, id=world.key(plan))
    check(book["state"] == "FINAL", f"the book of {plan.title}: {book}")


async def _when_assessment_knows(client: Client, document: str, key: str, given: list[dict[str, Any]]) -> None:
    """Send rows to assessment until it takes all of them: it learns of projects and enrollments by events."""

    async def taken() -> bool:
        return all(row["ok"] for row in await client.do(document, id=key, rows=given))

    await wait_for(taken, "assessment to know the class")
