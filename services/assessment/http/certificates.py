"""Certificates beside the graph: checks by anybody, public keys and status lists, and the page for its holder (R32)."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec
import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import Principal, TokenVerifier
from chassis.serving.asgi import internal
from chassis.serving.attachments import PDF, ZIP, attachment
from chassis.serving.bodies import BodyTooLargeError, bounded_body
from kernel.dates import today
from kernel.identifiers import certificate_number
from kernel.language import Language
from kernel.refusals import BAD_REQUEST, BODY_TOO_LARGE, UNAVAILABLE
from services.assessment.commands.certificate_checks import CertificateView, check_certificate, check_twin
from services.assessment.commands.certificates import certificate_of
from services.assessment.commands.credentials import STATUS_SECONDS
from services.assessment.commands.deps import Deps
from services.assessment.commands.guards import own_project
from services.assessment.documents.child_process import Helper, HelperBusyError, HelperError
from services.assessment.documents.page import Page
from services.assessment.domain.certificate import Certificate, printed
from services.assessment.domain.refusals import DRAWING_UNAVAILABLE, NOT_A_CERTIFICATE, TOO_MANY_CERTIFICATES

MOST_BYTES = 2 * 1024 * 1024
"""The largest file that is examined; ours have some forty thousand bytes."""
MOST_PAGES = 500
"""How many pages come in one archive: half a minute's drawing."""
_MOST_CHECK_BYTES = 4 * 1024
_LISTED_SECONDS = 20.0
_CACHED_STATUS = f"public, max-age={STATUS_SECONDS}"
_CACHED_KEYS = "public, max-age=3600"
_FIRST_YEAR = 2024
_YEAR = re.compile("[0-9]{4}", re.ASCII)
_RETRY_SECONDS = 2
_MOST_ARCHIVES = 3
"""How many archives are drawn or wait: one more would not be done before the gateway gives up."""
_ARCHIVE_RETRY_SECONDS = 30
log = structlog.get_logger()


class CheckRequest(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The number of a certificate, and what who checks it knows besides."""

    number: str
    key: str | None = None
    name: str | None = None


READS = ("/certificates/check", "/certificates/check-file")
"""What is asked by POST and changes nothing."""


class CertificateEndpoints:
    """The endpoints.

    Args:
        folder: The folder of keys, for the helpers that draw and examine pages.

    Attributes:
        deps: The service's dependencies, set when the process has connected.
    """

    deps: Deps

    def __init__(self, folder: Path) -> None:
        self._drawing = Helper("draw", folder)
        self._examining = Helper("examine", folder / "seal.pem")
        self._archiving = asyncio.Semaphore(1)
        self._archives_waiting = 0
        self._listed: dict[int, tuple[float, str]] = {}

    @asynccontextmanager
    async def running(self, deps: Deps) -> AsyncIterator[None]:
        """Serve with these dependencies; at the end the helpers are ended."""
        self.deps = deps
        try:
            yield
        finally:
            await self._drawing.close()
            await self._examining.close()

    def routes(self, verifier: TokenVerifier) -> list[Route]:
        """The routes; what is not public and signed itself is behind the gateway's internal token."""
        return [
            Route("/certificates/check", internal(verifier, self.check), methods=["POST"]),
            Route("/certificates/check-file", internal(verifier, self.check_file), methods=["POST"]),
            Route("/certificates/keys.json", self.keys),
            Route("/certificates/status/{year}.jwt", self.status),
            Route("/certificates/projects/{key}.zip", internal(verifier, self.class_pages)),
            Route("/certificates/{number}.pdf", internal(verifier, self.page)),
        ]

    async def check(self, request: Request, principal: Principal, language: Language) -> Response:
        """Check a certificate by its number.

        Raises:
            Refusal: `BAD_REQUEST`, `BODY_TOO_LARGE`, `CERTIFICATE_NUMBER_INVALID`, `NOT_FOUND`, `TOO_MANY_NAMES`.
        """
        del principal, language
        try:
            asked = msgspec.json.decode(await _body(request, _MOST_CHECK_BYTES), type=CheckRequest)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            words = ("应为 number 和可选的 key、name", "this must be `number` and, if wanted, `key` and `name`")
            raise BAD_REQUEST(rule="R32", detail=words) from error
        number = certificate_number(asked.number)
        return _json(_shown(await check_certificate(self.deps, number, key=asked.key, name=asked.name)))

    async def check_file(self, request: Request, principal: Principal, language: Language) -> Response:
        """Check a certificate by its file: what its seal says, and what its signed twin says.

        Raises:
            Refusal: `BODY_TOO_LARGE`, `NOT_A_CERTIFICATE`, `UNAVAILABLE`.
        """
        del principal, language
        raw = await _body(request, MOST_BYTES)
        try:
            found: dict[str, Any] = json.loads(await self._examining.ask(raw))
        except HelperBusyError as error:
            raise UNAVAILABLE(retryAfter=_RETRY_SECONDS) from error
        except HelperError as error:
            raise NOT_A_CERTIFICATE() from error
        view = await check_twin(self.deps, found["twin"])
        return _json({"seal": found["seal"]} | _shown(view))

    async def keys(self, request: Request) -> Response:
        """The public keys that certificates and status lists are signed with, past ones too (a JWK set, RFC 7517)."""
        del request
        return _json(self.deps.credentials.signing.public(), _CACHED_KEYS)

    async def status(self, request: Request) -> Response:
        """The signed list of the certificates of a year that are valid no more (W3C Bitstring Status List)."""
        named, now = request.path_params["year"], self.deps.clock.now()
        year = int(named) if _YEAR.fullmatch(named) else 0
        if not _FIRST_YEAR <= year <= today(now).year:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        made, token = self._listed.get(year, (0.0, ""))
        if not token or time.monotonic() - made > _LISTED_SECONDS:
            ended = await self.deps.store.certificates.ended(year)
            token = self.deps.credentials.status_list(year, ended, now)
            self._listed[year] = time.monotonic(), token
        return Response(token, headers={"Cache-Control": _CACHED_STATUS}, media_type="application/vc+jwt")

    async def page(self, request: Request, principal: Principal, language: Language) -> Response:
        """The page of a certificate, made now, for its teacher, school and base, and for the ministry.

        Raises:
            Refusal: `FORBIDDEN`, `NOT_FOUND`, `CERTIFICATE_NUMBER_INVALID`, `UNAVAILABLE`, `DRAWING_UNAVAILABLE`.
        """
        del language
        number = certificate_number(request.path_params["number"])
        certificate = await certificate_of(self.deps, principal, number)
        pdf = await self.draw(certificate)
        return attachment(pdf, PDF, f"结业证书-{number}", f"certificate-{number}")

    async def class_pages(self, request: Request, principal: Principal, language: Language) -> Response:
        """The pages of all valid certificates of a class in one archive, for its base; each under its number.

        They are drawn one after the other before the answer begins, so a page that is not drawn is told as a refusal
        and no archive lacks it.

        Raises:
            Refusal: `FORBIDDEN`, `NOT_FOUND`, `TOO_MANY_CERTIFICATES`, `UNAVAILABLE`, `DRAWING_UNAVAILABLE`.
        """
        key = request.path_params["key"]
        project = await own_project(self.deps, principal, key, "R32")
        certificates = await self.deps.store.certificates.valid_of(key, MOST_PAGES + 1)
        if len(certificates) > MOST_PAGES:
            count = await self.deps.store.certificates.count_valid(key)
            raise TOO_MANY_CERTIFICATES(count=count, limit=MOST_PAGES)
        if self._archives_waiting >= _MOST_ARCHIVES:
            raise UNAVAILABLE(retryAfter=_ARCHIVE_RETRY_SECONDS)
        self._archives_waiting += 1
        try:
            async with self._archiving:
                archive = await self._archive(certificates)
        finally:
            self._archives_waiting -= 1
        name = f"{project.training.code if project.training else key}-{language.choose('结业证书', 'certificates')}"
        return attachment(archive, ZIP, name, "certificates")

    async def _archive(self, certificates: Sequence[Certificate]) -> bytes:
        """Draw them into an archive in memory, some twenty megabytes at most; names go through no file (R41)."""
        file = BytesIO()
        with ZipFile(file, "w") as archive:  # stored as they are: a page is compressed already
            for certificate in certificates:
                archive.writestr(f"{certificate.id}.pdf", await self.draw(certificate))
        return file.getvalue()

    async def draw(self, certificate: Certificate) -> bytes:
        """The sealed page of a certificate.

        Raises:
            Refusal: `UNAVAILABLE`, `DRAWING_UNAVAILABLE`.
        """
        try:
            return await self._drawing.ask(orjson.dumps(asdict(page_of(self.deps, certificate))))
        except HelperBusyError as error:
            raise UNAVAILABLE(retryAfter=_RETRY_SECONDS) from error
        except HelperError as error:
            log.warning("page not drawn", number=certificate.id, error=str(error))
            raise DRAWING_UNAVAILABLE() from error


def page_of(deps: Deps, certificate: Certificate) -> Page:
    """What is printed of a certificate."""
    claims = deps.credentials.read(certificate)
    return Page(
        number=certificate.id,
        printed=printed(certificate.id),
        name=claims.name,
        code=claims.code,
        title=claims.title,
        base=claims.base,
        starts_on=claims.starts_on.isoformat(),
        ends_on=claims.ends_on.isoformat(),
        class_hours=claims.class_hours,
        attended_hours=claims.attended_hours,
        issued_on=claims.issued_on.isoformat(),
        link=deps.credentials.checked_at(certificate),
        check=f"{deps.credentials.origin}/c",
        jws=deps.credentials.jws(certificate),
    )


async def _body(request: Request, most: int) -> bytes:
    """The whole body.

    Raises:
        Refusal: `BODY_TOO_LARGE`.
    """
    try:
        return await bounded_body(request, most)
    except BodyTooLargeError as error:
        raise BODY_TOO_LARGE(rule="R32", limit=most) from error


def _shown(view: CertificateView) -> dict[str, Any]:
    """The view as JSON, without what is not shown."""
    words = ((name.split("_"), value) for name, value in asdict(view).items() if value is not None)
    return {first + "".join(word.capitalize() for word in rest): value for (first, *rest), value in words}


def _json(content: dict[str, Any], cached: str = "no-store") -> Response:
    return Response(orjson.dumps(content), headers={"Cache-Control": cached}, media_type="application/json")
