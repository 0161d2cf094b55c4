"""Marks of requests on projects are data: the same request has the same mark as ever (chassis.storage.idempotency)."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chassis.context import Act, acting
from chassis.principal import Principal
from services.catalog import commands
from services.catalog.commands import ProjectDecision
from services.catalog.domain.vocabulary import DecisionOutcome
from tests.integration.catalog.season import Season
from tests.integration.catalog.stages import Prepare, Stage, approved, drafted, reviewed, submitted
from tests.support.principals import MINISTRY

SECRET = "key-1"
APPROVE = DecisionOutcome.APPROVE


Command = Callable[[Stage], Awaitable[object]]
Expected = Callable[[Stage], tuple[Principal, str, str]]
CASES: dict[str, tuple[Prepare, Command, Expected]] = {
    "submit_project": (
        drafted,
        lambda stage: commands.submit_project(stage.season.deps, stage.base, key=stage.key, version=1),
        lambda stage: (stage.base, "submit_project|", f'[[],{{"key":"{stage.key}","version":1}}]'),
    ),
    "withdraw_project": (
        submitted,
        lambda stage: commands.withdraw_project(stage.season.deps, stage.base, key=stage.key, reason="不办了"),
        lambda stage: (stage.base, "withdraw_project|", f'[[],{{"key":"{stage.key}","reason":"不办了"}}]'),
    ),
    "assign_experts": (
        submitted,
        lambda stage: commands.assign_experts(stage.season.deps, MINISTRY, key=stage.key, experts=stage.experts),
        lambda stage: (
            MINISTRY,
            "assign_experts|",
            '[[],{{"experts":["{}","{}"],"key":"{}"}}]'.format(*stage.experts, stage.key),
        ),
    ),
    "auto_assign_experts": (
        submitted,
        lambda stage: commands.auto_assign_experts(stage.season.deps, MINISTRY, [stage.key]),
        lambda stage: (MINISTRY, f"auto_assign_experts|{stage.key}", f'[[],{{"key":"{stage.key}"}}]'),
    ),
    "decide_project": (
        reviewed,
        lambda stage: commands.decide_project(
            stage.season.deps, MINISTRY, key=stage.key, outcome=APPROVE, reason="优秀"
        ),
        lambda stage: (MINISTRY, "_decide|", f'[[],{{"key":"{stage.key}","outcome":"APPROVE","reason":"优秀"}}]'),
    ),
    "decide_projects": (
        reviewed,
        lambda stage: commands.decide_projects(
            stage.season.deps, MINISTRY, [ProjectDecision(project=stage.key, outcome=APPROVE, reason="优秀")]
        ),
        lambda stage: (
            MINISTRY,
            f"_decide|{stage.key}",
            f'[[],{{"key":"{stage.key}","outcome":"APPROVE","reason":"优秀"}}]',
        ),
    ),
    "publish_projects": (
        approved,
        lambda stage: commands.publish_projects(stage.season.deps, MINISTRY, [stage.key], override=None),
        lambda stage: (MINISTRY, f"publish_project|{stage.key}", f'[[],{{"key":"{stage.key}","override":null}}]'),
    ),
}


async def marks(stage: Stage) -> list[dict[str, Any]]:
    document = await stage.season.deps.store.projects.collection.find_one({"_id": stage.key})
    assert document
    found: list[dict[str, Any]] = document.get("requests", [])
    return found


@pytest.mark.parametrize("name", CASES)
async def test_a_request_leaves_the_mark_it_always_had_and_a_repeat_takes_no_effect(season: Season, name: str) -> None:
    prepare, command, expected = CASES[name]
    stage = await prepare(season, 1)
    principal, stored_name, content = expected(stage)
    with acting(Act(principal, idempotency_key=SECRET)):
        await command(stage)
        before = await stage.season.deps.store.projects.get(stage.key)
        await command(stage)
    assert await stage.season.deps.store.projects.get(stage.key) == before
    assert await marks(stage) == [
        {
            "key": hashlib.sha256(f"{principal.subject}\n{SECRET}\n{stored_name}".encode()).hexdigest(),
            "input": hmac.new(SECRET.encode(), content.encode(), hashlib.sha256).hexdigest(),
        }
    ]
