"""A request that took effect before an upgrade and is repeated after it is recognised: its mark is what it was."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, cast

import pytest

from chassis.clock import Clock
from chassis.context import Act, acting
from chassis.principal import Principal, Scope
from services.enrollment import commands
from services.enrollment.commands import Decision, Deps
from services.enrollment.domain.vocabulary import EnrollmentDecision
from tests.support.lane import Recorder

SCHOOL = Principal("school-1", Scope.SCHOOL, organization="4144100001", school="4144100001")
BASE = Principal("base-account", Scope.BASE, organization="4144000001", bases=("base-1",))
TEACHER = Principal("t", Scope.TEACHER, person="t1")
REJECTION = Decision("e1", EnrollmentDecision.REJECT, "条件不符")
Call = Callable[[Deps], Awaitable[Any]]
RECORDED: dict[str, tuple[Principal, Call, str, str]] = {
    "signUp": (
        TEACHER,
        lambda deps: commands.sign_up(deps, TEACHER, project_id="p1"),
        "46fc65d60055f82c",
        "75735a7850013a3d",
    ),
    "withdrawSignUp": (
        TEACHER,
        lambda deps: commands.withdraw_sign_up(deps, TEACHER, key="e1"),
        "2314c1f2f6bca850",
        "167b33b27b7de16c",
    ),
    "declineSignUps": (
        SCHOOL,
        lambda deps: commands.decline_sign_ups(deps, SCHOOL, keys=["e1"], reason="教学任务重"),
        "574cd25ed793f69b",
        "5ec6777d7c2fbe8f",
    ),
    "rankSignUps": (
        SCHOOL,
        lambda deps: commands.rank_sign_ups(deps, SCHOOL, project_id="p1", keys=["e1", "e2"]),
        "3302a8a7f47f2b03",
        "3418fe60e0036cf7",
    ),
    "submitEnrollments": (
        SCHOOL,
        lambda deps: commands.submit_enrollments(deps, SCHOOL, keys=["e1"]),
        "222041ec5ae69b13",
        "557cbeae94b3566a",
    ),
    "withdrawEnrollment": (
        SCHOOL,
        lambda deps: commands.withdraw_enrollment(deps, SCHOOL, key="e1", reason="冲突"),
        "94c608f1db36beea",
        "b34296cd7972b10a",
    ),
    "acceptOffer": (
        SCHOOL,
        lambda deps: commands.accept_offer(deps, SCHOOL, key="e1"),
        "f9f38ab5d71e66f6",
        "167b33b27b7de16c",
    ),
    "substituteTeacher": (
        SCHOOL,
        lambda deps: commands.substitute_teacher(deps, SCHOOL, key="e1", teacher_id="t2", reason="调动"),
        "2446393f9200da9f",
        "ec922c76958988f6",
    ),
    "decideEnrollments": (
        BASE,
        lambda deps: commands.decide_enrollments(deps, BASE, [REJECTION]),
        "844e5aa405b79a41",
        "8f3d4e3e52e53fed",
    ),
}
"""By mutation: who asks, the call, and how key and input of its mark begin, as 0.1.0 stored them under the key `k1`."""


@pytest.mark.parametrize("mutation", RECORDED)
async def test_the_mark_of_a_request_is_that_of_the_release_before(mutation: str) -> None:
    principal, call, key, digest = RECORDED[mutation]
    recorder = Recorder()
    deps = recorder.of(Deps(cast("Any", None), Clock(), cast("Any", None)))
    with acting(Act(principal, idempotency_key="k1")), suppress(asyncio.CancelledError):
        await call(deps)
    mark = recorder.rows[0].request
    assert mark
    assert (mark.key[:16], mark.input[:16]) == (key, digest)
