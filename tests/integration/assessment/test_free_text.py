"""R41: a personal number in any text of a mutation is refused or goes nowhere: no collection, event or log line."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    build_schema,
)
from structlog.testing import capture_logs

from chassis.principal import Principal
from chassis.storage.mongo import Database
from services.assessment.graph.schema import schema
from tests.integration.assessment import annual_inputs, inspection_inputs
from tests.integration.assessment.world import BASE, MINISTRY, SCHOOL, TEACHER, World
from tests.support.eventually import eventually

Path = tuple[str, ...]
NUMBERS = ("110101199003077758", "13800138000", "110101 19900307 7758")
REFUSAL = "refusal { code }"
MUTATIONS: dict[str, tuple[Principal, dict[str, Any], str]] = {
    "recordAttendance": (
        BASE,
        {
            "projectId": "p1",
            "rows": [
                {
                    "enrollmentId": "e1",
                    "sessionId": "s2",
                    "present": True,
                    "mode": "OFFLINE",
                    "hours": 4,
                    "reason": "核对",
                }
            ],
        },
        REFUSAL,
    ),
    "recordResults": (
        BASE,
        {"projectId": "p1", "rows": [{"enrollmentId": "e1", "outcome": "FAILED", "score": 10, "reason": "复核"}]},
        REFUSAL,
    ),
    "publishResults": (BASE, {"projectId": "p1"}, "state"),
    "remindEvaluation": (BASE, {"projectId": "p1"}, ""),
    "reopenRecords": (
        MINISTRY,
        {"projectId": "p1", "input": {"enrollmentIds": ["e1"], "until": "2030-01-01", "reason": "学员申诉"}},
        REFUSAL,
    ),
    "confirmCredits": (SCHOOL, {"enrollmentIds": ["e1"]}, REFUSAL),
    "revokeCredit": (MINISTRY, {"enrollmentId": "e1", "reason": "抽检"}, "reason"),
    "restoreCredit": (MINISTRY, {"enrollmentId": "e1", "reason": "撤销有误"}, "reason"),
    "openCheckIn": (BASE, {"projectId": "p1", "sessionId": "s1"}, "attendees"),
    "checkIn": (TEACHER, {"code": "x.y"}, "sessionId"),
    "issueBallotToken": (TEACHER, {"instrumentId": "ins" + "0" * 25, "blinded": "AA"}, "reply"),
    **inspection_inputs.MUTATIONS,
    **annual_inputs.MUTATIONS,
    "issueCertificates": (BASE, {"projectId": "p1", "enrollmentIds": ["e1"]}, REFUSAL),
    "revokeCertificate": (
        MINISTRY,
        {"number": "GP2444-4B36-KMK9-1", "revocation": "FRAUD", "reason": "冒名"},
        "number",
    ),
}
"""Who calls each mutation, with ordinary arguments, and what is asked of the answer."""
DECLARED = build_schema(schema.as_str(), assume_valid=True).mutation_type


def texts(kind: GraphQLInputType, path: Path) -> Iterator[Path]:
    """The path of every text below an argument; lists count no step."""
    while isinstance(kind, GraphQLNonNull | GraphQLList):
        kind = kind.of_type
    if isinstance(kind, GraphQLInputObjectType):
        for name, field in kind.fields.items():
            yield from texts(field.type, (*path, name))
    elif isinstance(kind, GraphQLScalarType) and kind.name in {"String", "ID"}:
        yield path


def planted(arguments: Any, path: Path, number: str) -> Any:
    """The arguments with the number in place of the text at the path."""
    if isinstance(arguments, list):
        return [planted(argument, path, number) for argument in arguments]
    if not path:
        return number
    return arguments | {path[0]: planted(arguments[path[0]], path[1:], number)}


def every_text() -> Iterator[tuple[str, Path]]:
    assert DECLARED
    for name, field in DECLARED.fields.items():
        for argument, declared in field.args.items():
            yield from ((name, path) for path in texts(declared.type, (argument,)))


async def stored(database: Database) -> str:
    """Everything in the database, as text."""
    names = await database.list_collection_names()
    return json.dumps([await database[name].find().to_list() for name in names], default=str, ensure_ascii=False)


def test_every_mutation_is_tried() -> None:
    assert {name for name, _ in every_text()} == set(MUTATIONS)


@pytest.mark.parametrize(("name", "path"), [*every_text()], ids=str)
async def test_r41_a_number_in_any_text_is_refused_and_goes_nowhere(
    world: World, database: Database, name: str, path: Path
) -> None:
    await world.start("e1")
    await world.passes("e1")
    await world.ask(SCHOOL, 'mutation { confirmCredits(enrollmentIds: ["e1"]) { ok } }')
    principal, arguments, answer = MUTATIONS[name]
    assert DECLARED
    declared = DECLARED.fields[name].args
    variables = ", ".join(f"${argument}: {kind.type}" for argument, kind in declared.items())
    passed = ", ".join(f"{argument}: ${argument}" for argument in declared)
    with capture_logs() as logs:
        for number in NUMBERS:
            selection = f"{{ {answer} }}" if answer else ""
            query = f"mutation({variables}) {{ {name}({passed}) {selection} }}"
            data, codes = await world.ask(principal, query, **planted(arguments, path, number))
            rows = data[name] if isinstance(data[name], list) else [data[name] or {}]
            assert codes or all(row.get("refusal") for row in rows), (number, data)
    events = await world.heard(5)  # attendance, result, book and credit of above: whatever more there were is stored

    async def audited() -> bool:
        return await database["audit"].count_documents({"act.type": {"$regex": "^assessment"}}) == len(events)

    await eventually(audited)
    everything = await stored(database) + repr(logs) + repr(events)
    assert not [number for number in NUMBERS if number in everything]
