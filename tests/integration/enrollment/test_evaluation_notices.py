"""Attendees are told what they may answer until when, and with the base what became of it (R34–R36, ADR 59)."""

from typing import Any

import pytest

from chassis.principal import Principal
from tests.integration.enrollment.season import BASE, GUANGDONG, OTHER_BASE, SCHOOL, Season
from tests.integration.enrollment.test_notices import PROJECT, accepted, told
from tests.support.principals import MINISTRY

OWN = f"您报名的{PROJECT}："
OPENED = {
    "opens_at": "2024-07-15T00:00:00+08:00",
    "closes_at": "2024-07-29T00:00:00+08:00",
    "list_day": "2024-07-09",
    "list_sha256": "0" * 64,
    "short_code": "K7M2Q9XDE0A1",
}


async def hear(season: Season, name: str, kind: str = "TEACHING", **data: Any) -> None:
    about = {"instrument": "ins1", "project": "p1", "base": "base-1", "kind": kind}
    await season.hear(f"assessment.evaluation-{name}", "ins1", about | data)


async def messages(season: Season, who: Principal) -> list[str]:
    """What a principal's notices of evaluations say, the earliest first."""
    return [row["message"] for row in reversed(await told(season, who)) if row["kind"].startswith("EVALUATION")]


async def attendee(season: Season) -> Principal:
    teacher, key = await accepted(season)
    await season.hear("assessment.attendance-recorded", key, {"enrollment": key, "present": True, "attended": 1})
    return teacher


async def test_r34_r35_who_attended_is_told_what_to_answer_where_and_until_when(season: Season) -> None:
    await season.publish()
    teacher = await attendee(season)
    absent, _ = await accepted(season)
    await hear(season, "opened", **OPENED)
    await hear(season, "opened", "SATISFACTION", **OPENED)
    survey, teaching = sorted(await messages(season, teacher), key=lambda said: "满意度" not in said)
    code = "请核对2024-07-09密钥名单的校验码：K7M2-Q9XD-E0A1"
    for said, name in ((survey, "满意度调查"), (teaching, "匿名评教")):
        assert said.startswith(f"{OWN}{name}已开放，请在2024-07-28 24:00前登录作答页/ballot/作答")
        assert said.endswith(code)
    for stranger in (absent, BASE, SCHOOL, GUANGDONG, MINISTRY, OTHER_BASE):
        assert await messages(season, stranger) == []


async def test_r34_r35_who_is_marked_as_an_attendee_later_is_told_then_and_nobody_twice(season: Season) -> None:
    await season.publish()
    early = await attendee(season)
    late, key = await accepted(season)
    await hear(season, "opened", **OPENED)
    told = await messages(season, early)
    assert await messages(season, late) == []
    for present, attended in ((True, 1), (False, 0), (True, 1), (True, 2)):
        mark = {"enrollment": key, "present": present, "attended": attended}
        await season.hear("assessment.attendance-recorded", key, mark)
    assert await messages(season, late) == told, "once, and as the others were"
    assert await messages(season, early) == told


@pytest.mark.parametrize("ended", ["published", "suppressed"])
async def test_r34_r35_who_is_marked_after_its_end_is_not_told_that_it_is_open(season: Season, ended: str) -> None:
    await season.publish()
    await hear(season, "opened", **OPENED)
    await hear(season, ended, year=2024, **({"cause": "TOO_FEW"} if ended == "suppressed" else {"counted": 6}))
    assert await messages(season, await attendee(season)) == []
    assert await season.database["open_evaluations"].count_documents({}) == 0


async def test_r34_r35_who_is_marked_after_the_last_moment_is_not_told_either(season: Season) -> None:
    """The result may come a while after the closing."""
    await season.publish()
    await hear(season, "opened", **OPENED | {"closes_at": season.deps.clock.now().isoformat()})
    assert await messages(season, await attendee(season)) == []


async def test_r34_r35_all_attendees_are_reminded_alike(season: Season) -> None:
    await season.publish()
    both = [await attendee(season) for _ in range(2)]
    await hear(season, "reminded", closes_at=OPENED["closes_at"])
    for teacher in both:
        (said,) = await messages(season, teacher)
        assert said.startswith(f"{OWN}匿名评教将于2024-07-28 24:00截止，尚未提交的请登录作答页/ballot/作答")
    assert await messages(season, BASE) == []


@pytest.mark.parametrize(
    ("name", "data", "ending"),
    [
        ("published", {"counted": 6}, "结果已公布，可登录查看；作答者可在公开清单中核对自己的回执"),
        ("suppressed", {"cause": "TOO_FEW"}, "已结束：有效答卷不足5份，依规定不公布结果"),
        ("suppressed", {"cause": "KEY_LOST"}, "已结束：密钥遗失，答卷无法开启，不公布结果"),
    ],
)
async def test_r36_attendees_and_the_base_are_told_what_became_of_it(
    season: Season, name: str, data: dict[str, Any], ending: str
) -> None:
    await season.publish()
    teacher = await attendee(season)
    await hear(season, name, year=2024, **data)
    assert await messages(season, teacher) == [f"{OWN}匿名评教{ending}"]
    assert await messages(season, BASE) == [f"{PROJECT}：匿名评教{ending}"]
    for stranger in (SCHOOL, GUANGDONG, MINISTRY, OTHER_BASE):
        assert await messages(season, stranger) == []
