"""R34–R36: the voter's page is files of the repository, loads nothing else, and makes sheets that can be counted."""

import gzip
import json
import re
import subprocess
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import build_schema, parse, validate
from starlette.applications import Starlette

from contracts.graph_files import FOLDER as GRAPH
from deploy.local import node
from gateway.http.pages import FOLDER, page_documents, page_routes
from kernel.reference import questionnaires
from services.assessment.domain.instrument import form_of
from services.assessment.domain.tally import is_valid
from tests.unit.gateway.serving import Browser, served

PAGE = FOLDER / "ballot"
FILES = {file.name: file.read_text(encoding="utf-8") for file in PAGE.iterdir()}
MOST_BYTES = 18 * 1024
SURVEY = next(form for content in questionnaires()["forms"] if (form := form_of(content)[0]).kind == "SATISFACTION")
SCRIPT = """
const [folder, asked] = process.argv.slice(1);
const page = await import(`${folder}/sheet.mjs`);
const { WORDS } = await import(`${folder}/words.mjs`);
const acts = {
  cleaned: page.cleaned,
  lengthOf: page.lengthOf,
  pause: page.pauseOf,
  alone: page.formAlone,
  isEmpty: page.isEmpty,
  sheet(form, faculty, marks, texts) {
    return page.sheetOf(form, faculty, (part, place) => (marks[part] || [])[place] || 0, texts);
  },
  words: () => Object.values(WORDS).map((words) => Object.entries(words).map(([name, said]) => [name, typeof said])),
};
const [what, ...given] = JSON.parse(asked);
console.log(JSON.stringify(acts[what](...given)));
"""


def ask(what: str, *given: Any) -> Any:
    """What the page's modules answer."""
    command = node.command("node")
    if command is None:
        pytest.skip("there is no Node")
    asked = json.dumps([what, *given])
    done = subprocess.run(  # noqa: S603 - our own script
        [*command, "--input-type=module", "-e", SCRIPT, str(PAGE), asked], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with served(Starlette(routes=page_routes("ballot"))) as running:
        yield running


async def test_r34_the_page_and_its_files_may_load_and_do_nothing_but_their_own(browser: Browser) -> None:
    moved = await browser.send("GET", "/ballot", allow_redirects=False)
    assert (moved.status, moved.headers["location"]) == (308, "ballot/")
    for name, text in FILES.items():
        answer = await browser.send("GET", f"/ballot/{'' if name == 'index.html' else name}")
        assert (answer.status, answer.text) == (200, text), name
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert {policy[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
        assert policy["require-trusted-types-for"] == "'script'"
        assert answer.headers["cache-control"] == "no-cache"
        assert "set-cookie" not in answer.headers
        again = await browser.send("GET", f"/ballot/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status == (404 if name == "index.html" else 304)
    for path in ("/ballot/nothing.mjs", "/ballot/../app.py", "/ballot/%2e%2e/app.py", "/ballot/.mjs"):
        assert (await browser.send("GET", path)).status == 404


def test_r34_nothing_is_inline_and_nothing_of_others_is_named() -> None:
    page = FILES["index.html"]
    assert not re.search(r"<style|<script(?! type=\"module\" src=\"page.mjs\")|\son\w+=|\sstyle=", page)
    for name, text in FILES.items():
        assert not re.search(r"https?://|//[\w-]+\.\w|\burl\(|@import\s+[\"']http", text.replace("// ", "")), name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text), name
    everything = "".join(FILES.values()).encode()
    assert len(gzip.compress(everything, mtime=0)) <= MOST_BYTES


def test_r34_the_ballot_is_sent_by_one_way_that_has_no_login() -> None:
    assert [name for name, text in FILES.items() if '"/ballots"' in text] == ["gateway.mjs"]
    assert [name for name, text in FILES.items() if "Authorization" in text] == ["gateway.mjs"]
    nameless = FILES["gateway.mjs"].partition("export async function send")[2]
    assert "Authorization" not in nameless
    assert "NAMELESS" in nameless
    assert 'credentials: "omit"' in FILES["gateway.mjs"]
    assert 'referrerPolicy: "no-referrer"' in FILES["gateway.mjs"]
    assert "document.cookie" not in "".join(FILES.values())


def test_its_documents_are_of_the_graph_and_a_gateway_that_takes_registered_ones_only_takes_them() -> None:
    schema = build_schema((GRAPH / "api.graphql").read_text(encoding="utf-8"), assume_valid=True)
    texts = page_documents()
    assert len(texts) == 4
    for text in texts:
        assert not validate(schema, parse(text)), text


def test_every_word_is_there_in_both_languages_and_is_used() -> None:
    zh, en = ask("words")
    assert dict(zh) == dict(en)
    used = set(re.findall(r"\bsay\.(\w+)", FILES["page.mjs"])) | {"TEACHING", "SATISFACTION"}
    assert {name for name, _ in zh} == used


def test_r41_a_text_is_cleaned_to_what_the_register_reads() -> None:
    for typed, said in (
        ("  很好\n\n\t谢谢  ", "很好 谢谢"),
        ("a\u0000b\u200bc\u202ed\ufeff", "abcd"),
        ("e\u0301", "é"),
        ("好\U0001f600\U000e0001", "好"),
        ("\U00020000\U0003134a", "\U00020000\U0003134a"),
        ("\ud83d", ""),
        ("　全角　", "全角"),
    ):
        assert ask("cleaned", typed) == said
        assert is_valid(SURVEY, [], {"v": 1, "form": SURVEY.version, "project": [4] * 10, "texts": [said, ""]})
    assert ask("lengthOf", "\U00020000字") == 2


@pytest.mark.parametrize("content", questionnaires()["forms"], ids=lambda form: form["kind"])
def test_r34_r35_the_sheet_of_a_form_is_valid_and_leaves_out_who_is_not_rated(content: dict[str, Any]) -> None:
    form, digest = form_of(content)
    faculty = [{"key": "f1", "name": "王工"}, {"key": "f2", "name": "李师傅"}]
    marks = {"project": [5] * form.project, "f2": [3, 0, 4, 5]}
    sheet = ask("sheet", content, faculty, marks, [f" 意见{place}\n" for place in range(form.texts)])
    assert is_valid(form, ["f1", "f2"], sheet), sheet
    assert sheet["texts"] == [f"意见{place}" for place in range(form.texts)]
    assert sheet.get("faculty") == ({"f2": [3, 0, 4, 5]} if form.rates_faculty else None)
    assert not ask("isEmpty", sheet)
    empty = ask("sheet", content, faculty, {}, [" "] * form.texts)
    assert is_valid(form, ["f1", "f2"], empty)
    assert ask("isEmpty", empty)
    shown = {**content, **{name: questionnaires()[name] for name in ("anchors", "unanswered", "text_most", "warning")}}
    assert form_of(ask("alone", shown | {"promise": questionnaires()["promise"]}))[1] == digest


def test_r34_a_ballot_waits_only_where_its_token_is_young_and_between_two_and_ten_minutes() -> None:
    assert ask("pause", 0, 600_000, 0.5) == 0
    assert ask("pause", 0, 599_999, 0) == 120
    assert ask("pause", 0, 0, 0.999999) == 600
    assert 120 < ask("pause", 0, 1, 0.5) < 600
