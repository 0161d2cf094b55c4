"""What tenants keep besides enrollments: a roster, an inner cut-off, a reveal and a payment, each its own matter."""

from typing import Any

from deploy.demo import documents as d
from deploy.demo.roster import HEADER, PROJECT_CODE
from deploy.seed.world import id_number
from kernel.identifiers import mask
from tests.security.rounds import LIVE
from tests.security.tenants import BASES, LETTERS, PEOPLE, PROVINCES, SCHOOLS, World, superior

_CUT_OFF = "mutation($input: InnerCutOffInput!) { setInnerCutOff(input: $input) { code } }"
_REVEAL = "mutation($id: ID!, $purpose: String!) { revealTeacher(id: $id, purpose: $purpose) { record { id } } }"


async def keep(world: World) -> None:
    """For every school a roster and a cut-off, and what its province and one of its teachers have of their own."""
    for tenant in SCHOOLS:
        await _roster(world, tenant)
        await _cut_off(world, tenant)
        await _reveal(world, tenant)
    for tenant in BASES:
        await _funding(world, tenant)


async def _roster(world: World, tenant: str) -> None:
    """Staged and not put in, so that its row is nobody's but the school's (R22)."""
    school, project = f"school.{tenant}", world.ids.get(f"project.{tenant}", world.ids["project.a"])
    code = (await world.clients["public"].do(PROJECT_CODE, id=project))["code"]
    name, mobile = f"册员{LETTERS[tenant]}机密", f"1360000{ord(tenant):04d}"
    number = id_number(f"{PROVINCES[tenant] or 11}010019900101{ord(tenant):03d}")
    line = f"{name},{number},{mobile},教师,专职,{code}"
    staged = await world.clients[school].upload_roster(f"{HEADER}\n{line}".encode())
    assert staged["good"] == 1, staged
    world.ids[f"roster.{tenant}"] = staged["id"]
    for value in (staged["id"], name, mask(mobile), mask(number)):
        world.only(value, school)


async def _cut_off(world: World, tenant: str) -> None:
    """A school's own last day (R21)."""
    school, day = f"school.{tenant}", f"{LIVE}-11-{ord(tenant) % 30:02d}"
    await world.clients[school].do(_CUT_OFF, input={"year": LIVE, "closesOn": day})
    world.only(day, school, *superior(tenant), *(f"teacher.{tenant}{n}" for n, _ in enumerate(PEOPLE[tenant], 1)))


async def _reveal(world: World, tenant: str) -> None:
    """An act of the school upon a teacher, who reads why (R41)."""
    school, teacher, purpose = f"school.{tenant}", f"teacher.{tenant}1", f"核对证件{tenant}机密"
    shown = await world.clients[school].do(_REVEAL, id=world.ids[teacher], purpose=purpose)
    for value in (shown["record"]["id"], purpose):
        world.only(value, school, teacher)


async def _funding(world: World, tenant: str) -> None:
    """A payment of the province for a school and a project of its own (R27)."""
    province, amount = f"province.{tenant}", 99_000_000_000 + ord(tenant)
    given: dict[str, Any] = {"year": LIVE, "amount": amount, "source": "PROVINCIAL", "item": f"经费{tenant}机密"}
    given |= {"school": SCHOOLS[tenant], "project": world.ids[f"project.{tenant}"], "note": f"拨款{tenant}机密"}
    world.ids[f"funding.{tenant}"] = (await world.clients[province].do(d.FUND, input=given))["id"]
    for value in (world.ids[f"funding.{tenant}"], str(amount), given["item"], given["note"]):
        world.only(value, province)
