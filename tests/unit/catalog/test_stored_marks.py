"""A request that took effect before an upgrade and is repeated after it is recognised: its mark is what it was."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chassis.context import Act, acting
from chassis.principal import Principal, Scope
from services.catalog import commands
from services.catalog.commands import Deps
from services.catalog.commands.bases import NewBase, TeamContact
from services.catalog.domain.base import Organization
from services.catalog.domain.review import DimensionVerdict
from services.catalog.domain.vocabulary import BaseCategory, PhaseName, ProjectKind, Verdict

MINISTRY = Principal("ministry-1", Scope.MINISTRY)
BASE = Principal("base-account", Scope.BASE, organization="4144000001", bases=("base-1",))
EXPERT = Principal("expert-account", Scope.EXPERT, person="x1")
NEW_BASE = NewBase(
    name="新基地",
    category=BaseCategory.PRINCIPAL,
    organization_code="4144999999",
    organization_name="示范大学",
    province="44",
    major_categories=(6,),
    valid_from=date(2024, 1, 1),
)
ORGANIZATION = Organization("4144999999", "示范大学")
CONTACTS: tuple[TeamContact, ...] = (TeamContact(name="李老师", phone="13800138000"),)
TEAM = {"design": CONTACTS, "declaration": CONTACTS, "delivery": CONTACTS}
GIVEN = {"title": "测试轮次", "experts_per_project": 3, "contacts": [{"name": "司", "phone": "010-1", "note": None}]}
CHANGES = {"title": "一个班", "days": 7, "themes": ("B1",)}
VERDICTS = [DimensionVerdict("FEE", Verdict.PASS, "可行")]
Call = Callable[[Deps], Awaitable[Any]]
RECORDED: dict[str, tuple[str, Principal, Call, str, str]] = {
    "registerBase": (
        "bases",
        MINISTRY,
        lambda deps: commands.register_base(deps, MINISTRY, NEW_BASE),
        "2c559c4ab4f454a4e4244ecd8b3377fbc048177e0e04b19965c54527c7036ee3",
        "298a02ed2c98a1408daa9c3f3168b727604f8785978f3fa9581f107f0a87fa19",
    ),
    "setBaseTeam": (
        "bases",
        BASE,
        lambda deps: commands.set_base_team(deps, BASE, base_id="base-1", duties=TEAM),
        "6d1c3176a2d168a86ab01e081efbeb0d2d8335b67204385b16136da4f61d2852",
        "d90562910915af6343cacbf7b1b83df7ad4e294335bd5b1e003c056d988a8e7c",
    ),
    "registerExpert": (
        "experts",
        MINISTRY,
        lambda deps: commands.register_expert(deps, MINISTRY, name="周老师", organization=ORGANIZATION, fields=[6]),
        "7f18b2fff69b59b91134193acf4cd5beac5445aebf2c0c14a3e5fbac8791309b",
        "c4df89aac90239a1a1dd2a384411b442f6ce3d2e845de57c3d9c171c63bb1b98",
    ),
    "openRound": (
        "rounds",
        MINISTRY,
        lambda deps: commands.open_round(deps, MINISTRY, year=2025, given=GIVEN),
        "95b7331fb888cdc895e00a2be8be11faaacbc9e8f06a7da21c848a6a5261225c",
        "76d006e60c730c1b5ce272892e4144b1848db0d8d953ee1428d44a1808d2bd26",
    ),
    "extendPhase": (
        "rounds",
        MINISTRY,
        lambda deps: commands.extend_phase(
            deps, MINISTRY, year=2024, phase=PhaseName.DECLARE, closes=date(2024, 5, 1), reason="顺延"
        ),
        "a9d68b8552f02a1fc1e776707205bcdfd91fc7dd7ef5bb579999b10ec1264775",
        "cea170bcc70dcadea879c5caaab33530bcbcf0a1cb3db668b7461f376b8882b6",
    ),
    "draftProject": (
        "projects",
        BASE,
        lambda deps: commands.draft_project(
            deps, BASE, base_id="base-1", year=2024, kind=ProjectKind.TEACHING, changes=CHANGES
        ),
        "8e259ec27866bb06b600934b92d65b07738a669d30a47bac85af65046fe67d10",
        "a4a80b7ec3e19e6e8d618f897b662b3aa72025cb7292a40f5424579fbc2385f2",
    ),
    "startProject": (
        "projects",
        BASE,
        lambda deps: commands.start_project(deps, BASE, key="p1"),
        "e1147df97dd44f6c4f3fc925233cd17b17a44453e53ddec0ce36c5d1385413f1",
        "de30c339f4ffe2b5d63adb216057eb8752e2649ae979377400e6a4099fd1959d",
    ),
    "cancelProject": (
        "projects",
        BASE,
        lambda deps: commands.cancel_project(deps, BASE, key="p1", reason="停办"),
        "db6385e9fa3b8a7a48f2d224c5d2c8b55e0cc3463faed53f56b4eda8c395f691",
        "7487dee8c7eb9cacb6aa9c8b19029709d50e810c60a365927acd9678f302cc7c",
    ),
    "submitReview": (
        "reviews",
        EXPERT,
        lambda deps: commands.submit_review(deps, EXPERT, project_id="p1", verdicts=VERDICTS),
        "46d31c7f682083f4488b09c501097055266a210d250c0996a73648802315aaff",
        "fdcfd036f0cae1084aa3b419a0142f8235af9999026034af1cfe0b86fbc03d65",
    ),
}
"""By mutation: where its outcome is, who asks, the call, and key and input of its mark as 0.1.0 stored them.

The key that the caller sent is `k1`.
"""


@dataclass
class Outcomes:
    """A repository that holds one outcome, with the mark of the release before."""

    name: str
    key: str
    digest: str

    async def find_by_request(self, key: str) -> tuple[str, str] | None:
        """The outcome, where it bears that key."""
        return ("what it led to", self.digest) if key == self.key else None


@pytest.mark.parametrize("mutation", RECORDED)
async def test_a_repeat_across_the_upgrade_is_answered_with_its_outcome(mutation: str) -> None:
    collection, principal, call, key, digest = RECORDED[mutation]
    store = SimpleNamespace(**{collection: Outcomes(collection, key, digest)})
    with acting(Act(principal, idempotency_key="k1")):
        assert await call(cast("Deps", SimpleNamespace(store=store))) == "what it led to"
