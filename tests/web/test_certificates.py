"""Certificates and credits by mouse: issued, checked by anybody, revoked, and credits taken and given back."""

from tests.support.chromium import Tab, phone
from tests.support.eventually import eventually
from tests.web.site import Site, look, sign_in, tick

CREDITED = """{ projects(first: 20, filter: {year: 2023, statuses: [COMPLETED]}) { nodes { id
  base { organization { code } }
  enrollments(first: 50, filter: {statuses: [CREDITED]}) { nodes { id teacher { name } } } } } }"""
CREDIT = "query($id: ID!) { enrollment(id: $id) { credit { status reason } certificate { number state } } }"


async def fill(tab: Tab, name: str, text: str) -> None:
    """Type into the field whose name begins so."""
    await tab.until(f"Boolean(document.querySelector('[name^={name}]'))")
    field = await tab.evaluate(f"document.querySelector('[name^={name}]').id")
    await tab.write(f"#{field}", text)


async def test_r32_a_base_issues_a_certificate_and_the_ministry_revokes_it_for_all_to_see(site: Site) -> None:
    ministry = await site.client("ministry")
    projects = (await ministry.ask(CREDITED))["projects"]["nodes"]
    project = next(each for each in projects if each["enrollments"]["nodes"])
    holder = project["enrollments"]["nodes"][-1]
    name, base = holder["teacher"]["name"], project["base"]["organization"]["code"]
    async with phone(site.home / "issues") as tab:
        await sign_in(tab, site, "base", base)
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/projects/{project['id']}/certificates")
        await tick(tab, name)
        await tab.press("签发证书", "main")
        await tab.press("确认签发证书", "main")
        await tab.reads("已签发 1 人的证书")
        await look(tab, site, f"/console/projects/{project['id']}/certificates")
    held = (await ministry.ask(CREDIT, id=holder["id"]))["enrollment"]["certificate"]
    assert held["state"] == "VALID"
    async with phone(site.home / "revokes") as tab:
        await sign_in(tab, site, "ministry", "moe")
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/certificates/{project['id']}")
        await tab.reads(held["number"])
        act = f"[...document.querySelectorAll('main tr')].find((row) => row.innerText.includes('{held['number']}'))"
        await tab.evaluate(f"{act}.querySelector('.act button').click()")
        await fill(tab, "reason", "姓名录入有误")
        await tab.press("确认撤销证书", "main")
        await tab.reads("已撤销 · 签发有误")
        await tab.open(f"{site.suite.url}/c/{held['number']}")
        await tab.until("/已撤销|Revoked/.test(document.body.innerText)")  # in the browser's language
        assert "姓名录入有误" not in await tab.evaluate("document.body.innerText")
        assert not tab.complaints


async def test_r31_the_ministry_revokes_a_credit_and_restores_it(site: Site) -> None:
    ministry = await site.client("ministry")
    projects = (await ministry.ask(CREDITED))["projects"]["nodes"]
    project = next(each for each in projects if each["enrollments"]["nodes"])
    holder = project["enrollments"]["nodes"][0]

    async def is_now(status: str) -> None:
        async def found() -> bool:
            credit = (await ministry.ask(CREDIT, id=holder["id"]))["enrollment"]["credit"]
            return bool(credit["status"] == status)

        await eventually(found)

    async with phone(site.home / "credits") as tab:
        await sign_in(tab, site, "ministry", "moe")
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/certificates/{project['id']}")
        for label, field, status in (("撤销学分", "revoked", "REVOKED"), ("恢复学分", "restored", "CONFIRMED")):
            await tick(tab, holder["teacher"]["name"])
            await tab.press(label, "main")
            await fill(tab, field, "抽检核实")
            await tab.press(f"确认{label}", "main")
            await tab.reads("已办理 1 人")
            await is_now(status)
        assert not tab.complaints


async def test_r32_the_ministry_issues_the_certificates_of_a_year_in_the_background(site: Site) -> None:
    async with phone(site.home / "year-of-certificates") as tab:
        await sign_in(tab, site, "ministry", "moe")
        await tab.reads("等我办理")
        await tab.open(f"{site.suite.url}/console/certificates?year=2023")
        await tab.press("开始批量签发", "main")
        await tab.press("确认开始批量签发", "main")
        await tab.reads("已完成")
        assert not tab.complaints
        await look(tab, site, "/console/certificates?year=2023")
