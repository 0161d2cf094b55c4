"""R41: sealing, opening after a rotation of the key, and the keyed hash."""

import os
from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from chassis.storage.vault import Vault

VAULT = Vault({"k1": os.urandom(32)}, "k1", os.urandom(32))


@given(st.text())
def test_r41_a_sealed_text_opens_and_two_seals_of_it_differ(text: str) -> None:
    sealed = VAULT.seal(text)
    assert VAULT.open(sealed) == text
    assert sealed != VAULT.seal(text)


def test_r41_old_seals_open_after_a_rotation_of_the_key() -> None:
    old = VAULT.seal("13800138000")
    rotated = replace(VAULT, keys=VAULT.keys | {"k2": os.urandom(32)}, active="k2")
    assert rotated.open(old) == "13800138000"
    assert rotated.seal("x").startswith("k2:")


def test_r41_an_altered_seal_does_not_open() -> None:
    sealed = VAULT.seal("13800138000")
    altered = sealed[:-2] + ("AA" if not sealed.endswith("AA") else "BB")
    with pytest.raises(InvalidTag):
        VAULT.open(altered)


def test_r41_the_hash_is_equal_for_equal_texts_and_depends_on_the_key() -> None:
    other = replace(VAULT, hash_key=os.urandom(32))
    assert VAULT.keyed_hash("a") == VAULT.keyed_hash("a") != VAULT.keyed_hash("b")
    assert VAULT.keyed_hash("a") != other.keyed_hash("a")
