"""Certificates beside the graph: checks, keys, status list and page, by assessment's own endpoints (R32)."""

import asyncio
import gzip
import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from typer.testing import CliRunner

from chassis.principal import Principal, Scope, TokenMinter, TokenVerifier
from deploy.local.certificate_keys import write_certificate_keys
from kernel.free_text import Reason
from services.assessment.commands import revoke_certificate
from services.assessment.commands.credentials import Credentials
from services.assessment.console import commands
from services.assessment.documents.seal import examine, seals_of
from services.assessment.domain.certificate import Certificate
from services.assessment.domain.vocabulary import ResultOutcome, RevocationClass, SealState
from services.assessment.http import certificates as certificate_endpoints
from services.assessment.http.certificates import CertificateEndpoints
from tests.integration.assessment.test_certificates import NAMES, correct, issue, only, trained
from tests.integration.assessment.world import BASE, FOREIGN, OTHER_TEACHER, SCHOOL, TEACHER, VAULT, World
from tests.support.certificates import ORIGIN
from tests.unit.gateway.serving import Browser, served

PUBLIC = Principal("public", Scope.PUBLIC)


@pytest.fixture
async def files(world: World, tmp_path: Path) -> AsyncIterator["Files"]:
    """The endpoints of a world whose keys are those of a folder."""
    folder = tmp_path / "keys"
    write_certificate_keys(folder)
    world.deps = replace(world.deps, credentials=Credentials.load(folder, ORIGIN, VAULT))
    async with serving(world, folder) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        (error,) = self.json["errors"]
        return str(error["extensions"]["code"])


class Files:
    """Assessment's endpoints on a port, asked with the gateway's internal token."""

    def __init__(self, browser: Browser, minter: TokenMinter, folder: Path) -> None:
        self.browser = browser
        self.folder = folder
        self._minter = minter

    async def ask(self, method: str, path: str, by: Principal = PUBLIC, content: bytes | None = None) -> "Reply":
        headers = {"Authorization": f"Bearer {self._minter.mint(by, 'assessment')}"}
        url = self.browser.url + path
        data = None if content is None else BytesIO(content)
        async with self.browser.http.request(method, url, headers=headers, data=data) as reply:
            named = {name.lower(): value for name, value in reply.headers.items()}
            return Reply(reply.status, named, await reply.read())

    async def check(self, **asked: str) -> dict[str, Any]:
        answer = await self.ask("POST", "/certificates/check", content=json.dumps(asked).encode())
        content: dict[str, Any] = answer.json
        return content


@asynccontextmanager
async def serving(world: World, folder: Path) -> AsyncIterator[Files]:
    keys, minter = internal_keys()
    endpoints = CertificateEndpoints(folder)
    async with endpoints.running(world.deps):
        app = Starlette(routes=endpoints.routes(TokenVerifier(keys, "assessment")))
        async with served(app) as browser:
            yield Files(browser, minter, folder)


def internal_keys() -> tuple[KeySet, TokenMinter]:
    """The gateway's internal keys, and what mints tokens by them."""
    keys = KeySet([ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})])
    return keys, TokenMinter(keys)


def key_of(world: World, certificate: Certificate) -> str:
    return world.deps.credentials.checked_at(certificate).partition("#k=")[2]


async def test_r32_who_knows_the_number_only_is_shown_the_least(world: World, files: Files) -> None:
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    shown = await files.check(number=certificate.id.lower())
    assert shown.keys() == {
        "number",
        "state",
        "issuedOn",
        "title",
        "base",
        "startsOn",
        "endsOn",
        "classHours",
        "credit",
        "name",
    }
    assert (shown["state"], shown["name"], shown["credit"]) == ("VALID", "张*", "PENDING")


async def test_r32_with_the_key_of_the_qr_code_all_that_is_printed_is_shown(world: World, files: Files) -> None:
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    shown = await files.check(number=certificate.id, key=key_of(world, certificate))
    assert (shown["name"], shown["attendedHours"], shown["code"]) == (NAMES["e1"], 16, "2024-D-11-0007-03")
    assert shown["keyMatches"] is True
    for wrong in ("AAAAAAAAAAAAAAAAAAAAAA", "", "no base64", "张"):
        shown = await files.check(number=certificate.id, key=wrong)
        assert (shown["name"], shown["keyMatches"], "code" in shown) == ("张*", False, False)


async def test_r32_a_typed_name_matches_or_not_and_ten_a_day_are_compared(world: World, files: Files) -> None:
    """R32, R41: whoever has a list of names cannot find out whose certificate it is."""
    await trained(world, "e2")
    certificate = only(await issue(world, "e2"))
    assert (await files.check(number=certificate.id, name="买买提•吐尔逊"))["nameMatches"] is True
    for _ in range(9):
        shown = await files.check(number=certificate.id, name="李四")
        assert (shown["nameMatches"], shown["name"]) == (False, "买*")
    answer = await files.ask(
        "POST", "/certificates/check", content=json.dumps({"number": certificate.id, "name": "李四"}).encode()
    )
    assert (answer.status, answer.code) == (429, "TOO_MANY_NAMES")
    assert (await files.check(number=certificate.id))["state"] == "VALID", "the certificate can still be checked"


async def test_r32_a_revoked_and_a_replaced_certificate_say_so(world: World, files: Files) -> None:
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    before = (await files.ask("GET", f"/certificates/status/{certificate.year}.jwt")).text
    await correct(world, "e1", ResultOutcome.FAILED, 40)
    shown = await files.check(number=certificate.id)
    assert (shown["state"], shown["revocation"]) == ("REVOKED", "RESULT_CHANGED")
    assert "reason" not in shown
    endpoints = (await files.ask("GET", "/certificates/keys.json")).json["keys"]
    assert {key["kid"] for key in endpoints} >= {"certificates-2024-1"}
    assert all("d" not in key for key in endpoints)
    assert before.count(".") == 2


async def test_r32_a_revoked_certificate_says_so_everywhere_within_a_minute(
    world: World, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check at once; the status list once what server and reader may keep of it, a minute at most, is over."""
    now = [100.0]
    monkeypatch.setattr(certificate_endpoints, "time", SimpleNamespace(monotonic=lambda: now[0]))
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    path = f"/certificates/status/{certificate.year}.jwt"
    assert not await _ended(files, path, certificate.place)
    fraud, reason = RevocationClass.FRAUD, Reason("冒名")
    await revoke_certificate(world.deps, BASE, number=certificate.id, revocation=fraud, reason=reason)
    assert (await files.check(number=certificate.id))["state"] == "REVOKED"
    reply = await files.ask("GET", path)
    content = json.loads(urlsafe_b64decode(reply.text.split(".")[1] + "=="))
    kept = int(reply.headers["cache-control"].partition("max-age=")[2])
    assert content["credentialSubject"]["ttl"] == kept * 1_000
    now[0] += 60 - kept
    assert await _ended(files, path, certificate.place)


async def _ended(files: Files, path: str, place: int) -> bool:
    """What a stranger reads in the status list of a certificate's year."""
    content = json.loads(urlsafe_b64decode((await files.ask("GET", path)).text.split(".")[1] + "=="))
    bits = gzip.decompress(urlsafe_b64decode(content["credentialSubject"]["encodedList"][1:] + "=="))
    return bool(bits[place // 8] & 128 >> place % 8)


async def test_r32_a_wrong_number_and_an_unknown_one_are_refused(files: Files) -> None:
    for number, code in (("GP2411-K7N2-Q9XD-E", "CERTIFICATE_NUMBER_INVALID"), ("GP2444-4B36-KMK9-1", "NOT_FOUND")):
        answer = await files.ask("POST", "/certificates/check", content=json.dumps({"number": number}).encode())
        assert answer.code == code
    for body in (b"", b"{}", b"[]", b'{"number": 1}', b'{"number": "x", "more": 1}', b"\xff"):
        assert (await files.ask("POST", "/certificates/check", content=body)).code == "BAD_REQUEST"


async def test_r32_the_page_is_sealed_and_checked_by_its_file(world: World, files: Files) -> None:
    """The holder downloads it; whoever gets it checks the file itself, and finds a changed byte."""
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    answer = await files.ask("GET", f"/certificates/{certificate.id}.pdf", TEACHER)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert NAMES["e1"] not in answer.headers["content-disposition"]
    pdf = answer.content
    found = await asyncio.to_thread(examine, pdf, seals_of((files.folder / "seal.pem").read_bytes()))
    assert found.seal is SealState.INTACT
    assert found.twin == world.deps.credentials.jws(certificate)
    shown = (await files.ask("POST", "/certificates/check-file", content=pdf)).json
    assert (shown["seal"], shown["state"], shown["name"]) == ("INTACT", "VALID", NAMES["e1"])
    changed = bytearray(pdf)
    changed[len(changed) // 2] ^= 0x01
    answer = await files.ask("POST", "/certificates/check-file", content=bytes(changed))
    assert "errors" in answer.json or answer.json["seal"] == "ALTERED"
    await correct(world, "e1", ResultOutcome.FAILED, 40)
    shown = (await files.ask("POST", "/certificates/check-file", content=pdf)).json
    assert (shown["seal"], shown["state"]) == ("INTACT", "REVOKED"), "the page is ours, and holds no more"


@pytest.mark.parametrize("raw", [b"", b"%PDF-1.7", b"PK\x03\x04", b"%PDF-1.7\n" + b"<<" * 50_000])
async def test_r32_a_file_that_is_none_of_ours_is_refused(files: Files, raw: bytes) -> None:
    assert (await files.ask("POST", "/certificates/check-file", content=raw)).code == "NOT_A_CERTIFICATE"


async def test_r32_a_page_is_for_its_teacher_school_and_base(world: World, files: Files) -> None:
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    path = f"/certificates/{certificate.id}.pdf"
    assert [(await files.ask("GET", path, by)).status for by in (SCHOOL, BASE)] == [200, 200]
    codes = [(await files.ask("GET", path, by)).code for by in (OTHER_TEACHER, FOREIGN, PUBLIC)]
    assert codes == ["NOT_FOUND", "NOT_FOUND", "FORBIDDEN"]


async def test_r32_the_signed_twin_is_verified_by_the_public_keys_alone(world: World, files: Files) -> None:
    """A stranger needs no account: the key set, the token, the status list."""
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    listed = (await files.ask("GET", "/certificates/keys.json")).json
    token = world.deps.credentials.jws(certificate)
    signed = jws.deserialize_compact(token, KeySet.import_key_set(listed), algorithms=["ES256"])
    assert json.loads(signed.payload)["credentialSubject"]["name"] == NAMES["e1"]
    status = (await files.ask("GET", f"/certificates/status/{certificate.year}.jwt")).text
    body = json.loads(urlsafe_b64decode(status.split(".")[1] + "=="))
    assert body["id"] == json.loads(signed.payload)["credentialStatus"]["statusListCredential"]


async def test_r32_a_stranger_checks_a_file_without_any_server(world: World, files: Files, tmp_path: Path) -> None:
    """`certificates check`: the file, the public keys, the certificates of the seals, the status list."""
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    pdf = (await files.ask("GET", f"/certificates/{certificate.id}.pdf", TEACHER)).content
    keys, file, status = (tmp_path / name for name in ("keys.json", "certificate.pdf", "status.jwt"))
    keys.write_bytes((await files.ask("GET", "/certificates/keys.json")).content)
    file.write_bytes(pdf)
    listed = world.deps.credentials.status_list

    def check(*ended: int) -> tuple[int, str]:
        status.write_text(listed(certificate.year, ended, world.deps.clock.now()), encoding="ascii")
        given = ["--keys", str(keys), "--seals", str(files.folder / "seal.pem"), "--status", str(status)]
        result = CliRunner().invoke(commands, ["certificates", "check", str(file), *given])
        return result.exit_code, result.output

    code, said = await asyncio.to_thread(check)
    assert (code, NAMES["e1"] in said) == (0, True)
    assert (await asyncio.to_thread(check, certificate.place))[0] == 1, "revoked"
    file.write_bytes(pdf.replace(b"/Type/Pages", b"/Type/Pager", 1))
    assert (await asyncio.to_thread(check))[0] == 1, "changed"
    file.write_text(world.deps.credentials.jws(certificate)[:-8] + "AAAAAAAA", encoding="ascii")
    assert (await asyncio.to_thread(check))[0] == 1, "another signature"
