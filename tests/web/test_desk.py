"""Rounds, the register, withdrawals, phones and the audit log by mouse."""

import json

from tests.support.chromium import Tab, phone
from tests.support.eventually import eventually
from tests.web.site import OTHER_BASE, SIZES, TEACHER, THERE, Site, choose, sign_in

ROUND = (
    "query($year: Int!) { round(year: $year) { title version phases { name opens } amendments { changed reason } } }"
)
AMEND = """mutation($year: Int!, $version: Int!) { amendRound(year: $year, version: $version, reason: "电话有变",
  input: {contacts: [{department: "教师工作司", phones: ["010-66096195"]}]}) { version } }"""
MINE = "{ myEnrollments(first: 20) { nodes { id status withdrawalRequest { state } } } }"
RUNNING = "{ projects(first: 10, filter: {statuses: [RUNNING]}) { nodes { id base { organization { code } } } } }"
REVEALED = """{ auditLog(first: 50, filter: {type: "enrollment.teacher-revealed"}) { nodes { data } } }"""
SCHOOL = "query($code: ID!) { school(code: $code) { name closedAt province { code } } }"
CODE = "3144000990"
LEAVABLE = {"SUBMITTED", "WAITLISTED", "OFFERED", "ACCEPTED"}


async def replace(tab: Tab, selector: str, text: str) -> None:
    """Type a text in the place of the one that a field has."""
    await tab.until(f"Boolean(document.querySelector({json.dumps(selector)}))")
    await tab.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
    await tab.command("Input.insertText", text=text)


async def enter(tab: Tab, site: Site, scope: str, login: str) -> None:
    """Sign in at a desk of usual size."""
    await tab.resize(*SIZES[0])
    await sign_in(tab, site, scope, login)
    await tab.reads("等我办理")


async def test_r1_the_ministry_opens_the_next_round_from_the_last_and_corrects_it(site: Site) -> None:
    """What one has typed stays where somebody else corrects the round meanwhile; the present year stays the chosen."""
    ministry = await site.client("ministry")
    last = (await ministry.ask(ROUND, year=2024))["round"]
    async with phone(site.home / "rounds") as tab:
        await enter(tab, site, "ministry", "moe")
        await tab.open(f"{site.suite.url}/console/rounds")
        await tab.press("开启 2025 年轮次", "main")
        await tab.reads("已按 2024 年轮次填写")
        await tab.until(THERE)
        assert await tab.evaluate("document.querySelector('#field-title').value") == last["title"].replace(
            "2024", "2025"
        )
        await tab.press("开启轮次", "main")
        await tab.press("确认开启轮次", "main")
        await tab.reads("更正 2025 年轮次")
        opened = (await ministry.ask(ROUND, year=2025))["round"]
        assert [(each["name"], each["opens"]) for each in opened["phases"]] == [
            (each["name"], each["opens"].replace("2024", "2025")) for each in last["phases"]
        ]
        await tab.until(THERE)
        assert await tab.evaluate("document.querySelector('#field-year').value") == "2024"

        await replace(tab, "#field-title", "二〇二五年培训")
        await ministry.ask(AMEND, year=2025, version=opened["version"])
        await tab.press("更正轮次", "main")
        await tab.write("#field-reason", "名称以通知为准")
        await tab.press("确认更正轮次", "main")
        await tab.reads("STALE_VERSION")
        await tab.press("保留我的改动", "main")
        await tab.press("确认更正轮次", "main")
        await tab.reads("名称以通知为准")
        assert tab.complaints == []
    amended = (await ministry.ask(ROUND, year=2025))["round"]
    assert amended["title"] == "二〇二五年培训"
    assert [each["changed"] for each in amended["amendments"]] == [["contacts"], ["title"]]


async def test_r3_a_province_registers_a_school_and_renames_it(site: Site) -> None:
    async with phone(site.home / "schools") as tab:
        await enter(tab, site, "province", "province44")
        await tab.open(f"{site.suite.url}/console/schools")
        await tab.press("登记一所学校", "main")
        await tab.write("#field-code", CODE)
        await tab.write("#field-name", "南岭职业学校")
        await tab.press("登记", "main")
        await tab.reads("尚未指定专人")
        await tab.press("更名", "main")
        await replace(tab, "#field-name", "南岭职业技术学校")
        await tab.write("#field-renamed", "经批准更名")
        await tab.press("确认更名", "main")
        await tab.until("document.querySelector('h1')?.textContent === '南岭职业技术学校'")
        await tab.press("关闭学校", "main")
        await tab.write("#field-closed", "登记有误")
        await tab.press("确认关闭学校", "main")
        await tab.reads("恢复学校")
        assert tab.complaints == []
    stored = (await (await site.client("ministry")).ask(SCHOOL, code=CODE))["school"]
    assert (stored["name"], stored["province"]["code"]) == ("南岭职业技术学校", "44")
    assert stored["closedAt"]


async def test_r3_the_ministry_registers_schools_of_any_province_by_their_codes(site: Site) -> None:
    async with phone(site.home / "codes") as tab:
        await enter(tab, site, "ministry", "moe")
        await tab.open(f"{site.suite.url}/console/schools")
        await tab.press("登记学校", "main")
        await tab.write("#field-rows", "3144000991，北江职业学校")
        await tab.press("确认登记学校", "main")
        await tab.reads("北江职业学校")
        assert tab.complaints == []
    stored = (await (await site.client("ministry")).ask(SCHOOL, code="3144000991"))["school"]
    assert stored["province"]["code"] == "44"


async def test_r26_a_teacher_asks_to_withdraw_and_the_school_answers(site: Site) -> None:
    """It can be taken back until then; a refusal and its reason are there to read."""
    teacher = await site.client("teacher")
    held = (await teacher.ask(MINE))["myEnrollments"]["nodes"]
    one = next(each["id"] for each in held if each["status"] in LEAVABLE)

    async def stands(state: str) -> bool:
        rows = (await teacher.ask(MINE))["myEnrollments"]["nodes"]
        return any(each["id"] == one and each["withdrawalRequest"]["state"] == state for each in rows)

    async with phone(site.home / "leaves") as tab:
        await enter(tab, site, "teacher", TEACHER)
        for again in (True, False):
            await tab.open(f"{site.suite.url}/console/enrollments/{one}")
            await tab.press("申请退出", "main")
            await tab.write("#field-reason", "家中有事")
            await tab.press("确认申请退出", "main")
            await tab.reads("已申请退出，待学校答复")
            if again:
                await tab.press("撤回退出申请", "main")
                await tab.press("确认撤回退出申请", "main")
                await tab.until(
                    "[...document.querySelectorAll('main button')].some((e) => e.textContent === '申请退出')"
                )
                assert await stands("TAKEN_BACK")
        await tab.press("退出")
        await tab.reads("登录名")
        await enter(tab, site, "school", site.person)
        await tab.open(f"{site.suite.url}/console/enrollments/{one}")
        await tab.reads("家中有事")
        await tab.press("不同意退出", "main")
        await tab.write("#field-refusal", "名额已定，请按期参加")
        await tab.press("确认不同意退出", "main")
        await eventually(lambda: stands("REFUSED"))
        await tab.press("退出")
        await tab.reads("登录名")
        await enter(tab, site, "teacher", TEACHER)
        await tab.open(f"{site.suite.url}/console/enrollments/{one}")
        await tab.reads("名额已定，请按期参加")
        assert tab.complaints == []


async def test_r41_a_base_looks_at_the_phones_of_a_class_and_the_audit_log_tells(site: Site) -> None:
    """No purpose, no phones; they go when they are hidden."""
    ministry = await site.client("ministry")
    running = (await ministry.ask(RUNNING))["projects"]["nodes"]
    project = next(each["id"] for each in running if each["base"]["organization"]["code"] == OTHER_BASE)
    phones = "/1[3-9]\\d{9}/.test(document.body.innerText)"
    async with phone(site.home / "phones") as tab:
        await enter(tab, site, "base", OTHER_BASE)
        await tab.open(f"{site.suite.url}/console/projects/{project}")
        await tab.press("查看学员电话", "main")
        await tab.write("#field-purpose", "急")
        await tab.press("确认查看学员电话", "main")
        await tab.reads("INVALID_PURPOSE")
        assert not await tab.evaluate(phones)
        await replace(tab, "#field-purpose", "通知开班安排")
        await tab.press("确认查看学员电话", "main")
        await tab.until(phones)
        await tab.press("收起号码", "main")
        await tab.until(f"!{phones}")

        async def logged() -> bool:
            rows = (await ministry.ask(REVEALED))["auditLog"]["nodes"]
            return any(row["data"]["purpose"] == "通知开班安排" for row in rows)

        await eventually(logged)
        await tab.press("退出")
        await tab.reads("登录名")
        await enter(tab, site, "ministry", "moe")
        await tab.open(f"{site.suite.url}/console/audit")
        await tab.until(THERE)
        await choose(tab, "#field-type", "enrollment.teacher-revealed")
        await tab.write("#field-organization", OTHER_BASE)
        await tab.press("筛选", "main")
        await tab.reads("用途 通知开班安排")
        assert f"organization={OTHER_BASE}" in await tab.evaluate("location.search")
        assert not await tab.evaluate(phones)
        assert "哈希与上一行不符" not in await tab.evaluate("document.body.innerText")
        await tab.write("#field-from", "昨天")
        await tab.press("筛选", "main")
        await tab.reads("INVALID_DATE")
        assert [each for each in tab.complaints if "INVALID_PURPOSE" not in each] == []


async def test_r6_a_base_sets_its_contacts_from_those_on_file(site: Site) -> None:
    async with phone(site.home / "team") as tab:
        await enter(tab, site, "base", OTHER_BASE)
        await tab.open(f"{site.suite.url}/console/team")
        await tab.press("查看联系人完整电话", "main")
        await tab.write("#field-purpose-team", "更新联系人名单")
        await tab.press("确认查看联系人完整电话", "main")
        await tab.reads("号码仅在本页显示")
        await tab.press("登记联系人", "main")
        await tab.press("增加一行", "main")
        await tab.write("main form tbody tr:last-child td:nth-child(2) input", "许未定")
        await tab.press("确认登记联系人", "main")
        await tab.reads("DUTY_MISSING")
        await tab.evaluate("document.querySelector('main form tbody tr:last-child button').click()")
        await replace(tab, "main form tbody tr:first-child td:nth-child(2) input", "沈明远")
        await tab.press("确认登记联系人", "main")
        await tab.until("document.querySelector('main table tbody').innerText.includes('沈明远')")
        assert tab.complaints == []
