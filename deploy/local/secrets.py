"""Passwords and keys of a local suite: created at first use, stored in its home with mode 0600."""

import json
import os
import secrets
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, KeySet

from deploy.local.certificate_keys import write_certificate_keys
from deploy.local.private_files import write_private


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
        return self._file("signing.json", lambda: json.dumps(key_set().as_dict(private=True)))

    @property
    def public_keys(self) -> Path:
        """The file of its public half, for the subgraphs."""
        keys = KeySet.import_key_set(json.loads(self.signing_keys.read_text(encoding="utf-8")))
        return self._file("internal-jwks.json", lambda: json.dumps(keys.as_dict(private=False)))

    @property
    def vault_keys(self) -> Path:
        """The file of the keys that seal personal data (R41)."""
        return self._file("vault.json", lambda: json.dumps(vault()))

    @property
    def certificate_keys(self) -> Path:
        """The folder of the keys of certificates: signing, names, vault and seal (R32)."""
        folder = self._folder / "assessment"
        if not (folder / "seal.pem").exists():  # written last
            write_certificate_keys(folder)
        return folder

    @property
    def name_keys(self) -> Path:
        """The file of the public keys to which enrollment seals names for assessment (ADR 52)."""
        keys = json.loads((self.certificate_keys / "names.json").read_text(encoding="utf-8"))
        public = KeySet.import_key_set(keys).as_dict(private=False)
        return self._file("names-public.json", lambda: json.dumps(public))

    @property
    def ballots_secret(self) -> Path:
        """The file of the secret by which the ballot box knows assessment's worker."""
        return self._file("ballots-secret", lambda: secrets.token_urlsafe(32))

    @property
    def backup_key(self) -> Path:
        """The file of the key that seals backups (ADR 70)."""
        return self._file("backup.key", lambda: b64encode(os.urandom(32)).decode())

    def _file(self, name: str, create: Callable[[], str]) -> Path:
        file = self._folder / name
        if not file.exists():
            write_private(file, create())
        return file


def key_set() -> KeySet:
    """A private JWK set with one new ES256 key."""
    key = ECKey.generate_key("P-256", parameters={"kid": secrets.token_hex(4), "use": "sig", "alg": "ES256"})
    return KeySet([key])


def vault() -> dict[str, Any]:
    """A vault file with one new key (R41)."""
    return {
        "active": "k1",
        "keys": {"k1": b64encode(os.urandom(32)).decode()},
        "hash": b64encode(os.urandom(32)).decode(),
    }
