"""Pages of the gateway's own: files of the repository, which a browser may do nothing with but what they need."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.http.static_files import ASKED_ANEW, KINDS, StaticFile

FOLDER = Path(__file__).resolve().parents[1] / "pages"
"""The pages, a folder each."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none';"
    " frame-ancestors 'none'; require-trusted-types-for 'script'; "
)
"""Scripts, styles and connections are our own, and nothing else is loaded at all; no text becomes markup."""


def _headers(more: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": _POLICY + more,
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


HEADERS: Mapping[str, str] = _headers("form-action 'none'")
"""What every page of this package says; their forms are sent by scripts."""
WEB_HEADERS: Mapping[str, str] = _headers("form-action 'self'; img-src 'self'")
"""What the front ends' pages say: they have an icon, and a browser that ran no script may send their forms to us."""


def page_documents() -> list[str]:
    """The GraphQL documents that the pages ask; a gateway that takes none but registered ones takes these (ADR 59)."""
    files = sorted(FOLDER.glob("*/documents.json"))
    return [text for file in files for text in orjson.loads(file.read_bytes()).values()]


def page_routes(name: str) -> list[Route]:
    """The files of a page, at `/{name}/` its `index.html`; they are read once, and asked for anew at every visit.

    Args:
        name: The folder's name, and the path's.
    """
    files = {
        file.name: StaticFile.of(file.read_bytes(), KINDS[file.suffix], {**HEADERS, "Cache-Control": ASKED_ANEW})
        for file in sorted((FOLDER / name).iterdir())
        if file.suffix in KINDS
    }

    async def moved(_: Request) -> Response:
        return RedirectResponse(f"{name}/", HTTPStatus.PERMANENT_REDIRECT)

    def served(file: str) -> Route:
        async def answer(request: Request) -> Response:
            return files[file].answer(request)

        return Route(f"/{name}/" if file == "index.html" else f"/{name}/{file}", answer, methods=["GET"])

    first = [Route(f"/{name}", moved, methods=["GET"])] if "index.html" in files else []
    return [*first, *map(served, files)]
