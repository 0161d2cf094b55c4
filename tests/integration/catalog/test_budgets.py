"""How many operations each command of the catalog takes: as many for twenty projects as for one (notes N41)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date

import pytest

from chassis.context import Act, acting
from deploy.local.parts import Parts
from services.catalog import commands
from services.catalog.commands import Deps, ProjectDecision
from services.catalog.commands.bases import NewBase, TeamContact
from services.catalog.commands.quotas import reconcile_quotas
from services.catalog.domain.base import Organization
from services.catalog.domain.declaration import ClassPlan
from services.catalog.domain.lifecycle import Amendment
from services.catalog.domain.plan import FacultyMember
from services.catalog.domain.review import DimensionVerdict
from services.catalog.domain.vocabulary import BaseCategory, DecisionOutcome, PhaseName, Verdict
from tests.integration.catalog import stages
from tests.integration.catalog.season import Season
from tests.integration.catalog.stages import Prepare, Stage
from tests.integration.catalog.watching import watched
from tests.support.operations import Budget, use_cases
from tests.support.principals import MINISTRY

LATER = date(2024, 12, 5)
DIMENSIONS = ("OBJECTIVES", "CONTENT", "ORGANIZATION", "DURATION", "FEE")
VERDICTS = [DimensionVerdict(code, Verdict.PASS, "可行") for code in DIMENSIONS]
CONTACT = (TeamContact(name="李老师", phone="13800138000"),)
NEW_BASE = NewBase(
    name="新基地",
    category=BaseCategory.PRINCIPAL,
    organization_code="4144999999",
    organization_name="示范大学",
    province="44",
    major_categories=(6,),
)


@dataclass(frozen=True)
class Case:
    """A command where it takes effect.

    Attributes:
        prepare: How far its projects are.
        call: Calls it, on dependencies whose operations are counted.
        budget: What it takes, for a request with an `Idempotency-Key`.
    """

    prepare: Prepare
    call: Callable[[Deps, Stage], Awaitable[object]]
    budget: Budget


SINGLE = {
    "open_round": Case(
        stages.before_the_round, lambda deps, _: commands.open_round(deps, MINISTRY, year=2024, given={}), Budget(2)
    ),
    "extend_phase": Case(
        stages.drafted,
        lambda deps, _: commands.extend_phase(
            deps, MINISTRY, year=2024, phase=PhaseName.DECLARE, closes=date(2024, 5, 8), reason="系统维护"
        ),
        Budget(3),
    ),
    "amend_round": Case(
        stages.drafted,
        lambda deps, _: commands.amend_round(
            deps, MINISTRY, year=2024, version=1, given={"title": "2024年国培"}, reason="名称有误"
        ),
        Budget(9, commits=1),
    ),
    "register_base": Case(
        stages.drafted, lambda deps, _: commands.register_base(deps, MINISTRY, NEW_BASE), Budget(6, commits=1)
    ),
    "rename_base": Case(
        stages.drafted,
        lambda deps, stage: commands.rename_base(
            deps, MINISTRY, key=stage.base.bases[0], version=2, name="新名称", reason="更名"
        ),
        Budget(5, commits=1),
    ),
    "rename_organization": Case(
        stages.drafted,
        lambda deps, stage: commands.rename_organization(
            deps, MINISTRY, code=stage.base.organization or "", name="新校名", reason="更名"
        ),
        Budget(10, commits=1),
    ),
    "extend_base": Case(
        stages.limited,
        lambda deps, stage: commands.extend_base(
            deps, MINISTRY, key=stage.base.bases[0], version=1, valid_until=None, reason="期满复核通过"
        ),
        Budget(3),
    ),
    "recategorize_base": Case(
        stages.limited,
        lambda deps, stage: commands.recategorize_base(
            deps, MINISTRY, key=stage.base.bases[0], version=1, category=BaseCategory.PRINCIPAL, reason="登记有误"
        ),
        Budget(7, commits=1),
    ),
    "close_base": Case(
        stages.drafted,
        lambda deps, stage: commands.close_base(deps, MINISTRY, key=stage.base.bases[0], version=2, reason="不再承担"),
        Budget(7, commits=1),
    ),
    "reopen_base": Case(
        stages.closed_base,
        lambda deps, stage: commands.reopen_base(deps, MINISTRY, key=stage.base.bases[0], version=3, reason="误关"),
        Budget(8, commits=1),
    ),
    "amend_base": Case(
        stages.drafted,
        lambda deps, stage: commands.amend_base(
            deps,
            MINISTRY,
            key=stage.base.bases[0],
            version=2,
            major_categories=(6, 7),
            province="45",
            province_reason="异地办学",
            valid_from=None,
            reason="登记有误",
        ),
        Budget(7, commits=1),
    ),
    "reinstate_expert": Case(
        stages.withdrawn,
        lambda deps, stage: commands.reinstate_expert(deps, MINISTRY, key=stage.experts[0], version=2, reason="误退"),
        Budget(3),
    ),
    "merge_bases": Case(
        stages.limited,
        lambda deps, stage: commands.merge_bases(
            deps, MINISTRY, key=stage.base.bases[0], version=1, into=stage.keys[0], reason="两校合并"
        ),
        Budget(6, commits=1),
    ),
    "correct_expert": Case(
        stages.drafted,
        lambda deps, stage: commands.correct_expert(
            deps, MINISTRY, key=stage.experts[0], version=1, name="甲甲", organization=None, reason="笔误"
        ),
        Budget(6, commits=1),
    ),
    "withdraw_expert": Case(
        stages.drafted,
        lambda deps, stage: commands.withdraw_expert(deps, MINISTRY, key=stage.experts[0], version=1, reason="退休"),
        Budget(7, commits=1),
    ),
    "set_base_team": Case(
        stages.drafted,
        lambda deps, stage: commands.set_base_team(
            deps, stage.base, base_id=stage.base.bases[0], duties={"design": CONTACT}
        ),
        Budget(3),
    ),
    "reveal_base_team": Case(
        stages.worked_with,
        lambda deps, stage: commands.reveal_base_team(
            deps, stages.SCHOOL, base_id=stage.base.bases[0], purpose="联系报到事宜"
        ),
        Budget(6),
    ),
    "register_expert": Case(
        stages.drafted,
        lambda deps, _: commands.register_expert(
            deps, MINISTRY, name="丙", organization=Organization("4131000001", "外校"), fields=[6]
        ),
        Budget(5, commits=1),
    ),
    "adjust_quota": Case(
        stages.drafted,
        lambda deps, stage: commands.adjust_quota(
            deps, MINISTRY, base_id=stage.base.bases[0], year=2024, limit=9, reason="扩容", effective_from=None
        ),
        Budget(6, commits=1),
    ),
    "draft_project": Case(
        stages.drafted,
        lambda deps, stage: commands.draft_project(
            deps, stage.base, base_id=stage.base.bases[0], year=2024, kind=None, changes={"title": "新方案"}
        ),
        Budget(6),
    ),
    "update_project": Case(
        stages.drafted,
        lambda deps, stage: commands.update_project(
            deps, stage.base, key=stage.key, version=1, kind=None, changes={"title": "新方案"}
        ),
        Budget(5),
    ),
    "submit_project": Case(
        stages.drafted,
        lambda deps, stage: commands.submit_project(deps, stage.base, key=stage.key, version=1),
        Budget(6, commits=1),
    ),
    "withdraw_project": Case(
        stages.submitted,
        lambda deps, stage: commands.withdraw_project(deps, stage.base, key=stage.key, reason="不办了"),
        Budget(3, commits=1),
    ),
    "add_class": Case(
        stages.drafted,
        lambda deps, stage: commands.add_class(
            deps,
            stage.base,
            key=stage.key,
            given=ClassPlan(starts_on=date(2024, 8, 5), ends_on=date(2024, 8, 11)),
        ),
        Budget(7),
    ),
    "assign_experts": Case(
        stages.submitted,
        lambda deps, stage: commands.assign_experts(deps, MINISTRY, key=stage.key, experts=stage.experts),
        Budget(7, commits=1),
    ),
    "submit_review": Case(
        stages.assigned,
        lambda deps, stage: commands.submit_review(
            deps, stages.expert(stage.experts[0]), project_id=stage.key, verdicts=VERDICTS
        ),
        Budget(7, commits=1),
    ),
    "decide_project": Case(
        stages.reviewed,
        lambda deps, stage: commands.decide_project(
            deps, MINISTRY, key=stage.key, outcome=DecisionOutcome.REJECT, reason="重复申报"
        ),
        Budget(5, commits=1),
    ),
    "revise_project_decision": Case(
        stages.rejected,
        lambda deps, stage: commands.revise_project_decision(
            deps, MINISTRY, key=stage.key, outcome=DecisionOutcome.APPROVE, reason="误判"
        ),
        Budget(5, commits=1),
    ),
    "amend_project": Case(
        stages.published,
        lambda deps, stage: commands.amend_project(
            deps,
            stage.base,
            key=stage.key,
            version=5,
            given=Amendment(reason="换人", faculty=(FacultyMember("赵教授"),)),
        ),
        Budget(5),
    ),
    "start_project": Case(
        stages.published, lambda deps, stage: commands.start_project(deps, stage.base, key=stage.key), Budget(3)
    ),
    "record_as_held": Case(
        stages.unstarted,
        lambda deps, stage: commands.record_as_held(deps, stage.base, key=stage.key, reason="忘记开班"),
        Budget(5),
    ),
    "record_as_not_held": Case(
        stages.unstarted,
        lambda deps, stage: commands.record_as_not_held(deps, stage.base, key=stage.key, reason="无人报到"),
        Budget(3),
    ),
    "complete_settled": Case(
        stages.finished,
        lambda deps, stage: deps.store.transact(lambda session: commands.complete_settled(deps, stage.key, session)),
        Budget(2, commits=1),
    ),
    "finish_project": Case(
        stages.running, lambda deps, stage: commands.finish_project(deps, stage.base, key=stage.key), Budget(4)
    ),
    "cancel_project": Case(
        stages.published,
        lambda deps, stage: commands.cancel_project(deps, stage.base, key=stage.key, reason="生源不足"),
        Budget(3),
    ),
    "suspend_project": Case(
        stages.published,
        lambda deps, stage: commands.suspend_project(deps, MINISTRY, key=stage.key, reason="整改"),
        Budget(3),
    ),
    "resume_project": Case(
        stages.suspended, lambda deps, stage: commands.resume_project(deps, MINISTRY, key=stage.key), Budget(3)
    ),
    "extend_project": Case(
        stages.running,
        lambda deps, stage: commands.extend_project(deps, MINISTRY, key=stage.key, until=LATER, reason="补训"),
        Budget(4),
    ),
}
BULK = {
    "auto_assign_experts": Case(
        stages.submitted,
        lambda deps, stage: commands.auto_assign_experts(deps, MINISTRY, stage.keys),
        Budget(8, commits=1),
    ),
    "decide_projects": Case(
        stages.reviewed,
        lambda deps, stage: commands.decide_projects(
            deps,
            MINISTRY,
            [ProjectDecision(project=key, outcome=DecisionOutcome.REJECT, reason="重复申报") for key in stage.keys],
        ),
        Budget(5, commits=1),
    ),
    "publish_projects": Case(
        stages.approved,
        lambda deps, stage: commands.publish_projects(deps, MINISTRY, stage.keys, override=None),
        Budget(3, commits=1),
    ),
    "lapse_overdue": Case(stages.overdue, lambda deps, _: commands.lapse_overdue(deps), Budget(6, commits=1)),
    "tell_missed_starts": Case(
        stages.unstarted, lambda deps, _: commands.tell_missed_starts(deps), Budget(4, commits=1)
    ),
    "tell_missed_finishes": Case(
        stages.forgotten, lambda deps, _: commands.tell_missed_finishes(deps), Budget(4, commits=1)
    ),
    "finish_overdue": Case(
        stages.overdue_to_finish, lambda deps, _: commands.finish_overdue(deps), Budget(4, commits=1)
    ),
    "complete_overdue": Case(stages.finished, lambda deps, _: commands.complete_overdue(deps), Budget(5, commits=1)),
    "reconcile_quotas": Case(
        stages.miscounted, lambda deps, _: reconcile_quotas(deps.store, repair=True), Budget(5, commits=1)
    ),
}


async def require_budget(season: Season, parts: Parts, case: Case, count: int) -> None:
    stage = await case.prepare(season, count)
    async with watched(season, parts) as (other, operations):
        with acting(Act(MINISTRY, idempotency_key="k1")):
            answer = await case.call(other.deps, stage)
    assert answer
    assert not isinstance(answer, list) or not [row for row in answer if getattr(row, "refusal", None)]
    assert operations.cost == case.budget, operations.seen


@pytest.mark.parametrize("name", SINGLE)
async def test_a_command_takes_its_budget_of_operations(season: Season, parts: Parts, name: str) -> None:
    await require_budget(season, parts, SINGLE[name], 1)


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize("name", BULK)
async def test_a_command_of_many_rows_takes_as_many_operations_as_of_one(
    season: Season, parts: Parts, name: str, count: int
) -> None:
    await require_budget(season, parts, BULK[name], count)


def test_every_command_has_a_budget() -> None:
    assert use_cases(commands) | {"reconcile_quotas"} == {*SINGLE, *BULK}
