"""The pages of visitors and of every role: in both languages and sizes they keep nobody out and say what is so."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest

from deploy.local.suite import GATEWAY
from kernel.dates import SHANGHAI
from tests.support.chromium import phone
from tests.web.site import AMENDED, CLASS, LOGINS, PROJECTS, SCHOOL, SIZES, THERE, Site, look, sign_in

CREDITED = """{ projects(first: 10, filter: {year: 2023, statuses: [COMPLETED]}) { nodes {
  id enrollments(first: 20, filter: {statuses: [CREDITED]}) { nodes { id teacher { name } } } } } }"""
ISSUE = """mutation($project: ID!, $ids: [ID!]) { issueCertificates(projectId: $project, enrollmentIds: $ids) {
  certificate { number } refusal { code } } }"""
WAITING = "{ me { todo { closesAt } planTodo { closesAt } trainingTodo { closesAt } } }"
PAGES = {
    "teacher": ["/enrollments", "/evaluations", "/data", "/notices", f"/sign-up/{CLASS}"],
    "school": ["/enrollments", "/enrol", "/teachers", "/transfers", "/accounts", "/rosters", "/school", "/notices"],
    "base": ["/projects", "/projects?year=2023", "/projects/new", "/team", "/findings", "/assessments", "/notices"],
    "expert": ["/reviews", "/notices"],
    "province": [
        "/progress",
        "/schools",
        "/schools/new",
        f"/schools/{SCHOOL}",
        "/enrollments",
        "/funding",
        "/transfers",
        "/assessments?year=2023",
    ],
    "ministry": [
        *("/plans?status=UNDER_REVIEW", "/escalations?year=2023", "/bases", "/experts", "/schools", "/calendar"),
        *("/transfers", "/accounts", "/progress", "/notices", "/schools/new", f"/schools/{SCHOOL}"),
        *("/rounds", "/rounds/new", "/rounds/2024", "/audit", "/certificates?year=2023"),
        *("/inspections", "/inspections/none", "/inspections/findings"),
        *("/assessments?year=2023", "/assessments/table?year=2023", "/assessments/proposals?year=2023"),
        "/evaluations?year=2023",
    ],
}


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


@pytest.fixture
def strict(site: Site) -> Iterator[None]:
    """The gateway takes documents of manifests alone, as in production."""

    def restart() -> None:
        site.suite.children[GATEWAY].stop()
        site.suite.launch(GATEWAY)
        site.suite.wait_ready(GATEWAY)

    site.suite.overrides[GATEWAY] = {"TRUSTED_DOCUMENTS": "require"}
    restart()
    yield
    del site.suite.overrides[GATEWAY]
    restart()


@pytest.mark.usefixtures("strict")
async def test_a_gateway_that_takes_no_free_text_shows_the_same_pages(site: Site) -> None:
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
