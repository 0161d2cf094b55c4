"""R41: personal data is sealed by key id, opens after a rotation, and hashes by key."""

import os
from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from chassis.storage.vault import Vault

VAULT = Vault({"k1": os.urandom(32)}, "k1", os.urandom(32))


@given(st.text())
def test_r41_what_is_sealed_opens_and_is_not_the_text(text: str) -> None:
    sealed = VAULT.seal(text)
    assert VAULT.open(sealed) == text
    assert sealed != VAULT.seal(text)


def test_r41_old_rows_open_after_the_key_rotates() -> None:
    old = VAULT.seal("13800138000")
    rotated = replace(VAULT, keys=VAULT.keys | {"k2": os.urandom(32)}, active="k2")
    assert rotated.open(old) == "13800138000"
    assert rotated.seal("x").startswith("k2:")


def test_r41_an_altered_row_does_not_open() -> None:
    sealed = VAULT.seal("13800138000")
    altered = sealed[:-2] + ("AA" if not sealed.endswith("AA") else "BB")
    with pytest.raises(InvalidTag):
        VAULT.open(altered)


def test_r41_the_hash_tells_equals_but_needs_the_key() -> None:
    other = replace(VAULT, hash_key=os.urandom(32))
    assert VAULT.keyed_hash("a") == VAULT.keyed_hash("a") != VAULT.keyed_hash("b")
    assert VAULT.keyed_hash("a") != other.keyed_hash("a")
