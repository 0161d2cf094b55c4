"""The front ends in a real Chromium, on the round of `make run`: where they are, and what people do in a page."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.suite import Suite
from deploy.seed.graph_client import Client
from tests.support.chromium import Tab

SIZES = ((1366, 768), (360, 740))
LANGUAGES = {"zh": "zh-CN", "en": "en"}
AXE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
THERE = "Boolean(document.querySelector('h1')) && !document.querySelector('[aria-busy]')"
PROJECTS = (
    "query($year: Int!) { projects(first: 50, filter: {year: $year}) { totalCount nodes { code title status } } }"
)
AMENDED = "query($code: String!) { projectByCode(code: $code) { planVersions { status changes { label after } } } }"
EXPERTS = "{ experts(first: 50) { nodes { id name } } }"
OF_BASE = """query($year: Int!, $status: ProjectStatus!) { projects(filter: {year: $year, statuses: [$status]}) {
  nodes { id version objectives book { state } } } }"""
CLASS = "2024-DQT-001-02"
TEACHER, SCHOOL, BASE = "t31440000140", "3144000014", "4151000102"
BY_CODE = "query($code: String!) { projectByCode(code: $code) { id } }"
CLICKS = {
    "sign up from a link": 3,
    "submit": 5,
    "decide a class": 4,
    "roster": 4,
    "escalation": 4,
    "review": 8,
    "assign": 4,
    "decide plans": 5,
    "publish": 4,
    "funding": 3,
    "attendance": 3,
}
"""The most clicks, choices and files that a task takes from the role's home on, beside what is typed.

Assigning, funding and attendance take one more than the front ends' design wanted: a command asks before it is given,
and a page is opened first.
"""
OTHER_BASE = "4142000106"
"""The base whose class of last year is running."""
LOGINS = {"teacher": TEACHER, "school": SCHOOL, "base": BASE, "expert": "expert5", "province": "province44"}


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


async def offline(tab: Tab, *, lost: bool) -> None:
    throughput = {"downloadThroughput": -1, "uploadThroughput": -1}
    await tab.command("Network.emulateNetworkConditions", offline=lost, latency=0, **throughput)


async def tick(tab: Tab, name: str) -> None:
    """Tick the first row of a person."""
    box = (
        "[...document.querySelectorAll('label.pick')].find((each) =>"
        f" each.innerText.includes('{name}') && each.querySelector('input'))"
    )
    await tab.click(f"{box}?.querySelector('input')")


async def own_plan(client: Client, year: int, status: str) -> dict[str, Any]:
    """The one project of a base that is in a state which only the base sees."""
    found = (await client.ask(OF_BASE, year=year, status=status))["projects"]["nodes"]
    plan: dict[str, Any] = found[0]
    return plan


async def task(tab: Tab, kind: str) -> None:
    """Begin, at the role's home, what waits there; clicks are counted from here on."""
    await tab.reads("等我办理")
    tab.clicks = 0
    due = f"[...document.querySelectorAll('.due')].find((each) => each.innerText.includes({json.dumps(kind)}))"
    await tab.click(f"{due}?.querySelector('a')")


async def choose(tab: Tab, selector: str, value: str) -> None:
    """Choose of a list, as a mouse does."""
    tab.clicks += 1
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


def drop(text: str, name: str) -> str:
    """An expression that drops a file where the page takes one."""
    return (
        "(() => { const given = new DataTransfer();"
        f" given.items.add(new File([{json.dumps(text)}], {json.dumps(name)}));"
        " const event = new DragEvent('drop', { dataTransfer: given, bubbles: true, cancelable: true });"
        " document.querySelector('.drop').dispatchEvent(event); })()"
    )
