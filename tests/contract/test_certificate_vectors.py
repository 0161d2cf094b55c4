"""The published example of a certificate, recomputed by the product's own code (R32, ADR 53)."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from chassis.storage.vault import Vault
from chassis.storage.yearly_keys import YearlyKeys, new_key
from kernel.encoding import canonical
from kernel.errors import Refusal
from kernel.identifiers import certificate_number, numbered
from services.assessment.commands.certificates import new_number
from services.assessment.commands.credentials import Credentials
from services.assessment.domain.certificate import Claims, key_digest, masked, printed
from services.assessment.domain.project import Project
from services.assessment.domain.vocabulary import ProjectPhase

EXAMPLE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "certificate-example.json").read_text(encoding="utf-8")
)
CLAIMS = Claims(
    number="GP2411K7M2Q9XDE",
    place=90210,
    issued_on=date(2024, 7, 1),
    name="张䶮𬭎",
    code="2024-D-11-0007-03",
    title="“双师型”教师教学创新团队建设（第一期）",
    base="北京工业职业技术学院（国培基地）",
    category="DUAL_QUALIFIED_TEACHER",
    starts_on=date(2024, 6, 3),
    ends_on=date(2024, 6, 9),
    class_hours=56,
    attended_hours=54,
)
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ORIGIN = "https://platform.example"


def _credentials(key: ECKey | None = None) -> Credentials:
    keys = YearlyKeys({"certificates-2024-1": key or ECKey.import_key(EXAMPLE["publicKey"])})
    names = YearlyKeys({"names-2024-1": new_key("names", 2024)})
    return Credentials(ORIGIN, keys, names, Vault({"k1": bytes(32)}, "k1", bytes(32)))


def test_the_claims_are_canonical_to_the_byte() -> None:
    """R32: whoever has the claims computes the digest that the audit log holds."""
    content = CLAIMS.content(ORIGIN)
    assert content == EXAMPLE["claims"]
    assert canonical(content).decode() == EXAMPLE["canonical"]
    assert hashlib.sha256(canonical(content)).hexdigest() == EXAMPLE["sha256"]
    assert Claims.read(content) == CLAIMS


def test_the_signed_example_is_accepted_and_a_changed_byte_is_found() -> None:
    """R32: every byte of the signed twin is covered."""
    token = EXAMPLE["jws"]
    assert _credentials().checked(token) == CLAIMS
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        try:
            changed = _credentials().checked(token[:place] + other + token[place + 1 :])
        except ValueError:
            continue
        assert changed == CLAIMS, "only unused bits of the last letter may differ"
        assert place == len(token) - 1


def test_we_sign_as_the_example_is_signed() -> None:
    key = new_key("certificates", 2024)
    credentials = _credentials(key)
    token = credentials.vault.open(credentials.sign(CLAIMS).jws_sealed)
    head, body, _ = token.split(".")
    assert (head, body) == tuple(EXAMPLE["jws"].split(".")[:2])
    assert credentials.checked(token) == CLAIMS
    with pytest.raises(ValueError, match="not signed"):
        _credentials().checked(token)


def test_the_key_of_the_qr_code_is_kept_as_the_example_keeps_it() -> None:
    key = urlsafe_b64decode(EXAMPLE["key"] + "==")
    assert key_digest(CLAIMS.number, key) == EXAMPLE["keySha256"]


@pytest.mark.parametrize(("typed", "good"), EXAMPLE["numbers"].items())
def test_slips_in_a_number_are_found_by_its_check_character(typed: str, good: bool) -> None:
    if good:
        assert printed(certificate_number(typed)) == typed
        assert numbered(typed.replace("-", "")[:-1]) == typed.replace("-", "")
        return
    with pytest.raises(Refusal) as refused:
        certificate_number(typed)
    assert refused.value.code == "CERTIFICATE_NUMBER_INVALID"


@pytest.mark.parametrize(
    "typed",
    ["gp2411-k7m2-q9xd-e", " ＧＰ２４１１Ｋ７Ｍ２Ｑ９ＸＤＥ ", "GP24II-K7M2-Q9XD-E", "GP24L1K7M2Q9XDE"],
)
def test_a_number_is_read_as_people_write_it(typed: str) -> None:
    assert certificate_number(typed) == CLAIMS.number


def test_every_single_slip_is_found() -> None:
    """R32: a mistyped number is refused without a look at any file."""
    for place in range(2, 15):
        for letter in ALPHABET:
            slip = CLAIMS.number[:place] + letter + CLAIMS.number[place + 1 :]
            if slip == CLAIMS.number:
                continue
            with pytest.raises(Refusal):
                certificate_number(slip)


def test_numbers_of_a_class_tell_nothing_of_each_other() -> None:
    """R32: forty bits of chance: where fifty thousand are issued, one guess in twenty million meets one."""
    project = Project("p", 1, "b1", 2024, 7, ProjectPhase.FINISHED, ())
    numbers = [new_number(project, date(2024, 7, 1)) for _ in range(1_000)]
    assert {number[:6] for number in numbers} == {"GP2400"}
    assert len(set(numbers)) == len(numbers)
    for place in range(6, 14):
        counts = Counter(number[place] for number in numbers)
        assert len(counts) == 32, "every letter at every place"
        assert max(counts.values()) < 80  # 31 are expected; 80 are nine deviations away
    known = {number[:-1] for number in numbers}
    guesses = {numbers[0][:6] + "".join(secrets.choice(ALPHABET) for _ in range(8)) for _ in range(10_000)}
    assert not guesses & known


def test_who_knows_the_number_only_is_shown_the_first_character_of_the_name() -> None:
    assert masked(CLAIMS.name) == EXAMPLE["views"]["number"]["name"]
    assert printed(CLAIMS.number) == EXAMPLE["printedNumber"]
