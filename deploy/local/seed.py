"""The 2024 round with three bases, schools in two provinces, experts and teachers, entered through the gateway."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.local.accounts import Desk
from deploy.local.client import Client
from deploy.local.world import BASES, BEGIN, EXPERTS, SCHOOLS, YEAR, BaseSeed, SchoolSeed, contact, teacher_rows

MINISTRY = "moe"
OPEN_ROUND = "mutation($input: RoundInput!) { openRound(input: $input) { year title } }"
REGISTER_BASE = "mutation($input: BaseInput!) { registerBase(input: $input) { id name } }"
SET_TEAM = "mutation($base: ID!, $input: BaseTeamInput!) { setBaseTeam(baseId: $base, input: $input) { id } }"
REGISTER_EXPERT = "mutation($input: ExpertInput!) { registerExpert(input: $input) { id } }"
REGISTER_SCHOOL = "mutation($input: SchoolInput!) { registerSchool(input: $input) { code } }"
DESIGNATE = "mutation($input: DesignatedPersonInput!) { designatePerson(input: $input) { code } }"
ADD_TEACHERS = """mutation($rows: [TeacherInput!]!) {
  addTeachers(rows: $rows) { ok teacher { id name } refusal { code message } }
}"""


@dataclass(slots=True)
class Cast:
    """Everybody in the round, signed in.

    Attributes:
        ministry: The ministry.
        bases: Base's name to its id.
        base: A client per base, in the order of `BASES`.
        experts: `(id, client)`.
        schools: School code to its client.
        teachers: Teacher's name to `(id, client)`.
        provinces: Province code to its client.
        logins: What to print: scope, login, and whom it is for.
    """

    ministry: Client
    bases: dict[str, str] = field(default_factory=dict)
    base: list[Client] = field(default_factory=list)
    experts: list[tuple[str, Client]] = field(default_factory=list)
    schools: dict[str, Client] = field(default_factory=dict)
    teachers: dict[str, tuple[str, Client]] = field(default_factory=dict)
    provinces: dict[str, Client] = field(default_factory=dict)
    logins: list[tuple[str, str, str]] = field(default_factory=list)


async def seed(desk: Desk) -> Cast:
    """Fill a fresh suite; every step goes through the gateway in the role it belongs to."""
    desk.suite.move_clock(datetime.fromisoformat(BEGIN))
    (ministry,) = await desk.open({"login": MINISTRY, "scope": "ministry", "name": "教师工作司"})
    cast = Cast(ministry, logins=[("ministry", MINISTRY, "教育部教师工作司")])
    await ministry.do(OPEN_ROUND, input={"year": YEAR})
    for base in BASES:
        await _seed_base(desk, cast, base)
    await _seed_experts(desk, cast)
    await _seed_provinces(desk, cast)
    for school in SCHOOLS:
        await _seed_school(desk, cast, school)
    await _leave_one_initial(desk)
    return cast


async def _seed_base(desk: Desk, cast: Cast, base: BaseSeed) -> None:
    given: dict[str, Any] = {
        "name": base.name,
        "category": base.category,
        "organizationCode": base.organization_code,
        "organizationName": base.organization_name,
        "province": base.province,
        "majorCategories": list(base.majors),
    }
    key = (await cast.ministry.do(REGISTER_BASE, input=given))["id"]
    account = {"login": base.organization_code, "scope": "base", "organization": base.organization_code, "bases": [key]}
    (client,) = await desk.open({**account, "name": "基地项目负责人"})
    team = {"design": [contact("沈工")], "declaration": [contact("韩工")], "delivery": [contact("杨工")]}
    await client.do(SET_TEAM, base=key, input=team)
    cast.bases[base.name] = key
    cast.base.append(client)
    cast.logins.append(("base", base.organization_code, base.name))


async def _seed_experts(desk: Desk, cast: Cast) -> None:
    for place, (name, code, organization, fields) in enumerate(EXPERTS, 1):
        given = {"name": name, "organizationCode": code, "organizationName": organization, "fields": list(fields)}
        key = (await cast.ministry.do(REGISTER_EXPERT, input=given))["id"]
        login = f"expert{place}"
        (client,) = await desk.open(
            {"login": login, "scope": "expert", "organization": code, "person": key, "name": name}
        )
        cast.experts.append((key, client))
        cast.logins.append(("expert", login, f"{name}（{organization}）"))


async def _seed_provinces(desk: Desk, cast: Cast) -> None:
    for code in sorted({school.province for school in SCHOOLS}):
        login = f"province{code}"
        (client,) = await desk.open({"login": login, "scope": "province", "province": code, "name": "省教育厅"})
        cast.provinces[code] = client
        cast.logins.append(("province", login, f"省级教育行政部门 {code}"))


async def _seed_school(desk: Desk, cast: Cast, school: SchoolSeed) -> None:
    await cast.ministry.do(REGISTER_SCHOOL, input={"code": school.code, "name": school.name})
    account = {"login": school.code, "scope": "school", "organization": school.code, "school": school.code}
    (client,) = await desk.open({**account, "name": school.designated})
    await client.do(DESIGNATE, input=contact(school.designated))
    cast.schools[school.code] = client
    cast.logins.append(("school", school.code, f"{school.name}（专人 {school.designated}）"))
    rows = await client.do(ADD_TEACHERS, rows=teacher_rows(school))
    await _seed_teachers(desk, cast, school, [row["teacher"] for row in rows])


async def _seed_teachers(desk: Desk, cast: Cast, school: SchoolSeed, teachers: list[dict[str, str]]) -> None:
    accounts = [
        {
            "login": f"t{school.code}{place}",
            "scope": "teacher",
            "school": school.code,
            "person": teacher["id"],
            "name": teacher["name"],
        }
        for place, teacher in enumerate(teachers, 1)
    ]
    for teacher, account, client in zip(teachers, accounts, await desk.open(*accounts), strict=True):
        cast.teachers[teacher["name"]] = (teacher["id"], client)
        cast.logins.append(("teacher", account["login"], f"{teacher['name']}（{school.name}）"))


async def _leave_one_initial(desk: Desk) -> None:
    """One account in its initial state, to show R4."""
    row = {"login": "expert9", "scope": "expert", "name": "待激活专家"}
    codes = await desk.provision(row)
    desk.codes["expert9"] = codes["expert9", "expert"]
