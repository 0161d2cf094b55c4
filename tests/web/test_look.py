"""What pages do beside their task: a script that does not come, an address that nothing has, rest, a phone's order."""

import pytest

from tests.support.chromium import Tab, phone
from tests.support.identity_numbers import id_number
from tests.web.site import CLASS, OTHER_BASE, SIZES, TEACHER, THERE, Site, barriers, drop, own_plan, sign_in

CURRENT = "[...document.querySelectorAll('.side [aria-current]')].map((each) => each.textContent.trim())"
SHORTER = """window.sent = window.fetch; window.fetch = async (address, how) => {
  const reply = await window.sent(address, how);
  if (!String(address).endsWith('/auth/refresh')) return reply;
  const content = await reply.json();
  window.idle = content.idleSeconds;
  return new Response(JSON.stringify({ ...content, idleSeconds: 700 }), reply); }; 0"""
LATER = """(() => { const now = Date.now; Date.now = () => now() + SECONDS * 1000;
  if (INPUT) dispatchEvent(new KeyboardEvent('keydown')); })()"""
TOLD = """window.told = [];
  new BroadcastChannel('guopei-session').onmessage = ({ data }) => window.told.push(data); 0"""


async def later(tab: Tab, seconds: int, *, by_input: bool) -> None:
    """Let the page's clock go on; `by_input` gives it a key too."""
    await tab.evaluate(LATER.replace("SECONDS", str(seconds)).replace("INPUT", str(by_input).lower()))


async def test_an_address_that_nothing_has_says_so_in_both_languages(site: Site) -> None:
    async with phone(site.home / "nowhere") as tab:
        await tab.open(f"{site.suite.url}/nowhere")
        await tab.reads("没有这个页面")
        assert await barriers(tab, site) == []
        await tab.press("English", ".top")
        await tab.reads("There is no such page")
        (complaint,) = tab.complaints
        assert "404" in complaint
        await tab.press("Projects", ".top")
        await tab.until("document.querySelectorAll('.offer').length > 0")


@pytest.mark.parametrize(
    ("script", "address"), [("keys", "/keys"), ("teacher", "/console/enrollments")], ids=["visitor", "workspace"]
)
async def test_a_page_whose_script_did_not_come_says_so_and_is_there_after_a_reload(
    site: Site, script: str, address: str
) -> None:
    """As after a release that has taken the script away."""
    async with phone(site.home / f"unloaded-{script}") as tab:
        await tab.command("Network.setBlockedURLs", urls=[f"*/assets/{script}-*.js"])
        if script == "teacher":
            await sign_in(tab, site, "teacher", TEACHER, address)
        else:
            await tab.open(f"{site.suite.url}{address}")
        await tab.reads("页面没有载入")
        assert await barriers(tab, site) == []
        await tab.command("Network.setBlockedURLs", urls=[])
        await tab.press("刷新", "main")
        await tab.until(f"!document.body.innerText.includes('页面没有载入') && {THERE}")
        assert await tab.text("h1") == ("评教密钥" if script == "keys" else "我的报名")


async def test_r4_a_page_warns_by_the_idle_time_that_the_gateway_says(site: Site) -> None:
    async with phone(site.home / "idle") as tab:
        await sign_in(tab, site, "teacher", TEACHER)
        await tab.reads("等我办理")
        await tab.evaluate(SHORTER)
        await later(tab, 9 * 60, by_input=True)
        assert await tab.until("window.idle") == 1_800, "what the gateway is set to"
        await later(tab, 640, by_input=False)
        await tab.reads("秒后将自动退出")
        await tab.press("继续使用")
        await later(tab, 1, by_input=True)
        await tab.until("!document.body.innerText.includes('秒后将自动退出')")
        await later(tab, 720, by_input=False)
        await tab.reads("登录已失效")


async def test_r29_an_open_check_in_counts_as_somebody_being_there(site: Site) -> None:
    """The screen of a hall gets no input all day, and its tabs stay signed in."""
    plan = await own_plan(await site.public.login(OTHER_BASE, site.password, "base"), 2023, "RUNNING")
    async with phone(site.home / "hall") as tab:
        await sign_in(tab, site, "base", OTHER_BASE)
        await tab.reads("等我办理")
        await tab.evaluate(TOLD)
        await tab.evaluate(f"history.pushState(null, '', '/console/projects/{plan['id']}/attendance')")
        await tab.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
        await tab.press("打开现场签到", "main")
        await tab.reads("签到码")
        await tab.until("window.told.some((said) => said.touched)")
        assert tab.complaints == []


async def test_r19_on_a_phone_the_way_to_sign_up_stands_near_the_top(site: Site) -> None:
    async with phone(site.home / "near") as tab:
        await tab.resize(*SIZES[1])
        await tab.open(f"{site.suite.url}/projects/{CLASS}")
        await tab.until(THERE)
        link = "document.querySelector('main a.button.first').getBoundingClientRect()"
        assert await tab.evaluate(f"{link}.bottom") <= SIZES[1][1]
        await tab.resize(*SIZES[0])
        assert await tab.evaluate(f"{link}.left > innerWidth / 2"), "beside the text where there is room"


async def test_navigation_marks_where_one_is_and_offers_a_year_only_where_it_counts(site: Site) -> None:
    async with phone(site.home / "where") as tab:
        await tab.resize(*SIZES[0])
        await sign_in(tab, site, "teacher", TEACHER)
        await tab.reads("等我办理")
        assert await tab.evaluate(CURRENT) == ["首页"]
        assert await tab.evaluate("document.querySelector('#field-year')") is None
        for path, current in (("enrollments", ["我的报名"]), (f"sign-up/{CLASS}", [])):
            await tab.open(f"{site.suite.url}/console/{path}")
            await tab.until(THERE)
            assert await tab.evaluate(CURRENT) == current


async def test_the_foot_of_a_short_page_is_at_the_windows_foot(site: Site) -> None:
    async with phone(site.home / "foot") as tab:
        await tab.resize(*SIZES[0])
        await tab.open(f"{site.suite.url}/keys")
        await tab.until(THERE)
        assert await tab.evaluate("document.querySelector('.foot').getBoundingClientRect().bottom >= innerHeight - 1")
        assert not await tab.evaluate("document.documentElement.scrollHeight > innerHeight + 1")


async def test_r3_the_ministrys_accounts_name_their_organisations(site: Site) -> None:
    async with phone(site.home / "organisations") as tab:
        await sign_in(tab, site, "ministry", "moe", "/console/accounts")
        await tab.reads("蜀江职业技术大学“双师型”教师培训基地")
        await tab.reads("潮汕职业技术学校")


async def test_r22_a_roster_without_an_error_opens_on_all_its_rows(site: Site) -> None:
    header = "姓名,身份证号码,手机号码,岗位,专兼职,职称,专业大类,项目编号"
    row = f"郑无误,{id_number(773)},13712340009,教师,专职,讲师,装备制造,{CLASS}"
    async with phone(site.home / "clean") as tab:
        await sign_in(tab, site, "school", site.person)
        await tab.press("名册", ".side")
        await tab.until("Boolean(document.querySelector('.drop'))")
        await tab.evaluate(drop(f"{header}\n{row}", "名册.csv"))
        await tab.reads("郑无误")
        assert await tab.text(".chips [aria-current]") == "全部行"
        await tab.press("有误的行", ".chips")
        await tab.until("!document.body.innerText.includes('郑无误')")
        assert tab.complaints == []


async def test_r21_a_school_ticks_a_whole_page_by_one_press(site: Site) -> None:
    boxes = "[...document.querySelectorAll('tbody label.pick input')]"
    async with phone(site.home / "ticks") as tab:
        await sign_in(tab, site, "school", site.person)
        await tab.press("为教师报名", ".side")
        await tab.click("document.querySelector('main a[href*=\"/console/enrol/\"]')")
        await tab.until(f"{boxes}.length > 1")
        for every in (True, False):
            await tab.press("全选本页", "main")
            await tab.until(f"{boxes}.every((each) => each.checked === {str(every).lower()})")
