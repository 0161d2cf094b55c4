"""Plans by mouse: drafted, reviewed, decided, published and changed."""

import json

from tests.support.chromium import Tab, phone
from tests.web.site import (
    AMENDED,
    BASE,
    BY_CODE,
    CLASS,
    CLICKS,
    EXPERTS,
    LOGINS,
    OTHER_BASE,
    THERE,
    Site,
    barriers,
    choose,
    look,
    own_plan,
    paste,
    sign_in,
    task,
)

REVIEWED = """query($status: ProjectStatus!) { projects(first: 50, filter: {year: 2024, statuses: [$status]}) { nodes {
  id title reviews { submittedAt } } } }"""
STATUS = "query($id: ID!) { project(id: $id) { status experts { id } } }"
UPDATE = """mutation($id: ID!, $version: Int!, $input: ProjectInput!) {
  updateProject(id: $id, version: $version, input: $input) { version } }"""
TIMETABLE = "query($id: ID!) { project(id: $id) { days timetable { date } } }"
ASSIGN = "mutation($id: ID!, $experts: [ID!]!) { assignExperts(projectId: $id, experts: $experts) { id } }"


async def test_r7_r9_a_base_drafts_a_plan_and_is_told_what_it_lacks_and_what_is_unusual(site: Site) -> None:
    saved = "document.querySelector('.beside [role=status]').textContent.startsWith('已保存 ')"
    async with phone(site.home / "drafts") as tab:
        await sign_in(tab, site, "base", OTHER_BASE)
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/projects/new")
        await tab.write("#field-title", "页面起草的方案")
        await tab.press("开始起草")
        await tab.reads("还缺 18 项")
        address = await tab.evaluate("location.pathname")
        for step in ("basic", "content", "faculty", "place", "reasons", "form", "timetable"):
            await tab.open(f"{site.suite.url}{address}?step={step}")
            await tab.until(THERE)
            await tab.reads("还缺 ")
            assert await barriers(tab, site) == [], step
            if step == "form":
                await tab.write("#field-days", "12")
                await tab.reads("超出5至9天")
                await tab.until(saved)
        await tab.evaluate(paste("table.typed", "开班与诊断\t周书航\t2024/9/2\t6\n现场教学\t顾念慈\t20240903\t6\n"))
        await tab.reads("课程表合计 12 学时")
        await tab.until(saved)
        assert await barriers(tab, site) == []
        base = await site.public.login(OTHER_BASE, site.password, "base")
        drafted = (await base.ask(TIMETABLE, id=address.split("/")[3]))["project"]
        assert drafted["days"] == 12
        assert [row["date"] for row in drafted["timetable"]] == ["2024-09-02", "2024-09-03"]
        assert not tab.complaints
        await look(tab, site, f"{address}?step=timetable")


async def test_r7_r10_r13_r15_a_base_mends_a_returned_plan_and_an_expert_reviews_it(site: Site) -> None:
    """It is saved while it is typed, over nobody's change unasked, and submitted; the review is kept and sent."""
    base, ministry = await site.client("base"), await site.client("ministry")
    plan = await own_plan(base, 2024, "RETURNED")
    address = f"{site.suite.url}/console/projects/{plan['id']}/plan"
    async with phone(site.home / "mends") as tab:
        await sign_in(tab, site, "base", BASE)
        await tab.reads("等我办理")
        await tab.open(f"{address}?step=content")
        await tab.reads("方案被退回")
        await tab.write("#field-objectives", "面向岗位。")
        await tab.until("document.querySelector('.beside [role=status]').textContent.startsWith('已保存 ')")
        saved = await own_plan(base, 2024, "RETURNED")
        assert "面向岗位。" in saved["objectives"]
        change = {"id": plan["id"], "version": saved["version"], "input": {"objectives": "另一处所写"}}
        await base.ask(UPDATE, **change)
        await tab.write("#field-objectives", "本页所写。")
        await tab.reads("他人同时修改了这个方案")
        await tab.reads("另一处所写")
        assert await barriers(tab, site) == []
        await tab.press("保留我的")
        await tab.until("document.querySelector('.beside [role=status]').textContent.startsWith('已保存 ')")
        assert "本页所写。" in (await own_plan(base, 2024, "RETURNED"))["objectives"]
        await tab.open(f"{address}?step=basic")
        await choose(tab, "#field-majorCategory", "19")
        await tab.reads("还缺 1 项")
        await tab.evaluate("document.querySelector('.jump').click()")
        await tab.write("#field-justification-R10", "面向公共服务岗位的交叉专业")
        await tab.reads("内容齐全，可以提交")
        assert await barriers(tab, site) == []
        await tab.press("提交方案")
        await tab.press("确认提交方案")
        await tab.reads("方案已提交")
        assert not tab.complaints
    experts = {each["name"]: each["id"] for each in (await ministry.ask(EXPERTS))["experts"]["nodes"]}
    await ministry.ask(ASSIGN, id=plan["id"], experts=[experts["周立群"], experts["孙文博"]])
    async with phone(site.home / "reviews") as tab:
        await sign_in(tab, site, "expert", LOGINS["expert"])
        await tab.reads("等我办理")
        tab.clicks = 0
        await tab.click(f"document.querySelector('main a[href=\"/console/reviews/{plan['id']}\"]')")
        await judge(tab)
        await tab.open(f"{site.suite.url}/console/reviews/{plan['id']}")
        await tab.until("document.querySelector('#comment-FEE')?.value === '符合要求'")
        assert await barriers(tab, site) == []
        await tab.press("提交评审意见")
        await tab.press("确认提交评审意见")
        await tab.reads("其他专家还没有提交")
        assert tab.clicks <= CLICKS["review"]
        assert await tab.evaluate("JSON.stringify({...sessionStorage})") == "{}"
        await look(tab, site, f"/console/reviews/{plan['id']}")


async def judge(tab: Tab) -> None:
    """Pass a plan in every dimension."""
    await tab.reads("还有 5 个维度")
    for number, dimension in enumerate(("OBJECTIVES", "CONTENT", "ORGANIZATION", "DURATION", "FEE")):
        await tab.click(f"document.querySelectorAll('input[value=PASS]')[{number}]")
        await tab.write(f"#comment-{dimension}", "符合要求")


async def test_r18_a_base_changes_the_venue_of_a_published_project_and_says_why(site: Site) -> None:
    found = (await site.public.ask(BY_CODE, code=CLASS))["projectByCode"]
    venue = "实训楼三层（页面所改）"
    async with phone(site.home / "amends") as tab:
        await sign_in(tab, site, "base", BASE)
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/projects/{found['id']}/plan")
        field = "document.querySelector('#amend-address')"
        await tab.until(f"Boolean({field})")
        await tab.evaluate(f"{field}.closest('details').open = true; {field}.select()")
        await tab.write("#amend-address", venue)
        await tab.press("提交变更")
        await tab.write("#field-reason", "原场地检修")
        assert await barriers(tab, site) == []
        await tab.press("确认提交变更")
        await tab.until(f"!{field}.closest('details').open")
        assert not tab.complaints
        await look(tab, site, f"/console/projects/{found['id']}/plan")
    (*_, version) = (await site.public.ask(AMENDED, code=CLASS))["projectByCode"]["planVersions"]
    assert any(venue in change["after"] for change in version["changes"])


async def test_r14_r16_r17_the_ministry_assigns_experts_decides_and_publishes(site: Site) -> None:
    ministry = await site.client("ministry")
    waiting = (await ministry.ask(REVIEWED, status="SUBMITTED"))["projects"]["nodes"][0]
    reviewed = (await ministry.ask(REVIEWED, status="UNDER_REVIEW"))["projects"]["nodes"]
    plan = next(each for each in reviewed if all(review["submittedAt"] for review in each["reviews"]))
    async with phone(site.home / "board") as tab:
        await sign_in(tab, site, "ministry", "moe")
        await tab.reads("等我办理")
        for name, kind, chosen, act, reason in (
            ("assign", "分配评审专家", waiting, "自动分配专家", None),
            ("decide plans", "决定方案", plan, "批准", "#field-APPROVE"),
            ("publish", "公布项目", plan, "公布", None),
        ):
            await tab.open(f"{site.suite.url}/console")
            await task(tab, kind)
            await tab.click(f"document.querySelector('input[aria-label={json.dumps('选择 ' + chosen['title'])}]')")
            await tab.press(act, "main")
            if reason:
                await tab.write(reason, "两位专家意见经复核一致")
            await tab.press(f"确认{act}", "main")
            await tab.reads("已办理 1 个方案")
            assert tab.clicks <= CLICKS[name], name
        assert tab.complaints == []
        published = (await ministry.ask(STATUS, id=plan["id"]))["project"]
        assigned = (await ministry.ask(STATUS, id=waiting["id"]))["project"]
        assert (published["status"], assigned["status"], len(assigned["experts"])) == ("PUBLISHED", "UNDER_REVIEW", 2)
        await tab.open(f"{site.suite.url}/console/plans/{plan['id']}")
        await tab.press("暂停", "main")
        await tab.press("确认暂停", "main")
        assert (await ministry.ask(STATUS, id=plan["id"]))["project"]["status"] == "PUBLISHED", "a reason is required"
        await tab.write("#field-suspend", "场地检修")
        await tab.press("确认暂停", "main")
        await tab.reads("已暂停")
        await look(tab, site, f"/console/plans/{plan['id']}")
