"""Notes N1–N8 at the gateway's door: each attack is refused with its code, in few steps, in production and standalone.

Steps are calls of Python functions: what they take in time is measured by `python -m bench.gateway.attacks`. The loops
that are no calls, in the lexer, are bounded by the length of a body.
"""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from bench.gateway.attacks import engines
from bench.gateway.hostile import ATTACKS, LIMITED, Attack
from contracts.graph_files import SUPERGRAPH
from gateway.app import build_standalone
from gateway.federation import document
from gateway.federation.engine import Engine, Request
from gateway.http.context import RequestContext
from gateway.http.observation import Observation
from gateway.http.operations import Operations
from gateway.settings import StandaloneSettings
from tests.support.fixtures import supergraph
from tests.unit.gateway.serving import Browser, served

MOST_STEPS = 150_000
"""Some 30 ms."""


@pytest.fixture(scope="module")
def modes() -> dict[str, Engine]:
    """The engine as in production, and as the router alone runs it."""
    return engines(supergraph())


@pytest.fixture
def engine(modes: dict[str, Engine]) -> Engine:
    """The engine as in production."""
    return modes["production"]


@contextmanager
def counted() -> Iterator[list[int]]:
    """The number of calls of Python functions while the block runs."""
    steps = [0]

    def count(_: FrameType, event: str, __: object) -> None:
        if event == "call":
            steps[0] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield steps
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize("mode", ["production", "standalone"])
@pytest.mark.parametrize("name", ATTACKS)
async def test_an_attack_takes_few_steps_and_gets_a_code(
    modes: dict[str, Engine], mode: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attack = ATTACKS[name]
    if attack.codes & LIMITED:
        monkeypatch.delattr(document, "validate")  # it is not reached
    with counted() as steps:
        answer = (await operations_of(modes[mode]).execute(request(attack), Observation.begin())).json()
    assert {error["extensions"]["code"] for error in answer["errors"]} == attack.codes
    assert "data" not in answer
    assert steps[0] < MOST_STEPS
    assert len(str(answer)) < 10_000


def operations_of(engine: Engine) -> Operations:
    return Operations(engine, None)


def request(attack: Attack) -> Request:
    return Request(attack.query, variables=attack.variables, scopes=frozenset(), context=RequestContext())


async def test_nothing_of_the_schema_is_suggested(engine: Engine) -> None:
    answer = await engine.execute(Request("{ projcts { id } project(id: 1) { titel } }"))
    assert "Did you mean" not in str(answer.errors)


async def test_the_same_answer_to_an_attack_is_not_kept(engine: Engine) -> None:
    before = len(engine._caches.documents)
    for n in range(50):
        await engine.execute(Request(f"{{ nothing{n} }}"))
    assert len(engine._caches.documents) == before


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A gateway over HTTP."""
    async with served(build_standalone(SUPERGRAPH, StandaloneSettings())) as browser:
        yield browser


async def test_a_key_that_is_an_object_never_reaches_a_subgraph(browser: Browser) -> None:
    query = "query($id: ID!) { project(id: $id) { id } }"
    for given in ({"$ne": None}, {"$gt": ""}, ["1"], True, None):
        answer = await browser.graphql(query, variables={"id": given})
        assert answer.code == "BAD_USER_INPUT"
        assert "data" not in answer.json


async def test_a_deep_variable_is_refused(browser: Browser) -> None:
    deep = "[" * 5_000 + "]" * 5_000
    body = f'{{"query": "query($id: ID!) {{ project(id: $id) {{ id }} }}", "variables": {{"id": {deep}}}}}'
    answer = await browser.send("POST", "/graphql", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")


async def test_the_router_alone_reads_no_longer_bodies_either(browser: Browser) -> None:
    answer = await browser.graphql("{ __typename }" + " " * 900_000)
    assert (answer.status, answer.code) == (413, "BODY_TOO_LARGE")


async def test_a_developer_widens_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMITS", '{"depth": 100, "body_bytes": 4000000}')
    deep = "{ a" * 40 + " }" * 40
    async with served(build_standalone(SUPERGRAPH, StandaloneSettings())) as browser:
        assert (await browser.graphql("{ __typename }" + " " * 100_000)).status == 200
        assert (await browser.graphql(deep)).code == "GRAPHQL_VALIDATION_FAILED"
    assert StandaloneSettings().limits.cost == 1_000_000


async def test_no_defect_shows_its_inside(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("mongodb://gateway:secret@10.0.0.7/")

    monkeypatch.setattr(Engine, "execute", broken)
    answer = await browser.graphql("{ __typename }")
    assert (answer.status, answer.code) == (500, "INTERNAL")
    assert "secret" not in answer.text
