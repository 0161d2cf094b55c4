"""A teacher rates on a phone: the page in a real browser, through gateway and ballot box, to the public list."""

import json
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.story import Story, play_round
from deploy.local.suite import Suite
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import Client, session
from deploy.seed.world import SCHOOLS
from kernel import ballots
from kernel.encoding import from_base64url
from services.assessment import voting
from tests.support import chromium
from tests.support.chromium import Tab, phone
from tests.support.eventually import eventually

MINE = """{ myInstruments { id kind state keyListDay opensAt closesAt tokenIssued faculty { key } }
  keyLists { day sha256 shortCode auditSequence } }"""
NOTICES = "{ myNotices(first: 50) { nodes { kind message } } }"
RESULT = """query($id: ID!) { project(id: $id) { instruments {
  id state receiptsRoot result { counted texts { answers } faculty { key items { answered } } } } } }"""
TITLE = "智能制造专业教学能力提升1期"
ATTENDED = 9
WIDE = "document.documentElement.scrollWidth"
STORED = """new Promise((resolve) => {
  const request = indexedDB.open('guopei-ballot');
  request.onsuccess = () => {
    const [name] = request.result.objectStoreNames;
    const rows = request.result.transaction(name).objectStore(name).getAll();
    rows.onsuccess = () => {
      request.result.close();
      const text = (bytes) => new TextDecoder('latin1').decode(bytes);
      resolve(rows.result.map((row) => ({ id: row.id, bytes: row.sealed.byteLength, text: text(row.sealed) })));
    };
  };
})"""
MARKS = """[...document.querySelectorAll('#sheet .marks')].map((row, place) => {
  const chosen = row.querySelectorAll('input')[place % 5];
  chosen.click();
  return chosen.checked && chosen.getBoundingClientRect().right <= 360;
})"""


@dataclass
class Class:
    """A class whose training is over, and its attendees.

    Attributes:
        story: The round that it is of.
        voters: The teachers who have attended: login and client.
    """

    story: Story
    home: Path
    voters: list[tuple[str, Client]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.story.provisioner.suite.url

    def clock(self, at: datetime) -> None:
        self.story.provisioner.suite.move_clock(at + timedelta(minutes=2))

    async def teaching(self, client: Client, *wanted: str) -> dict[str, Any]:
        """The evaluation of teaching, with its list of keys, once it has these."""

        async def there() -> dict[str, Any] | None:
            data = await client.ask(MINE)
            lists = {row["day"]: row for row in data["keyLists"] if row["auditSequence"]}
            for each in data["myInstruments"]:
                found: dict[str, Any] = each | lists.get(each["keyListDay"], {})
                if each["kind"] == "TEACHING" and all(found.get(name) for name in wanted):
                    return found
            return None

        return await eventually(there, deadline=120, every=0.5)


@pytest.fixture(scope="module")
async def rated(home: Path) -> AsyncIterator[Class]:
    """A round that was played to its end, on a suite of its own, for its clock goes on."""
    if chromium.program() is None:
        pytest.skip("there is no Chromium")
    with Suite(home / "voters") as suite:
        async with session() as http:
            story = Story(AccountProvisioner(suite, http, f"Guopei-{secrets.token_hex(4)}"), lambda *_: None)
            await play_round(story)
            found = Class(story, home / "phones")
            logins = {name.partition("（")[0]: login for _, login, name in story.seeded.logins}

            async def voters() -> list[tuple[str, Client]]:
                """Who has a questionnaire, once all have: they may be made while the first are asking."""
                teachers = story.seeded.teachers.items()
                asked = [(logins[name], client, await client.ask(MINE)) for name, (_, client) in teachers]
                found = [(login, client) for login, client, mine in asked if mine["myInstruments"]]
                return found if len(found) >= ATTENDED else []

            found.voters = await eventually(voters, deadline=120, every=1)
            yield found


async def sign_in(tab: Tab, rated: Class, login: str) -> None:
    await tab.open(f"{rated.url}/ballot/")
    await tab.write("#field-login", login)
    await tab.write("#field-password", rated.story.provisioner.password)
    await tab.press("登录", "main")
    await tab.reads("可作答的问卷")


async def narrow(tab: Tab) -> None:
    """Fail where a page of 360 points has to be moved sideways."""
    shown = await tab.evaluate("document.body.innerText")
    assert await tab.evaluate(WIDE) <= 360, shown
    assert not {"[object", "undefined", "null"} & set(re.split(r"[\s,;：（]+", shown)), shown


async def others_vote(rated: Class, instrument: dict[str, Any]) -> list[str]:
    """Four more attendees answer by the second client, which is a command."""
    marks = {teacher["key"]: [4] * 4 for teacher in instrument["faculty"]}
    sheet = {"v": 1, "form": "teaching-2024.1", "project": [4] * 6, "texts": ["", "", ""], "faculty": marks}
    elections = [voting.Election(rated.url, client.token or "") for _, client in rated.voters[1:5]]
    return [await election.vote(instrument["id"], sheet, voting.new_seed()) for election in elections]


async def draw(tab: Tab, card: str, short_code: str) -> str:
    """Check the list of keys and draw the right to answer; the backup code."""
    await tab.press("作答", card)
    assert (await tab.text("#short-code")).replace("-", "") == short_code
    await tab.reads("任何人（含教师工作司和数据库管理员）都不能把答卷与您对应")
    await narrow(tab)
    await tab.press("一致，继续")
    code = await tab.text("#backup-code")
    await narrow(tab)
    return code


async def resume(tab: Tab, card: str, code: str) -> None:
    """Go on with a backup code, which is mistyped at first."""
    await tab.reads("已在其他设备领取资格")
    await tab.write(f"{card} input", code[:-1] + ("0" if code[-1] != "0" else "1"))
    await tab.press("继续", card)
    await tab.reads("备用码有误")
    await tab.evaluate(f"document.querySelector({json.dumps(card + ' input')}).value = ''")
    await tab.write(f"{card} input", code.lower())
    await tab.press("继续", card)
    await tab.press("一致，继续")
    await tab.reads("匿名提交")
    await narrow(tab)


async def answer(tab: Tab, teachers: int) -> str:
    """Answer everything about so many teachers and the project, and send it at once; the receipt."""
    seen = await tab.evaluate(MARKS)
    assert all(seen)
    assert len(seen) == 6 + 4 * teachers
    await tab.write("#text-0", "实操环节\n收获最大，电话13800138000")
    await tab.press("匿名提交")
    await tab.reads("秒后发送")
    await narrow(tab)
    assert not tab.sent("/ballots"), "a token that was drawn a moment ago tells by its time"
    await tab.press("立即提交")
    receipt = await tab.text("#receipt")
    await narrow(tab)
    return receipt


async def test_r34_r36_a_teacher_rates_on_a_phone_and_finds_the_receipt_in_the_public_list(rated: Class) -> None:
    assert len(rated.voters) == ATTENDED, "ten were accepted, and one never came"
    login, client = rated.voters[0]
    rated.clock(datetime.fromisoformat((await rated.teaching(client, "opensAt"))["opensAt"]))
    listed = await rated.teaching(client, "shortCode", "faculty")
    await eventually(lambda: told(client, "EVALUATION", listed["shortCode"]), deadline=60, every=0.5)
    card = f"[data-instrument={listed['id']}]"
    async with phone(rated.home / "first") as tab:
        await sign_in(tab, rated, login)
        await narrow(tab)
        code = await draw(tab, card, listed["shortCode"])
        assert not tab.complaints
    assert (await rated.teaching(client, "tokenIssued"))["state"] == "OPEN"

    async with phone(rated.home / "second") as tab:  # another device: all that is left of the first is the code
        await sign_in(tab, rated, login)
        await resume(tab, card, code)
        receipt = await answer(tab, len(listed["faculty"]))
        (sent,) = tab.sent("/ballots")
        await tab.press("返回")
        await tab.reads("已在本机匿名提交")
        await tab.press("核对")
        await tab.reads("结果尚未公布")
        assert not [said for said in tab.complaints if "404" not in said], "only of receipts that there are not yet"
        await nothing_is_left(tab, rated, receipt, listed["id"])
    body = json.loads(sent.body)
    assert len(from_base64url(body["sealed"])) == ballots.SEALED_BYTES
    assert (sent.method, body["instrument"]) == ("POST", listed["id"])
    assert not {"authorization", "cookie", "referer"} & set(sent.headers), sent.headers
    assert login not in json.dumps(sent.headers) + sent.body

    receipts = [receipt, *await others_vote(rated, listed)]
    rated.clock(datetime.fromisoformat(listed["closesAt"]))
    await eventually(lambda: told(client, "EVALUATION_RESULT", "结果已公布"), deadline=180, every=0.5)
    async with rated.story.provisioner.http.get(f"{rated.url}/evaluations/receipts/{listed['id']}.txt") as reply:
        assert (await reply.text()).split() == sorted(receipts)
    async with phone(rated.home / "second") as tab:
        await sign_in(tab, rated, login)
        await tab.press("核对", f"[data-receipt='{receipt}']")
        await tab.reads("在公开清单中：已计入")
        await tab.press("English")
        await tab.reads("Receipts and answers that wait on this device are encrypted")
        await narrow(tab)
        assert not tab.complaints
    project = rated.story.projects[TITLE]
    shown = (await rated.story.seeded.ministry.ask(RESULT, id=project))["project"]["instruments"]
    (result,) = [each for each in shown if each["id"] == listed["id"]]
    assert (result["state"], result["result"]["counted"]) == ("PUBLISHED", 5)
    answered = [item["answered"] for teacher in result["result"]["faculty"] for item in teacher["items"]]
    assert answered == [5] * 4 * len(listed["faculty"])


async def nothing_is_left(tab: Tab, rated: Class, receipt: str, instrument: str) -> None:
    """Who uses the browser next sees nothing of it, signed out or as somebody else, nor in what it has stored."""
    await tab.press("退出", "main")
    await tab.reads("登录只用于领取作答资格")
    assert receipt not in await tab.evaluate("document.documentElement.outerHTML")
    stored = await tab.evaluate(STORED)
    assert stored
    assert {row["bytes"] for row in stored} == {8192 + 16}, "rows of one size"
    everything = json.dumps(stored) + await tab.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert not [said for said in (receipt, instrument, "TEACHING", TITLE) if said in everything]
    await sign_in(tab, rated, rated.voters[1][0])
    await tab.reads("匿名评教")
    shown = await tab.evaluate("document.documentElement.outerHTML")
    assert "已在本机匿名提交" not in shown
    assert receipt not in shown


async def told(client: Client, kind: str, part: str) -> bool:
    """Whether a teacher's inbox has a notice of that kind that says so."""
    notices = (await client.ask(NOTICES))["myNotices"]["nodes"]
    return any(notice["kind"] == kind and part in notice["message"].replace("-", "") for notice in notices)


async def test_r4_r34_a_first_login_sets_a_password_and_who_attended_nothing_has_nothing_to_answer(
    rated: Class,
) -> None:
    login, school = f"t-{secrets.token_hex(4)}", SCHOOLS[0].code
    account = {"login": login, "scope": "teacher", "school": school, "person": login, "name": "新来的教师"}
    codes = await rated.story.provisioner.provision(account)
    async with phone(rated.home / "third") as tab:
        await tab.open(f"{rated.url}/ballot/?lang=en")
        await tab.write("#field-login", login)
        await tab.write("#field-password", "wrong-password-1949")
        await tab.press("Sign in", "main")
        await tab.until("document.querySelector('#status').className === 'bad'")
        await tab.evaluate("document.querySelector('#field-password').value = ''")
        await tab.write("#field-password", codes[login, "teacher"])
        await tab.press("Sign in", "main")
        await tab.reads("First login: set a new password")
        await tab.write("#field-fresh", "123456")
        await tab.press("OK", "main")
        await tab.until("document.querySelector('#status').className === 'bad'")
        await tab.evaluate("document.querySelector('#field-fresh').value = ''")
        await tab.write("#field-fresh", f"Guopei-{secrets.token_hex(6)}")
        await tab.press("OK", "main")
        await tab.reads("There is nothing to answer now")
        await narrow(tab)
        assert await tab.evaluate("document.documentElement.lang") == "en"
        await tab.press("Sign out", "main")
        await tab.reads("Your login is used to get the right to answer, and for nothing else")
