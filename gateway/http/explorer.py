"""The explorer at `/explorer/`: static files built by `make explorer`, or a page that says how to build them."""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

_MISSING = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>国培 Guopei Graph</title>
<h1>国培 Guopei Graph</h1>
<p>图接口位于 <code>POST /graphql</code>；图形化浏览器尚未安装：
请在项目根目录运行 <code>make explorer</code>（需要 Node.js 与 npm）。</p>
<p lang="en">The graph is at <code>POST /graphql</code>. The explorer is not installed: run <code>make explorer</code>
in the project's root (it needs Node.js and npm), then reload.</p></html>"""

_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Scripts, workers and connections are our own. The editor, Monaco, writes styles as it goes, so no hash can name them,
and its bundle holds a font and icons as data. It has a login form, so no other page may frame it."""


def explorer_routes(folder: Path | None) -> list[BaseRoute]:
    """The routes of `/explorer/`.

    Args:
        folder: The built files; None or a folder without `index.html` for none.
    """
    if folder and (folder / "index.html").exists():
        return [Mount("/explorer", _Files(directory=folder, html=True))]
    return [Route("/explorer/", _missing)]


class _Files(StaticFiles):
    """The explorer's files, under its own policy."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        response = super().file_response(*args, **more)
        response.headers["Content-Security-Policy"] = _POLICY
        return response


async def _missing(_: Request) -> HTMLResponse:
    return HTMLResponse(_MISSING)
