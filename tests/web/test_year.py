"""The year's assessment by mouse: computed, commented on, made final, appealed against, published; and its quotas."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from deploy.seed.graph_client import Client
from kernel.dates import SHANGHAI
from tests.support.chromium import Tab, phone
from tests.web.site import BASE, THERE, Site, look, sign_in

YEAR = 2023
ALL = f"/console/assessments?year={YEAR}"
OWN = "{ myBases { id name } }"
STANDING = "query($year: Int!) { assessmentYear(year: $year) { commentUntil } }"
COMPUTE = 'mutation($year: Int!) { computeAssessments(year: $year, rubric: "2024.1") { year } }'
OPEN = "mutation($year: Int!) { openComments(year: $year) { year } }"
LISTED = """query($year: Int!) { annualAssessments(year: $year) { nodes {
  id state grade appealUntil base { id name } items { code hundredths } } } }"""
ADJUST = """mutation($id: ID!, $code: String!) {
  adjustAssessmentItem(id: $id, code: $code, hundredths: 0, reason: "核对原始材料") { id } }"""
QUOTA = "query($id: ID!) { base(id: $id) { quota(year: 2024) { limit inForce { reason proposalId } } } }"
COMPLAINT = "收费与公布的标准不符，经查属实"


async def own_base(site: Site) -> tuple[str, str]:
    """The id and name of the base."""
    (base,) = (await (await site.client("base")).ask(OWN))["myBases"]
    return base["id"], base["name"]


async def enter(tab: Tab, site: Site, scope: str, address: str) -> None:
    """Sign in, and open a page of the console."""
    await sign_in(tab, site, scope, {"base": BASE, "province": "province51"}.get(scope, "moe"))
    await tab.reads("等我办理")
    await tab.open(f"{site.suite.url}{address}")


async def command(tab: Tab, label: str, done: str) -> None:
    """Press a command, and confirm it."""
    await tab.press(label, "main")
    await tab.press(f"确认{label}", "main")
    await tab.reads(done)


async def chinese(tab: Tab) -> None:
    """Show the page in Chinese again."""
    await tab.evaluate("document.documentElement.lang === 'en' && document.querySelector('.top .end button').click()")
    await tab.until(f"document.documentElement.lang === 'zh-CN' && {THERE}")


def tick_of(name: str) -> str:
    """The box of a base's row, as an expression."""
    return f"[...document.querySelectorAll('main input')].find((each) => each.ariaLabel === {json.dumps(name)})"


async def adopt(tab: Tab, base: str) -> None:
    """Decline the proposal for a base, and come back to it."""
    row = f"tr:has(a[href$='{base}'])"
    await tab.press("不采纳", row)
    await tab.write(f"#field-declined-{base}", "整改已完成")
    await tab.press("确认不采纳", row)
    await tab.until(f"document.querySelector({json.dumps(row)}).innerText.includes('整改已完成')")
    await tab.press("采纳", row)
    await tab.press("确认采纳", row)
    await tab.until(f"document.querySelector({json.dumps(row)}).innerText.includes('已采纳')")


async def opened(ministry: Client) -> None:
    """The year is computed and open to comments; by whom makes no difference."""
    if (await ministry.ask(STANDING, year=YEAR))["assessmentYear"] is None:
        await ministry.ask(COMPUTE, year=YEAR)
    if (await ministry.ask(STANDING, year=YEAR))["assessmentYear"]["commentUntil"] is None:
        await ministry.ask(OPEN, year=YEAR)


async def listed(ministry: Client) -> list[dict[str, Any]]:
    """The assessments of the year."""
    found: list[dict[str, Any]] = (await ministry.ask(LISTED, year=YEAR))["annualAssessments"]["nodes"]
    return found


def after(site: Site, last_day: str) -> None:
    """Go on to the noon after a day."""
    noon = datetime.combine(date.fromisoformat(last_day) + timedelta(days=1), time(12), SHANGHAI)
    site.suite.move_clock(noon)


async def test_r38_the_ministry_computes_a_year_and_opens_it_to_comments(site: Site) -> None:
    """A complaint counts, each number opens to its facts; no grade is final while comments may come."""
    base, name = await own_base(site)
    address = f"/console/assessments/{YEAR}/{base}"
    async with phone(site.home / "year") as tab:
        await enter(tab, site, "ministry", ALL)
        await tab.reads("尚未计算")
        await tab.press(name, "main")
        await tab.press("登记投诉", "main")
        await tab.write("main textarea", COMPLAINT)
        await tab.press("确认登记投诉", "main")
        await tab.reads("已办理")
        await tab.press(f"{YEAR} 年度考核", "main")
        await command(tab, "计算考核", "当年有项目的基地")
        await look(tab, site, ALL)
        await chinese(tab)
        await tab.press(name, "main")
        await tab.reads("未交基地")
        await tab.press("F1 扣分", "main")
        await tab.reads("查实的投诉扣 3.00")
        await tab.until(f"[...document.querySelectorAll('th')].some((each) => each.innerText === '{COMPLAINT}')")
        await tab.open(f"{site.suite.url}{ALL}")
        await command(tab, "交基地提出意见", "意见期至")
        await tab.until(f"Boolean({tick_of(name)})")
        await tab.evaluate(f"{tick_of(name)}.click()")
        await command(tab, "定级", "1 个未定级")
        await tab.reads("意见期")
        await tab.open(f"{site.suite.url}{address}?item=B1")
        await tab.press("调整得分", "main")
        await tab.evaluate("document.querySelector('#field-points').select()")
        await tab.write("#field-points", "９９")
        await tab.write("#field-reason", "核对原始材料")
        await tab.press("确认调整得分", "main")
        await tab.reads("POINTS_OUT_OF_RANGE")
        await tab.evaluate("document.querySelector('#field-points').select()")
        await tab.write("#field-points", "6.25")
        await tab.press("确认调整得分", "main")
        await tab.reads("得分的调整")
        await tab.reads("6.25 / ")
        await look(tab, site, f"{address}?item=B1")
        assert not tab.complaints


async def test_r38_a_base_comments_on_what_it_is_shown_and_what_it_typed_stays(site: Site) -> None:
    await opened(await site.client("ministry"))
    address = f"/console/assessments/{YEAR}/{(await own_base(site))[0]}"
    async with phone(site.home / "comments") as tab:
        await enter(tab, site, "base", "/console/assessments")
        await tab.reads("征求意见")
        await tab.press(f"{YEAR} 年度考核", "main")
        await tab.press("提出意见", "main")
        await tab.write("main textarea", "有一期因台风延期")
        await tab.open(f"{site.suite.url}{address}")
        await tab.press("提出意见", "main")
        await tab.until("document.querySelector('main textarea')?.value === '有一期因台风延期'")
        await tab.press("确认提出意见", "main")
        await tab.until("[...document.querySelectorAll('td')].some((each) => each.innerText === '有一期因台风延期')")
        await tab.press("B1 核准及时率", "main")
        await tab.press("对“核准及时率”提出意见", "main")
        await tab.write("main textarea", "一名报名人已撤回")
        await tab.press("确认对“核准及时率”提出意见", "main")
        await tab.until("[...document.querySelectorAll('td')].some((each) => each.innerText === '一名报名人已撤回')")
        await look(tab, site, f"{address}?item=B1")
        await look(tab, site, "/console/assessments")
    async with phone(site.home / "commented") as tab:
        await enter(tab, site, "ministry", address)
        await tab.reads("一名报名人已撤回")
        assert not tab.complaints


async def test_r38_r39_grades_are_final_appealed_against_and_published_and_propose_quotas(site: Site) -> None:
    """The clock goes on twice: past the comments, and past the appeals. The base's items are of no worth."""
    ministry = await site.client("ministry")
    base, name = await own_base(site)
    await opened(ministry)
    found = await listed(ministry)
    mine = next(each for each in found if each["base"]["id"] == base)
    for item in mine["items"]:
        if item["hundredths"] and item["code"] != "F1":
            await ministry.ask(ADJUST, id=mine["id"], code=item["code"])
    address = f"/console/assessments/{YEAR}/{base}"
    after(site, (await ministry.ask(STANDING, year=YEAR))["assessmentYear"]["commentUntil"])
    async with phone(site.home / "grades") as tab:
        await enter(tab, site, "ministry", ALL)
        await tab.press("全选本页", "main")
        await tab.reads(f"已选 {len(found)} 个")
        await command(tab, "定级", f"{len(found)} 个基地已定级")
        await command(tab, "公布等次", "WRONG_STATE")
    async with phone(site.home / "appeals") as tab:
        await enter(tab, site, "base", address)
        await tab.reads("已定级")
        await tab.press("申请复核", "main")
        await tab.write("main textarea", "延期经部里批准")
        await tab.press("确认申请复核", "main")
        await tab.reads("复核中")
    async with phone(site.home / "decides") as tab:
        await enter(tab, site, "ministry", address)
        await tab.press("复核不成立", "main")
        await tab.write("#field-dismissed", "材料不足")
        await tab.press("确认复核不成立", "main")
        await tab.reads("不成立 材料不足")
    after(site, max(each["appealUntil"] for each in await listed(ministry)))
    async with phone(site.home / "publishes") as tab:
        await enter(tab, site, "ministry", ALL)
        await command(tab, "公布等次", "等次公布")
        await look(tab, site, f"/console/assessments/proposals?year={YEAR}")
        await chinese(tab)
        await adopt(tab, base)
        quota = (await ministry.ask(QUOTA, id=base))["base"]["quota"]
        assert quota["inForce"]["proposalId"].startswith(f"{YEAR + 1}/{base}/")
        assert not tab.complaints
    (public,) = [
        each["grade"]
        for each in (await site.public.ask("{ publishedGrades(year: 2023) { grade base { id } } }"))["publishedGrades"]
        if each["base"]["id"] == base
    ]
    assert public == "UNQUALIFIED"
    async with phone(site.home / "province-grades") as tab:
        await enter(tab, site, "province", ALL)
        await tab.reads(name)
        await tab.reads("不合格")
        await look(tab, site, ALL)
