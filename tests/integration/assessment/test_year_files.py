"""Workbooks of a year by assessment's own endpoints: annual assessments and the ministry's table (R38, R39, R42)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from python_calamine import CalamineWorkbook
from starlette.applications import Starlette

from chassis.principal import Principal, TokenVerifier
from kernel.free_text import Reason
from services.assessment.domain.annual import Assessment
from services.assessment.domain.quota_proposal import LimitChange, QuotaLimit, RoundQuotas, decline, propose
from services.assessment.domain.rubric import Grade
from services.assessment.domain.vocabulary import AnnualState
from services.assessment.http.exports import YearFiles
from tests.integration.assessment.test_certificate_files import Files, Reply, internal_keys
from tests.integration.assessment.test_year_table import fill
from tests.integration.assessment.world import (
    BASE,
    EXPERT,
    MINISTRY,
    OTHER_PROVINCE,
    PROVINCE,
    SCHOOL,
    TEACHER,
    World,
)
from tests.unit.assessment.annual_facts import NATIONAL, drafted, facts
from tests.unit.gateway.serving import served

ANNUAL, YEAR = "/exports/annual/2024.xlsx", "/exports/years/2024.xlsx"


@pytest.fixture
async def files(world: World, tmp_path: Path) -> AsyncIterator[Files]:
    """The endpoints of a world."""
    keys, minter = internal_keys()
    years = YearFiles()
    years.deps = world.deps
    async with served(Starlette(routes=years.routes(TokenVerifier(keys, "assessment")))) as browser:
        yield Files(browser, minter, tmp_path)


def rows_of(reply: Reply) -> list[dict[str, Any]]:
    """The rows of a workbook's only sheet, by heading; of two columns of a name the last."""
    assert reply.status == 200, reply.text
    (name,) = (book := CalamineWorkbook.from_filelike(BytesIO(reply.content))).sheet_names
    headings, *rows = book.get_sheet_by_name(name).to_python()
    return [dict(zip(map(str, headings), row, strict=True)) for row in rows]


def graded(base: str, grade: Grade, state: AnnualState = AnnualState.FINAL) -> Assessment:
    """An assessment with that grade, and two points more than were computed for A1."""
    drawn = drafted(facts(complaints=["c1"]), base=base)
    first, *others = drawn.items
    lower = replace(first, hundredths=(first.computed_hundredths or 0) - 200, reason="核对原始材料")
    return replace(drawn, state=state, grade=grade, items=(lower, *others), base_name=f"=基地{base}")


async def test_r38_the_ministry_has_the_points_of_every_base_with_what_they_propose(world: World, files: Files) -> None:
    """Also what is not final; a text that looks like a formula is a text."""
    store = world.deps.store
    await store.rounds.put(RoundQuotas("2025", 1, {"PRINCIPAL": 10}))
    await store.annual.put(graded("b1", Grade.BASIC))
    await store.annual.put(graded("b2", Grade.EXCELLENT))
    await store.annual.put(graded("b3", Grade.QUALIFIED, AnnualState.COMMENTING))
    proposal = propose(graded("b2", Grade.EXCELLENT), None, NATIONAL, round_limit=10, limit=None)
    assert proposal
    await store.proposals.put(decline(proposal, Reason("暂不增加"))[0])
    first, second, third = rows_of(await files.ask("GET", ANNUAL, MINISTRY))
    assert [first[name] for name in ("基地", "类别", "省份")] == ["=基地b1", "校长培训", "广东省"]
    lower = (graded("b1", Grade.BASIC).items[0].hundredths or 0) / 100
    assert (first["A1 按期完成率"], first["F1 扣分"], first["调整"]) == (lower, -3, -2)
    assert (first["等次"], first["建议数量"]) == ("基本合格（限期整改）", 8)
    assert (second["等次"], second["建议数量"]) == ("优秀", ""), "it was declined"
    assert (third["等次"], third["建议数量"]) == ("合格", ""), "nothing is final"
    assert first["总分"] == (graded("b1", Grade.BASIC).score_hundredths or 0) / 100


async def test_r38_a_province_has_the_final_grades_of_its_own_bases_alone(world: World, files: Files) -> None:
    await world.deps.store.annual.put(graded("b1", Grade.BASIC))
    await world.deps.store.annual.put(graded("b2", Grade.QUALIFIED, AnnualState.COMMENTING))
    (row,) = rows_of(await files.ask("GET", ANNUAL, PROVINCE))
    assert row == {"基地": "=基地b1", "类别": "校长培训", "省份": "广东省", "等次": "基本合格（限期整改）"}
    assert rows_of(await files.ask("GET", ANNUAL, OTHER_PROVINCE)) == []


async def test_r42_the_ministry_has_its_table_of_a_year_with_quotas(world: World, files: Files) -> None:
    await fill(world.deps.store)
    reply = await files.ask("GET", YEAR, MINISTRY)
    assert unquote(reply.headers["content-disposition"]).endswith("2024-年度总表.xlsx")
    (row,) = rows_of(reply)
    counted = ("类别", "省份", "已发布项目", "正在实施", "学员", "合格", "合格率", "满意度均值", "被抽检项目")
    assert [row[name] for name in counted] == ["校长培训", "广东省", 2, 1, 3, 1, 0.5, 4.3, 1]
    assert (row["基地"], row["项目数量"], row["已用"]) == (1, "", 2), "the round is not known"
    await world.deps.store.rounds.put(RoundQuotas("2024", 1, {"PRINCIPAL": 3}))
    assert rows_of(await files.ask("GET", YEAR, MINISTRY))[0]["项目数量"] == 3
    limit = QuotaLimit("b1:2024", 1).after(LimitChange(2, 5, date(2024, 5, 6)))
    await world.deps.store.limits.put(limit.after(LimitChange(3, 1, date.max)))
    assert rows_of(await files.ask("GET", YEAR, MINISTRY))[0]["项目数量"] == 5, "the other is yet to come"


@pytest.mark.parametrize(
    ("path", "who"),
    [(ANNUAL, each) for each in (BASE, SCHOOL, TEACHER, EXPERT)]
    + [(YEAR, each) for each in (BASE, SCHOOL, TEACHER, EXPERT, PROVINCE)],
)
async def test_r42_nobody_else_has_the_workbooks_of_a_year(files: Files, path: str, who: Principal) -> None:
    assert (await files.ask("GET", path, who)).status == 403


async def test_r42_what_is_no_year_is_not_there(files: Files) -> None:
    for year in ("1924", "20245", "24"):
        for path in (ANNUAL, YEAR):
            assert (await files.ask("GET", path.replace("2024", year), MINISTRY)).status == 404
