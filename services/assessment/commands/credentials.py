"""What certificates are signed and sealed with: the keys of `KEYS_DIR` (R32, ADR 53)."""

import gzip
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from joserfc import jws
from joserfc.errors import JoseError

from chassis.storage.sealed_names import open_name
from chassis.storage.vault import Vault
from chassis.storage.yearly_keys import YearlyKeys
from kernel.encoding import canonical, from_base64url, to_base64url
from services.assessment.domain.certificate import LIST_BITS, Certificate, Claims, Signed, key_digest

_TYPE = "vc+jwt"
_KEY_BYTES = 16
STATUS_SECONDS = 30
"""For how long whoever has read a status list may keep it; where a list does not say, they take five minutes."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Signs claims and status lists, opens names, and seals what is kept of a certificate.

    Attributes:
        origin: Where certificates are checked, such as `https://platform.example`.
        signing: The keys that sign, one a year.
        names: The keys to which enrollment seals names, one a year.
        vault: Seals what has a name in it, at rest (R41).
    """

    origin: str
    signing: YearlyKeys
    names: YearlyKeys
    vault: Vault

    @classmethod
    def load(cls, folder: Path, origin: str, vault: Vault) -> Self:
        """Read `certificates.json` and `names.json` (JWK sets)."""
        return cls(
            origin.rstrip("/"),
            YearlyKeys.load(folder / "certificates.json"),
            YearlyKeys.load(folder / "names.json"),
            vault,
        )

    def sign(self, claims: Claims) -> Signed:
        """Sign the claims by the key of their year, with a new key for the QR code."""
        content, key = canonical(claims.content(self.origin)), os.urandom(_KEY_BYTES)
        return Signed(
            sha256=hashlib.sha256(content).hexdigest(),
            jws_sealed=self.vault.seal(self._signed(content, claims.issued_on.year)),
            key_sealed=self.vault.seal(to_base64url(key)),
            key_sha256=key_digest(claims.number, key),
        )

    def read(self, certificate: Certificate) -> Claims:
        """The claims of a certificate that is on file."""
        return Claims.read(json.loads(from_base64url(self.jws(certificate).split(".")[1])))

    def jws(self, certificate: Certificate) -> str:
        """The signed claims (JWS compact)."""
        return self.vault.open(certificate.signed.jws_sealed)

    def checked(self, token: str) -> Claims:
        """The claims of a signed text that anybody may have made.

        Raises:
            ValueError: No key of ours signed it, or it is of another kind.
        """
        try:
            return Claims.read(verified(self.signing, token))
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError("not of our format") from error

    def checked_at(self, certificate: Certificate) -> str:
        """What the QR code holds: where the certificate is checked, with its key as a fragment, which is never sent."""
        return f"{self.origin}/c/{certificate.id}#k={self.vault.open(certificate.signed.key_sealed)}"

    @staticmethod
    def fits(certificate: Certificate, key: str) -> bool:
        """Whether that is the key of the certificate's QR code."""
        try:
            raw = from_base64url(key)
        except ValueError:
            return False
        return len(raw) == _KEY_BYTES and key_digest(certificate.id, raw) == certificate.signed.key_sha256

    def status_list(self, year: int, ended: Iterable[int], now: datetime) -> str:
        """The signed list of the certificates of a year that are valid no more (W3C Bitstring Status List 1.0).

        Args:
            year: The year of issue.
            ended: Their places in the list.
            now: When it holds.
        """
        bits = bytearray(LIST_BITS // 8)
        for index in ended:
            bits[index // 8] |= 0x80 >> index % 8
        listed = f"{self.origin}/certificates/status/{year}.jwt"
        content: dict[str, Any] = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": listed,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": self.origin,
            "validFrom": now.isoformat(timespec="seconds"),
            "credentialSubject": {
                "id": f"{listed}#list",
                "type": "BitstringStatusList",
                "statusPurpose": "revocation",
                "ttl": STATUS_SECONDS * 1_000,
                "encodedList": "u" + to_base64url(gzip.compress(bytes(bits), mtime=0)),
            },
        }
        return self._signed(canonical(content), year)

    def name(self, kid: str, sealed: str, enrollment: str) -> str:
        """Open a name as enrollment's event has it.

        Raises:
            ValueError: The key is gone, or it is no name of that enrollment.
        """
        if kid not in self.names.keys:
            raise ValueError("no such key")
        return open_name(self.names.keys[kid], sealed, enrollment)

    def _signed(self, content: bytes, year: int) -> str:
        kid, key = self.signing.of_year(year)
        return jws.serialize_compact({"alg": "ES256", "kid": kid, "typ": _TYPE}, content, key, algorithms=["ES256"])


def verified(signing: YearlyKeys, token: str) -> Any:
    """What a signed text says, a certificate's or a status list's.

    Args:
        signing: Our keys; their public halves do.
        token: Of anybody (JWS compact, RFC 7515).

    Raises:
        ValueError: No key of ours signed it, or it is of another kind.
    """
    try:
        kid = json.loads(from_base64url(token.split(".", 1)[0])).get("kid")
        signed = jws.deserialize_compact(token, signing.keys[kid], algorithms=["ES256"])
        if signed.headers().get("typ") != _TYPE:
            raise ValueError("of another kind")
        return json.loads(signed.payload)
    except (JoseError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not signed by a key of ours") from error


def is_listed(content: Any, place: int) -> bool:
    """Whether a status list says of the certificate at that place that it is valid no more.

    Raises:
        ValueError: It is no status list.
    """
    try:
        encoded = content["credentialSubject"]["encodedList"]
        bits = gzip.decompress(from_base64url(encoded.removeprefix("u")))
        return bool(bits[place // 8] & 0x80 >> place % 8)
    except (LookupError, TypeError, AttributeError, OSError, EOFError) as error:
        raise ValueError("no status list") from error
