"""Who learns who has made the version that a stale write meets (R40, R15)."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from chassis.context import Act, acting
from chassis.principal import Principal, Scope
from chassis.storage.repository import Repository, changed_now
from kernel.errors import Refusal

OFFICIAL = Principal("ministry-1", Scope.MINISTRY, name="张司长")
BASE = Principal("base-1", Scope.BASE, organization="4144000001", name="李主任")
COLLEAGUE = Principal("base-2", Scope.BASE, organization="4144000001", name="赵老师")
OTHER_BASE = Principal("base-3", Scope.BASE, organization="4144000009", name="钱老师")
EXPERT = Principal("expert-1", Scope.EXPERT, organization="4144000001", name="周教授")
PROVINCE = Principal("province-44", Scope.PROVINCE, name="孙处长")
OTHER_PROVINCE = Principal("province-51", Scope.PROVINCE, name="吴处长")


@dataclass(frozen=True)
class Thing:
    """An aggregate."""

    id: str
    version: int


def refused(actor: Act, reader: Principal | None) -> Refusal:
    """The refusal that a reader meets after an actor's write."""
    things = Repository(cast("Any", {"things": None, "meta": None}), "things", Thing, producer="tests", noun="thing")
    with acting(actor):
        changed = changed_now()["changed"]
    with acting(Act(reader)):
        return things.stale_since("1", 2, changed)


@pytest.mark.parametrize(
    ("actor", "reader", "role"),
    [
        (Act(OFFICIAL), BASE, "教师工作司"),
        (Act(BASE), OTHER_BASE, "培训基地"),
        (Act(EXPERT), BASE, "评审专家"),
        (Act(PROVINCE), OTHER_PROVINCE, "省级教育行政部门"),
        (Act(OFFICIAL), None, "教师工作司"),
        (Act(operator="root"), BASE, "他人"),
    ],
)
def test_r40_another_party_learns_the_role_of_who_changed_it_and_no_name(
    actor: Act, reader: Principal | None, role: str
) -> None:
    scope = actor.principal.scope.value if actor.principal else "operator"
    refusal = refused(actor, reader)
    assert refusal.details["changedBy"] == {"subject": None, "scope": scope, "organization": None, "name": None}
    assert refusal.zh == f"数据已被{role}修改，现为第2版，请刷新后重试"


@pytest.mark.parametrize(
    ("actor", "reader"), [(BASE, OFFICIAL), (BASE, COLLEAGUE), (EXPERT, OFFICIAL), (EXPERT, EXPERT), (BASE, BASE)]
)
def test_r40_the_ministry_and_the_own_organisation_learn_who_changed_it(actor: Principal, reader: Principal) -> None:
    refusal = refused(Act(actor), reader)
    assert refusal.details["changedBy"] == {
        "subject": actor.subject,
        "scope": actor.scope.value,
        "organization": actor.organization,
        "name": actor.name,
    }
    assert str(actor.name) in refusal.zh
