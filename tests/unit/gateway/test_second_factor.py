"""ADR 44 (R4): codes as RFC 6238 makes them, the skew, what is typed, what is sealed, and who needs a factor."""

import os
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from cryptography.exceptions import InvalidTag
from pydantic import ValidationError

from chassis.principal import Scope
from chassis.storage.vault import Vault
from gateway.identity.account import Account
from gateway.identity.second_factor import (
    RECOVERY_CODES,
    FactorRules,
    code_at,
    grouped,
    is_time_based,
    new_recovery_codes,
    new_secret,
    otpauth_uri,
    shown_secret,
    step_of,
    typed,
)
from gateway.settings import GatewaySettings

SECRET = b"12345678901234567890"
"""The secret of the test vectors (RFC 6238, appendix B)."""
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
RULES = FactorRules(Vault({"k1": os.urandom(32)}, "k1", os.urandom(32)))
MOE, OTHER = (Account(f"{key}" * 28, 1, f"moe{key}", Scope.MINISTRY, "x") for key in "12")


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_r4_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    """The vectors have eight digits; six are their last six (RFC 4226, section 5.3)."""
    assert code_at(SECRET, seconds // 30) == code[-6:]


@pytest.mark.parametrize(("away", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_r4_a_clock_may_be_one_step_early_or_late(away: int, good: bool) -> None:
    now = datetime.fromtimestamp(1234567890, UTC)
    step = 1234567890 // 30 + away
    assert step_of(SECRET, code_at(SECRET, step), now) == (step if good else None)


def test_r4_a_code_of_another_secret_is_wrong() -> None:
    now = datetime.fromtimestamp(1234567890, UTC)
    assert step_of(b"another secret, also 20"[:20], code_at(SECRET, 1234567890 // 30), now) is None
    assert new_secret() != new_secret()


@pytest.mark.parametrize(
    ("text", "code", "time_based"),
    [
        ("123 456", "123456", True),
        ("１２３４５６", "123456", True),
        ("12345", "12345", False),
        ("١٢٣٤٥٦", "١٢٣٤٥٦", False),
        ("abcd-efgh-jklm", "ABCDEFGHJKLM", False),
        ("ABCD EFGH JKLM", "ABCDEFGHJKLM", False),
    ],
)
def test_r4_a_code_is_taken_as_people_type_it(text: str, code: str, time_based: bool) -> None:
    assert (typed(text), is_time_based(typed(text))) == (code, time_based)


def test_r4_ten_recovery_codes_differ_and_come_back_as_they_were_shown() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == RECOVERY_CODES
    assert [typed(grouped(code)) for code in codes] == codes


def test_r4_a_client_can_draw_the_devices_address() -> None:
    address = urlsplit(otpauth_uri(SECRET, MOE))
    assert (address.scheme, address.netloc, unquote(address.path)) == ("otpauth", "totp", "/国培:moe1 (ministry)")
    asked = parse_qs(address.query)
    assert (asked["secret"], asked["issuer"]) == ([shown_secret(SECRET)], ["国培"])
    assert (asked["digits"], asked["period"], asked["algorithm"]) == (["6"], ["30"], ["SHA1"])


def test_r41_a_secret_opens_for_its_account_only_and_says_nothing_sealed() -> None:
    sealed = RULES.seal(MOE, SECRET)
    assert RULES.open(MOE, sealed) == SECRET
    assert SECRET.hex() not in sealed
    with pytest.raises(ValueError, match="another account"):
        RULES.open(OTHER, sealed)
    with pytest.raises(InvalidTag):
        RULES.open(MOE, sealed[:-8] + "AAAAAAA=")


def test_r41_a_recovery_code_is_hashed_for_its_account() -> None:
    assert RULES.recovery_hash(MOE, "ABCD") == RULES.recovery_hash(MOE, "ABCD") != RULES.recovery_hash(OTHER, "ABCD")
    assert "ABCD" not in RULES.recovery_hash(MOE, "ABCD")


BARE = {"mongodb_url": "mongodb://x", "amqp_url": "amqp://x", "signing_key_file": "k", "supergraph_file": "s"}
STRICT = frozenset({Scope.MINISTRY, Scope.PROVINCE})


def test_r4_production_asks_ministry_and_provinces_and_development_nobody() -> None:
    production = GatewaySettings.model_validate({**BARE, "vault_file": "v"})
    development = GatewaySettings.model_validate({**BARE, "environment": "development"})
    chosen = GatewaySettings.model_validate({**BARE, "environment": "development", "vault_file": "v",
                                             "second_factor_scopes": ["expert"]})  # fmt: skip
    assert (production.two_factors, development.two_factors) == (STRICT, frozenset())
    assert chosen.two_factors == {Scope.EXPERT}


def test_r41_without_keys_nobody_can_be_asked_for_a_code_and_the_gateway_says_so() -> None:
    with pytest.raises(ValidationError, match="VAULT_FILE"):
        GatewaySettings.model_validate(BARE)
    nobody = GatewaySettings.model_validate({**BARE, "second_factor_scopes": []})
    assert nobody.factor_rules() is None
    assert isinstance(nobody.signing_key_file, Path)
