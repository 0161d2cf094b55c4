"""Every mutation, as the wrong tenant, is refused for whose it is, and leaves every document as it was."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from bson import encode
from graphql import GraphQLField, GraphQLObjectType, ast_from_value, get_named_type, print_ast

from chassis.principal import Scope
from chassis.storage.mongo import connect
from contracts.access import rows
from deploy.broker.definitions import ADMIN
from deploy.processes import MIGRATED
from tests.security.tenants import World
from tests.security.test_rows import SCHEMA
from tests.security.trespasses import OF_ONESELF, SILENT, Trespass, trespasses
from tests.support.eventually import eventually

REFUSED = {"FORBIDDEN", "NOT_FOUND", "NOT_ASSIGNED", "NOT_SUBMITTED_TO"}
"""For whose it is; the last is an expert's who was not asked. No phase or state may answer first and hide the lack."""
CONFINED = {row.field for row in rows() if row.type == "Mutation" and row.scopes != frozenset({Scope.MINISTRY.value})}
"""The ministry acts on everybody's; all others on their own."""
BREATHING = {"leases", "replicas", "instruments", "boxes", "sent"}
"""Collections that change by themselves while nothing happens: who holds what for now, the gateways' heartbeats, and
questionnaires, whose keys take a while to be made; and what relays have sent."""
BESIDES_A_LIST = {
    **dict.fromkeys(
        ("rankWaitlist", "recordAttendance", "recordResults", "revealTeachers", "issueCertificates"), "base.a"
    ),
    **dict.fromkeys(("rankSignUps", "enrollTeachers"), "school.a"),
    "assignExperts": "ministry",
    "submitReview": "expert.a",
}
"""Who sends the mutations that name a project and a list."""
assert SCHEMA.mutation_type
SCHEMA_MUTATIONS = SCHEMA.mutation_type.fields
Snapshot = dict[str, str]


class Documents:
    """All documents of all databases of the suite."""

    def __init__(self, url: str) -> None:
        self.client = connect(url)

    async def snapshot(self) -> Snapshot:
        """Collection to the hash of its documents."""
        found: Snapshot = {}
        for name in MIGRATED:
            for collection in await self.client[name].list_collection_names():
                if collection not in BREATHING:
                    documents = self.client[name][collection].find().sort("_id")
                    digest = hashlib.sha256()
                    async for document in documents:
                        digest.update(encode(document))
                    found[f"{name}.{collection}"] = digest.hexdigest()
        return found

    async def holds_events(self) -> bool:
        """Whether a document has events that its relay has not yet sent and removed."""
        for name in MIGRATED:
            for collection in await self.client[name].list_collection_names():
                if await self.client[name][collection].find_one({"events.0": {"$exists": True}}, {"_id": 1}):
                    return True
        return False

    async def at_rest(self) -> Snapshot:
        """Once nothing is on its way any more, and relays have removed what they have sent."""
        seen: list[Snapshot] = []

        async def still() -> bool:
            seen.append(await self.snapshot())
            return len(seen) > 3 and seen[-4:] == [seen[-1]] * 4 and not await self.holds_events()

        await eventually(still, every=0.1)
        return seen[-1]


@pytest.fixture
async def documents(world: World) -> AsyncIterator[Documents]:
    held = Documents(world.provisioner.suite.parts.mongodb_url(ADMIN))
    yield held
    await held.client.close()


async def test_a_trespass_is_refused_and_changes_nothing(world: World, documents: Documents) -> None:
    before = await documents.at_rest()
    wrong: list[str] = []
    session = world.clients["base.a"].renewal
    assert session
    session.due_at = 0.0  # so do all where the test takes longer than a token lasts
    for one in trespasses(world):
        if await world.clients[one.who].renew():
            before = await documents.at_rest()
        answer = await world.clients[one.who].execute(document_of(one))
        refusals, after = refusals_in(answer), await documents.snapshot()
        if not (refusals or silent(one, answer)) or refusals - REFUSED or after != before:
            wrong.append(f"{one}: {sorted(refusals)} {answer}, changed {differing(before, after)}")
    assert wrong == []
    assert await documents.at_rest() == before


async def test_with_an_empty_list_the_project_is_looked_at_all_the_same(world: World) -> None:
    """A guard within the rows would look at nothing."""
    for mutation, who in BESIDES_A_LIST.items():
        foreign = {"base.a": ["draft.b", "project.b"], "school.a": ["draft.b"], "expert.a": ["project.b"]}.get(who, [])
        for project in ("unknown", *(world.ids[name] for name in foreign)):
            tried = Trespass(who, mutation, {"projectId": project} | rest_of(SCHEMA_MUTATIONS[mutation]))
            refusals = refusals_in(await world.clients[who].execute(document_of(tried)))
            assert refusals & REFUSED == refusals != set(), (str(tried), refusals)


def test_no_mutation_of_a_project_and_a_list_is_left_out() -> None:
    lists = {
        name for name, field in SCHEMA_MUTATIONS.items() if any("[" in str(arg.type) for arg in field.args.values())
    }
    assert {name for name in lists if "projectId" in SCHEMA_MUTATIONS[name].args} == BESIDES_A_LIST.keys()


def rest_of(field: GraphQLField) -> dict[str, Any]:
    """All lists empty, and a purpose."""
    lists: dict[str, Any] = {name: [] for name, argument in field.args.items() if "[" in str(argument.type)}
    return lists | ({"purpose": "核对报到证件"} if "purpose" in field.args else {})


async def test_an_act_on_ones_own_does_change_documents(world: World, documents: Documents) -> None:
    """So that the comparison would see a trespass."""
    before = await documents.at_rest()
    own = Trespass("school.a", "designatePerson", {"input": {"name": "专人甲机密", "phone": "13700000097"}})
    assert not refusals_in(await world.clients[own.who].execute(document_of(own)))
    assert "enrollment.schools" in differing(before, await documents.snapshot())


def test_no_mutation_is_left_out(world: World) -> None:
    """A new one needs a trespass, or a word on why there can be none."""
    tried = {one.mutation for one in trespasses(world)}
    assert tried | OF_ONESELF == CONFINED
    assert not tried & OF_ONESELF


def document_of(trespass: Trespass) -> str:
    field = SCHEMA_MUTATIONS[trespass.mutation]
    given = ", ".join(f"{name}: {literal(field, name, value)}" for name, value in trespass.arguments.items())
    return f"mutation {{ {trespass.mutation}({given}) {answer_of(field)} }}"


def literal(field: GraphQLField, name: str, value: Any) -> str:
    node = ast_from_value(value, field.args[name].type)
    assert node
    return print_ast(node)


def answer_of(field: GraphQLField) -> str:
    """Of many rows what became of each, of one anything."""
    kind = get_named_type(field.type)
    if not isinstance(kind, GraphQLObjectType):
        return ""
    return "{ ok refusal { code } }" if "refusal" in kind.fields else "{ __typename }"


def refusals_in(answer: dict[str, Any]) -> set[str]:
    """The codes of all refusals; empty when anything was let through."""
    codes = {str(error["extensions"].get("code")) for error in answer.get("errors", ())}
    (value,) = (answer.get("data") or {"": None}).values()
    rows = value if isinstance(value, list) else []
    if any(row.get("ok", True) for row in rows) or (value is not None and not isinstance(value, list)):
        return set()
    return codes | {row["refusal"]["code"] for row in rows}


def silent(trespass: Trespass, answer: dict[str, Any]) -> bool:
    """Whether it named no row as done, for a mutation that refuses none."""
    return trespass.mutation in SILENT and answer["data"] == {trespass.mutation: []}


def differing(before: Snapshot, after: Snapshot) -> set[str]:
    return {name for name in before | after if before.get(name) != after.get(name)}
