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
from gateway.http.web import PAGES, WebFiles, nowhere, web_routes
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
    (folder / "assets" / f"main-{text}.js").write_text(text, encoding="utf-8")
    (folder / "favicon.ico").write_bytes(b"icon")
    (folder / "trusted-documents.json").write_text("{}", encoding="utf-8")
    (folder / ".sources.sha256").write_text("0", encoding="utf-8")
    return folder


@pytest.fixture
async def browser(folder: Path) -> AsyncIterator[Browser]:
    async with serving(folder) as browser:
        yield browser


def serving(folder: Path | None) -> AbstractAsyncContextManager[Browser]:
    files = WebFiles(folder)
    handlers = {HTTPException: nowhere(files)}
    app = Starlette(routes=web_routes(files), middleware=[Middleware(Compression)], exception_handlers=handlers)
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
    assert answer.headers["vary"] == "Accept-Encoding"
    again = await browser.send(
        "GET", "/assets/main-ABC.js", headers={"Accept-Encoding": accepted, "If-None-Match": answer.headers["etag"]}
    )
    assert again.status == 304
    assert again.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert again.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("refusing", ["identity", "gzip;q=0", "gzip; q=0.0, identity", "*;q=0, identity", "deflate"])
async def test_who_takes_no_coding_gets_the_plain_asset_under_its_strong_tag(browser: Browser, refusing: str) -> None:
    plain = await browser.send("GET", "/assets/main-ABC.js", headers={"Accept-Encoding": refusing})
    assert plain.text == SCRIPT
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"
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
    for name in ("first", "second"):
        kept = await browser.send("GET", f"/assets/main-{name}.js")
        assert (kept.status, kept.text) == (200, name), "a page of the build before loads the rest of its scripts"
    await asyncio.to_thread(folder.rename, tmp_path / "older")
    await asyncio.to_thread(built(tmp_path / "newer", "third").rename, folder)
    assert (await browser.send("GET", "/assets/main-third.js")).status == 200
    assert (await browser.send("GET", "/assets/main-first.js")).status == 404, "one build before is enough"


NAVIGATION = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def test_an_address_that_nothing_has_is_the_visitors_page_that_says_so(browser: Browser) -> None:
    for path in ("/nowhere", "/projects", "/trusted-documents.json"):
        answer = await browser.send("GET", path, headers=NAVIGATION)
        assert (answer.status, answer.text) == (404, "<title>public first</title>"), path
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
    for method, path, status in (("GET", "/assets/none.js", 404), ("POST", "/nowhere", 404), ("POST", "/", 405)):
        answer = await browser.send(method, path, headers=NAVIGATION)
        assert (answer.status, answer.headers["content-type"]) == (status, "application/json; charset=utf-8"), path


async def test_the_icon_that_browsers_ask_of_every_host_is_there(browser: Browser) -> None:
    answer = await browser.send("GET", "/favicon.ico")
    assert (answer.status, answer.text) == (200, "icon")
    assert answer.headers["content-type"] == "image/vnd.microsoft.icon"
    assert answer.headers["cache-control"] == "no-cache"


async def test_without_a_build_every_page_says_in_both_languages_what_to_install(tmp_path: Path) -> None:
    for folder in (None, tmp_path / "nothing"):
        async with serving(folder) as browser:
            for path in PAGES:
                answer = await browser.send("GET", path)
                assert answer.status == 200
                assert "请安装 Node.js" in answer.text
                assert "install Node.js with npm" in answer.text
                assert answer.headers["cache-control"] == "no-store"
