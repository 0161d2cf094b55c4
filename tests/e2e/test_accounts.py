"""R3–R5, R40 through all processes: a school names its person, who adds a teacher, who signs in; all audited."""

import getpass
from typing import Any

from deploy.demo.story import Story
from deploy.seed.graph_client import Client
from deploy.seed.load import ADD_TEACHERS, DESIGNATE
from deploy.seed.world import SCHOOLS, id_number
from tests.support.eventually import eventually

AUDIT = """query($filter: AuditFilter) { auditLog(filter: $filter, first: 10) {
  nodes { type subject province actor { subject scope organization name } } } }"""
SCHOOL = SCHOOLS[0]
NEWCOMER = {
    "name": "新教师",
    "idNumber": id_number("44010019900101990"),
    "mobile": "13912345678",
    "post": "TEACHER",
    "employment": "FULL_TIME",
}
ANOTHER = NEWCOMER | {"name": "另教师", "idNumber": id_number("44010019900101991")}


async def issued(client: Client, **row: str) -> dict[str, Any]:
    """An account and its code, once the account is there."""

    async def attempt() -> Any:
        ((result,),) = (await client.post("/auth/accounts", {"accounts": [row]})).values()
        return result if "code" in result else None

    account: dict[str, Any] = await eventually(attempt, every=0.5)
    return account


async def audited(story: Story, **which: str) -> list[dict[str, Any]]:
    """The rows of the audit log, once there are some."""

    async def rows() -> Any:
        return (await story.seeded.ministry.ask(AUDIT, filter=which))["auditLog"]["nodes"]

    events: list[dict[str, Any]] = await eventually(rows)
    return events


async def test_r5_r40_the_designated_persons_acts_are_audited_under_person_and_school(story: Story) -> None:
    public, password = story.provisioner.public, story.provisioner.password
    school = story.seeded.schools[SCHOOL.code]
    await school.do(DESIGNATE, input={"name": "沈专员", "phone": "13900000001"})
    named = await issued(school, scope="school", name="沈专员")
    account = named["account"]
    person = await public.activate(account["login"], named["code"], password, "school")
    (added,) = await person.do(ADD_TEACHERS, rows=[NEWCOMER])
    teacher = added["teacher"]["id"]
    who = {"subject": account["id"], "scope": "school", "organization": SCHOOL.code, "name": "沈专员"}
    rows = await audited(story, actor=account["id"], type="enrollment.teacher-added")
    assert [(row["subject"], row["actor"]) for row in rows] == [(teacher, who)]

    (by_school,) = await school.do(ADD_TEACHERS, rows=[ANOTHER])
    (row,) = await audited(story, subject=by_school["teacher"]["id"], type="enrollment.teacher-added")
    assert row["actor"]["subject"] != account["id"]
    assert (row["actor"]["organization"], row["actor"]["name"]) == (SCHOOL.code, "沈专员")

    account = await issued(person, scope="teacher", person=teacher, name="新教师")
    client = await public.activate(account["account"]["login"], account["code"], password, "teacher")
    assert (await client.ask("{ myEnrollments { totalCount } }"))["myEnrollments"] == {"totalCount": 0}
    life = await audited(story, subject=account["account"]["id"], type="gateway.password-set")
    assert life[0]["province"] == SCHOOL.province
    codes = await audited(story, subject=account["account"]["id"], type="gateway.code-issued")
    assert [row["actor"] for row in codes] == [who]


async def test_r40_the_operator_of_the_command_line_is_in_the_audit(story: Story) -> None:
    user = getpass.getuser()
    rows = await audited(story, actor=f"operator:{user}", type="gateway.account-provisioned")
    assert rows[0]["actor"] == {"subject": f"operator:{user}", "scope": "operator", "organization": None, "name": user}
