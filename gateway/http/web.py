"""The front ends of `web/`: pages for everybody, the consoles behind a login, and what both load.

They are files that the build has made; nginx may serve the same folder. A page's address is the browser's to read: the
gateway answers every one of them with the same file.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from gateway.http.pages import WEB_HEADERS
from gateway.http.responses import Unrouted, guarded, unrouted
from gateway.http.static_files import ASKED_ANEW, KEPT, KINDS, StaticFile
from kernel.refusals import NOT_FOUND

PUBLIC, CONSOLE = "public.html", "console.html"
PAGES: Mapping[str, str] = {
    "/": PUBLIC,
    "/projects/{code}": PUBLIC,
    "/calendar": PUBLIC,
    "/calendar/{year}": PUBLIC,
    "/certificates": PUBLIC,
    "/inspections": PUBLIC,
    "/inspections/{id}": PUBLIC,
    "/keys": PUBLIC,
    "/help": PUBLIC,
    "/console": CONSOLE,
    "/console/{page:path}": CONSOLE,
}
"""A page's path to the file that shows it. Files and programs of the same first part come before it."""
ASSETS = "/assets/{name:path}"
ICON = "/favicon.ico"
_HTML = re.compile(r"(?:^|,)\s*text/html\s*(?:;|,|$)", re.IGNORECASE)
_MISSING = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>国培 Guopei Graph</title>
<h1>国培 Guopei Graph</h1>
<p>前端页面尚未构建：请安装 Node.js（含 npm），然后在项目根目录运行 <code>make web</code>。</p>
<p lang="en">The pages are not built yet: install Node.js with npm, then run <code>make web</code> in the project's
root.</p></html>"""


class WebFiles:
    """The built files in memory, read again when the folder has been exchanged for another build.

    The assets of the build before are kept: pages that were opened before load the rest of theirs.

    Args:
        folder: The folder; None for none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._stamp: tuple[int, int] | None = None
        self._files: Mapping[str, StaticFile] = {}
        self._before: Mapping[str, StaticFile] = {}

    def find(self, name: str) -> StaticFile | None:
        """A file of the build by its path in the folder, such as `assets/main-7Q2.js`; None where there is none."""
        if self._folder is not None and (stamp := _stamp(self._folder)) not in (None, self._stamp):
            self._before, self._files, self._stamp = self._files, _read(self._folder), stamp
        return self._files.get(name) or (self._before.get(name) if name.startswith("assets/") else None)


def web_routes(files: WebFiles) -> list[Route]:
    """The routes of the front ends, to come after all others.

    Args:
        files: The built files; without any, each page says what is missing.
    """

    def page(name: str) -> Route:
        async def show(request: Request) -> Response:
            found = files.find(PAGES[name])
            return found.answer(request) if found else HTMLResponse(_MISSING, headers={"Cache-Control": "no-store"})

        return Route(name, guarded(show), methods=["GET"])

    def answer(request: Request, name: str) -> Response:
        found = files.find(name)
        if found is None:
            raise NOT_FOUND(kind="file", id=name[:80])
        return found.answer(request)

    async def asset(request: Request) -> Response:
        return answer(request, f"assets/{request.path_params['name']}")

    async def icon(request: Request) -> Response:
        return answer(request, ICON.removeprefix("/"))

    served = [Route(ASSETS, guarded(asset), methods=["GET"]), Route(ICON, guarded(icon), methods=["GET"])]
    return [*map(page, PAGES), *served]


def nowhere(files: WebFiles) -> Unrouted:
    """What is said of an address that nothing has: to who wants HTML the page of visitors, which says so; else JSON.

    Args:
        files: The built files; without any it is JSON for everybody.
    """

    async def say(request: Request, error: Exception) -> Response:
        refusal = await unrouted(request, error)
        wanted = request.method in {"GET", "HEAD"} and _HTML.search(request.headers.get("accept", ""))
        if refusal.status_code != HTTPStatus.NOT_FOUND or not wanted or (page := files.find(PUBLIC)) is None:
            return refusal
        return page.instead(request, HTTPStatus.NOT_FOUND)

    return say


def _stamp(folder: Path) -> tuple[int, int] | None:
    """What tells one build from another: a new one is moved into the place of the one before."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _read(folder: Path) -> dict[str, StaticFile]:
    """The pages, the icon and the assets of a build, by their path in the folder."""
    pages = [folder / name for name in (PUBLIC, CONSOLE)]
    assets = sorted((folder / "assets").rglob("*"))
    return {
        str(file.relative_to(folder)): StaticFile.of(
            file.read_bytes(),
            KINDS[file.suffix],
            {**WEB_HEADERS, "Cache-Control": KEPT if file in assets else ASKED_ANEW},
        )
        for file in (*pages, folder / ICON.removeprefix("/"), *assets)
        if file.suffix in KINDS and file.is_file()
    }
