"""Pages of the gateway's own: files of the repository, which a browser may do nothing with but what they need."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

FOLDER = Path(__file__).resolve().parents[1] / "pages"
"""The pages, a folder each."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; require-trusted-types-for 'script'"
)
"""Scripts, styles and connections are our own, and nothing else is loaded at all; no text becomes markup."""
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
}


def page_documents() -> list[str]:
    """The GraphQL documents that the pages ask; a gateway that takes none but registered ones takes these (ADR 59)."""
    files = sorted(FOLDER.glob("*/documents.json"))
    return [text for file in files for text in orjson.loads(file.read_bytes()).values()]


def page_routes(name: str) -> list[Route]:
    """The files of a page, at `/{name}/` its `index.html`; they are read once, and asked for anew at every visit.

    Args:
        name: The folder's name, and the path's.
    """
    files = {file.name: file.read_bytes() for file in sorted((FOLDER / name).iterdir()) if file.suffix in _KINDS}

    async def moved(_: Request) -> Response:
        return RedirectResponse(f"{name}/", HTTPStatus.PERMANENT_REDIRECT)

    def served(file: str) -> Route:
        content, kind = files[file], _KINDS[Path(file).suffix]
        headers = {**HEADERS, "Cache-Control": "no-cache", "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"'}

        async def answer(request: Request) -> Response:
            if request.headers.get("if-none-match") == headers["ETag"]:
                return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
            return Response(content, headers=headers, media_type=kind)

        return Route(f"/{name}/" if file == "index.html" else f"/{name}/{file}", answer, methods=["GET"])

    first = [Route(f"/{name}", moved, methods=["GET"])] if "index.html" in files else []
    return [*first, *map(served, files)]
