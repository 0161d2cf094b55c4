"""`POST /exports/projects/{key}/numbers.xlsx`: a class's numbers in plain, as `revealTeachers` shows them (R41)."""

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import Principal, TokenVerifier
from chassis.serving.asgi import internal
from kernel.language import Language
from kernel.refusals import BAD_REQUEST
from services.enrollment.commands import reveal_teachers
from services.enrollment.http.downloads import FileEndpoints, bounded_body, download
from services.enrollment.workbooks.numbers_sheet import numbers

MOST_BYTES = 64 * 1024
_NAME = ("学员号码", "numbers")


class RevealRequest(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """For what the numbers are wanted, which goes into the audit, and of whom; of all who have a seat without `ids`."""

    purpose: str
    ids: list[str] | None = None


class RevealFiles(FileEndpoints):
    """Workbooks with plain numbers. They are asked for by POST: a purpose belongs in no URL and in no log."""

    def routes(self, verifier: TokenVerifier) -> list[Route]:
        """The routes, behind the gateway's internal token as `/graphql` is."""
        return [Route("/exports/projects/{key}/numbers.xlsx", internal(verifier, self.project), methods=["POST"])]

    async def project(self, request: Request, principal: Principal, language: Language) -> Response:
        """The numbers of a class, every person recorded before anything is opened.

        Raises:
            Refusal: `BAD_REQUEST`, `BODY_TOO_LARGE`, or what `reveal_teachers` refuses.
        """
        asked = _asked(await bounded_body(request, MOST_BYTES, "R41"))
        key = request.path_params["key"]
        rows = await reveal_teachers(self.deps, principal, project_id=key, keys=asked.ids, purpose=asked.purpose)
        project = await self.deps.store.projects.get(key)
        async with self.slots:
            content = await asyncio.to_thread(numbers, rows, language)
        return download(content, f"{project.code}-{language.choose(*_NAME)}", "numbers")


def _asked(raw: bytes) -> RevealRequest:
    """What is asked for; what is wrong with it is told without repeating it (R41)."""
    try:
        return msgspec.json.decode(raw, type=RevealRequest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        detail = ("应为 purpose 和可选的 ids", "this must be `purpose` and, if wanted, `ids`")
        raise BAD_REQUEST(rule="R41", detail=detail) from error
