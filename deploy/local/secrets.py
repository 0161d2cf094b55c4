"""Passwords and keys of a local suite: created at first use, stored in its home with mode 0600."""

import json
import os
import secrets
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, KeySet


def write_private(file: Path, text: str) -> None:
    """Write a file with mode 0600, in place of any that is there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)


class Secrets:
    """The secrets of a home.

    Args:
        home: The suite's folder.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / "keys"
        self._passwords: dict[str, str] = {}
        file = self._folder / "passwords.json"
        if file.exists():
            self._passwords = json.loads(file.read_text(encoding="utf-8"))

    def password(self, user: str) -> str:
        """The password of a user, such as `mongod.catalog` or `amqp.admin`."""
        if user not in self._passwords:
            self._passwords[user] = secrets.token_urlsafe(18)
            write_private(self._folder / "passwords.json", json.dumps(self._passwords))
        return self._passwords[user]

    @property
    def mongod_key(self) -> Path:
        """The file of the key by which members of the replica set authenticate to each other (mongod's `keyFile`)."""
        return self._file("mongod.key", lambda: b64encode(os.urandom(96)).decode())

    @property
    def signing_keys(self) -> Path:
        """The file of the gateway's private JWK set (ES256, RFC 7517)."""
        return self._file("signing.json", lambda: json.dumps(_key_set().as_dict(private=True)))

    @property
    def public_keys(self) -> Path:
        """The file of its public half, for the subgraphs."""
        keys = KeySet.import_key_set(json.loads(self.signing_keys.read_text(encoding="utf-8")))
        return self._file("internal-jwks.json", lambda: json.dumps(keys.as_dict(private=False)))

    @property
    def vault_keys(self) -> Path:
        """The file of the keys that seal personal data (R41)."""
        return self._file("vault.json", lambda: json.dumps(_vault()))

    def _file(self, name: str, create: Callable[[], str]) -> Path:
        file = self._folder / name
        if not file.exists():
            write_private(file, create())
        return file


def _key_set() -> KeySet:
    key = ECKey.generate_key("P-256", parameters={"kid": secrets.token_hex(4), "use": "sig", "alg": "ES256"})
    return KeySet([key])


def _vault() -> dict[str, Any]:
    return {
        "active": "k1",
        "keys": {"k1": b64encode(os.urandom(32)).decode()},
        "hash": b64encode(os.urandom(32)).decode(),
    }
