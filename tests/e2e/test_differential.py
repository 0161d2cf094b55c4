"""The same supergraph served by Hive Gateway answers every query of the round identically."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.gateway.peers import free_port, process
from chassis.principal import TokenMinter, TokenVerifier
from chassis.runtime.key_files import read_keys
from deploy.demo import documents
from deploy.demo.story import Story
from deploy.local.suite import GATEWAY, Suite
from deploy.processes import SUBGRAPHS
from deploy.seed.graph_client import Client, session
from gateway.identity.sessions import GRAPH
from tests.e2e.conftest import Scripts
from tests.e2e.test_live import REPLAY

BASES = """query($year: Int!) { bases(first: 50) { totalCount nodes {
  __typename id name category quota(year: $year) { limit used remaining }
  province { code name } } pageInfo { hasNextPage } } }"""
PROJECTS = """query($withSeats: Boolean!, $withPeople: Boolean!) { projects(first: 20) { nodes {
  ...Title seats @include(if: $withSeats) { capacity left }
  enrollments(first: 5) @skip(if: $withSeats) { totalCount }
  people: enrollments(first: 3) @include(if: $withPeople) { nodes { kind: __typename id teacher { name school { name } }
    credit { hours status } attendanceRate project { ...Title base { name } } } } } } }
  fragment Title on Project { id code title kind: __typename }"""
ENROLLMENT = """query($id: ID!) { enrollment(id: $id) { id status teacher { id name idNumber school { code name
  province { code name } } } project { id title base { id name } seats { left } timetable { id title date hours } }
  attendanceRate result { outcome score } credit { hours status } } }"""
FOREIGN = "query($id: ID!) { enrollment(id: $id) { status project { title seats { left } } credit { hours } } }"
NOBODY = """{ enrollment(id: "nobody") { id credit { hours } } project(id: "nothing") { title seats { left } } }"""


@pytest.fixture(scope="session")
def hive(suite: Suite, scripts: Scripts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of Hive Gateway on the suite's subgraphs."""
    folder, port = tmp_path_factory.mktemp("hive"), free_port()
    command = [*scripts("behind"), str(addressed(suite, folder)), str(port)]
    with process(command, port, 0, folder / "log"):
        yield port


def addressed(suite: Suite, folder: Path) -> Path:
    """The supergraph with the addresses of the suite's subgraphs."""
    environment = suite.environment(GATEWAY)
    text = Path(environment["SUPERGRAPH_FILE"]).read_text(encoding="utf-8")
    for name, url in orjson.loads(environment["SUBGRAPH_URLS"]).items():
        text = text.replace(f"http://{name}/graphql", url)
    written = folder / "supergraph.graphql"
    written.write_text(text, encoding="utf-8")
    return written


async def hives(story: Story, port: int, client: Client, query: str, variables: dict[str, Any]) -> Any:
    """Hive Gateway's answer to whom our gateway says the client is."""
    keys = read_keys(Path(story.provisioner.suite.environment(GATEWAY)["SIGNING_KEY_FILE"]))
    assert client.token
    principal = TokenVerifier(keys, GRAPH).verify(client.token)
    headers = {f"x-token-{name}": TokenMinter(keys).mint(principal, name) for name in SUBGRAPHS}
    body = {"query": query, "variables": variables}
    async with client.http.post(f"http://127.0.0.1:{port}/graphql", json=body, headers=headers) as reply:
        return await reply.json()


async def test_every_query_of_the_round_is_answered_as_hive_gateway_answers_it(story: Story, hive: int) -> None:
    seeded = story.seeded
    some = next(iter(story.enrollments.values()))
    asked: list[tuple[Client, str, dict[str, Any]]] = [
        (seeded.ministry, BASES, {"year": 2024}),
        (seeded.ministry, NOBODY, {}),
        (seeded.ministry, documents.CATALOGUE, {"year": 2024}),
        (seeded.base_clients[0], "{ myBases { id name quota(year: 2024) { limit used } } }", {}),
        (seeded.provinces["44"], documents.STATUS, {"id": some}),
        (seeded.provinces["44"], REPLAY, {"after": None}),
        (seeded.ministry, documents.ESCALATIONS, {"year": 2024}),
        (seeded.ministry, documents.MISSED_STARTS, {}),
        (seeded.ministry, documents.TRANSFERS, {}),
        (seeded.ministry, documents.PROGRESS, {"year": 2024}),
        (seeded.ministry, documents.YEAR_TABLE, {"year": 2024}),
        (seeded.ministry, documents.INSPECTION, {"id": "2024-1"}),
        (seeded.ministry, documents.ASSESSMENTS, {"year": 2024}),
        (seeded.ministry, documents.EVIDENCE, {"id": f"2024/{next(iter(seeded.base_ids.values()))}", "code": "A1"}),
        (seeded.ministry, documents.GRADES, {"year": 2024}),
        (seeded.ministry, documents.QUOTA_PROPOSALS, {"year": 2025}),
        *((client, documents.MY_INSTRUMENTS, {}) for _, client in seeded.teachers.values()),
        *((client, documents.NOTICES, {}) for _, client in seeded.teachers.values()),
        *((client, documents.MY_DATA, {}) for _, client in seeded.teachers.values()),
        *((seeded.ministry, documents.QUOTA, {"id": key, "year": 2024}) for key in seeded.base_ids.values()),
    ]
    for key in story.enrollments.values():
        asked += [(seeded.ministry, ENROLLMENT, {"id": key}), (seeded.provinces["51"], FOREIGN, {"id": key})]
    of_projects = (documents.ACROSS_SERVICES, documents.SEATS, documents.ACCEPTED, documents.TIMETABLE)
    for query in (*of_projects, documents.INSTRUMENTS):
        asked += [(seeded.ministry, query, {"id": key}) for key in story.projects.values()]
    for seats, people in product((True, False), repeat=2):
        asked.append((seeded.ministry, PROJECTS, {"withSeats": seats, "withPeople": people}))
    queries = {query for _, query, _ in asked}
    assert {text for text in vars(documents).values() if str(text).startswith("query")} <= queries, "one is left out"
    async with session() as http:
        for client, query, variables in asked:
            caller = replace(client, http=http)
            ours = await caller.execute(query, **variables)
            theirs = await hives(story, hive, caller, query, variables)
            assert ordered(ours["data"]) == ordered(theirs["data"]), query
            assert paths(ours) == paths(theirs), query


def ordered(value: Any) -> Any:
    """A value that is equal to another only where their fields stand in the same order; 1.0 is 1, as in JavaScript."""
    if isinstance(value, dict):
        return [(key, ordered(inner)) for key, inner in value.items()]
    return [ordered(inner) for inner in value] if isinstance(value, list) else value


def paths(answer: dict[str, Any]) -> list[Any]:
    """Where an answer's errors are."""
    return sorted((error.get("path") for error in answer.get("errors", ())), key=str)
