"""Evaluation by mouse: who may answer and where, reminders, results and what is not published; acts of classes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.suite import Suite
from deploy.local.web import FrontEnd
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import Client, session
from deploy.seed.loading import Seed, load_once
from services.assessment.voting import Election, new_seed
from tests.support import chromium
from tests.support.chromium import Tab, phone
from tests.support.eventually import eventually
from tests.web.site import OTHER_BASE, Site, barriers, look, own_plan, sign_in

UNBEGUN_BASE = "4133000105"
"""The base whose class of last year ends on 2024-05-31 and is never started."""
ATTENDEES = """query($id: ID!) { project(id: $id) { enrollments(first: 50, filter: {statuses: [ATTENDING]}) {
  nodes { id teacher { id name } school { code } } } } }"""
FINISH = "mutation($id: ID!) { finishProject(id: $id) { id } }"
INSTRUMENTS = """query($id: ID!) { project(id: $id) { instruments {
  id kind state opensAt closesAt keyListDay turnout faculty { key } } } }"""
LISTED = "{ keyLists { day auditSequence } }"
OWN = "query($id: ID!) { project(id: $id) { status } }"
GIVEN = (5, 5, 5, 4, 4, 3)
"""The mark that each voter gives to everything."""
TITLE = "工业软件应用教学能力提升"
WORDS = "实训设备新，能动手"
MARKS = """[...document.querySelector('table.table').querySelectorAll('.spread')].map((each) =>
  [...each.querySelectorAll('b')].map((many) => Number(many.textContent)))"""
MEANS = """[...document.querySelector('table.table').querySelectorAll('tbody tr')].map((each) =>
  each.querySelectorAll('td')[1].innerText)"""


@dataclass
class Rated:
    """A class of last year whose training is over, and its attendees.

    Attributes:
        site: Where it is.
        project: Its id.
        base: A client of its base.
        logins: The logins of its attendees.
    """

    site: Site
    project: str
    base: Client
    logins: list[str] = field(default_factory=list)

    def clock(self, at: datetime) -> None:
        self.site.suite.move_clock(at + timedelta(minutes=2))

    async def instrument(self, kind: str, *states: str) -> dict[str, Any]:
        """A questionnaire of the class, once it is in one of these states and its days are known."""

        async def there() -> dict[str, Any] | None:
            data = await self.base.ask(INSTRUMENTS, id=self.project)
            found: list[dict[str, Any]] = data["project"]["instruments"] or []
            of_kind = [each for each in found if each["kind"] == kind and each["opensAt"]]
            return next((each for each in of_kind if each["state"] in states), None)

        return await eventually(there, deadline=120, every=0.5)


@pytest.fixture(scope="module")
async def rated(home: Path, built: FrontEnd) -> AsyncIterator[Rated]:
    """On a suite of its own, for its clock goes on: the class is over, and its questionnaires are open."""
    if chromium.program() is None:
        pytest.skip("there is no Chromium")
    axe = (built.work / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    with Suite(home / "rated") as suite:
        logins = await load_once(suite, Seed.ROUND)
        async with session() as http:
            site = Site(suite, Client(suite.url, http), logins["password"], "", axe, home / "raters")
            yield await opened(site, AccountProvisioner(suite, http, logins["password"]))


async def opened(site: Site, provisioner: AccountProvisioner) -> Rated:
    base = await site.public.login(OTHER_BASE, site.password, "base")
    project = (await own_plan(base, 2023, "RUNNING"))["id"]
    rated = Rated(site, project, base)
    attendees = (await base.ask(ATTENDEES, id=project))["project"]["enrollments"]["nodes"]
    accounts = [
        {
            "login": f"rater{number}",
            "scope": "teacher",
            "school": each["school"]["code"],
            "person": each["teacher"]["id"],
            "name": each["teacher"]["name"],
        }
        for number, each in enumerate(attendees)
    ]
    await provisioner.open(*accounts)
    rated.logins = [each["login"] for each in accounts]
    rated.clock(datetime(2024, 5, 19, 18))  # noqa: DTZ001 - as the suite takes it
    await base.do(FINISH, id=project)
    teaching = await rated.instrument("TEACHING", "SCHEDULED", "OPEN")
    rated.clock(datetime.fromisoformat(teaching["opensAt"]))
    opens = await rated.instrument("TEACHING", "OPEN")

    async def listed() -> bool:
        return any(
            row["auditSequence"] for row in (await base.ask(LISTED))["keyLists"] if row["day"] == opens["keyListDay"]
        )

    await eventually(listed, deadline=120, every=0.5)
    return rated


async def vote(rated: Rated) -> None:
    """Six attendees rate the teaching, by the second client, which is a command."""
    teaching = await rated.instrument("TEACHING", "OPEN")
    waiting = list(GIVEN)
    for login in rated.logins:
        voter = await rated.site.public.login(login, rated.site.password, "teacher")
        mine = (await voter.ask("{ myInstruments { id } }"))["myInstruments"]
        if waiting and teaching["id"] in {each["id"] for each in mine}:
            marks = [waiting.pop()] * 6
            faculty = {each["key"]: marks[:4] for each in teaching["faculty"]}
            sheet = {"v": 1, "form": "teaching-2024.1", "project": marks, "texts": [WORDS, "", ""], "faculty": faculty}
            await Election(voter.url, str(voter.token)).vote(teaching["id"], sheet, new_seed())
    assert not waiting


async def reopen(tab: Tab, rated: Rated, address: str) -> None:
    await tab.open(f"{rated.site.suite.url}/console{address}")


async def test_r35_a_base_sees_how_many_may_answer_and_reminds_all_of_them(rated: Rated) -> None:
    """Below five ballots it is not told how many there are; all are reminded alike, and not again within three days."""
    async with phone(rated.site.home / "reminds") as tab:
        await sign_in(tab, rated.site, "base", OTHER_BASE)
        await tab.reads("等我办理")
        await reopen(tab, rated, f"/projects/{rated.project}")
        await tab.press("评教", "main")
        await tab.reads("不足 5 份时不显示")
        assert await tab.evaluate("document.querySelectorAll('main .tag.brand').length") == 2, "both are open"
        await tab.press("提醒全体学员")
        await tab.reads("不区分是否已作答")
        await tab.press("确认提醒全体学员")
        await tab.reads("已办理")
        await tab.press("提醒全体学员")
        await tab.press("确认提醒全体学员")
        await tab.reads("REMINDED_LATELY")
        await tab.press("取消", "main")
        await look(tab, rated.site, f"/console/projects/{rated.project}/evaluation")


async def test_r34_a_teacher_finds_what_to_rate_and_the_link_opens_the_ballot_page(rated: Rated) -> None:
    async with phone(rated.site.home / "rates") as tab:
        await sign_in(tab, rated.site, "teacher", rated.logins[-1])
        await tab.reads("填写匿名评教")
        await tab.evaluate("document.querySelector('.due a[href=\"/console/evaluations\"]').click()")
        await tab.reads("可以作答的问卷")
        await tab.reads(TITLE)
        assert await tab.evaluate("document.querySelectorAll('main a.button.first').length") == 2
        await look(tab, rated.site, "/console/evaluations")
        await tab.evaluate("document.querySelector('main a.button.first').click()")
        await tab.until("location.pathname === '/ballot/' && Boolean(document.querySelector('#field-login'))")


async def test_r36_results_are_shown_once_after_closing_and_too_few_are_not(rated: Rated) -> None:
    """The teaching was rated by six, the survey answered by nobody: base, ministry and attendee see just that."""
    await vote(rated)
    teaching = await rated.instrument("TEACHING", "OPEN")
    rated.clock(datetime.fromisoformat(teaching["closesAt"]))
    await rated.instrument("TEACHING", "PUBLISHED")
    await rated.instrument("SATISFACTION", "SUPPRESSED")
    address = f"/projects/{rated.project}/evaluation"
    async with phone(rated.site.home / "sees") as tab:
        await sign_in(tab, rated.site, "base", OTHER_BASE)
        await tab.reads("等我办理")
        await reopen(tab, rated, address)
        await tab.reads("不足 5 份，不公布")
        rows = await tab.evaluate(MARKS)
        assert len(rows) == 6
        assert all(marks == [0, 0, 1, 2, 3] for marks in rows), rows
        assert set(await tab.evaluate(MEANS)) == {"4.33"}
        await tab.reads(WORDS)
        assert "提醒全体学员" not in await tab.evaluate("document.body.innerText")
        await look(tab, rated.site, f"/console{address}")
    async with phone(rated.site.home / "oversees") as tab:
        await sign_in(tab, rated.site, "ministry", "moe")
        await tab.reads("等我办理")
        await reopen(tab, rated, "/evaluations?year=2023")
        await tab.reads("均分 4.33，6 份")
        await look(tab, rated.site, "/console/evaluations?year=2023")
        await tab.press(TITLE, "main")
        await tab.reads(WORDS)
    async with phone(rated.site.home / "reads") as tab:
        await sign_in(tab, rated.site, "teacher", rated.logins[-1])
        await tab.reads("等我办理")
        await reopen(tab, rated, "/evaluations")
        await tab.reads("目前没有可以作答的问卷")
        await tab.press(TITLE, "main")
        await tab.reads("有效答卷")
        assert WORDS not in await tab.evaluate("document.body.innerText")
        await look(tab, rated.site, f"/console/evaluations/{rated.project}")


async def test_r28_a_base_records_a_class_that_nobody_started_as_held(rated: Rated) -> None:
    """After the last day there is no late start any more, only whether it was held; the consequence is said."""
    base = await rated.site.public.login(UNBEGUN_BASE, rated.site.password, "base")
    project = (await own_plan(base, 2023, "PUBLISHED"))["id"]
    async with phone(rated.site.home / "held") as tab:
        await sign_in(tab, rated.site, "base", UNBEGUN_BASE)
        await tab.reads("等我办理")
        await reopen(tab, rated, f"/projects/{project}/attendance")
        await tab.press("登记为未举办")
        await tab.reads("计入基地年度考核")
        assert await barriers(tab, rated.site) == []
        await tab.press("取消", "main")
        await tab.press("登记为已举办")
        await tab.write("#field-held-reason", "系统故障，未能按时登记开班")
        await tab.press("确认登记为已举办")
        await tab.reads("已结业")
    assert (await base.ask(OWN, id=project))["project"]["status"] == "FINISHED"
