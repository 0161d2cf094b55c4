"""Encryption of personal data at rest: AES-GCM with named keys, and a keyed hash for uniqueness (R41)."""

import hashlib
import hmac
import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """Encrypts and decrypts short texts; keys have names, so that they can be rotated.

    Attributes:
        keys: Key id to key of 32 bytes; old keys stay, to open what they sealed.
        active: Id of the key that seals.
        hash_key: Key of the hash, 32 bytes; never rotated, or equal numbers would have different hashes.
    """

    keys: dict[str, bytes]
    active: str
    hash_key: bytes

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read `{"active": id, "keys": {id: base64}, "hash": base64}`."""
        data = json.loads(file.read_text(encoding="utf-8"))
        keys = {name: b64decode(key) for name, key in data["keys"].items()}
        return cls(keys, data["active"], b64decode(data["hash"]))

    def seal(self, text: str) -> str:
        """Encrypt with the active key: `<key id>:<base64 of nonce and ciphertext>`; the key id is authenticated too."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self.keys[self.active]).encrypt(nonce, text.encode(), self.active.encode())
        return f"{self.active}:{b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str) -> str:
        """Decrypt what `seal` made.

        Raises:
            KeyError: The vault lacks its key.
            cryptography.exceptions.InvalidTag: It was altered.
        """
        name = self.key_of(sealed)
        raw = b64decode(sealed.removeprefix(f"{name}:"))
        return AESGCM(self.keys[name]).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], name.encode()).decode()

    @staticmethod
    def key_of(sealed: str) -> str:
        """The id of the key that a seal was made with."""
        return sealed.partition(":")[0]

    def keyed_hash(self, text: str) -> str:
        """HMAC-SHA-256 in hexadecimal: equal for equal texts; without the key nobody can test a guess."""
        return hmac.new(self.hash_key, text.encode(), hashlib.sha256).hexdigest()
