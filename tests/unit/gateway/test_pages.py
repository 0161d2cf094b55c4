"""The gateway's own pages are files of the repository, load nothing else, and speak both languages (R29, R34)."""

import json
import re
import subprocess
from collections.abc import AsyncIterator

import pytest
from graphql import build_schema, parse, validate
from starlette.applications import Starlette

from contracts.graph_files import FOLDER as GRAPH
from deploy.local import node
from gateway.http.pages import FOLDER, page_documents, page_routes
from tests.unit.gateway.serving import Browser, served

PAGES = ("ballot", "check-in")
FILES = {
    (folder, file.name): file.read_text(encoding="utf-8")
    for folder in (*PAGES, "page")
    for file in sorted((FOLDER / folder).iterdir())
}
WORDS = """
const { WORDS } = await import(process.argv[1]);
const shape = (words) => Object.entries(words).map(([name, said]) => [name, typeof said]);
console.log(JSON.stringify(Object.values(WORDS).map(shape)));
"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    routes = [route for folder in (*PAGES, "page") for route in page_routes(folder)]
    async with served(Starlette(routes=routes)) as running:
        yield running


async def test_r34_pages_and_their_files_may_load_and_do_nothing_but_their_own(browser: Browser) -> None:
    for (folder, name), text in FILES.items():
        answer = await browser.send("GET", f"/{folder}/{'' if name == 'index.html' else name}")
        assert (answer.status, answer.text) == (200, text), name
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert {policy[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
        assert policy["require-trusted-types-for"] == "'script'"
        assert answer.headers["cache-control"] == "no-cache"
        assert "set-cookie" not in answer.headers
        again = await browser.send("GET", f"/{folder}/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status == (404 if name == "index.html" else 304)
    for folder in PAGES:
        moved = await browser.send("GET", f"/{folder}", allow_redirects=False)
        assert (moved.status, moved.headers["location"]) == (308, f"{folder}/")
        for path in ("nothing.mjs", "../app.py", "%2e%2e/app.py", ".mjs"):
            assert (await browser.send("GET", f"/{folder}/{path}")).status == 404


def test_r34_nothing_is_inline_and_nothing_of_others_is_named() -> None:
    for (folder, name), text in FILES.items():
        if name == "index.html":
            assert not re.search(r"<style|<script(?! type=\"module\" src=\"page.mjs\")|\son\w+=|\sstyle=", text), folder
        assert not re.search(r"https?://|//[\w-]+\.\w|\burl\(|@import\s+[\"']http", text.replace("// ", "")), name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text), name
        assert "document.cookie" not in text


def test_their_documents_are_of_the_graph_and_a_gateway_that_takes_registered_ones_only_takes_them() -> None:
    schema = build_schema((GRAPH / "api.graphql").read_text(encoding="utf-8"), assume_valid=True)
    texts = page_documents()
    assert set(texts) == {text for folder in PAGES for text in json.loads(FILES[folder, "documents.json"]).values()}, (
        "a page's documents are registered"
    )
    for text in texts:
        assert not validate(schema, parse(text)), text


@pytest.mark.parametrize("folder", PAGES)
def test_every_word_is_there_in_both_languages_and_is_used(folder: str) -> None:
    command = node.command("node")
    if command is None:
        pytest.skip("there is no Node")
    asked = [*command, "--input-type=module", "-e", WORDS, str(FOLDER / folder / "words.mjs")]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    zh, en = json.loads(done.stdout)
    assert dict(zh) == dict(en)
    scripts = [text for (_, name), text in FILES.items() if name.endswith(".mjs")]
    anywhere = set(re.findall(r"\bsay\.(\w+)", "".join(scripts))) | {"TEACHING", "SATISFACTION"}
    assert set(re.findall(r"\bsay\.(\w+)", FILES[folder, "page.mjs"])) <= dict(zh).keys()
    assert dict(zh).keys() <= anywhere
