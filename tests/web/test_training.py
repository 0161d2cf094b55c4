"""Training by mouse: attendance and results."""

from tests.support.chromium import phone
from tests.web.site import BASE, CLICKS, OF_BASE, OTHER_BASE, Site, barriers, choose, key, look, own_plan, sign_in, task


async def test_r29_a_base_marks_a_session_by_keys_and_opens_its_check_in(site: Site) -> None:
    """What is marked stays in the page until it is sent."""
    base = await site.public.login(OTHER_BASE, site.password, "base")
    project = await own_plan(base, 2023, "RUNNING")
    async with phone(site.home / "marks") as tab:
        await sign_in(tab, site, "base", OTHER_BASE)
        await task(tab, "登记考勤")
        await tab.reads("已登记 0 / 10")
        await tab.evaluate("document.querySelector('tbody input[type=checkbox]').focus()")
        await key(tab, " ", 32, " ")
        await key(tab, "ArrowDown", 40)
        await key(tab, " ", 32, " ")
        await key(tab, " ", 32, " ")
        await tab.reads("待发送 2")
        shown = await tab.evaluate(
            "[...document.querySelectorAll('td[data-label=考勤]')].map((each) => each.innerText)"
        )
        assert shown[:3] == ["出席", "缺勤", "未登记"]
        await tab.press("未登记的全部记为出席")
        await tab.open(f"{site.suite.url}/console/projects/{project['id']}/attendance")
        await tab.reads("待发送 10")
        assert await barriers(tab, site) == []
        await tab.press("保存考勤")
        await tab.reads("已登记 10 人")
        assert tab.clicks <= CLICKS["attendance"], "beside the exceptions, which were marked by keys"
        await tab.reads("已登记 10 / 10")
        await tab.press("打开现场签到")
        await tab.reads("已签到 9 / 10")
        assert await tab.evaluate("document.querySelector('svg.code path').getBBox().width > 20")
        assert await barriers(tab, site) == []
        await tab.press("打印签到表")
        await tab.until("!document.querySelector('main .note.bad')")
        assert tab.sent("/sign-in.pdf")
        await look(tab, site, f"/console/projects/{project['id']}/attendance")


async def test_r30_a_base_enters_results_and_publishes_them(site: Site) -> None:
    """A row that is refused says why and stays; the rest is taken."""
    base = await site.client("base")
    project = await own_plan(base, 2023, "FINISHED")
    async with phone(site.home / "results") as tab:
        await sign_in(tab, site, "base", BASE)
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/projects/{project['id']}/results")
        await tab.reads("尚无成绩 3 人")
        for score in ("101", "88", "90"):
            await choose(tab, "select:has(option[value=''])", "PASSED")
            await tab.evaluate(
                "[...document.querySelectorAll('input.score')].find((each) => !each.disabled && !each.value).focus()"
            )
            await tab.command("Input.insertText", text=score)
        await tab.press("保存成绩")
        await tab.reads("已登记 2 人")
        await tab.reads("1 人未能办理")
        assert await barriers(tab, site) == []
        wrong = "[...document.querySelectorAll('input.score')].find((each) => each.value === '101')"
        await tab.evaluate(f"{wrong}.select(); {wrong}.focus()")
        await tab.command("Input.insertText", text="91")
        await tab.press("保存成绩")
        await tab.reads("已登记 1 人")
        await tab.press("发布成绩")
        await tab.press("确认发布成绩")
        await tab.until("document.querySelector('main .tag.ok')?.textContent === '已发布'")
        assert not tab.complaints
        await look(tab, site, f"/console/projects/{project['id']}/results")
    states = {"FINISHED", "COMPLETED"}  # it is completed by itself soon afterwards
    nodes = [
        each for status in states for each in (await base.ask(OF_BASE, year=2023, status=status))["projects"]["nodes"]
    ]
    assert {each["id"]: each["book"] for each in nodes}[project["id"]] == {"state": "FINAL"}
