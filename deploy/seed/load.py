"""The 2024 round with three bases, schools in two provinces, experts and teachers, entered through the gateway."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.seed.account_provisioner import Desk
from deploy.seed.graph_client import Client
from deploy.seed.world import BASES, BEGIN, EXPERTS, SCHOOLS, YEAR, SchoolSeed, base_input, contact, teacher_rows

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
    await _seed_bases(desk, cast)
    await _seed_experts(desk, cast)
    await _seed_provinces(desk, cast)
    await _seed_schools(desk, cast)
    await _leave_one_initial(desk)
    return cast


async def _seed_bases(desk: Desk, cast: Cast) -> None:
    accounts = []
    for base in BASES:
        key = (await cast.ministry.do(REGISTER_BASE, input=base_input(base)))["id"]
        cast.bases[base.name] = key
        cast.logins.append(("base", base.organization_code, base.name))
        account = {"login": base.organization_code, "scope": "base", "organization": base.organization_code}
        accounts.append(account | {"bases": [key], "name": "基地项目负责人"})
    cast.base = await desk.open(*accounts)
    team = {"design": [contact("沈工")], "declaration": [contact("韩工")], "delivery": [contact("杨工")]}
    for client, key in zip(cast.base, cast.bases.values(), strict=True):
        await client.do(SET_TEAM, base=key, input=team)


async def _seed_experts(desk: Desk, cast: Cast) -> None:
    accounts: list[dict[str, Any]] = []
    for place, (name, code, organization, fields) in enumerate(EXPERTS, 1):
        given = {"name": name, "organizationCode": code, "organizationName": organization, "fields": list(fields)}
        key = (await cast.ministry.do(REGISTER_EXPERT, input=given))["id"]
        login = f"expert{place}"
        accounts.append({"login": login, "scope": "expert", "organization": code, "person": key, "name": name})
        cast.logins.append(("expert", login, f"{name}（{organization}）"))
    clients = await desk.open(*accounts)
    cast.experts = [(account["person"], client) for account, client in zip(accounts, clients, strict=True)]


async def _seed_provinces(desk: Desk, cast: Cast) -> None:
    codes = sorted({school.province for school in SCHOOLS})
    accounts = [
        {"login": f"province{code}", "scope": "province", "province": code, "name": "省教育厅"} for code in codes
    ]
    cast.provinces = dict(zip(codes, await desk.open(*accounts), strict=True))
    cast.logins += [("province", f"province{code}", f"省级教育行政部门 {code}") for code in codes]


async def _seed_schools(desk: Desk, cast: Cast) -> None:
    accounts = []
    for school in SCHOOLS:
        given = {"code": school.code, "name": school.name, "province": school.province}
        await cast.ministry.do(REGISTER_SCHOOL, input=given)
        account = {"login": school.code, "scope": "school", "organization": school.code, "school": school.code}
        accounts.append(account | {"name": school.designated})
        cast.logins.append(("school", school.code, f"{school.name}（专人 {school.designated}）"))
    teachers = []
    for school, client in zip(SCHOOLS, await desk.open(*accounts), strict=True):
        cast.schools[school.code] = client
        await client.do(DESIGNATE, input=contact(school.designated))
        rows = await client.do(ADD_TEACHERS, rows=teacher_rows(school))
        teachers += [_teacher_account(school, place, row["teacher"]) for place, row in enumerate(rows, 1)]
    for account, client in zip(teachers, await desk.open(*teachers), strict=True):
        cast.teachers[account["name"]] = (account["person"], client)
        cast.logins.append(("teacher", account["login"], f"{account['name']}（{account['school']}）"))


def _teacher_account(school: SchoolSeed, place: int, teacher: dict[str, str]) -> dict[str, Any]:
    return {
        "login": f"t{school.code}{place}",
        "scope": "teacher",
        "school": school.code,
        "person": teacher["id"],
        "name": teacher["name"],
    }


async def _leave_one_initial(desk: Desk) -> None:
    """One account in its initial state, to show R4."""
    row = {"login": "expert9", "scope": "expert", "name": "待激活专家"}
    codes = await desk.provision(row)
    desk.codes["expert9"] = codes["expert9", "expert"]
