"""R32: who scans a certificate is shown all that is printed; who has only the number, the least."""

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from deploy.demo.story import TEACHING, Story
from tests.support import chromium
from tests.support.chromium import Tab, phone

TITLE = "智能制造专业教学能力提升1期"
CERTIFICATES = """query($id: ID!) { project(id: $id) { roster(first: 50) { nodes { enrollment {
  teacher { name } certificate { number state } } } } } }"""
LINK = re.compile(r"http://\S+/c/\w+#k=[\w-]{22}")


def texts(value: Any, seen: set[int]) -> list[str]:
    """Every text in a file's objects; the picture of the code has the link as its alternative."""
    if isinstance(value, generic.IndirectObject):
        if value.idnum in seen:
            return []
        seen.add(value.idnum)
        return texts(value.get_object(), seen)  # type: ignore[no-untyped-call]
    if isinstance(value, generic.TextStringObject):
        return [str(value)]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in texts(each, seen)]


async def read(tab: Tab, link: str, said: str) -> str:
    await tab.open("about:blank")
    await tab.open(link)
    await tab.reads(said)
    shown = str(await tab.evaluate("document.body.innerText"))
    assert await tab.evaluate("document.documentElement.scrollWidth") <= 360, shown
    return shown


async def test_r32_the_qr_codes_key_shows_all_that_is_printed_and_no_server_sees_it_in_an_address(
    story: Story, home: Path
) -> None:
    if chromium.program() is None:
        pytest.skip("there is no Chromium")
    base = story.seeded.base_clients[TEACHING]
    roster = (await base.ask(CERTIFICATES, id=story.projects[TITLE]))["project"]["roster"]["nodes"]
    valid = [node["enrollment"] for node in roster if (node["enrollment"]["certificate"] or {}).get("state") == "VALID"]
    first, second = valid[:2]
    links = []
    for each in (first, second):
        _, page = await base.fetch(f"/certificates/{each['certificate']['number']}.pdf")
        root = PdfFileReader(BytesIO(page)).root
        links.append(next(found[0] for text in texts(root, set()) if (found := LINK.search(text))))
    name, key = first["teacher"]["name"], links[0].partition("#k=")[2]
    number, wrong = first["certificate"]["number"], links[1].partition("#")[2]
    plain = f"{links[0].partition('#')[0]}?lang=zh-CN"
    async with phone(home / "phones" / "certificate") as tab:
        assert name not in await read(tab, plain, "✓ 有效")
        shown = await read(tab, f"{plain}#k={key}", "二维码与本证书相符")
        assert name in shown
        assert "实到学时" in shown
        (asked,) = tab.sent("/certificates/check")
        assert json.loads(asked.body) == {"number": number.replace("-", ""), "key": key}
        assert not {"authorization", "cookie", "referer"} & set(asked.headers)
        assert not [sent for sent in tab.requests.values() if key in sent.url.partition("#")[0]]
        await tab.press("English")
        await tab.reads("The QR code is this certificate's")
        assert name in await tab.evaluate("document.body.innerText")
        shown = await read(tab, f"{plain}#{wrong}", "密钥不属于本编号的证书")
        assert name not in shown
        assert not tab.complaints
    logs = sorted((story.provisioner.suite.home / "logs").rglob("*.log"))
    assert logs
    assert not [log.name for log in logs if key in log.read_text(encoding="utf-8", errors="replace")]
