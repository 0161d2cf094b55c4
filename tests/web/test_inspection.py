"""A random inspection by mouse, from its population to the last finding (R37)."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.demo import documents as d
from deploy.demo.story import PRINCIPAL, TEACHING, Story, play_to_training
from deploy.local.suite import Suite
from deploy.local.web import FrontEnd
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import Client, Refused, session
from deploy.seed.plans import plan_of
from deploy.seed.steps import wait_for
from deploy.seed.world import BASES, YEAR
from kernel.dates import SHANGHAI
from tests.support import chromium
from tests.support.chromium import Tab, phone
from tests.support.eventually import eventually
from tests.web.site import SIZES, THERE, Site, barriers, choose, look, sign_in

CHECK_IN = "mutation($project: ID!, $session: ID!) { openCheckIn(projectId: $project, sessionId: $session) { code } }"
INSPECTIONS = "query($year: Int!) { inspections(year: $year) { id state voidReason } }"
SAMPLE = """query($id: ID!) { inspection(id: $id) { state auditSequence objectionsUntil shareBp beacons { value }
  sample { stratum replacedFor project { id } } } }"""
FINDINGS = """query($year: Int!) { findings(year: $year) { nodes {
  state clause rectifiedInTime history { state by text } project { id } } } }"""
SOURCES = ("双色球2024067期开奖号码（红球升序+蓝球）", "上证综指收盘点位（两位小数）")
VALUES = ("03 07 12 20 27 31 + 09", "3032.63")
FOUND = "课表与实际授课不符"
LED, TAUGHT = BASES[PRINCIPAL].category, BASES[TEACHING].category
CLOSED = "!document.querySelector('main .act form')"


@dataclass
class Season:
    """Three classes that run, of two bases, and who inspects them.

    Attributes:
        site: Where they are.
        story: The round that they are of.
    """

    site: Site
    story: Story

    @property
    def ministry(self) -> Client:
        return self.story.seeded.ministry

    def now(self) -> datetime:
        return self.site.suite.now().astimezone(SHANGHAI)

    async def inspections(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.ministry.ask(INSPECTIONS, year=YEAR))["inspections"]
        return found

    async def inspection(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.ministry.ask(SAMPLE, id=key))["inspection"]
        return found

    async def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.ministry.ask(FINDINGS, year=YEAR))["findings"]["nodes"]
        return found


@pytest.fixture(scope="module")
async def season(home: Path, built: FrontEnd) -> AsyncIterator[Season]:
    """Classes on their first day, on a suite of its own, for its clock goes on."""
    if chromium.program() is None:
        pytest.skip("there is no Chromium")
    axe = (built.work / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    with Suite(home / "inspected") as suite:
        async with session() as http:
            story = Story(AccountProvisioner(suite, http, f"Guopei-{secrets.token_hex(4)}"), lambda *_: None)
            await play_to_training(story)
            story.clock("2024-06-03T08:00")
            for position in (PRINCIPAL, TEACHING):
                for title, key in story.projects.items():
                    if title.startswith(plan_of(position)["title"]):
                        await _start(story.seeded.base_clients[position], key)
            site = Site(suite, story.provisioner.public, story.provisioner.password, "", axe, home / "inspectors")
            yield Season(site, story)


async def _start(base: Client, project: str) -> None:
    """Start a class, and wait until assessment has heard of it."""
    await base.do(d.START, id=project)
    first, *_ = (await base.ask(d.TIMETABLE, id=project))["project"]["timetable"]

    async def heard() -> bool:
        with suppress(Refused):
            return bool(await base.do(CHECK_IN, project=project, session=first["id"]))
        return False

    await wait_for(heard, "assessment to know the class")


def typed(at: datetime) -> str:
    """An instant as people type it."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


async def freeze(tab: Tab, season: Season, title: str) -> str:
    """Begin an inspection of half of the projects, and open it. Answers its id."""
    await tab.open(f"{season.site.suite.url}/console/inspections")
    await tab.press("发起抽检")
    await tab.write("#field-title", title)
    await tab.write("#field-share", "５０%")
    await tab.press("确认发起抽检")
    await tab.reads("总体公示中")
    key = next(str(each["id"]) for each in await season.inspections() if each["state"] == "FROZEN")
    await tab.evaluate(f"document.querySelector('main a[href$={json.dumps(key)}]').click()")
    await tab.reads("总体文件 SHA-256")
    return key


async def give(tab: Tab, label: str, fields: dict[str, str], done: str) -> None:
    """Press a command, fill in what it asks, confirm it, and wait until the page shows a text."""
    await tab.press(label, "main")
    for name, text in fields.items():
        await tab.write(f"#field-{name}", text)
    await tab.press(f"确认{label}", "main")
    await tab.reads(done)


async def test_r37_a_wrong_population_is_voided_with_a_reason_that_everybody_reads(season: Season) -> None:
    site = season.site
    async with phone(site.home / "void") as tab:
        await sign_in(tab, site, "ministry", "moe")
        await tab.reads("等我办理")
        key = await freeze(tab, season, "总体有误的抽检")
        await give(tab, "作废抽检", {"void-reason": "总体漏了一个项目"}, "作废原因：总体漏了一个项目")
        assert not await tab.evaluate("[...document.querySelectorAll('main button')].length")
        await tab.press("公示页面")
        await tab.reads("总体漏了一个项目")
        assert not tab.complaints
    (voided,) = [each for each in await season.inspections() if each["id"] == key]
    assert (voided["state"], voided["voidReason"]) == ("VOID", "总体漏了一个项目")


async def test_r37_from_the_population_to_the_last_finding(season: Season) -> None:
    """The ministry draws and records, the base rectifies, the ministry returns it once, accepts it and closes."""
    site = season.site
    async with phone(site.home / "ministry") as tab, phone(site.home / "base") as other:
        await sign_in(tab, site, "ministry", "moe")
        await tab.reads("等我办理")
        key = await freeze(tab, season, "2024年第一次随机抽检")
        out = await announce(tab, season, key)
        await look(tab, site, f"/console/inspections/{key}")
        await back(tab, site, f"/console/inspections/{key}")
        await draw(tab, season, out)
        drawn = await season.inspection(key)
        assert (drawn["state"], drawn["shareBp"]) == ("DRAWN", 5_000)
        assert [each["value"] for each in drawn["beacons"]] == list(VALUES)
        await replace(tab, season, key)
        taught = next(each["project"] for each in drawn["sample"] if each["stratum"] == f"{TAUGHT}/RUNNING")
        await inspect(tab, season, key, taught["id"])
        await look(tab, site, f"/console/inspections/{key}")
        await sign_in(other, site, "base", BASES[TEACHING].organization_code)
        await rectify(tab, other, season)
        await look(other, site, "/console/findings")
        await look(tab, site, "/console/inspections/findings")
        await back(tab, site, f"/console/inspections/{key}")
        await give(tab, "结束抽检", {}, "已结束")
        assert not tab.complaints + other.complaints
    (closed,) = [each for each in await season.findings() if each["project"]["id"] == taught["id"]]
    assert (closed["state"], closed["clause"], closed["rectifiedInTime"]) == ("CLOSED", "第十二条", True)
    assert [(step["state"], step["by"], step["text"]) for step in closed["history"]] == [
        ("OPEN", "MINISTRY", FOUND),
        ("REPORTED", "BASE", "已补授一次课"),
        ("RECTIFYING", "MINISTRY", "还缺一次课"),
        ("REPORTED", "BASE", "已补授两次课"),
        ("CLOSED", "MINISTRY", "现场复核"),
    ]
    assert (await season.inspection(key))["state"] == "CLOSED"


async def announce(tab: Tab, season: Season, key: str) -> datetime:
    """Announce the draw, first too early: what was typed stays. Answers when its sources are public."""
    await tab.press("公告抽取", "main")
    await tab.press("增加一个随机源")
    out = season.now().replace(second=0, microsecond=0) + timedelta(days=9)
    for number, source in enumerate(SOURCES, start=1):
        await tab.write(f"#field-source-{number}", source)
        await tab.write(f"#field-at-{number}", typed(out + timedelta(minutes=number)))
    await tab.write("#field-reveal-by", typed(out + timedelta(days=6)))
    await tab.press("确认公告抽取")
    await tab.reads("OBJECTION_PERIOD")
    season.site.suite.move_clock(datetime.fromisoformat((await season.inspection(key))["objectionsUntil"]))
    await tab.press("确认公告抽取")
    await tab.reads("对密钥的承诺")

    async def noted() -> bool:
        return (await season.inspection(key))["auditSequence"] is not None

    await eventually(noted, every=0.5)
    return out


async def draw(tab: Tab, season: Season, out: datetime) -> None:
    """Record the values and reveal the secret, each first too early."""
    given = {f"value-{place}": value for place, value in enumerate(VALUES)}
    await give(tab, "登记随机源数值", given, "BEACON_NOT_DUE")
    season.site.suite.move_clock(out + timedelta(hours=1))
    await tab.press("确认登记随机源数值")
    await tab.until(CLOSED)
    await give(tab, "揭示密钥并抽取", {}, "REVEAL_TOO_EARLY")
    season.site.suite.move_clock(out + timedelta(hours=26))
    await tab.press("确认揭示密钥并抽取")
    await tab.reads("已有结论 0 / 2")


async def replace(tab: Tab, season: Season, key: str) -> None:
    """Let another project take the place of one that cannot be inspected; there is no third."""
    await within(tab, await drawn_of(season, key), "替补", {"replace": "台风停课"}, "已替补：台风停课")
    await tab.press("增补检查项目", "main")
    await choose(tab, "#field-stratum", f"{LED}/RUNNING")
    await tab.write("#field-more", "1")
    await tab.write("#field-extend-reason", "有投诉")
    await tab.press("确认增补检查项目")
    await tab.reads("STRATUM_EXHAUSTED")
    await tab.press("取消", "main")
    await within(tab, await drawn_of(season, key), "登记结论", {"text": "未见问题"}, "已有结论 1 / 2")


async def drawn_of(season: Season, key: str) -> str:
    """The project of the principals' base that is to be inspected."""
    sample = (await season.inspection(key))["sample"]
    found = [each for each in sample if each["stratum"] == f"{LED}/RUNNING" and not each["replacedFor"]]
    return str(found[0]["project"]["id"])


async def inspect(tab: Tab, season: Season, key: str, project: str) -> None:
    """Record what was found, after the page was opened anew; while it is open, the inspection is not closed."""
    await tab.press("登记结论", item(project))
    await tab.write(f"[id='field-{project}-text']", FOUND)
    await back(tab, season.site, f"/console/inspections/{key}")
    await tab.press("登记结论", item(project))
    assert await tab.evaluate(f"document.getElementById('field-{project}-text').value") == FOUND
    await choose(tab, f"[id='field-{project}-severity']", "MINOR")
    await tab.write(f"[id='field-{project}-clause']", "第十二条")
    await tab.press("确认登记结论", item(project))
    await tab.reads("DUE_DATE_MISSING")
    await tab.write(f"[id='field-{project}-due']", f"{season.now() + timedelta(days=20):%Y/%m/%d}")
    await tab.press("确认登记结论", item(project))
    await tab.reads("已有结论 2 / 2")
    await give(tab, "结束抽检", {}, "FINDINGS_OPEN")


async def rectify(tab: Tab, other: Tab, season: Season) -> None:
    """The base reports from its home on, the ministry returns it, the base reports again, the ministry accepts it."""
    site = season.site
    await other.reads("有 1 项抽检结论待整改")
    assert await barriers(other, site) == []
    await other.press("查看", "main .note")
    await other.reads(FOUND)
    await report(other, "已补授一次课")
    await back(tab, site, "/console/inspections/findings")
    await tab.press("退回整改", "main")
    await tab.write("main .act [name$='-due']", f"{season.now() + timedelta(days=29):%Y%m%d}")
    await tab.write("main .act [name$='-return']", "还缺一次课")
    await tab.press("确认退回整改", "main")
    await tab.until(f"{CLOSED} && Boolean(document.querySelector('main .tag.warn'))")
    await back(other, site, "/console/findings")
    await report(other, "已补授两次课")
    await back(tab, site, "/console/inspections/findings")
    await tab.press("验收通过", "main")
    await tab.write("main .act [name$='-accept']", "现场复核")
    await tab.press("确认验收通过", "main")
    await tab.until(f"{CLOSED} && !document.querySelector('main .tag.brand')")


async def back(tab: Tab, site: Site, address: str) -> None:
    """Open a page in Chinese on a wide screen, whatever was looked at before."""
    await tab.resize(*SIZES[0])
    await tab.open(f"{site.suite.url}{address}?lang=zh")
    await tab.until(THERE)


def item(project: str) -> str:
    """The project's place in the sample."""
    return f"main li:has(a[href='/console/plans/{project}'])"


async def within(tab: Tab, project: str, label: str, fields: dict[str, str], done: str) -> None:
    """Give a command of a project of the sample."""
    await tab.press(label, item(project))
    for name, text in fields.items():
        await tab.write(f"[id='field-{project}-{name}']", text)
    await tab.press(f"确认{label}", item(project))
    await tab.reads(done)


async def report(tab: Tab, text: str) -> None:
    """Report the rectification of the one finding that waits for it."""
    await tab.press("报告整改", "main")
    await tab.write("main .act textarea", text)
    await tab.press("确认报告整改", "main")
    await tab.until(f"{CLOSED} && Boolean(document.querySelector('main .tag.brand'))")
