"""The 2024 round with three bases, schools in two provinces, experts and teachers, entered through the gateway."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.seed.account_provisioner import AccountProvisioner
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

UNACTIVATED = {"login": "expert9", "scope": "expert", "name": "待激活专家"}
"""An account that stays in its initial state, so that whoever runs the suite can try its activation (R4)."""


@dataclass(slots=True)
class SeedResult:
    """A signed-in client for everybody in the round.

    Attributes:
        ministry: The ministry.
        base_ids: Base's name to its id.
        base_clients: A client per base, in the order of `BASES`.
        experts: `(id, client)`, in the order of `EXPERTS`.
        schools: School code to its client.
        teachers: Teacher's name to `(id, client)`.
        provinces: Province code to its client.
        logins: The accounts to print: scope, login name, and whom it is for.
    """

    ministry: Client
    base_ids: dict[str, str] = field(default_factory=dict)
    base_clients: list[Client] = field(default_factory=list)
    experts: list[tuple[str, Client]] = field(default_factory=list)
    schools: dict[str, Client] = field(default_factory=dict)
    teachers: dict[str, tuple[str, Client]] = field(default_factory=dict)
    provinces: dict[str, Client] = field(default_factory=dict)
    logins: list[tuple[str, str, str]] = field(default_factory=list)


async def seed(provisioner: AccountProvisioner) -> SeedResult:
    """Fill a suite that has no data yet; every step goes through the gateway, in the role it belongs to."""
    provisioner.suite.move_clock(datetime.fromisoformat(BEGIN))
    (ministry,) = await provisioner.open({"login": MINISTRY, "scope": "ministry", "name": "教师工作司"})
    result = SeedResult(ministry, logins=[("ministry", MINISTRY, "教育部教师工作司")])
    await ministry.do(OPEN_ROUND, input={"year": YEAR})
    await _seed_bases(provisioner, result)
    await _seed_experts(provisioner, result)
    await _seed_provinces(provisioner, result)
    await _seed_schools(provisioner, result)
    return result


async def _seed_bases(provisioner: AccountProvisioner, result: SeedResult) -> None:
    accounts = []
    for base in BASES:
        key = (await result.ministry.do(REGISTER_BASE, input=base_input(base)))["id"]
        result.base_ids[base.name] = key
        result.logins.append(("base", base.organization_code, base.name))
        account = {"login": base.organization_code, "scope": "base", "organization": base.organization_code}
        accounts.append(account | {"bases": [key], "name": "基地项目负责人"})
    result.base_clients = await provisioner.open(*accounts)
    team = {"design": [contact("沈工")], "declaration": [contact("韩工")], "delivery": [contact("杨工")]}
    for client, key in zip(result.base_clients, result.base_ids.values(), strict=True):
        await client.do(SET_TEAM, base=key, input=team)


async def _seed_experts(provisioner: AccountProvisioner, result: SeedResult) -> None:
    accounts: list[dict[str, Any]] = []
    for number, (name, code, organization, fields) in enumerate(EXPERTS, 1):
        expert = {"name": name, "organizationCode": code, "organizationName": organization, "fields": list(fields)}
        key = (await result.ministry.do(REGISTER_EXPERT, input=expert))["id"]
        login = f"expert{number}"
        accounts.append({"login": login, "scope": "expert", "organization": code, "person": key, "name": name})
        result.logins.append(("expert", login, f"{name}（{organization}）"))
    clients = await provisioner.open(*accounts)
    result.experts = [(account["person"], client) for account, client in zip(accounts, clients, strict=True)]


async def _seed_provinces(provisioner: AccountProvisioner, result: SeedResult) -> None:
    codes = sorted({school.province for school in SCHOOLS})
    accounts = [
        {"login": f"province{code}", "scope": "province", "province": code, "name": "省教育厅"} for code in codes
    ]
    result.provinces = dict(zip(codes, await provisioner.open(*accounts), strict=True))
    result.logins += [("province", f"province{code}", f"省级教育行政部门 {code}") for code in codes]


async def _seed_schools(provisioner: AccountProvisioner, result: SeedResult) -> None:
    accounts = []
    for school in SCHOOLS:
        registration = {"code": school.code, "name": school.name, "province": school.province}
        await result.ministry.do(REGISTER_SCHOOL, input=registration)
        account = {"login": school.code, "scope": "school", "organization": school.code, "school": school.code}
        accounts.append(account | {"name": school.designated})
        result.logins.append(("school", school.code, f"{school.name}（专人 {school.designated}）"))
    teachers = []
    for school, client in zip(SCHOOLS, await provisioner.open(*accounts), strict=True):
        result.schools[school.code] = client
        await client.do(DESIGNATE, input=contact(school.designated))
        rows = await client.do(ADD_TEACHERS, rows=teacher_rows(school))
        teachers += [_teacher_account(school, number, row["teacher"]) for number, row in enumerate(rows, 1)]
    clients = await provisioner.open(*teachers, initial=[UNACTIVATED])
    for account, client in zip(teachers, clients, strict=True):
        result.teachers[account["name"]] = (account["person"], client)
        result.logins.append(("teacher", account["login"], f"{account['name']}（{account['school']}）"))


def _teacher_account(school: SchoolSeed, number: int, teacher: dict[str, str]) -> dict[str, Any]:
    return {
        "login": f"t{school.code}{number}",
        "scope": "teacher",
        "school": school.code,
        "person": teacher["id"],
        "name": teacher["name"],
    }
