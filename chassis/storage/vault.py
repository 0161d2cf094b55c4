"""Encryption of personal data at rest with named keys, and a keyed hash for uniqueness (R41).

A key's kind is its length: 32 bytes are AES-256-GCM's, 16 bytes SM4-GCM's (GB/T 32907, RFC 8998). A vault may hold
both, so a rotation leads from either to the other. The hash is HMAC with SHA-256, or with SM3 (GB/T 32905) where the
file says so.
"""

import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256, SM3, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC

_NONCE_BYTES = 12
_TAG_BYTES = 16
_CIPHERS = {32: algorithms.AES256, 16: algorithms.SM4}


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """Encrypts and decrypts short texts; keys have names, so that they can be rotated.

    Attributes:
        keys: Key id to key of 32 bytes (AES-256) or 16 bytes (SM4); old keys stay, to open what they sealed.
        active: Id of the key that seals.
        hash_key: Key of the hash, 32 bytes; never rotated, or equal numbers would have different hashes.
        hash_with: The hash's algorithm; never changed, for the same reason.
    """

    keys: dict[str, bytes]
    active: str
    hash_key: bytes
    hash_with: type[HashAlgorithm] = SHA256

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read `{"active": id, "keys": {id: base64}, "hash": base64}`; `"hash": {"sm3": base64}` hashes with SM3.

        Raises:
            ValueError: A key has a length that no cipher here has.
        """
        data = json.loads(file.read_text(encoding="utf-8"))
        keys = {name: b64decode(key) for name, key in data["keys"].items()}
        for name, key in keys.items():
            if len(key) not in _CIPHERS:
                raise ValueError(f"vault key {name}: 32 bytes for AES-256 or 16 for SM4, not {len(key)}")
        match data["hash"]:
            case {"sm3": str(hash_key)}:
                return cls(keys, data["active"], b64decode(hash_key), SM3)
            case hash_key:
                return cls(keys, data["active"], b64decode(hash_key))

    def seal(self, text: str) -> str:
        """Encrypt with the active key: `<key id>:<base64 of nonce and ciphertext>`; the key id is authenticated too."""
        nonce = os.urandom(_NONCE_BYTES)
        sealing = Cipher(self._algorithm(self.active), modes.GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(self.active.encode())
        sealed = sealing.update(text.encode()) + sealing.finalize()
        return f"{self.active}:{b64encode(nonce + sealed + sealing.tag).decode()}"

    def open(self, sealed: str) -> str:
        """Decrypt what `seal` made.

        Raises:
            KeyError: The vault lacks its key.
            cryptography.exceptions.InvalidTag: It was altered.
        """
        name = self.key_of(sealed)
        raw = b64decode(sealed.removeprefix(f"{name}:"))
        nonce, text, tag = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:-_TAG_BYTES], raw[-_TAG_BYTES:]
        opening = Cipher(self._algorithm(name), modes.GCM(nonce, tag)).decryptor()
        opening.authenticate_additional_data(name.encode())
        return (opening.update(text) + opening.finalize()).decode()

    @staticmethod
    def key_of(sealed: str) -> str:
        """The id of the key that a seal was made with."""
        return sealed.partition(":")[0]

    def keyed_hash(self, text: str) -> str:
        """HMAC in hexadecimal: equal for equal texts; without the key nobody can test a guess."""
        keyed = HMAC(self.hash_key, self.hash_with())
        keyed.update(text.encode())
        return keyed.finalize().hex()

    def _algorithm(self, name: str) -> BlockCipherAlgorithm:
        key = self.keys[name]
        return _CIPHERS[len(key)](key)
