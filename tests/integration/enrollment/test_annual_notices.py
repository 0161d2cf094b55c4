"""Bases are told what was computed and decided of their year, and the ministry what they have said (R38)."""

from typing import Any

from chassis.principal import Principal
from tests.integration.enrollment.season import BASE, GUANGDONG, OTHER_BASE, SCHOOL, Season
from tests.integration.enrollment.test_notices import told
from tests.support.principals import MINISTRY

OTHERS = {"quota-proposal-declined"}
FACTS = {"base": "base-1", "year": 2024, "base_name": "某基地"}


async def hear(season: Season, name: str, **data: Any) -> None:
    season.later(minutes=1)
    await season.hear(f"assessment.{name if name in OTHERS else 'annual-' + name}", "2024/base-1", FACTS | data)


async def messages(season: Season, who: Principal) -> list[tuple[str, str]]:
    """Kind and words of a principal's notices of annual assessments, the earliest first."""
    kinds = {"ANNUAL", "APPEAL"}
    return [(row["kind"], row["message"]) for row in reversed(await told(season, who)) if row["kind"] in kinds]


async def test_r38_the_base_is_told_of_every_step_and_the_ministry_of_its_word(season: Season) -> None:
    await hear(season, "comments-opened", until="2024-12-23")
    await hear(season, "commented", item="A1", text_sha256="0")
    await hear(season, "item-adjusted", code="A1", before=1000, after=500, reason="核对原始材料")
    await hear(season, "finalized", grade="QUALIFIED", version=1, appeal_until="2025-01-15")
    await hear(season, "appealed", text_sha256="0")
    await hear(season, "appeal-decided", upheld=True, reason="情况属实")
    await hear(season, "finalized", grade="EXCELLENT", version=2, appeal_until="2025-01-15")
    assert await messages(season, BASE) == [
        ("ANNUAL", "某基地：2024年度考核已计算，请在2024-12-23 24:00前查看各项得分并提出意见"),
        ("ANNUAL", "某基地：教师工作司调整了2024年度考核的一项得分"),
        ("ANNUAL", "某基地：2024年度考核等次：合格；如有异议，可在2025-01-15 24:00前申请复核"),
        ("APPEAL", "某基地：2024年度考核的复核申请成立，将重新定级"),
        ("ANNUAL", "某基地：复核后2024年度考核等次：优秀"),
    ]
    assert await messages(season, MINISTRY) == [
        ("ANNUAL", "某基地：对2024年度考核提出了意见"),
        ("APPEAL", "某基地：就2024年度考核申请复核"),
    ]
    assert [row["reason"] for row in await told(season, BASE) if row["reason"]] == ["情况属实", "核对原始材料"]
    for stranger in (OTHER_BASE, SCHOOL, GUANGDONG):
        assert await messages(season, stranger) == []


async def test_r38_a_dismissed_appeal_and_a_base_whose_name_is_not_known_are_told_too(season: Season) -> None:
    await hear(season, "appeal-decided", upheld=False, reason="证据不足", base_name=None)
    assert await messages(season, BASE) == [("APPEAL", "2024年度考核的复核申请不成立，等次不变")]


async def test_r39_the_base_alone_is_told_with_the_reason_that_its_quota_stays(season: Season) -> None:
    declined = {"proposal": "2025/base-1/8", "year": 2025, "grade": "BASIC", "limit": 10, "proposed": 8}
    await hear(season, "quota-proposal-declined", **declined, reason="整改已完成", province="44")
    said = "某基地：教师工作司未采纳按年度考核提出的数量建议，2025年度项目数量维持10个"
    assert await messages(season, BASE) == [("ANNUAL", said)]
    assert [row["reason"] for row in await told(season, BASE)] == ["整改已完成"]
    for stranger in (OTHER_BASE, SCHOOL, GUANGDONG, MINISTRY):
        assert await messages(season, stranger) == []
