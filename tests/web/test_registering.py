"""Registering people by mouse."""

from deploy.seed.graph_client import Client
from deploy.seed.world import credit_code
from tests.support.chromium import phone
from tests.support.eventually import eventually
from tests.web.site import EXPERTS, Site, sign_in


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
