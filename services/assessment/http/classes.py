"""Files of a class for its base: the workbook out and in, and the sign-in sheet of a session (R29, R30, ADR 61)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import Principal, TokenVerifier
from chassis.serving.asgi import internal
from chassis.serving.attachments import PDF, XLSX, attachment
from chassis.serving.bodies import BodyTooLargeError, bounded_body
from kernel.free_text import not_printable
from kernel.language import Language
from kernel.refusals import BODY_TOO_LARGE, UNAVAILABLE
from services.assessment.commands.deps import Deps
from services.assessment.commands.guards import own_project
from services.assessment.commands.workbooks import ClassBook, EnteredRow, class_book, enter_workbook
from services.assessment.documents.child_process import Helper, HelperBusyError, HelperError
from services.assessment.documents.sign_in import SignInSheet
from services.assessment.domain.entry import Problem
from services.assessment.domain.project import Session
from services.assessment.domain.refusals import SIGN_IN_SHEET_UNAVAILABLE
from services.assessment.workbooks.book_reader import Line, read_class_workbook
from services.assessment.workbooks.book_writer import class_workbook

MOST_BYTES = 4 * 1024 * 1024
_MOST_AT_ONCE = 2
_MOST_PROBLEMS = 1_000
_RETRY_SECONDS = 2
_UNDRAWN = "〓"
"""What stands for a character that no font has, as printers have it."""
log = structlog.get_logger()


class ClassFiles:
    """The endpoints.

    Args:
        folder: The folder of keys, which every helper is started with; this one reads none of them.

    Attributes:
        deps: The service's dependencies, set when the process has connected.
    """

    deps: Deps

    def __init__(self, folder: Path) -> None:
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)
        self._drawing = Helper("sheet", folder)

    @asynccontextmanager
    async def running(self, deps: Deps) -> AsyncIterator[None]:
        """Serve with these dependencies; at the end the helper is ended."""
        self.deps = deps
        try:
            yield
        finally:
            await self._drawing.close()

    def routes(self, verifier: TokenVerifier) -> list[Route]:
        """The routes, behind the gateway's internal token as `/graphql` is."""
        return [
            Route("/projects/{key}/workbook.xlsx", internal(verifier, self.workbook)),
            Route("/projects/{key}/workbook.xlsx", internal(verifier, self.enter), methods=["POST"]),
            Route("/projects/{key}/sign-in.pdf", internal(verifier, self.sign_in)),
        ]

    async def workbook(self, request: Request, principal: Principal, language: Language) -> Response:
        """The workbook of a class, attendance and results as they are, for its base.

        Raises:
            Refusal: `NOT_FOUND`, `FORBIDDEN`, `WORKBOOK_TOO_LARGE`.
        """
        book = await class_book(self.deps, principal, request.path_params["key"])
        async with self._slots:
            content = await asyncio.to_thread(class_workbook, book, self.deps.clock.now())
        return attachment(content, XLSX, f"{_code(book)}-{language.choose('考勤成绩册', 'class')}", "class")

    async def enter(self, request: Request, principal: Principal, language: Language) -> Response:
        """Enter the workbook in the body, row by row; a row that is refused writes nothing.

        Returns:
            200 with how many rows were written, said nothing new and were refused, and why, by sheet, row and column:
            the first thousand problems, three of a row at most.

        Raises:
            Refusal: `NOT_FOUND`, `FORBIDDEN`, `BODY_TOO_LARGE`, or what `read_class_workbook` refuses.
        """
        key = request.path_params["key"]
        await own_project(self.deps, principal, key, "R29")
        try:
            raw = await bounded_body(request, MOST_BYTES)
        except BodyTooLargeError as error:
            raise BODY_TOO_LARGE(rule="R29", limit=MOST_BYTES) from error
        async with self._slots:
            lines = await read_class_workbook(raw, key)
        stated = [(line, line.entry) for line in lines if line.entry]
        rows = await enter_workbook(self.deps, principal, project=key, entries=[entry for _, entry in stated])
        entered = dict(zip((id(line) for line, _ in stated), rows, strict=True))
        found = [(line, _problems(line, entered.get(id(line)))) for line in lines]
        told = ((line, problem) for line, problems in found for problem in problems)
        content = {
            "written": sum(row.is_new for row in rows),
            "unchanged": sum(not row.is_new and not row.problems for row in rows),
            "refused": sum(bool(problems) for _, problems in found),
            "problems": [_shown(line, problem, language) for line, problem in islice(told, _MOST_PROBLEMS)],
        }
        return Response(orjson.dumps(content), headers={"Cache-Control": "no-store"}, media_type="application/json")

    async def sign_in(self, request: Request, principal: Principal, language: Language) -> Response:
        """The sign-in sheet of the session `?session=`, to be printed and signed, for the base.

        Raises:
            Refusal: `NOT_FOUND`, `FORBIDDEN`, `UNKNOWN_SESSION`, `UNAVAILABLE`, `SIGN_IN_SHEET_UNAVAILABLE`.
        """
        book = await class_book(self.deps, principal, request.path_params["key"])
        session = book.project.require_session(request.query_params.get("session", "")[:200])
        sheet = sheet_of(book, session)
        try:
            pdf = await self._drawing.ask(orjson.dumps(asdict(sheet)))
        except HelperBusyError as error:
            raise UNAVAILABLE(retryAfter=_RETRY_SECONDS) from error
        except HelperError as error:
            log.warning("sign-in sheet not drawn", project=book.project.id, error=str(error))
            raise SIGN_IN_SHEET_UNAVAILABLE() from error
        name = f"{_code(book)}-{session.date}-{language.choose('签到表', 'sign-in')}"
        return attachment(pdf, PDF, name, f"sign-in-{session.date}")


def sheet_of(book: ClassBook, session: Session) -> SignInSheet:
    """What is printed of a session; a character that no font has stands as 〓, so that the sheet is there in time."""
    training = book.project.training
    return SignInSheet(
        code=_drawable(training.code if training else ""),
        title=_drawable(training.title if training else book.project.id),
        base=_drawable(training.base if training else ""),
        date=session.date.isoformat(),
        session=_drawable(session.title),
        hours=session.hours,
        people=tuple((_drawable(book.names.get(record.id, "")), record.school) for record in book.attendees),
    )


def _drawable(text: str) -> str:
    return text.translate({ord(char): _UNDRAWN for char in not_printable(text)})


def _code(book: ClassBook) -> str:
    training = book.project.training
    return training.code if training else book.project.id


def _problems(line: Line, row: EnteredRow | None) -> Sequence[Problem]:
    return [*line.problems, *(row.problems if row else ())]


def _shown(line: Line, problem: Problem, language: Language) -> dict[str, Any]:
    """Where a problem is, and why it is one, in the form of a refusal."""
    column, refusal = problem
    return {
        "sheet": line.sheet,
        "row": line.number,
        "column": column,
        "enrollmentId": line.enrollment,
        "refusal": {"message": refusal.message(language), "extensions": refusal.extensions()},
    }
