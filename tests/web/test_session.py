"""Signing in and out, and what a page does where the network, the session or the person goes."""

import json

from deploy.seed.account_provisioner import AccountProvisioner
from tests.support.chromium import phone
from tests.web.site import BASE, TEACHER, THERE, Site, barriers, offline, sign_in

KEYS = """window.keys = []; const sent = window.fetch; window.fetch = (address, how) => {
  const key = how.headers['Idempotency-Key']; if (key) window.keys.push(key); return sent(address, how); }; 0"""


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
