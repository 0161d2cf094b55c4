"""C4: every role is told what concerns it, by name of person and project, and marks its notices read (R24)."""

from collections.abc import Mapping
from typing import Any

import pytest

from chassis.principal import Principal, Scope
from services.enrollment.commands import deliver_pending, escalate_undecided, remind_bases
from services.enrollment.messaging.from_catalog import catalog_handlers
from tests.integration.enrollment.season import (
    BASE,
    GUANGDONG,
    HUNAN,
    OTHER_BASE,
    SCHOOL,
    SUBSTITUTE,
    Season,
)
from tests.support.consuming import envelope_of, take_in
from tests.support.principals import MINISTRY

EXPERT = Principal("expert-account", Scope.EXPERT, person="expert-1")
NOTICES = """query { myNotices { totalCount nodes { id kind status message reason readAt enrollment { id }
  project { id } } } }"""
PROJECT = "《智能制造专业教师数字化能力提升》（GP-1）"
PLAN = {"code": "GP-2024-007", "title": "新能源汽车检修", "base": "base-1"}


async def told(season: Season, who: Principal, kind: str | None = None) -> list[dict[str, Any]]:
    """The notices of an inbox, or those of one kind, the latest first."""
    found: list[dict[str, Any]] = (await season.act(who, NOTICES))["nodes"]
    return [notice for notice in found if kind in {None, notice["kind"]}]


async def accepted(season: Season, school: Principal = SCHOOL, **changes: Any) -> tuple[Principal, str]:
    """A teacher with a seat in `p1`."""
    (teacher,) = await season.teachers(1, school, **changes)
    key = await season.submitted(teacher, "p1", school)
    await season.decide(key)
    return teacher, key


def about(key: str) -> dict[str, str]:
    return {"enrollment": key, "project": "p1"}


async def test_r23_the_ministry_and_the_base_are_told_once_a_project_of_what_was_left_undecided(
    season: Season,
) -> None:
    await season.publish()
    for teacher in await season.teachers(3):
        await season.submitted(teacher, "p1")
    season.at("2024-05-25T09:00")
    assert await escalate_undecided(season.deps) == 3
    assert await escalate_undecided(season.deps) == 0
    for who in (MINISTRY, BASE):
        (notice,) = await told(season, who, "ESCALATED")
        assert (notice["project"], notice["enrollment"], notice["status"]) == ({"id": "p1"}, None, None)
        assert notice["message"] == f"{PROJECT}：基地逾期未核准报名，已上报教师工作司"


async def test_r23_a_base_is_told_before_the_deadline_how_many_it_has_to_decide(season: Season) -> None:
    await season.publish()
    first, *_ = [await season.submitted(teacher, "p1") for teacher in await season.teachers(2)]
    assert await remind_bases(season.deps) == 0
    season.at("2024-05-23T00:00")
    assert await remind_bases(season.deps) == 1
    await season.decide(first, "REJECT", reason="条件不符")
    assert await remind_bases(season.deps) == 0
    (notice,) = await told(season, BASE, "DECISIONS_DUE")
    assert notice["message"] == f"{PROJECT}：还有2人的报名待核准，请在2024-05-24 24:00前完成"
    assert await told(season, OTHER_BASE) == []


async def test_r26_the_base_is_told_who_gave_a_seat_to_whom(season: Season) -> None:
    await season.publish()
    _, key = await accepted(season, name="王小明")
    (colleague,) = await season.teachers(1, name="李大年")
    await season.act(SCHOOL, SUBSTITUTE, id=key, who=colleague.person, why="病假")
    (notice,) = await told(season, BASE, "SUBSTITUTED")
    assert (notice["status"], notice["reason"]) == ("SUBSTITUTED", "病假")
    assert notice["message"] == f"某职业学校王小明报名的{PROJECT}：学校已将名额转给李大年"


async def test_r29_a_no_show_is_told_to_teacher_school_and_province_and_the_province_reads_no_name(
    season: Season,
) -> None:
    await season.publish()
    teacher, key = await accepted(season, name="王小明")
    await season.hear("catalog.project-started", "p1", {"project": "p1"})
    await season.hear("assessment.no-show-recorded", key, about(key))
    messages = {
        "您": (await told(season, teacher, "NO_SHOW"))[0]["message"],
        "王小明": (await told(season, SCHOOL, "NO_SHOW"))[0]["message"],
        "某职业学校教师": (await told(season, GUANGDONG, "NO_SHOW"))[0]["message"],
    }
    assert messages == {who: f"{who}报名的{PROJECT}：未报到参训" for who in messages}
    assert await told(season, HUNAN) == []


async def test_r29_of_a_class_recorded_afterwards_a_no_show_is_told_although_its_result_is_published(
    season: Season,
) -> None:
    """Its no-shows are known when it is completed, and by then whoever attended nothing is INCOMPLETE."""
    await season.publish()
    teacher, key = await accepted(season)
    await season.hear("catalog.project-started", "p1", {"project": "p1"})
    await season.hear("assessment.result-recorded", key, about(key) | {"outcome": "INCOMPLETE"})
    assert await season.status(key) == "INCOMPLETE"
    await season.hear("assessment.no-show-recorded", key, about(key))
    assert await season.status(key) == "NO_SHOW"
    for who in (teacher, SCHOOL, GUANGDONG):
        (notice,) = await told(season, who, "NO_SHOW")
        assert notice["message"].endswith("：未报到参训")


async def test_r28_r30_r31_teacher_and_school_are_told_of_start_results_and_credit(season: Season) -> None:
    await season.publish()
    teacher, key = await accepted(season)
    await season.hear("catalog.project-started", "p1", {"project": "p1"})
    (begun,) = await told(season, teacher, "STARTED")
    assert begun["message"] == f"您报名的{PROJECT}：培训已开班"
    await season.hear("assessment.attendance-recorded", key, about(key) | {"present": True})
    for place, (outcome, score, hours) in enumerate((("FAILED", 40, None), ("PASSED", 70, 56), ("PASSED", 90, 56))):
        given = about(key) | {"outcome": outcome, "score": score, "correction": place, "credit_hours": hours}
        await season.hear("assessment.result-recorded", key, given)
    await season.hear("assessment.credit-confirmed", key, about(key) | {"hours": 56, "rule": "v1"})
    await season.hear("assessment.credit-revoked", key, about(key) | {"reason": "材料不实"})
    for who in (teacher, SCHOOL):
        said = {
            kind: [notice["message"].rpartition(f"{PROJECT}：")[2] for notice in await told(season, who, kind)]
            for kind in ("RESULT", "RESULT_CORRECTED", "CREDIT_TO_CONFIRM", "CREDIT")
        }
        assert said == {
            "RESULT": ["考核结果：不合格"],
            "RESULT_CORRECTED": ["考核结果已更正，现为：合格"] * 2,
            "CREDIT_TO_CONFIRM": ["56学时待学校确认"] * 2,
            "CREDIT": ["学校已确认56学时"],
        }
        (revoked,) = await told(season, who, "CREDIT_REVOKED")
        assert revoked["reason"] == "材料不实"


async def test_r30_a_base_is_told_that_results_are_due_and_the_ministry_once_they_are_overdue(season: Season) -> None:
    await season.publish()
    due = {"project": "p1", "base": "base-1", "year": 2024, "due_on": "2024-06-24"}
    await season.hear("assessment.results-due", "p1", due | {"overdue": False})
    (notice,) = await told(season, BASE, "RESULTS_DUE")
    assert notice["message"] == f"{PROJECT}：请在2024-06-24 24:00前发布成绩"
    assert await told(season, MINISTRY, "RESULTS_DUE") == []
    await season.hear("assessment.results-due", "p1", due | {"overdue": True})
    (notice,) = await told(season, MINISTRY, "RESULTS_DUE")
    assert notice["message"].startswith(f"{PROJECT}：已过成绩发布时限（2024-06-24）")
    assert len(await told(season, BASE, "RESULTS_DUE")) == 2
    assert await told(season, OTHER_BASE, "RESULTS_DUE") == []


async def test_r33_of_a_cancellation_learn_the_base_the_ministry_and_the_provinces_that_lose_a_place(
    season: Season,
) -> None:
    await season.publish(province="11")
    await accepted(season)
    cancelled = {"project": "p1", "reason": "场地停用", "by": "base"}
    await season.hear("catalog.project-cancelled", "p1", cancelled)
    for who in (BASE, MINISTRY, GUANGDONG):
        (notice,) = await told(season, who, "CANCELLED")
        assert (notice["message"], notice["reason"]) == (f"{PROJECT}：项目已取消，报名终止", "场地停用")
    assert await told(season, HUNAN) == []


async def test_r39_a_changed_quota_is_told_to_the_base_with_its_reason_and_to_the_province_without(
    season: Season,
) -> None:
    adjusted = {"base": "base-1", "base_name": "示范基地", "year": 2024, "before": 20, "limit": 25, "used": 3}
    more = {"reason": "考核优秀", "effective_from": "2024-05-12", "province": "44"}
    await season.hear("catalog.quota-adjusted", "base-1:2024", adjusted | more)
    (to_base,), (to_province,) = await told(season, BASE), await told(season, GUANGDONG)
    assert to_base["message"] == to_province["message"] == "示范基地：2024年度项目数量由20调整为25"
    assert (to_base["reason"], to_province["reason"]) == ("考核优秀", None)
    assert await told(season, OTHER_BASE) == await told(season, HUNAN) == []


@pytest.mark.parametrize(
    ("event", "more", "who", "said"),
    [
        ("project-returned", {"reason": "学时不足"}, BASE, "申报方案被退回修改"),
        ("project-approved", {"reason": "同意"}, BASE, "申报方案已通过，等待发布"),
        ("project-rejected", {"reason": "重复"}, BASE, "申报方案未通过"),
        ("project-extended", {"reason": "台风", "until": "2024-12-08"}, BASE, "教师工作司同意培训延至2024-12-08结束"),
        ("project-review-started", {"experts": ["expert-1"]}, EXPERT, "方案已分配给您评审"),
    ],
)
async def test_r14_r16_r28_of_a_plan_that_is_not_published_the_notice_says_code_and_title(
    season: Season, event: str, more: Mapping[str, Any], who: Principal, said: str
) -> None:
    await season.hear(f"catalog.{event}", "draft-1", {"project": "draft-1", **PLAN, **more})
    (notice,) = await told(season, who)
    assert notice["message"] == f"《新能源汽车检修》（GP-2024-007）：{said}"
    assert await told(season, OTHER_BASE) == []


async def test_r28_a_missed_start_is_told_to_the_ministry_and_the_base(season: Season) -> None:
    await season.publish()
    missed = {"project": "p1", "code": "GP-1", "base": "base-1", "starts_on": "2024-07-08", "ends_on": "2024-07-14"}
    await season.hear("catalog.start-missed", "p1", missed | {"title": "智能制造专业教师数字化能力提升"})
    for who in (MINISTRY, BASE):
        (notice,) = await told(season, who, "NOT_STARTED")
        assert notice["message"] == f"{PROJECT}：已过计划开班日，基地尚未登记开班"
    assert await told(season, OTHER_BASE) == []


async def test_r28_a_missed_end_is_told_to_the_ministry_and_the_base(season: Season) -> None:
    await season.publish()
    missed = {"project": "p1", "code": "GP-1", "base": "base-1", "ends_on": "2024-07-14", "until": "2024-07-22"}
    await season.hear("catalog.finish-missed", "p1", missed | {"title": "智能制造专业教师数字化能力提升"})
    for who in (MINISTRY, BASE):
        (notice,) = await told(season, who, "NOT_FINISHED")
        assert notice["message"] == f"{PROJECT}：已过培训最后一日，尚未登记结业；2024-07-22将自动登记"
    assert await told(season, OTHER_BASE) == []


async def test_r28_an_overrun_without_extension_is_told_to_the_ministry_and_one_with_is_not(season: Season) -> None:
    await season.publish("p1")
    await season.publish("p2")
    await season.hear("catalog.project-finished", "p1", {"project": "p1", "overrun": True})
    await season.hear("catalog.project-finished", "p2", {"project": "p2", "overrun": False})
    assert [notice["project"]["id"] for notice in await told(season, MINISTRY)] == ["p1"]


async def test_r24_a_notice_is_written_once_however_often_its_event_comes(season: Season) -> None:
    await season.publish()
    await accepted(season)
    started = envelope_of("catalog.project-started", "p1", 9, {"project": "p1", "base": "base-1", "code": "GP-1"})
    for _ in range(2):
        season.later(minutes=1)
        await take_in(season.database, catalog_handlers(season.deps), started)
    stored = await season.database["notices"].count_documents({"kind": "STARTED"})
    assert stored == 1


async def test_r24_every_role_marks_its_own_notices_read_and_no_others(season: Season) -> None:
    await season.publish()
    await accepted(season)
    await season.hear("catalog.project-cancelled", "p1", {"project": "p1", "reason": "场地停用", "by": "base"})
    await season.hear("catalog.project-review-started", "d1", {"project": "d1", **PLAN, "experts": ["expert-1"]})
    mark = "mutation($ids: [ID!]!) { markNoticesRead(ids: $ids) { id readAt } }"
    every = [notice["_id"] async for notice in season.database["notices"].find()]
    for who in (MINISTRY, GUANGDONG, EXPERT, BASE):
        own = {notice["id"] for notice in await told(season, who)}
        assert own
        assert {notice["id"] for notice in await season.act(who, mark, ids=every)} == own
        assert not [notice for notice in await told(season, who) if notice["readAt"] is None]


async def test_r41_a_notice_says_the_corrected_name_and_in_the_readers_language(season: Season) -> None:
    await season.publish()
    teacher, _ = await accepted(season, name="王小名")
    await deliver_pending(season.deps)
    correct = """mutation($id: ID!, $i: TeacherCorrectionInput!) {
      correctTeacher(id: $id, version: 1, input: $i) { id } }"""
    await season.act(SCHOOL, correct, id=teacher.person, i={"name": "王小明"})
    (notice,) = await told(season, SCHOOL)
    assert notice["message"] == f"王小明报名的{PROJECT}：报名已被基地录取"


async def test_r24_notices_of_earlier_releases_stay_readable(season: Season) -> None:
    await season.publish()
    teacher, key = await accepted(season)
    await deliver_pending(season.deps)
    await season.database["notices"].update_many({}, {"$unset": {"facts": ""}})
    (notice,) = await told(season, teacher)
    assert (notice["kind"], notice["status"], notice["enrollment"]) == ("DECISION", "ACCEPTED", {"id": key})


async def test_r8_r9_the_bases_that_an_amended_round_names_are_told_what_has_changed(season: Season) -> None:
    stored = await season.deps.store.rounds.get("2024")
    amended = {
        "year": 2024,
        "calendar": {phase: {"opens": "2024-04-01", "closes": "2024-12-31"} for phase in stored.calendar},
        "changed": ["title", "themes", "durationNorms"],
        "reason": "增加人工智能主题",
        "bases": ["base-1"],
    }
    await season.hear("catalog.round-amended", "2024", amended)
    await season.hear("catalog.round-amended", "2024", amended | {"bases": []})
    (notice,) = await told(season, BASE, "ROUND_AMENDED")
    assert notice["message"] == "2024年度的培训主题、培训天数标准有调整，尚未提交的培训计划按新的要求检查"
    assert notice["reason"] == "增加人工智能主题"
    assert await told(season, OTHER_BASE) == []
