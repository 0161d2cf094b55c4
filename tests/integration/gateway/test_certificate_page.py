"""R32: the page behind a certificate's QR code says to people what the check by number tells programs, and no more."""

import json
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.app import build
from gateway.http.certificates import CHECKS_A_MINUTE
from gateway.settings import GatewaySettings
from kernel.identifiers import numbered
from tests.unit.gateway.serving import Answer, Browser, served

VALID, REVOKED, REPLACED, ODD, DOWN = (numbered(f"GP2411K7M2Q9X{letter}") for letter in "ABCDE")
UNKNOWN = numbered("GP2411ZZZZZZZZ")
FACTS = {
    "issuedOn": "2024-07-20",
    "title": "智能制造<b>&能力",
    "base": "示范大学“双师型”基地",
    "startsOn": "2024-07-08",
    "endsOn": "2024-07-14",
    "classHours": 56,
    "credit": "CONFIRMED",
    "name": "张*",
}
ENDED = {"endedOn": "2024-09-01", "revocation": "FRAUD"}
NEW = "GP2411-AAAA-AAAA-A"
ANSWERS: dict[str, tuple[int, Any]] = {
    VALID: (200, FACTS | {"state": "VALID"}),
    REVOKED: (200, FACTS | ENDED | {"state": "REVOKED"}),
    REPLACED: (200, FACTS | {"state": "REPLACED", "endedOn": "2024-09-01", "revocation": "CORRECTION"}
               | {"replacedBy": NEW}),
    ODD: (200, FACTS | {"state": "OF_A_LATER_RELEASE", "revocation": "<script>"}),
    DOWN: (500, {}),
}  # fmt: skip


class Read(HTMLParser):
    """A page as a reader has it: its text, its tags and its attributes."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.words = ""
        self.tags: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.facts: list[str] = []
        self.language = ""
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on") or name == "style"], "a policy forbids these"
        if tag == "html":
            self.language = given["lang"] or ""
        self.facts += [given["data-fact"] or ""] if "data-fact" in given else []
        if tag == "script":
            self.scripts.append(given["src"] or "")
        if tag == "a":
            self.links.append(given["href"] or "")

    def handle_data(self, data: str) -> None:
        self.words += data + " "


@pytest.fixture
async def asked() -> list[dict[str, Any]]:
    """What assessment was asked."""
    return []


@pytest.fixture
async def browser(settings: GatewaySettings, asked: list[dict[str, Any]]) -> AsyncIterator[Browser]:
    async def check(request: Request) -> Response:
        assert request.headers["authorization"]
        asked.append(await request.json())
        status, content = ANSWERS.get(asked[-1]["number"], (404, {"errors": [{"message": "x"}]}))
        return JSONResponse(content, status)

    behind = Starlette(routes=[Route("/certificates/check", check, methods=["POST"])])
    async with served(behind) as assessment:
        urls = dict(settings.subgraph_urls) | {"assessment": f"{assessment.url}/graphql"}
        async with served(build(settings.model_copy(update={"subgraph_urls": urls}))) as running:
            yield running


async def get(browser: Browser, number: str, query: str = "", **headers: str) -> tuple[Answer, Read]:
    answer = await browser.send("GET", f"/c/{number}{query}", headers=headers)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    page = Read(answer)
    assert not {"img", "iframe", "b"} & set(page.tags)
    assert page.scripts == (["/c/certificate.mjs"] if answer.status == 200 else []), "only where there is one to check"
    return answer, page


async def test_r32_a_valid_certificate_is_shown_with_the_least_and_nothing_else_is_asked(
    browser: Browser, asked: list[dict[str, Any]]
) -> None:
    answer, page = await get(browser, f"{VALID[:6]}-{VALID[6:10].lower()}-{VALID[10:14]}-{VALID[14]}")
    assert (answer.status, asked, page.language) == (200, [{"number": VALID}], "zh-CN")
    for said in ("✓ 有效", "张*", "智能制造<b>&能力", "示范大学“双师型”基地", "2024-07-08 — 2024-07-14", "56"):
        assert said in page.words
    assert "CONFIRMED" not in page.words


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        (VALID, ("✓ 有效",), ("✓ Valid",)),
        (REVOKED, ("已撤销", "弄虚作假", "2024-09-01"), ("Revoked", "fraud", "2024-09-01")),
        (REPLACED, ("替代", "证书内容更正", NEW), ("Replaced", "corrected", NEW)),
        (ODD, ("状态不明",), ("unknown",)),
    ],
)
async def test_r32_its_state_is_said_in_words_in_both_languages(
    browser: Browser, number: str, zh: tuple[str, ...], en: tuple[str, ...]
) -> None:
    for expected, query, headers in (
        (zh, "", {}),
        (en, "", {"Accept-Language": "en"}),
        (en, "?lang=en", {}),
        (zh, "?lang=zh-CN", {"Accept-Language": "en"}),
        (zh, "?lang=%22%3E%3Cscript%3E", {}),
    ):
        answer, page = await get(browser, number, query, **headers)
        assert answer.status == 200
        assert all(said in page.words for said in expected), page.words
        assert ("✓" in page.words) == (number == VALID)
        assert answer.text.count("<script") == 1
    assert (NEW in page.links) == (number == REPLACED)


async def test_r32_an_unknown_and_a_mistyped_number_are_said_and_the_mistyped_is_looked_up_nowhere(
    browser: Browser, asked: list[dict[str, Any]]
) -> None:
    answer, page = await get(browser, UNKNOWN)
    assert (answer.status, asked) == (404, [{"number": UNKNOWN}])
    assert "查无此证" in page.words
    last = "2" if VALID[-1] != "2" else "3"
    for number in (VALID[:-1] + last, "x", "GP" * 2_000, "%3Cscript%3Ealert(1)", "%22onload%3D", "%00"):
        answer, page = await get(browser, number)
        assert answer.status == 400, number
        assert "编号有误" in page.words
        assert "alert" not in answer.text
        assert len(number) < 4 or number not in answer.text
    assert len(asked) == 1


async def test_r32_what_assessment_does_not_answer_is_no_verdict(browser: Browser) -> None:
    answer, page = await get(browser, DOWN)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "暂时没有应答" in page.words
    assert "查无此证" not in page.words


async def test_r32_pages_count_like_checks_so_numbers_cannot_be_walked(
    browser: Browser, asked: list[dict[str, Any]]
) -> None:
    for _ in range(CHECKS_A_MINUTE):
        await browser.send("POST", "/certificates/check", json={"number": VALID})
    answers = [await get(browser, VALID) for _ in range(10)]
    refused = [page for answer, page in answers if answer.status == 429]
    assert len(refused) >= 5
    assert all("查询过于频繁" in page.words for page in refused)
    assert all(int(answer.headers["retry-after"]) > 0 for answer, _ in answers if answer.status == 429)
    assert len(asked) <= CHECKS_A_MINUTE + 5


async def test_r32_the_page_has_no_name_for_who_has_only_the_number(browser: Browser) -> None:
    """What the key opens is asked for by the script, which has the fragment; the page itself has only its labels."""
    answer, page = await get(browser, VALID)
    assert {"name", "code", "attendedHours"} <= set(page.facts)
    assert 'data-fact="name"></dd>' in answer.text
    assert f'data-number="{VALID}"' in answer.text
    script = await browser.send("GET", "/c/certificate.mjs")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.text.count("fetch(") == 1
    assert "location.hash" in script.text


async def test_r32_its_style_sheet_is_the_gateways_own(browser: Browser) -> None:
    answer = await browser.send("GET", "/c/certificate.css")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    again = await browser.send("GET", "/c/certificate.css", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.text) == (304, "")
    assert json.dumps(answer.text).count("url(") == 0
