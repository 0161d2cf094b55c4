"""A teacher scans what the base shows, signs in on the phone, and is in the session (R29)."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.demo import documents as d
from deploy.demo.story import PRACTICE, TEACHING, Story, play_to_training
from deploy.local.suite import Suite
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import Refused, session
from deploy.seed.steps import wait_for
from tests.e2e.test_live import followed
from tests.support import chromium
from tests.support.chromium import Tab, phone
from tests.support.eventually import eventually

TITLE = "智能制造专业教学能力提升1期"
OPEN = """mutation($project: ID!, $session: ID!) { openCheckIn(projectId: $project, sessionId: $session) {
  code link picture checkedIn attendees } }"""
LIVE = """subscription($after: String) {{ checkIns(projectId: "{project}", sessionId: "{session}", after: $after) {{
  enrollment {{ teacher {{ name }} }} statement {{ present source }} checkedIn }} }}"""
NAMES = """query($id: ID!) { project(id: $id) { enrollments(first: 50) { nodes { status teacher { name } } } } }"""
SESSIONS = "query($id: ID!) { project(id: $id) { timetable { id date title } } }"


@dataclass
class Class:
    """A class on its first day.

    Attributes:
        story: The round that it is of.
        home: Where phones keep what they keep.
        project: Its id.
        first: Its session of today.
        names: Who attends.
        attendees: Their logins.
        stranger: The login of a teacher who does not.
    """

    story: Story
    home: Path
    project: str
    first: dict[str, Any]
    names: list[str]
    attendees: list[str]
    stranger: str

    @property
    def live(self) -> str:
        """The subscription to who comes."""
        return LIVE.format(project=self.project, session=self.first["id"])

    async def shown(self) -> dict[str, Any]:
        """What the base shows now."""
        base = self.story.seeded.base_clients[TEACHING]
        data = await base.ask(OPEN, project=self.project, session=self.first["id"])
        shown: dict[str, Any] = data["openCheckIn"]
        return shown


@pytest.fixture(scope="module")
async def running(home: Path) -> AsyncIterator[Class]:
    """A class that has started today, on a suite of its own."""
    if chromium.program() is None:
        pytest.skip("there is no Chromium")
    with Suite(home / "check-in") as suite:
        async with session() as http:
            story = Story(AccountProvisioner(suite, http, f"Guopei-{secrets.token_hex(4)}"), lambda *_: None)
            await play_to_training(story)
            story.clock("2024-06-03T08:00")
            project, base = story.projects[TITLE], story.seeded.base_clients[TEACHING]
            await base.do(d.START, id=project)
            first, *_ = (await base.ask(SESSIONS, id=project))["project"]["timetable"]

            async def named() -> list[str]:
                nodes = (await base.ask(NAMES, id=project))["project"]["enrollments"]["nodes"]
                return [node["teacher"]["name"] for node in nodes if node["status"] in {"ACCEPTED", "ATTENDING"}]

            names = await wait_for(named, "those who attend")
            logins = {name.partition("（")[0]: login for _, login, name in story.seeded.logins}
            stranger = next(logins[name] for name in story.seeded.teachers if name not in names)
            found = Class(story, home / "phones", project, first, names, [logins[name] for name in names], stranger)

            async def open_() -> bool:
                with suppress(Refused):  # assessment has not heard yet that the class has started
                    return bool((await found.shown())["attendees"])
                return False

            await wait_for(open_, "assessment to know the class")
            yield found


async def sign_in(tab: Tab, running: Class, login: str, submit: str = "登录") -> None:
    await tab.write("#field-login", login)
    await tab.write("#field-password", running.story.provisioner.password)
    await tab.press(submit, "main")


async def narrow(tab: Tab) -> None:
    """Fail where a page of 360 points has to be moved sideways, or says what is no word."""
    shown = await tab.evaluate("document.body.innerText")
    assert await tab.evaluate("document.documentElement.scrollWidth") <= 360, shown
    assert not {"[object", "undefined", "null"} & set(re.split(r"[\s,;：（]+", shown)), shown


async def test_r29_a_teacher_scans_signs_in_and_is_in_the_session(running: Class) -> None:
    """The code is in no request's address, in no history, and scanning the next one needs no login."""
    shown = await running.shown()
    assert shown["link"] == f"{running.story.provisioner.suite.url}/check-in/#{shown['code']}"
    assert shown["picture"].startswith("<svg ")
    before, profile = shown["checkedIn"], running.home / "attendee"
    base, live = running.story.seeded.base_clients[TEACHING], running.live
    seen = asyncio.ensure_future(followed(base, None, before + 1, live))
    async with phone(profile) as tab:
        shown = await running.shown()  # it lives for half a minute, and a browser takes its time to start
        await tab.open(shown["link"])
        await tab.reads("签到以您本人的登录为准")
        await narrow(tab)
        assert await tab.evaluate("location.hash") == ""
        await sign_in(tab, running, running.attendees[0])
        await tab.reads("✓ 签到成功")
        await tab.reads(f"《{TITLE}》")
        await tab.reads(f"{running.first['date']} {running.first['title']}")
        await narrow(tab)
        came = (await seen)[-1]["data"]["checkIns"]
        assert came == {
            "enrollment": {"teacher": {"name": running.names[0]}},
            "statement": {"present": True, "source": "CHECK_IN"},
            "checkedIn": before + 1,
        }
        (refused,) = await followed(running.story.seeded.base_clients[PRACTICE], None, 1, live)
        assert [error["extensions"]["code"] for error in refused["errors"]] == ["FORBIDDEN"]
        after = await running.shown()
        assert after["checkedIn"] == before + 1
        await tab.open(after["link"])
        await tab.reads("✓ 已签到过")
        addresses = " ".join(sent.url for sent in tab.requests.values())
        assert shown["code"] not in addresses.replace(shown["link"], "")
        assert not [sent for sent in tab.requests.values() if "cookie" in sent.headers]
        assert not tab.complaints
    async with phone(profile) as tab:  # the camera opens the link in a page of its own
        await tab.open((await running.shown())["link"])
        await tab.reads("✓ 已签到过")
        await tab.press("退出", "main")
        await tab.reads("请扫描现场显示的签到二维码")
        await tab.open((await running.shown())["link"])
        await tab.reads("登录名")
        await tab.press("English")
        await tab.reads("You check in by your own login")
        await sign_in(tab, running, running.attendees[0], "Sign in")
        await tab.reads("You are in already")
        await narrow(tab)


async def test_r29_an_expired_code_a_strangers_and_one_that_is_none_are_refused_in_words(running: Class) -> None:
    shown = await running.shown()
    async with phone(running.home / "stranger") as tab:
        await tab.open(f"{running.story.provisioner.suite.url}/check-in/")
        await tab.reads("请扫描现场显示的签到二维码")
        await tab.open((await running.shown())["link"])
        await sign_in(tab, running, running.stranger)
        await tab.reads("您不是该班学员")
        await narrow(tab)
        for wrong in (f"{shown['link']}x", f"{running.story.provisioner.suite.url}/check-in/#%3Cscript%3E"):
            await tab.open(wrong)
            await tab.reads("签到码无效")

        async def expired() -> bool:
            await tab.evaluate("location.hash = ''")
            await tab.open(shown["link"])
            await tab.until("!document.querySelector('main').innerText.includes('正在签到')")
            return "签到码已过期" in await tab.evaluate("document.body.innerText")

        await eventually(expired, deadline=90, every=3)
        await tab.reads("您已登录，重新扫码即可")
        await narrow(tab)
        assert not tab.complaints
    assert (await running.shown())["checkedIn"] == shown["checkedIn"], "nobody else has come in"
