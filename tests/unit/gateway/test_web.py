"""The gateway serves the built front ends: pages asked for anew, assets kept, nothing else of the folder."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from gateway.http.compression import Compression
from gateway.http.responses import unrouted
from gateway.http.web import PAGES, web_routes
from tests.unit.gateway.serving import Browser, served

SCRIPT = "export const words = " + repr(["国培"] * 500) + ";"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a build writes."""
    return built(tmp_path / "web", "first")


def built(folder: Path, text: str) -> Path:
    (folder / "assets").mkdir(parents=True)
    for name in ("public", "console"):
        (folder / f"{name}.html").write_text(f"<title>{name} {text}</title>", encoding="utf-8")
    (folder / "assets" / "main-ABC.js").write_text(SCRIPT, encoding="utf-8")
    (folder / "assets" / "mark-DEF.svg").write_text("<svg/>", encoding="utf-8")
    (folder / "trusted-documents.json").write_text("{}", encoding="utf-8")
    (folder / ".sources.sha256").write_text("0", encoding="utf-8")
    return folder


@pytest.fixture
async def browser(folder: Path) -> AsyncIterator[Browser]:
    async with serving(folder) as browser:
        yield browser


def serving(folder: Path | None) -> AbstractAsyncContextManager[Browser]:
    handlers = {HTTPException: unrouted}
    app = Starlette(routes=web_routes(folder), middleware=[Middleware(Compression)], exception_handlers=handlers)
    return served(app)


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/", "public"),
        ("/projects/2024-11-001", "public"),
        ("/calendar", "public"),
        ("/calendar/2024", "public"),
        ("/certificates", "public"),
        ("/inspections", "public"),
        ("/inspections/2024-1", "public"),
        ("/keys", "public"),
        ("/help", "public"),
        ("/console", "console"),
        ("/console/base/projects/1?status=OPEN", "console"),
    ],
)
async def test_every_address_of_a_page_is_answered_with_its_file_and_asked_anew(
    browser: Browser, path: str, page: str
) -> None:
    answer = await browser.send("GET", path)
    assert (answer.status, answer.text) == (200, f"<title>{page} first</title>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    own = ("script-src", "style-src", "img-src", "connect-src", "form-action")
    assert {policy[name] for name in own} == {"'self'"}
    assert policy["require-trusted-types-for"] == "'script'"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    again = await browser.send("GET", path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.text, again.headers["etag"]) == (304, "", answer.headers["etag"])


@pytest.mark.parametrize("accepted", ["gzip, deflate, br, zstd", "gzip", "*"])
async def test_an_asset_is_kept_for_good_and_goes_out_as_it_was_compressed_at_the_start(
    browser: Browser, accepted: str
) -> None:
    answer = await browser.send("GET", "/assets/main-ABC.js", headers={"Accept-Encoding": accepted})
    assert answer.text == SCRIPT
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), mtime=0))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "Accept-Encoding" in answer.headers["vary"]
    again = await browser.send(
        "GET", "/assets/main-ABC.js", headers={"Accept-Encoding": accepted, "If-None-Match": answer.headers["etag"]}
    )
    assert again.status == 304
    assert again.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_who_takes_no_coding_gets_the_plain_asset_under_its_strong_tag(browser: Browser) -> None:
    plain = await browser.send("GET", "/assets/main-ABC.js", headers={"Accept-Encoding": "identity"})
    assert plain.text == SCRIPT
    assert "content-encoding" not in plain.headers
    coded = await browser.send("GET", "/assets/main-ABC.js", headers={"Accept-Encoding": "gzip"})
    assert coded.headers["etag"] == f"W/{plain.headers['etag']}"
    picture = await browser.send("GET", "/assets/mark-DEF.svg")
    assert picture.headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/nothing.js",
        "/assets/",
        "/assets/../trusted-documents.json",
        "/assets/%2e%2e/trusted-documents.json",
        "/assets/..%2f.sources.sha256",
        "/trusted-documents.json",
        "/nowhere",
        "/projects",
    ],
)
async def test_nothing_but_pages_and_assets_is_served(browser: Browser, path: str) -> None:
    answer = await browser.send("GET", path)
    assert (answer.status, answer.code) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/", "/console", "/assets/main-ABC.js"])
async def test_files_are_read_only(browser: Browser, path: str) -> None:
    answer = await browser.send("POST", path, json={})
    assert (answer.status, answer.code) == (405, "METHOD_NOT_ALLOWED")


async def test_another_build_in_the_place_of_the_first_is_served_at_once_and_none_leaves_the_first(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    first = await browser.send("GET", "/")
    await asyncio.to_thread(folder.rename, tmp_path / "old")
    assert (await browser.send("GET", "/")).text == first.text
    await asyncio.to_thread(built(tmp_path / "new", "second").rename, folder)
    second = await browser.send("GET", "/", headers={"If-None-Match": first.headers["etag"]})
    assert (second.status, second.text) == (200, "<title>public second</title>")


async def test_without_a_build_every_page_says_in_both_languages_what_to_install(tmp_path: Path) -> None:
    for folder in (None, tmp_path / "nothing"):
        async with serving(folder) as browser:
            for path in PAGES:
                answer = await browser.send("GET", path)
                assert answer.status == 200
                assert "请安装 Node.js" in answer.text
                assert "install Node.js with npm" in answer.text
                assert answer.headers["cache-control"] == "no-store"
