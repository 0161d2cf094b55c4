"""The ballot protocol against its published vectors, and against those of RFC 9474 (R34–R36)."""

import hashlib
import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from chassis import blindrsa, seal
from chassis.seal import KeyFolder, Unreadable
from kernel import ballots
from kernel.encoding import canonical, from_base64url, to_base64url
from kernel.reference import questionnaires
from services.assessment import voting

FOLDER = Path(__file__).parent / "vectors"


def _read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


RFC = {vector["name"]: {name: vector[name] for name in vector} for vector in _read("rfc9474-vectors")["vectors"]}
BALLOTS = {ballot["instrument"]: ballot for ballot in _read("ballot-vectors")["ballots"]}
REFUSED = {case["why"]: case for case in _read("ballot-vectors")["refused"]}


def _key(numbers: dict[str, str]) -> blindrsa.PrivateKey:
    n, e, d, p, q = (int(numbers[name], 16) for name in ("n", "e", "d", "p", "q"))
    return blindrsa.PrivateKey(n, e, d, p, q)


def _redeemed(body: dict[str, Any]) -> tuple[bytes, bytes]:
    """The message and the token of a ballot as it is sent."""
    nonce, prefix = from_base64url(body["nonce"], 32), from_base64url(body["prefix"], 32)
    return ballots.message_of(body["instrument"], nonce, prefix), from_base64url(body["token"], 256)


@pytest.fixture(params=["as installed", "without accelerator"])
def power(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "as installed":
        monkeypatch.setattr(blindrsa, "secret_power", pow)


@pytest.mark.usefixtures("power")
@pytest.mark.parametrize("name", RFC)
def test_r34_a_blind_signature_is_that_of_rfc_9474(name: str) -> None:
    vector = RFC[name]
    key, message, salt = _key(vector), bytes.fromhex(vector["input_msg"]), bytes.fromhex(vector["salt"])
    inverse = int(vector["inv"], 16)
    blinded, found = blindrsa.blind(key.public, message, salt, pow(inverse, -1, key.n))
    reply = blindrsa.sign(key, blinded)

    assert (blinded.hex(), found, reply.hex()) == (vector["blinded_msg"], inverse, vector["blind_sig"])
    if len(salt) == blindrsa.SALT_BYTES:
        assert blindrsa.unblind(key.public, message, reply, inverse).hex() == vector["sig"]
    else:
        with pytest.raises(blindrsa.InvalidSignature):
            blindrsa.unblind(key.public, message, reply, inverse)


@pytest.mark.usefixtures("power")
@pytest.mark.parametrize("instrument", BALLOTS)
def test_r34_a_ballot_from_blinding_to_the_opened_sheet(instrument: str) -> None:
    ballot = BALLOTS[instrument]
    key = _key(ballot["tokenKey"])
    message, salt = bytes.fromhex(ballot["message"]), bytes.fromhex(ballot["salt"])
    blinded, inverse = blindrsa.blind(key.public, message, salt, int(ballot["r"], 16))
    reply = blindrsa.sign(key, blinded)
    sent, token = _redeemed(ballot["redeem"])
    sealed = from_base64url(ballot["redeem"]["sealed"], ballots.SEALED_BYTES)
    box, register = (seal.private_key(bytes.fromhex(ballot[name]["d"].zfill(64))) for name in ("boxKey", "registerKey"))
    receipt = ballots.receipt_of(from_base64url(ballot["redeem"]["nonce"], 32))
    inner = seal.unseal(box, ballots.outer_info(instrument, receipt), sealed)
    sheet = seal.unpad(seal.unseal(register, ballots.inner_info(instrument), inner), ballots.CONTENT_BYTES)

    assert (blinded.hex(), reply.hex(), receipt) == (ballot["blinded"], ballot["reply"], ballot["receipt"])
    assert (sent, blindrsa.unblind(key.public, message, reply, inverse)) == (message, token)
    assert sheet == canonical(ballot["content"])
    assert seal.public_bytes(box).hex() == ballot["boxKey"]["public"]
    with pytest.raises(Unreadable):
        seal.unseal(box, ballots.outer_info(instrument, "0" * 64), sealed)


@pytest.mark.parametrize("why", REFUSED)
def test_r34_a_ballot_that_is_to_be_refused_is(why: str) -> None:
    body, n = REFUSED[why]["redeem"], int(REFUSED[why]["n"], 16)
    with pytest.raises((ValueError, blindrsa.InvalidSignature)):
        _verify(body, n)


def _verify(body: dict[str, Any], n: int) -> None:
    from_base64url(body["sealed"], ballots.SEALED_BYTES)
    message, token = _redeemed(body)
    blindrsa.PublicKey(n).verify(message, token)


@pytest.mark.parametrize("tree", _read("ballot-vectors")["merkle"], ids=lambda tree: str(len(tree["receipts"])))
def test_r36_the_receipts_have_the_root_of_rfc_6962(tree: dict[str, Any]) -> None:
    assert ballots.merkle_root([bytes.fromhex(leaf) for leaf in sorted(tree["receipts"])]).hex() == tree["root"]


def test_r34_a_key_list_and_its_forms_have_their_hashes() -> None:
    listed = _read("ballot-vectors")["keyList"]
    hashes = {form["version"]: hashlib.sha256(canonical(form)).hexdigest() for form in questionnaires()["forms"]}

    assert hashlib.sha256(canonical(listed["list"])).hexdigest() == listed["sha256"]
    assert {row["form"]: row["formSha256"] for row in listed["list"]["instruments"]} == hashes


@pytest.mark.parametrize("blinded", [b"", bytes(256), b"\xff" * 256, bytes(255) + b"\x01"])
def test_r34_what_nobody_can_have_blinded_is_not_signed(blinded: bytes) -> None:
    key = _key(next(iter(BALLOTS.values()))["tokenKey"])
    for message in (blinded, (key.n - 1).to_bytes(256, "big"), key.p.to_bytes(256, "big")):
        with pytest.raises(ValueError, match="not a blinded message"):
            blindrsa.sign(key, message)


def test_r34_a_fault_of_the_machine_leaves_no_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    ballot = next(iter(BALLOTS.values()))
    key = _key(ballot["tokenKey"])
    monkeypatch.setattr(blindrsa, "secret_power", lambda base, exponent, n: pow(base, exponent, n) ^ (n == key.p))
    with pytest.raises(blindrsa.SigningFault):
        blindrsa.sign(key, bytes.fromhex(ballot["blinded"]))


def test_r34_a_token_key_is_read_back_as_it_was() -> None:
    key = blindrsa.PrivateKey.generate()
    assert blindrsa.PrivateKey.from_text(key.text()) == key
    assert blindrsa.PublicKey.of(key.public.modulus) == key.public


def test_r34_a_key_that_was_stored_wrongly_signs_nothing_and_blames_no_voter() -> None:
    ballot = next(iter(BALLOTS.values()))
    key = _key(ballot["tokenKey"])
    good, bad = (number.to_bytes(256, "big") for number in (key.d, key.d ^ 4))
    written = b64encode(b64decode(key.text()).replace(good, bad)).decode()
    wrong = blindrsa.PrivateKey.from_text(written)
    assert wrong != key
    with pytest.raises(blindrsa.SigningFault):
        blindrsa.sign(wrong, bytes.fromhex(ballot["blinded"]))


def test_r34_a_key_is_made_once_and_destroyed_for_good(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path / "keys")
    key = keys.ensure("ins1")
    file = tmp_path / "keys" / "ins1.key"

    assert seal.public_bytes(keys.ensure("ins1")) == seal.public_bytes(key)
    assert (file.stat().st_mode & 0o777, [entry.name for entry in file.parent.iterdir()]) == (0o600, ["ins1.key"])
    keys.destroy("ins1")
    keys.destroy("ins1")
    assert (keys.find("ins1"), list(file.parent.iterdir())) == (None, [])


@pytest.mark.parametrize("padded", [b"", b"\x80", bytes(16), b"x" * 16, b"x" * 15 + b"\x80\x00"])
def test_r34_a_sheet_that_is_not_padded_is_unreadable(padded: bytes) -> None:
    with pytest.raises(Unreadable):
        seal.unpad(padded, 16)


def test_r34_padding_leaves_room_for_its_mark() -> None:
    assert [seal.unpad(seal.pad(b"x" * size, 16), 16) for size in (0, 15)] == [b"", b"x" * 15]
    with pytest.raises(ValueError, match="at most 15"):
        seal.pad(b"x" * 16, 16)


@pytest.mark.parametrize("instrument", BALLOTS)
def test_r34_a_voter_gets_from_the_backup_code_to_the_same_ballot_on_any_device(instrument: str) -> None:
    ballot, listed = BALLOTS[instrument], _read("ballot-vectors")["keyList"]
    keys = voting.Keys.listed(canonical(listed["list"]), listed["sha256"], instrument)
    seed = voting.seed_of(ballot["backupCode"].lower().replace("0", "o"))
    voter = voting.Voter.of(seed, keys)
    body = voter.ballot(bytes.fromhex(ballot["reply"]), ballot["content"])

    assert (seed.hex(), voting.backup_code(seed)) == (ballot["seed"], ballot["backupCode"])
    assert (voter.blinded.hex(), voter.receipt) == (ballot["blinded"], ballot["receipt"])
    assert {**body, "sealed": ""} == {**ballot["redeem"], "sealed": ""}
    assert len(from_base64url(body["sealed"], ballots.SEALED_BYTES)) == 4_258


def test_r34_a_mistyped_backup_code_is_found() -> None:
    code = next(iter(BALLOTS.values()))["backupCode"]
    for wrong in (code[:-1], code[:-1] + "0", code.replace("0", "1", 1), "", "U" * 27):
        with pytest.raises(ValueError, match="mistyped"):
            voting.seed_of(wrong)


def test_r34_a_client_refuses_a_list_that_was_not_published_or_names_a_questionnaire_twice() -> None:
    listed = _read("ballot-vectors")["keyList"]
    rows = listed["list"]["instruments"]
    for instruments, why in (
        ([], "0 times"),
        ([rows[0], *rows], "2 times"),
        ([{**rows[0], "tokenKey": rows[0]["boxKey"]}], "none"),
        ([{**rows[0], "tokenKey": to_base64url(bytes(256))}], "none"),
    ):
        raw = canonical({**listed["list"], "instruments": instruments})
        with pytest.raises(voting.NotToBeTrusted, match=why):
            voting.Keys.listed(raw, hashlib.sha256(raw).hexdigest(), rows[0]["id"])
        with pytest.raises(voting.NotToBeTrusted, match="not the one"):
            voting.Keys.listed(raw, listed["sha256"], rows[0]["id"])


def test_r34_a_reply_that_signs_something_else_is_not_used() -> None:
    ballot, listed = next(iter(BALLOTS.values())), _read("ballot-vectors")["keyList"]
    keys = voting.Keys.listed(canonical(listed["list"]), listed["sha256"], ballot["instrument"])
    other = voting.Voter.of(voting.new_seed(), keys)
    with pytest.raises(voting.NotToBeTrusted, match="no signature"):
        other.token(bytes.fromhex(ballot["reply"]))


def test_r34_the_short_code_is_the_first_sixty_bits_of_the_hash() -> None:
    assert ballots.short_code("0" * 63 + "1") == "0" * 12
    assert ballots.short_code("f" * 64) == "Z" * 12
    assert ballots.short_code("08" + "0" * 62) == "10" + "0" * 10
