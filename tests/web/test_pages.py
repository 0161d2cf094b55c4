"""The front ends in a real Chromium, on a round in progress: what visitors and every role see and do by mouse."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.local.suite import GATEWAY, Suite
from deploy.local.web import FrontEnd
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import Client, session
from deploy.seed.loading import Seed, load_once
from deploy.seed.world import credit_code
from kernel.dates import SHANGHAI
from tests.support import chromium
from tests.support.chromium import Tab, phone
from tests.support.eventually import eventually
from tests.support.identity_numbers import id_number

SIZES = ((1366, 768), (360, 740))
LANGUAGES = {"zh": "zh-CN", "en": "en"}
AXE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
THERE = "Boolean(document.querySelector('h1')) && !document.querySelector('[aria-busy]')"
PROJECTS = (
    "query($year: Int!) { projects(first: 50, filter: {year: $year}) { totalCount nodes { code title status } } }"
)
AMENDED = "query($code: String!) { projectByCode(code: $code) { planVersions { status changes { label after } } } }"
CREDITED = """{ projects(first: 10, filter: {year: 2023, statuses: [COMPLETED]}) { nodes {
  id enrollments(first: 20, filter: {statuses: [CREDITED]}) { nodes { id teacher { name } } } } } }"""
ISSUE = """mutation($project: ID!, $ids: [ID!]) { issueCertificates(projectId: $project, enrollmentIds: $ids) {
  certificate { number } refusal { code } } }"""
STAFF = "{ mySchool { teachers(first: 50) { nodes { id name enrollments(first: 1) { totalCount } } } } }"
REVIEWED = """query($status: ProjectStatus!) { projects(first: 50, filter: {year: 2024, statuses: [$status]}) { nodes {
  id title reviews { submittedAt } } } }"""
EXPERTS = "{ experts(first: 50) { nodes { id name } } }"
STATUS = "query($id: ID!) { project(id: $id) { status experts { id } } }"
HEADER = "姓名,身份证号码,手机号码,岗位,专兼职,职称,专业大类,项目编号"
RANKED = """query($project: ID) { mySchool { enrollments(first: 50, orderBy: RANK,
  filter: {project: $project, year: 2024}) { nodes { id status project { id } } } } }"""
TEACHERS = "{ mySchool { teachers(first: 20) { nodes { id } } } }"
ENROL = (
    "mutation($project: ID!, $teachers: [ID!]!) { enrollTeachers(projectId: $project, teacherIds: $teachers) { id } }"
)
KEYS = """window.keys = []; const sent = window.fetch; window.fetch = (address, how) => {
  const key = how.headers['Idempotency-Key']; if (key) window.keys.push(key); return sent(address, how); }; 0"""
WAITING = "{ me { todo { closesAt } planTodo { closesAt } trainingTodo { closesAt } } }"
OF_BASE = """query($year: Int!, $status: ProjectStatus!) { projects(filter: {year: $year, statuses: [$status]}) {
  nodes { id version objectives book { state } } } }"""
CLASS = "2024-DQT-001-02"
TEACHER, SCHOOL, BASE = "t31440000140", "3144000014", "4151000102"
UPDATE = """mutation($id: ID!, $version: Int!, $input: ProjectInput!) {
  updateProject(id: $id, version: $version, input: $input) { version } }"""
TIMETABLE = "query($id: ID!) { project(id: $id) { days timetable { date } } }"
EXPERTS = "{ experts(first: 20) { nodes { id name } } }"
ASSIGN = "mutation($id: ID!, $experts: [ID!]!) { assignExperts(projectId: $id, experts: $experts) { id } }"
BY_CODE = "query($code: String!) { projectByCode(code: $code) { id } }"
OTHER_BASE = "4142000106"
"""The base whose class of last year is running."""
LOGINS = {"teacher": TEACHER, "school": SCHOOL, "base": BASE, "expert": "expert5", "province": "province44"}
PAGES = {
    "teacher": ["/enrollments", "/data", "/notices", f"/sign-up/{CLASS}"],
    "school": ["/enrollments", "/enrol", "/teachers", "/transfers", "/accounts", "/rosters", "/school", "/notices"],
    "base": ["/projects", "/projects?year=2023", "/projects/new", "/notices"],
    "expert": ["/reviews", "/notices"],
    "province": ["/progress", "/schools", "/enrollments", "/funding", "/transfers"],
    "ministry": [
        *("/plans?status=UNDER_REVIEW", "/escalations?year=2023", "/bases", "/experts", "/schools", "/calendar"),
        *("/transfers", "/accounts", "/progress", "/notices"),
    ],
}


@dataclass
class Site:
    """A suite whose gateway takes the front ends' documents and no other.

    Attributes:
        suite: The suite.
        public: A client without an account.
        password: Every account's.
        person: The login of the designated person of the school.
        axe: The script that looks for what keeps people out.
        home: Where browsers keep what they keep.
    """

    suite: Suite
    public: Client
    password: str
    person: str
    axe: str
    home: Path

    async def client(self, scope: str) -> Client:
        """A client of a role."""
        return await self.public.login(LOGINS.get(scope, "moe"), self.password, scope)


@pytest.fixture(scope="module")
async def site(home: Path, built: FrontEnd) -> AsyncIterator[Site]:
    """The round of `make run`."""
    if chromium.program() is None:
        pytest.skip("there is no Chromium")
    axe = (built.work / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    with Suite(home / "web") as suite:
        logins = await load_once(suite, Seed.ROUND)
        person = next(login for _, login, who in logins["logins"] if f"专人，{SCHOOL}" in who)
        async with session() as http:
            yield Site(suite, Client(suite.url, http), logins["password"], person, axe, home / "browsers")


async def barriers(tab: Tab, site: Site) -> list[str]:
    """What keeps people out of the page as it is shown, by axe-core; a page that moves sideways does too."""
    if not await tab.evaluate("'axe' in window"):
        await tab.evaluate(f"{site.axe};0")
    found = (
        f"axe.run({{ runOnly: {AXE} }}).then(({{ violations }}) => violations.map((each) =>"
        " `${each.id}: ${each.nodes.map((node) => node.html).slice(0, 3).join(' ')}`))"
    )
    barred: list[str] = await tab.evaluate(found)
    if await tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
        barred.append("it moves sideways")
    return barred


async def look(tab: Tab, site: Site, address: str) -> None:
    """Open a page, and look at it in both languages and sizes.

    Raises:
        AssertionError: Something keeps people out, is not in words, or the browser complains of it.
    """
    await tab.open(f"{site.suite.url}{address}")
    await tab.until(THERE)
    for width, height in SIZES:
        await tab.resize(width, height)
        for language, tag in LANGUAGES.items():
            if await tab.evaluate("document.documentElement.lang") != tag:
                await tab.evaluate("document.querySelector('.top .end button[lang]').click()")
            await tab.until(f"document.documentElement.lang === '{tag}' && {THERE}")
            shown = await tab.evaluate("document.body.innerText")
            assert not {"[object", "undefined", "null", "NaN"} & set(re.split(r"[\s,;：（/]+", shown)), shown
            assert await barriers(tab, site) == [], f"{address} in {language}, {width} points wide"
    assert tab.complaints == [], address


async def sign_in(tab: Tab, site: Site, scope: str, login: str, address: str | None = "/console/login") -> None:
    """Sign in at an address, or on the page that is open."""
    if address:
        await tab.open(f"{site.suite.url}{address}?as={scope}")
    await tab.write("#field-login", login)
    await tab.write("#field-password", site.password)
    await tab.press("登录", "main")


async def test_the_browser_asks_by_the_ids_of_the_manifest(site: Site) -> None:
    async with phone(site.home / "ids") as tab:
        await tab.open(site.suite.url)
        await tab.until(THERE)
        bodies = [sent.body for sent in tab.sent("/graphql")]
    assert bodies
    assert all('"documentId":' in body and '"query":' not in body for body in bodies)


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?q=%E6%97%A0%E6%AD%A4%E9%A1%B9%E7%9B%AE",
        f"/projects/{CLASS}",
        "/projects/none",
        "/calendar/2024",
        "/certificates",
        "/inspections/none",
        "/keys",
        "/help",
    ],
)
async def test_a_public_page_keeps_nobody_out(site: Site, address: str) -> None:
    async with phone(site.home / "visitor") as tab:
        await look(tab, site, address)


async def test_r17_a_visitor_narrows_the_catalogue_and_the_address_keeps_it(site: Site) -> None:
    listed = (await site.public.ask(PROJECTS, year=2024))["projects"]
    async with phone(site.home / "search") as tab:
        await tab.resize(*SIZES[0])
        await tab.open(site.suite.url)
        await tab.reads(f"共 {listed['totalCount']} 项")
        await tab.evaluate("document.querySelector('nav[aria-label=组织形式] a').click()")
        await tab.until("location.search.includes('mode=')")
        narrowed = int(await tab.text("nav[aria-label=组织形式] a span:last-child"))
        assert 0 < narrowed < listed["totalCount"]
        await tab.reads(f"共 {narrowed} 项")
        await tab.write("#field-q", "智能制造")
        await tab.press("搜索", "main")
        await tab.until("location.search.includes('q=') && location.search.includes('mode=')")
        await tab.until(THERE)
        titles = await tab.evaluate("[...document.querySelectorAll('.offer h3')].map((each) => each.textContent)")
        assert "智能制造专业教学能力提升" in titles
        await tab.evaluate("history.back()")
        await tab.reads(f"共 {narrowed} 项")
        await tab.evaluate("history.back()")
        await tab.reads(f"共 {listed['totalCount']} 项")
        assert not tab.complaints


async def test_r18_a_project_that_was_changed_says_what_and_when(site: Site) -> None:
    listed = (await site.public.ask(PROJECTS, year=2024))["projects"]["nodes"]
    changed = {}
    for each in listed:
        versions = (await site.public.ask(AMENDED, code=each["code"]))["projectByCode"]["planVersions"]
        found = [change for version in versions if version["status"] == "PUBLISHED" for change in version["changes"]]
        if found:
            changed[each["code"]] = found[0]
    code, change = next(iter(changed.items()))
    async with phone(site.home / "changed") as tab:
        await tab.open(f"{site.suite.url}/projects/{code}")
        await tab.reads("变更记录")
        shown = await tab.text("#changes")
        assert change["label"] in shown
        assert change["after"] in shown
        (plain,) = [each["code"] for each in listed if each["code"] not in changed][:1]
        await tab.open(f"{site.suite.url}/projects/{plain}")
        await tab.reads("课程表")
        assert "变更记录" not in await tab.evaluate("document.body.innerText")


async def test_r32_a_certificate_is_checked_by_its_number(site: Site) -> None:
    ministry = await site.client("ministry")
    projects = (await ministry.ask(CREDITED))["projects"]["nodes"]
    project = next(each for each in projects if each["enrollments"]["nodes"])
    holder = project["enrollments"]["nodes"][0]
    (row,) = (await ministry.ask(ISSUE, project=project["id"], ids=[holder["id"]]))["issueCertificates"]
    number, name = row["certificate"]["number"], holder["teacher"]["name"]
    async with phone(site.home / "certificate") as tab:
        await tab.open(f"{site.suite.url}/certificates")
        await tab.write("#field-number", f" {number[:6]} {number[6:]} ")
        await tab.press("核验", "main")
        await tab.reads("证书有效")
        shown = await tab.evaluate("document.querySelector('main').innerText")
        assert name[0] in shown
        assert name not in shown
        assert not tab.complaints
        await tab.write("#field-number", "X")
        await tab.press("核验", "main")
        await tab.reads("CERTIFICATE_NUMBER_INVALID")
        assert "证书有效" not in await tab.evaluate("document.body.innerText")


@pytest.mark.parametrize("scope", PAGES)
async def test_a_role_signs_in_and_its_pages_keep_nobody_out(site: Site, scope: str) -> None:
    """A reload goes on with the session, nothing of it is in storage, and signing out ends it."""
    me = (await (await site.client(scope)).ask(WAITING))["me"]
    waiting = [due for part in ("todo", "planTodo", "trainingTodo") for due in me[part] or []]
    async with phone(site.home / scope) as tab:
        await sign_in(tab, site, scope, LOGINS.get(scope, "moe"))
        await tab.reads("等我办理")
        assert await tab.evaluate("location.pathname") == "/console"
        assert await tab.evaluate("document.querySelectorAll('.due').length") == len(waiting)
        shown = await tab.evaluate("document.body.innerText")
        ends = {datetime.fromisoformat(due["closesAt"]).astimezone(SHANGHAI) for due in waiting if due["closesAt"]}
        assert {f"{end:%H:%M}".replace("00:00", "24:00") for end in ends} <= set(re.findall(r"\d\d:\d\d", shown))
        for place in ["", *PAGES[scope]]:
            await look(tab, site, f"/console{place}")
        kept = await tab.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
        assert kept == '[{"language":"en","signed-in":"1"},{},""]'
        await tab.press("Sign out")
        await tab.reads("Login name")
        await tab.open(f"{site.suite.url}/console")
        await tab.reads("Login name")
        assert not tab.complaints


async def test_a_wrong_password_is_refused_in_words_and_what_was_typed_stays(site: Site) -> None:
    async with phone(site.home / "wrong") as tab:
        await tab.open(f"{site.suite.url}/console/login?as=base")
        await tab.write("#field-login", BASE)
        await tab.write("#field-password", "not the password")
        await tab.press("登录", "main")
        await tab.reads("INVALID_CREDENTIALS")
        assert await tab.evaluate("document.querySelector('#field-login').value") == BASE
        assert await barriers(tab, site) == []


async def test_a_lost_network_takes_nothing_away_and_signing_out_is_made_up_for(site: Site) -> None:
    refresh = "fetch('/auth/refresh', {method: 'POST', body: '{}', headers: {'Content-Type': 'application/json'}})"
    async with phone(site.home / "offline") as tab:
        await sign_in(tab, site, "school", site.person)
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/teachers")
        await tab.until(THERE)
        listed = await tab.evaluate("document.querySelectorAll('main td').length")
        assert listed
        await tab.press("登记教师", "main")
        for name, text in {"name": "欧阳断网", "idNumber": "11010119900307", "mobile": "138"}.items():
            await tab.write(f"#field-{name}", text)
        await offline(tab, lost=True)
        await tab.evaluate(KEYS)
        for _ in "12":
            await tab.press("确认登记教师", "main")
            await tab.reads("网络连接不上")
        await tab.until("window.keys.length === 4")
        assert await tab.evaluate("new Set(window.keys).size") == 1, "nothing is done twice"
        assert await tab.evaluate("document.querySelector('#field-name').value") == "欧阳断网"
        assert await tab.evaluate("document.querySelectorAll('main td').length") == listed
        await tab.press("退出")
        await tab.reads("退出尚未送达服务器")
        await offline(tab, lost=False)
        await tab.until("localStorage.getItem('leaving') === null")
        assert await tab.evaluate(f"{refresh}.then((reply) => reply.status)") == 401


async def offline(tab: Tab, *, lost: bool) -> None:
    throughput = {"downloadThroughput": -1, "uploadThroughput": -1}
    await tab.command("Network.emulateNetworkConditions", offline=lost, latency=0, **throughput)


async def test_a_tab_ends_where_somebody_else_signs_in_beside_it(site: Site) -> None:
    """The cookie is the other's by then; tabs tell each other, and who was not told sees it when it renews."""
    other = {"login": BASE, "password": site.password, "scope": "base", "cookie": True}
    posted = {"method": "POST", "headers": {"Content-Type": "application/json"}, "body": json.dumps(other)}
    later = "const now = Date.now; Date.now = () => now() + 9 * 60_000; dispatchEvent(new KeyboardEvent('keydown'))"
    async with phone(site.home / "beside") as tab:
        await tab.open(f"{site.suite.url}/console/login?as=teacher")
        channel = "new BroadcastChannel('guopei-session')"
        await tab.evaluate(f"window.told = []; {channel}.onmessage = ({{ data }}) => window.told.push(data); 0")
        await sign_in(tab, site, "teacher", TEACHER, None)
        await tab.reads("等我办理")
        await tab.until("window.told.some((said) => said.holder)")
        assert await tab.evaluate(f"fetch('/auth/login', {json.dumps(posted)}).then((reply) => reply.status)") == 200
        await tab.evaluate(f"(() => {{ {later} }})()")
        await tab.until("window.told.some((said) => said.touched)")
        await tab.reads("登录已失效")
        await sign_in(tab, site, "teacher", TEACHER, None)
        await tab.reads("等我办理")
        await tab.evaluate(f"{channel}.postMessage({{ holder: 'somebody else' }})")
        await tab.reads("登录已失效")
        assert tab.complaints == []


async def test_r21_a_school_ranks_a_whole_list_and_no_part_of_one(site: Site) -> None:
    """A ranking names first whom it puts first: those that it does not name come after."""
    school = await site.public.login(site.person, site.password, "school")
    listed = (await school.ask(RANKED))["mySchool"]["enrollments"]["nodes"]
    project = next(row["project"]["id"] for row in listed if row["status"] in {"SIGNED_UP", "SUBMITTED"})
    teachers = [row["id"] for row in (await school.ask(TEACHERS))["mySchool"]["teachers"]["nodes"]]
    await school.do(ENROL, project=project, teachers=teachers)

    async def order() -> list[str]:
        rows = (await school.ask(RANKED, project=project))["mySchool"]["enrollments"]["nodes"]
        return [row["id"] for row in rows if row["status"] in {"SIGNED_UP", "SUBMITTED"}]

    first, second, *rest = await order()
    assert rest
    async with phone(site.home / "ranks") as tab:
        await sign_in(tab, site, "school", site.person)
        await tab.reads("等我办理")
        for part in ("&q=%E6%9D%8E", "&status=SIGNED_UP", "&order=NAME"):
            await tab.open(f"{site.suite.url}/console/enrollments?project={project}{part}")
            await tab.until(THERE)
            assert "保存排序" not in await tab.evaluate("document.body.innerText")
        await tab.open(f"{site.suite.url}/console/enrollments?project={project}")
        await tab.press("↓", "main")
        await tab.press("保存排序", "main")

        async def saved() -> bool:
            return await order() == [second, first, *rest]

        await eventually(saved)


async def test_r4_a_first_login_sets_a_password_before_anything_else(site: Site) -> None:
    login = "web-first"
    provisioner = AccountProvisioner(site.suite, site.public.http, site.password)
    codes = await provisioner.provision({"login": login, "scope": "ministry", "name": "新任处长"})
    async with phone(site.home / "first") as tab:
        await tab.open(f"{site.suite.url}/console/login?as=ministry")
        await tab.write("#field-login", login)
        await tab.write("#field-password", codes[login, "ministry"])
        await tab.press("登录", "main")
        await tab.reads("设置新密码")
        assert await barriers(tab, site) == []
        await tab.write("#field-fresh", "123456")
        await tab.write("#field-again", "123456")
        await tab.press("继续", "main")
        await tab.reads("WEAK_PASSWORD")
        for name in ("fresh", "again"):
            await tab.evaluate(f"document.querySelector('#field-{name}').value = ''")
            await tab.write(f"#field-{name}", site.password)
        await tab.press("继续", "main")
        await tab.reads("等我办理")


async def test_r19_r22_r23_a_teacher_signs_up_the_school_submits_and_the_base_accepts(site: Site) -> None:
    """By mouse alone, from the public page of a project to the seat."""
    async with phone(site.home / "teacher-signs-up") as tab:
        await tab.open(f"{site.suite.url}/projects/{CLASS}")
        await tab.press("我要报名")
        await tab.write("#field-login", TEACHER)
        await tab.write("#field-password", site.password)
        await tab.press("登录", "main")
        await tab.reads("以 ")
        await tab.press("报名", "main")
        await tab.reads("待学校提交")
        name = await tab.text(".who")
        assert not tab.complaints
    async with phone(site.home / "school-submits") as tab:
        await sign_in(tab, site, "school", site.person)
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/enrollments?status=SIGNED_UP")
        await tick(tab, name)
        await tab.press("提交给基地")
        await tab.reads("已提交 1 人")
        assert not tab.complaints
    async with phone(site.home / "base-accepts") as tab:
        await sign_in(tab, site, "base", BASE)
        await tab.reads("等我办理")
        project = await site.public.ask("query($code: String!) { projectByCode(code: $code) { id } }", code=CLASS)
        address = f"{site.suite.url}/console/projects/{project['projectByCode']['id']}"
        await tab.open(f"{address}?status=SUBMITTED")
        await tick(tab, name)
        await tab.press("录取", "main")
        await tab.reads("已办理 1 人")
        await tab.open(f"{address}?status=ACCEPTED")
        await tab.reads(name)
        assert not tab.complaints


async def tick(tab: Tab, name: str) -> None:
    """Tick the first row of a person."""
    box = (
        "[...document.querySelectorAll('label.pick')].find((each) =>"
        f" each.innerText.includes('{name}') && each.querySelector('input'))"
    )
    await tab.until(f"Boolean({box})")
    await tab.evaluate(f"{box}.querySelector('input').click()")


async def own_plan(client: Client, year: int, status: str) -> dict[str, Any]:
    """The one project of a base that is in a state which only the base sees."""
    found = (await client.ask(OF_BASE, year=year, status=status))["projects"]["nodes"]
    plan: dict[str, Any] = found[0]
    return plan


async def choose(tab: Tab, selector: str, value: str) -> None:
    """Choose of a list, as a mouse does."""
    field = f"document.querySelector({json.dumps(selector)})"
    await tab.until(f"Boolean({field})")
    await tab.evaluate(f"{field}.value = {value!r}; {field}.dispatchEvent(new Event('change', {{bubbles: true}}))")


async def key(tab: Tab, name: str, code: int, text: str = "") -> None:
    """Press a key."""
    pressed = {"key": name, "code": "Space" if text else name, "windowsVirtualKeyCode": code, "text": text}
    for kind in ("keyDown", "keyUp"):
        await tab.command("Input.dispatchKeyEvent", type=kind, **pressed)


def paste(selector: str, text: str) -> str:
    """An expression that pastes a text from a workbook."""
    return (
        "(() => { const given = new DataTransfer();"
        f" given.setData('text/plain', {json.dumps(text)});"
        " const event = new ClipboardEvent('paste', { clipboardData: given, bubbles: true, cancelable: true });"
        f" document.querySelector({json.dumps(selector)}).dispatchEvent(event); }})()"
    )


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
        await tab.open(f"{site.suite.url}/console/reviews/{plan['id']}")
        await tab.reads("还有 5 个维度")
        await tab.evaluate("document.querySelectorAll('input[value=PASS]').forEach((each) => each.click())")
        for dimension in ("OBJECTIVES", "CONTENT", "ORGANIZATION", "DURATION", "FEE"):
            await tab.write(f"#comment-{dimension}", "符合要求")
        await tab.open(f"{site.suite.url}/console/reviews/{plan['id']}")
        await tab.until("document.querySelector('#comment-FEE')?.value === '符合要求'")
        assert await barriers(tab, site) == []
        await tab.press("提交评审意见")
        await tab.press("确认提交评审意见")
        await tab.reads("其他专家还没有提交")
        assert await tab.evaluate("JSON.stringify({...sessionStorage})") == "{}"
        await look(tab, site, f"/console/reviews/{plan['id']}")


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


async def test_r29_a_base_marks_a_session_by_keys_and_opens_its_check_in(site: Site) -> None:
    """What is marked stays in the page until it is sent."""
    base = await site.public.login(OTHER_BASE, site.password, "base")
    project = await own_plan(base, 2023, "RUNNING")
    async with phone(site.home / "marks") as tab:
        await sign_in(tab, site, "base", OTHER_BASE)
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/projects/{project['id']}/attendance")
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


async def test_r23_r25_a_base_orders_its_waiting_list_and_corrects_a_decision(site: Site) -> None:
    found = (await site.public.ask(BY_CODE, code="2024-DQT-001-01"))["projectByCode"]
    address = f"/console/projects/{found['id']}"
    async with phone(site.home / "waits") as tab:
        await sign_in(tab, site, "base", BASE)
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}{address}?status=REJECTED")
        await tab.press("更正")
        await choose(tab, "select[name^=decision]", "WAITLIST")
        await tab.write("input[name^=reason]", "资料复核后符合条件")
        assert await barriers(tab, site) == []
        await tab.press("确认更正")
        await tab.reads("没有符合条件的报名人员")
        await tab.open(f"{site.suite.url}{address}/waitlist")
        names = (
            "[...document.querySelectorAll('tbody tr')].filter((row) => row.querySelector('.rank'))"
            ".map((row) => row.querySelector('th').innerText)"
        )
        await tab.until(f"({names}).length > 1")
        before = await tab.evaluate(names)
        await tab.evaluate("document.querySelector('.rank button:last-child').click()")
        await tab.press("保存次序")
        await tab.until(
            f"document.querySelector('main .button.first').disabled && ({names})[0] === {json.dumps(before[1])}"
        )
        await tab.open(f"{site.suite.url}{address}/waitlist")
        await tab.until(f"({names})[0] === {json.dumps(before[1])} && ({names})[1] === {json.dumps(before[0])}")
        assert not tab.complaints
        await look(tab, site, f"{address}/waitlist")


def drop(text: str, name: str) -> str:
    """An expression that drops a file where the page takes one."""
    return (
        "(() => { const given = new DataTransfer();"
        f" given.items.add(new File([{json.dumps(text)}], {json.dumps(name)}));"
        " const event = new DragEvent('drop', { dataTransfer: given, bubbles: true, cancelable: true });"
        " document.querySelector('.drop').dispatchEvent(event); })()"
    )


async def test_r22_a_school_drops_a_roster_sees_the_wrong_cells_and_puts_the_good_rows_in(site: Site) -> None:
    good = f"周文静,{id_number(771)},13712340001,教师,专职,讲师,装备制造,{CLASS}"
    wrong = f"吴思远,{id_number(772)},1371234,门卫,专职,讲师,装备制造,{CLASS}"
    async with phone(site.home / "roster") as tab:
        await sign_in(tab, site, "school", site.person)
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/rosters")
        await tab.until("Boolean(document.querySelector('.drop'))")
        await tab.evaluate(drop(f"{HEADER}\n{good}\n{wrong}", "名册.csv"))
        await tab.until("location.pathname.startsWith('/console/rosters/') && !!document.querySelector('.wrong')")
        cells = "[...document.querySelectorAll('td .wrong')].map((each) => each.closest('td').dataset.label)"
        assert {"手机号码", "岗位"} <= set(await tab.evaluate(cells))
        shown = await tab.evaluate("document.querySelector('main').innerText")
        assert "吴思远" in shown
        assert "周文静" not in shown, "only the wrong rows at first"
        assert await barriers(tab, site) == []
        await tab.press("只提交合格的行", "main")
        await tab.press("确认只提交合格的行", "main")
        await tab.until("!document.querySelector('main .tag').innerText.includes('待确认')")
        job = await tab.evaluate("location.href")
        await tab.open(f"{site.suite.url}/console/enrollments?q=%E5%91%A8%E6%96%87%E9%9D%99")  # leaving changes nothing
        await tab.open(job)
        await tab.reads("已提交 1 行")
        await tab.open(f"{site.suite.url}/console/enrollments?q=%E5%91%A8%E6%96%87%E9%9D%99")
        await tab.reads("周文静")
        await tab.press("查看 周文静 " + await tab.text("td[data-label=项目] a"), "main")
        await tab.reads("周文静的报名")
        assert tab.complaints == []
        await look(tab, site, await tab.evaluate("location.pathname"))


async def test_r22_r27_a_school_enrols_its_teacher_and_the_province_sees_it_without_loading_anew(site: Site) -> None:
    person = await site.public.login(site.person, site.password, "school")
    staff = (await person.ask(STAFF))["mySchool"]["teachers"]["nodes"]
    name = next(each["name"] for each in staff if not each["enrollments"]["totalCount"])
    figure = "[...document.querySelectorAll('.tile')].find((each) => each.innerText.startsWith('报名')).innerText"
    async with phone(site.home / "live") as live, phone(site.home / "enrols") as tab:
        await sign_in(live, site, "province", LOGINS["province"])
        await live.reads("等我办理")
        await live.open(f"{site.suite.url}/console/progress")
        await live.reads("实时更新：")
        before = await live.evaluate(figure)
        await sign_in(tab, site, "school", site.person)
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/enrol?q={CLASS}")
        await tab.until("Boolean(document.querySelector('main a[href*=\"/console/enrol/\"]'))")
        await tab.evaluate("document.querySelector('main a[href*=\"/console/enrol/\"]').click()")
        await tick(tab, name)
        await tab.press("报名", "main")
        await tab.reads("已报名 1 人")
        assert tab.complaints == []
        await live.until(f"{figure} !== {json.dumps(before)}")
        assert live.complaints == []


async def test_r27_a_province_records_a_payment_and_corrects_it(site: Site) -> None:
    async with phone(site.home / "funding") as tab:
        await sign_in(tab, site, "province", LOGINS["province"])
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/funding")
        await tab.press("登记经费", "main")
        await tab.write("#field-item", "教材印制")
        await tab.write("#field-amount", "many")
        await tab.press("确认登记经费", "main")
        await tab.until("Boolean(document.querySelector('main .note.bad'))")
        assert await tab.evaluate("document.querySelector('#field-item').value") == "教材印制"
        await tab.evaluate("document.querySelector('#field-amount').value = ''")
        await tab.write("#field-amount", "12,000.50")
        await tab.press("确认登记经费", "main")
        await tab.reads("12,000.5 元")
        row = "[...document.querySelectorAll('main tbody tr')].find((each) => each.innerText.includes('教材印制'))"
        await tab.evaluate(f"[...{row}.querySelectorAll('button')].find((each) => each.textContent === '更正').click()")
        await tab.evaluate(f"{row}.querySelector('input[name^=amount]').value = '11000'")
        await tab.evaluate(f"{row}.querySelector('input[name^=reason]').value = '多记一笔'")
        await tab.press("确认更正", "main")
        await tab.reads("第 2 版")
        await tab.reads("11,000 元")


async def test_r14_r16_r17_the_ministry_assigns_experts_decides_and_publishes(site: Site) -> None:
    ministry = await site.client("ministry")
    waiting = (await ministry.ask(REVIEWED, status="SUBMITTED"))["projects"]["nodes"][0]
    reviewed = (await ministry.ask(REVIEWED, status="UNDER_REVIEW"))["projects"]["nodes"]
    plan = next(each for each in reviewed if all(review["submittedAt"] for review in each["reviews"]))
    async with phone(site.home / "board") as tab:
        await sign_in(tab, site, "ministry", "moe")
        await tab.reads("等我办理")
        for status, chosen, act, reason in (
            ("SUBMITTED", waiting, "自动分配专家", None),
            ("UNDER_REVIEW", plan, "批准", "#field-APPROVE"),
            ("APPROVED", plan, "公布", None),
        ):
            await tab.open(f"{site.suite.url}/console/plans?status={status}")
            box = f"document.querySelector('input[aria-label={json.dumps('选择 ' + chosen['title'])}]')"
            await tab.until(f"Boolean({box})")
            await tab.evaluate(f"{box}.click()")
            await tab.press(act, "main")
            if reason:
                await tab.write(reason, "两位专家意见经复核一致")
            await tab.press(f"确认{act}", "main")
            await tab.reads("已办理 1 个方案")
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


async def test_r23_the_ministry_decides_what_a_base_left_undecided_and_says_why(site: Site) -> None:
    async with phone(site.home / "escalated") as tab:
        await sign_in(tab, site, "ministry", "moe")
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/escalations?year=2023")
        await tab.until("Boolean(document.querySelector('label.pick input'))")
        await tab.evaluate("document.querySelector('label.pick input').click()")
        await tab.press("不予录取", "main")
        await tab.write("#field-REJECT", "名额已满")
        await tab.press("确认不予录取", "main")
        await tab.reads("已办理 1 人")


async def test_r3_the_ministry_registers_an_expert_and_prints_the_code(site: Site) -> None:
    async with phone(site.home / "registers") as tab:
        await sign_in(tab, site, "ministry", "moe")
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/experts")
        await tab.press("登记专家", "main")
        for name, text in (
            ("name", "郑海明"),
            ("organizationName", "江南职业教育研究院"),
            ("organizationCode", credit_code("12330000400000077")),
            ("fields", "6、10"),
        ):
            await tab.write(f"#field-{name}", text)
        await tab.press("确认登记专家", "main")
        await tab.reads("郑海明")
        ministry = await site.client("ministry")
        person = next(each for each in (await ministry.ask(EXPERTS))["experts"]["nodes"] if each["name"] == "郑海明")
        listed = await eventually(lambda: account(ministry, person["id"]), every=2)
        await tab.open(f"{site.suite.url}/console/accounts?scope=expert")
        row = (
            "[...document.querySelectorAll('main tbody tr')]"
            f".find((each) => ['郑海明', '{listed['login']}'].every((text) => each.innerText.includes(text)))"
        )
        await tab.until(f"Boolean({row})")
        await tab.evaluate(f"{row}.querySelector('button').click()")
        await tab.press("确认发放激活码", "main")
        await tab.reads("激活码（只显示这一次）")
        code = await tab.text("main .list strong.mono")
        assert tab.complaints == []
        await tab.press("退出")
    given = {"login": listed["login"], "password": code, "scope": "expert"}
    async with site.public.http.post(f"{site.suite.url}/auth/login", json=given) as reply:
        assert (reply.status, (await reply.json())["mustChangePassword"]) == (200, True)


async def account(ministry: Client, person: str) -> dict[str, str] | None:
    """An expert's account as the ministry lists it, once there is one."""
    address = f"{ministry.url}/auth/accounts?scope=expert&first=200"
    async with ministry.http.get(address, headers={"Authorization": f"Bearer {ministry.token}"}) as reply:
        listed = (await reply.json())["accounts"]
    return next((each for each in listed if each.get("person") == person), None)


async def test_a_gateway_that_takes_no_free_text_shows_the_same_pages(site: Site) -> None:
    """Production takes documents of manifests alone."""
    site.suite.overrides[GATEWAY] = {"TRUSTED_DOCUMENTS": "require"}
    site.suite.children[GATEWAY].stop()
    site.suite.launch(GATEWAY)
    site.suite.wait_ready(GATEWAY)
    reply = await site.public.execute("{ __typename }")
    assert [error["extensions"]["code"] for error in reply["errors"]] == ["DOCUMENT_NOT_TRUSTED"]
    async with phone(site.home / "strict") as tab:
        await tab.open(site.suite.url)
        await tab.reads("智能制造专业教学能力提升")
        for scope, places in PAGES.items():
            await sign_in(tab, site, scope, LOGINS.get(scope, "moe"))
            await tab.reads("等我办理")
            for place in places:
                await tab.open(f"{site.suite.url}/console{place}")
                await tab.until(THERE)
                assert not await tab.evaluate("document.querySelectorAll('main .note.bad').length"), place
            await tab.press("退出")
            await tab.reads("登录名")
        assert not tab.complaints
