"""Certificates on a real database and broker: issued once, replaced, revoked, told (R32)."""

import asyncio
import gzip
import itertools
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chassis.commands.bulk import RowResult
from chassis.principal import Principal
from chassis.storage.rotation import rotate
from chassis.storage.sealed_names import seal_name
from chassis.storage.vault import Vault
from kernel.dates import today
from kernel.errors import Refusal
from kernel.free_text import Reason
from kernel.identifiers import certificate_number
from services.assessment.commands import issue_certificates, reopen_records, revoke_certificate
from services.assessment.domain.certificate import Certificate
from services.assessment.domain.vocabulary import CertificateState, ProjectPhase, ResultOutcome, RevocationClass
from services.assessment.store import SEALED
from tests.integration.assessment.world import (
    BASE,
    FOREIGN,
    MINISTRY,
    OTHER_SCHOOL,
    OTHER_TEACHER,
    PROVINCE,
    SCHOOL,
    TEACHER,
    World,
    attendee,
    sessions,
)
from tests.support.certificates import new_credentials
from tests.support.eventually import eventually

NAMES = {"e1": "张䶮𬭎", "e2": "买买提·吐尔逊", "e3": "欧阳𫖯"}
CERTIFICATE = 'query($id: ID!) { _entities(representations: [{__typename: "Enrollment", id: $id}]) { ... on Enrollment { certificate { number state jws documentPath revocation replacedBy } } } }'  # noqa: E501


async def named(world: World, key: str, name: str, version: int = 1) -> None:
    """Enrollment tells a name."""
    kid, sealed = seal_name(world.deps.credentials.names, 2024, name, key)
    await world.tell("enrollment.attendee-named", key, version=version, enrollment=key, key=kid, sealed=sealed)

    async def arrived() -> bool:
        stored = await world.deps.store.names.find(key)
        return stored is not None and stored.version >= version

    await eventually(arrived)


async def trained(world: World, *keys: str) -> None:
    """A class that has ended, with attendance and a published pass for each."""
    await world.tell(
        "catalog.project-published",
        "p1",
        province="11",
        project="p1",
        base="b1",
        year=2024,
        days=7,
        mode="OFFLINE",
        sessions=sessions(2),
        code="2024-D-11-0007-03",
        title="教学创新团队建设",
        base_name="北京工业职业技术学院",
        category="DUAL_QUALIFIED_TEACHER",
        starts_on="2024-06-03",
        ends_on="2024-06-09",
        class_hours=56,
    )
    for key in keys:
        await world.tell("enrollment.accepted", key, **attendee(key))
    await world.tell("catalog.project-started", "p1", version=2, project="p1")
    await world.until_phase(ProjectPhase.RUNNING)
    marks = [(key, session, True) for key in keys for session in ("s1", "s2")]
    assert await world.attend(*marks) == ["ok"] * len(marks)
    await world.finish(version=3)
    for key in keys:
        assert await world.grade(key, ResultOutcome.PASSED, 88) == ["ok"]
        await named(world, key, NAMES[key])
    await world.close()


async def correct(world: World, key: str, outcome: ResultOutcome, score: int) -> None:
    """Correct a published result, as the base does once the ministry has reopened the record."""
    until, reason = today(world.deps.clock.now()), "成绩登记有误"
    await reopen_records(
        world.deps, MINISTRY, project="p1", enrollments=[key], until=until, reason=Reason.of(reason, rule="R30")
    )
    assert await world.grade(key, outcome, score, reason=reason) == ["ok"]


async def issue(
    world: World, *keys: str, by: Principal = BASE, whole_class: bool = False
) -> list[RowResult[Certificate]]:
    return await issue_certificates(world.deps, by, project="p1", enrollments=None if whole_class else keys)


def only(results: Sequence[RowResult[Certificate]]) -> Certificate:
    (result,) = results
    assert result.value is not None, result.refusal
    return result.value


def codes(results: Sequence[RowResult[Any]]) -> list[str]:
    return [result.refusal.code if result.refusal else "ok" for result in results]


async def stored(world: World, number: str) -> Certificate:
    return await world.deps.store.certificates.get(number)


async def refused(command: Any) -> str:
    try:
        await command
    except Refusal as refusal:
        return refusal.code
    return "ok"


async def test_r32_a_class_is_issued_its_certificates_once(world: World) -> None:
    """Whoever has passed gets one, with the name and the hours attended; a second call answers with the same."""
    await trained(world, "e1", "e2")
    first = await issue(world, whole_class=True)
    assert codes(first) == ["ok", "ok"]
    assert [result.value for result in await issue(world, whole_class=True)] == [result.value for result in first]
    certificate = only(await issue(world, "e1"))
    assert certificate_number(certificate.id)[:6] == f"GP{certificate.issued_on.year % 100}11"
    claims = world.deps.credentials.checked(world.deps.credentials.jws(certificate))
    assert (claims.name, claims.class_hours, claims.attended_hours) == (NAMES["e1"], 56, 16)
    assert (claims.title, claims.base, claims.ends_on) == (
        "教学创新团队建设",
        "北京工业职业技术学院",
        date(2024, 6, 9),
    )


async def test_r32_two_issues_at_once_give_one_certificate(world: World) -> None:
    await trained(world, "e1")
    results = await asyncio.gather(*(issue(world, "e1") for _ in range(5)))
    assert len({only(result).id for result in results}) == 1
    assert await world.deps.store.certificates.collection.count_documents({}) == 1


async def test_r32_no_certificate_without_a_pass_a_finished_training_or_a_name(world: World) -> None:
    await world.start("e1")
    assert codes(await issue(world, "e1")) == ["CERTIFICATE_NEEDS_PASS"], "the training still runs"
    await world.attend(("e1", "s1", True), ("e1", "s2", True))
    await world.finish()
    assert await world.grade("e1", ResultOutcome.PASSED, 88) == ["ok"]
    assert codes(await issue(world, "e1")) == ["CERTIFICATE_NEEDS_PASS"], "the pass is a draft"
    await world.close()
    assert codes(await issue(world, "e1", "missing")) == ["TRAINING_NOT_ON_FILE", "NOT_FOUND"]
    assert await world.deps.store.certificates.collection.count_documents({}) == 0


async def test_r32_a_name_that_has_not_come_or_cannot_be_printed_is_refused(world: World) -> None:
    await trained(world, "e1", "e2", "e3")
    await world.deps.store.names.collection.delete_one({"_id": "e1"})
    await named(world, "e2", "张\ue1f5", version=2)
    results = await issue(world, "e1", "e2", "e3")
    assert codes(results) == ["NAME_NOT_ON_FILE", "NAME_NOT_PRINTABLE", "ok"]
    refusal = results[1].refusal
    assert refusal is not None
    assert refusal.details == {"characters": "U+E1F5"}


async def test_r32_a_corrected_name_leads_to_a_new_certificate_in_place_of_the_old_one(world: World) -> None:
    await trained(world, "e1")
    old = only(await issue(world, "e1"))
    await named(world, "e1", "张龑", version=2)
    await named(world, "e1", "张龑", version=2)
    new = only(await issue(world, "e1"))
    assert (new.replaces, world.deps.credentials.read(new).name) == (old.id, "张龑")
    ended = await stored(world, old.id)
    assert (ended.state, ended.replaced_by, ended.revocation) == (
        CertificateState.REPLACED,
        new.id,
        RevocationClass.CORRECTION,
    )
    assert only(await issue(world, "e1")) == new


async def test_r32_a_result_that_is_a_pass_no_more_revokes_the_certificate_with_it(world: World) -> None:
    """R30: in the same transaction, so at no moment does a failed attendee hold a valid certificate."""
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    await correct(world, "e1", ResultOutcome.FAILED, 40)
    ended = await stored(world, certificate.id)
    assert (ended.state, ended.revocation) == (CertificateState.REVOKED, RevocationClass.RESULT_CHANGED)
    assert codes(await issue(world, "e1")) == ["CERTIFICATE_NEEDS_PASS"]
    await correct(world, "e1", ResultOutcome.PASSED, 70)
    assert only(await issue(world, "e1")).id != certificate.id


async def test_r32_the_base_revokes_for_thirty_days_and_the_ministry_always(world: World) -> None:
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    reason = Reason.of("冒名", rule="R32")

    def revoking(by: Principal) -> Any:
        return revoke_certificate(
            world.deps, by, number=certificate.id, revocation=RevocationClass.FRAUD, reason=reason
        )

    assert await refused(revoking(FOREIGN)) == "NOT_FOUND"
    assert await refused(revoking(SCHOOL)) == "FORBIDDEN"
    early = replace(certificate, issued_on=certificate.issued_on - timedelta(days=31))
    saved = await world.deps.store.certificates.save(early)
    assert await refused(revoking(BASE)) == "CERTIFICATE_REVOCATION_LATE"
    ended = await revoking(MINISTRY)
    assert (ended.state, ended.version) == (CertificateState.REVOKED, saved.version + 1)
    assert (await revoking(MINISTRY)).version == ended.version, "repeated, it changes nothing"
    assert codes(await issue(world, "e1")) == ["CERTIFICATE_NOT_VALID"], "after a fraud the ministry issues"
    assert codes(await issue(world, "e1", by=MINISTRY)) == ["ok"]


@pytest.mark.parametrize("kind", [RevocationClass.CORRECTION, RevocationClass.RESULT_CHANGED])
async def test_r32_nobody_says_by_hand_what_only_a_correction_says(world: World, kind: RevocationClass) -> None:
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    for by in (BASE, MINISTRY):
        asked = revoke_certificate(
            world.deps, by, number=certificate.id, revocation=kind, reason=Reason.of("更正", rule="R32")
        )
        assert await refused(asked) == "REVOCATION_BY_SYSTEM_ONLY"
    assert (await world.deps.store.certificates.get(certificate.id)).state is CertificateState.VALID


async def test_r32_issue_and_revocation_are_told_without_a_name(world: World) -> None:
    """R41: an event has number and digest, and nobody's name."""
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    await correct(world, "e1", ResultOutcome.FAILED, 40)
    heard = await world.heard(8)
    issued, revoked = (event for event in heard if event.name.startswith("certificate-"))
    assert issued.data["number"] == revoked.data["number"] == certificate.id
    assert (issued.data["sha256"], issued.province) == (certificate.signed.sha256, "44")
    assert revoked.data["revocation"] == "RESULT_CHANGED"
    assert NAMES["e1"] not in json.dumps([event.data for event in heard], ensure_ascii=False)


async def test_r32_nothing_on_file_of_a_certificate_has_a_name_in_plain(world: World) -> None:
    """R41: claims, signed twin and key are sealed at rest."""
    await trained(world, "e1")
    only(await issue(world, "e1"))
    async for document in world.deps.store.certificates.collection.find():
        text = json.dumps(document, ensure_ascii=False, default=str)
        assert NAMES["e1"] not in text
        assert "eyJ" not in text


async def test_r32_the_status_list_has_a_bit_for_each_certificate_that_ended(world: World) -> None:
    await trained(world, "e1", "e2")
    first, second = only(await issue(world, "e1")), only(await issue(world, "e2"))
    await correct(world, "e1", ResultOutcome.FAILED, 40)
    ended = await world.deps.store.certificates.ended(first.year)
    token = world.deps.credentials.status_list(first.year, ended, world.deps.clock.now())
    body = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    encoded = body["credentialSubject"]["encodedList"]
    bits = gzip.decompress(urlsafe_b64decode(encoded[1:] + "=="))
    assert (encoded[0], len(bits)) == ("u", 65_536)
    assert [bits[place // 8] >> (7 - place % 8) & 1 for place in (first.place, second.place)] == [1, 0]
    assert sum(byte.bit_count() for byte in bits) == 1


async def test_r32_a_certificate_is_seen_by_its_teacher_school_base_and_the_ministry(world: World) -> None:
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    for reader in (TEACHER, SCHOOL, BASE, MINISTRY):
        data, errors = await world.ask(reader, CERTIFICATE, id="e1")
        assert errors == []
        assert data["_entities"][0]["certificate"]["documentPath"] == f"/certificates/{certificate.id}.pdf"
    for stranger in (OTHER_TEACHER, OTHER_SCHOOL, FOREIGN, PROVINCE):
        data, _ = await world.ask(stranger, CERTIFICATE, id="e1")
        if stranger is not PROVINCE:
            assert data["_entities"][0]["certificate"] is None


async def test_r32_what_was_revoked_for_good_is_not_issued_anew_with_its_class(world: World) -> None:
    """It is issued anew for whoever is named."""
    await trained(world, "e1", "e2")
    certificate = only(await issue(world, "e1"))
    await revoke_certificate(
        world.deps,
        MINISTRY,
        number=certificate.id,
        revocation=RevocationClass.ISSUED_IN_ERROR,
        reason=Reason.of("重名误发", rule="R32"),
    )
    assert [result.key for result in await issue(world, whole_class=True)] == ["e2"]
    assert codes(await issue(world, "e1")) == ["ok"]


async def test_r32_places_that_are_taken_are_not_drawn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a full list but one place a class gets that place, and no transaction is run in vain."""
    await trained(world, "e1", "e2")
    first = only(await issue(world, "e1"))
    drawn = itertools.chain([first.place] * 10, itertools.count(1))
    monkeypatch.setattr("services.assessment.store.certificates.secrets.randbelow", lambda _: next(drawn))
    assert only(await issue(world, "e2")).place != first.place


async def test_r41_a_vault_is_rotated_without_losing_a_certificate(world: World) -> None:
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    old, database = world.deps.credentials, world.deps.store.certificates.collection.database
    both = Vault({**old.vault.keys, "k2": bytes(32)}, "k2", old.vault.hash_key)
    await rotate(database, SEALED, both, lambda _: None)
    kept = replace(old, vault=Vault({"k2": bytes(32)}, "k2", old.vault.hash_key))
    renewed = await world.deps.store.certificates.get(certificate.id)
    assert kept.read(renewed).name == NAMES["e1"]
    assert kept.checked_at(renewed).startswith("https://")


def test_r32_a_twin_that_is_nested_without_end_is_refused() -> None:
    nested = urlsafe_b64encode(b"[" * 12_000).decode().rstrip("=")
    with pytest.raises(ValueError, match="not signed"):
        new_credentials().checked(f"{nested}..")


async def test_r32_a_certificate_is_found_by_its_number_by_whoever_may_see_it(world: World) -> None:
    await trained(world, "e1")
    certificate = only(await issue(world, "e1"))
    query = "query($number: ID!) { certificate(number: $number) { number state documentPath } }"
    for by in (TEACHER, SCHOOL, BASE, MINISTRY):
        data, codes_ = await world.ask(by, query, number=certificate.id)
        assert codes_ == []
        assert data["certificate"]["documentPath"] == f"/certificates/{certificate.id}.pdf"
    for by in (OTHER_TEACHER, OTHER_SCHOOL, FOREIGN):
        assert await world.ask(by, query, number=certificate.id) == ({"certificate": None}, [])
    assert await world.ask(PROVINCE, query, number=certificate.id) == ({"certificate": None}, ["FORBIDDEN"])
    assert await world.ask(BASE, query, number="GP2444-4B36-KMK9-1") == ({"certificate": None}, [])
    assert await world.ask(BASE, query, number="GP2444") == ({"certificate": None}, ["CERTIFICATE_NUMBER_INVALID"])
