"""R41: sealing, opening after a rotation of the key, and the keyed hash."""

import json
import os
from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
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


def _file(folder: Path, **content: object) -> Path:
    file = folder / "vault.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def _key(size: int) -> str:
    return b64encode(bytes(range(size))).decode()


def test_r41_a_key_of_32_bytes_seals_with_aes_256_gcm() -> None:
    name, _, raw = VAULT.seal("13800138000").partition(":")
    sealed = b64decode(raw)
    assert AESGCM(VAULT.keys[name]).decrypt(sealed[:12], sealed[12:], name.encode()) == b"13800138000"


@given(st.text())
def test_r41_a_key_of_16_bytes_seals_with_sm4(text: str) -> None:
    vault = Vault({"k1": bytes(range(16))}, "k1", bytes(32))
    assert vault.open(vault.seal(text)) == text


def test_r41_a_rotation_leads_from_aes_to_sm4_and_an_altered_seal_opens_with_neither() -> None:
    old = VAULT.seal("13800138000")
    rotated = replace(VAULT, keys=VAULT.keys | {"sm": os.urandom(16)}, active="sm")
    new = rotated.seal(rotated.open(old))
    assert new.startswith("sm:")
    assert rotated.open(new) == "13800138000"
    with pytest.raises(InvalidTag):
        rotated.open(new.replace("sm:", "k1:"))
    with pytest.raises(InvalidTag):
        replace(rotated, keys=rotated.keys | {"sm": bytes(16)}).open(new)


def test_r41_a_vault_file_may_ask_for_sm3(tmp_path: Path) -> None:
    """HMAC-SM3 of GM/T 0042: of `abc` under 32 bytes 00…1f, as OpenSSL's command line computes it."""
    vault = Vault.load(_file(tmp_path, active="k1", keys={"k1": _key(16)}, hash={"sm3": _key(32)}))
    assert vault.keyed_hash("abc") == "a8f95cf26f204957e7ca73c9602a25dda35f168b28103b51dfc968c810416b63"
    sha = Vault.load(_file(tmp_path, active="k1", keys={"k1": _key(16)}, hash=_key(32)))
    assert sha.keyed_hash("abc") == "f0133729c4163dede81e21cd47839256da58171238c8a0d874397c73b14e1e47"


def test_r41_a_vault_file_with_a_key_of_another_length_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="vault key k1: 32 bytes for AES-256 or 16 for SM4, not 24"):
        Vault.load(_file(tmp_path, active="k1", keys={"k1": _key(24)}, hash=_key(32)))
