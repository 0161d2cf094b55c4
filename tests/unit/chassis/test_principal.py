"""The internal token is accepted by the subgraph it was made for, and by no other."""

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from chassis.principal import Principal, Scope, TokenMinter, TokenVerifier
from kernel.errors import Refusal

KEYS = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
BASE = Principal("a1", Scope.BASE, organization="91110000600037341L", bases=("b1", "b2"), name="王老师")


def refused_code(token: str, keys: KeySet = KEYS) -> str:
    with pytest.raises(Refusal) as refused:
        TokenVerifier(keys, "catalog").verify(token)
    return refused.value.code


def test_a_token_carries_the_whole_principal() -> None:
    verifier = TokenVerifier(KEYS, "catalog")
    token = TokenMinter(KEYS).mint(BASE, "catalog")
    assert verifier.verify(token) == BASE == verifier.verify(token)


def test_a_token_for_another_subgraph_is_refused() -> None:
    assert refused_code(TokenMinter(KEYS).mint(BASE, "enrollment")) == "UNAUTHENTICATED"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_malformed_token_is_refused(token: str) -> None:
    assert refused_code(token) == "UNAUTHENTICATED"


def test_a_token_of_a_foreign_key_is_refused() -> None:
    foreign = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
    assert refused_code(TokenMinter(foreign).mint(BASE, "catalog")) == "UNAUTHENTICATED"


def test_an_expired_token_is_refused() -> None:
    claims = {"iss": "guopei-gateway", "aud": "catalog", "sub": "a", "scope": "base", "exp": 1}
    token = jwt.encode({"alg": "ES256", "kid": "test"}, claims, KEYS.keys[0], algorithms=["ES256"])
    assert refused_code(token) == "UNAUTHENTICATED"
