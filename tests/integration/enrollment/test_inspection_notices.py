"""Bases and the ministry are told of a random inspection: drawn, found, rectified, closed (R37)."""

from typing import Any

from chassis.principal import Principal
from tests.integration.enrollment.season import BASE, GUANGDONG, OTHER_BASE, SCHOOL, Season
from tests.integration.enrollment.test_notices import PROJECT, told
from tests.support.principals import MINISTRY

TITLE = "2024年第一次随机抽检"
FINDING = {"finding": "f1", "inspection": "2024-1", "project": "p1", "base": "base-1", "state": "OPEN"}


async def hear(season: Season, name: str, **data: Any) -> None:
    await season.hear(f"assessment.{name}", "2024-1", data | {"inspection": "2024-1", "year": 2024, "title": TITLE})


async def messages(season: Season, who: Principal) -> list[tuple[str, str]]:
    """Kind and words of a principal's notices of inspections, the earliest first."""
    kinds = {"SAMPLED", "FINDING", "RECTIFICATION"}
    return [(row["kind"], row["message"]) for row in reversed(await told(season, who)) if row["kind"] in kinds]


async def test_r37_the_base_and_the_ministry_are_told_what_was_drawn(season: Season) -> None:
    await season.publish()
    await hear(season, "inspection-drawn", sample={"PRINCIPAL/RUNNING": ["p1", "p-of-nobody"]})
    assert await messages(season, BASE) == [("SAMPLED", f"{PROJECT}：被“{TITLE}”抽中，请配合检查")]
    assert await messages(season, MINISTRY) == [("SAMPLED", f"{TITLE}：已抽取2个项目")]
    for stranger in (OTHER_BASE, SCHOOL, GUANGDONG):
        assert await messages(season, stranger) == []


async def test_r37_a_base_is_told_of_a_project_that_is_inspected_in_anothers_place_or_besides(season: Season) -> None:
    await season.publish()
    await season.publish("p2", code="GP-2", title="校长治理能力")
    await hear(season, "inspection-replaced", project="p9", replacement="p1", stratum="S", reason="台风")
    await hear(season, "inspection-extended", projects=["p2"], stratum="S", reason="有投诉")
    assert [kind for kind, _ in await messages(season, BASE)] == ["SAMPLED", "SAMPLED"]
    assert await messages(season, MINISTRY) == []


async def test_r37_the_base_and_the_ministry_are_told_every_step_of_a_finding(season: Season) -> None:
    await season.publish()
    facts = {"severity": "MAJOR", "due_on": "2024-07-15"}
    for name, more in (
        ("finding-recorded", {}),
        ("rectification-due", {"overdue": False}),
        ("rectification-due", {"overdue": True}),
        ("rectification-reported", {"in_time": False}),
        ("rectification-returned", {"reason": "缺少课表"}),
        ("finding-closed", {"reason": "复核通过"}),
    ):
        season.later(minutes=1)
        await hear(season, name, **FINDING, **facts, **more)
    assert await messages(season, BASE) == [
        ("FINDING", f"{PROJECT}：随机抽检发现问题，请在2024-07-15 24:00前报告整改"),
        ("RECTIFICATION", f"{PROJECT}：整改将于2024-07-15到期，尚未报告"),
        ("RECTIFICATION", f"{PROJECT}：整改已于2024-07-15到期，仍未报告"),
        ("RECTIFICATION", f"{PROJECT}：基地已报告整改，等待验收"),
        ("RECTIFICATION", f"{PROJECT}：整改未通过验收，请在2024-07-15 24:00前重新报告"),
        ("FINDING", f"{PROJECT}：整改已通过验收，抽检结论已关闭"),
    ]
    assert await messages(season, MINISTRY) == await messages(season, BASE)
    reasons = [row["reason"] for row in await told(season, BASE) if row["reason"]]
    assert reasons == ["复核通过", "缺少课表"]


async def test_r37_base_and_ministry_are_told_that_a_finding_is_withdrawn(season: Season) -> None:
    await season.publish()
    await hear(season, "finding-withdrawn", **FINDING, severity="NONE", due_on=None, reason="登记到了别的项目")
    assert await messages(season, BASE) == [("FINDING", f"{PROJECT}：随机抽检的结论有误，已撤销")]
    assert await messages(season, MINISTRY) == await messages(season, BASE)
    assert [row["reason"] for row in await told(season, BASE) if row["reason"]] == ["登记到了别的项目"]


async def test_r37_where_nothing_was_found_it_is_told_once(season: Season) -> None:
    await season.publish()
    for name in ("finding-recorded", "finding-closed"):
        await hear(season, name, **FINDING, severity="NONE", due_on=None, reason=None)
    assert await messages(season, BASE) == [("FINDING", f"{PROJECT}：随机抽检未发现问题")]
