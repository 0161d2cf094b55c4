"""Seals that only the holder of a key can open (HPKE, RFC 9180), padding, and a folder of such keys.

Suite: base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. A sealed text is the encapsulated key of 65 bytes
and the ciphertext, 81 bytes more than the plain one.
"""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey
PublicKey: TypeAlias = ec.EllipticCurvePublicKey
POINT_BYTES = 65
_SUITE = hpke.Suite(hpke.KEM.P256, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_SCALAR_BYTES = 32
_NAME = re.compile(r"[0-9a-z]{1,64}")


class Unreadable(ValueError):  # noqa: N818 - what was sealed, not the program, is wrong
    """A sealed or padded text is not what its key and its binding say."""


def public_bytes(key: PrivateKey) -> bytes:
    """The public half of a key: an uncompressed point of 65 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def private_key(scalar: bytes) -> PrivateKey:
    """The key of a secret number of 32 bytes."""
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


def public_key(point: bytes) -> PublicKey:
    """The public key of an uncompressed point.

    Raises:
        ValueError: It is no point of the curve.
    """
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def seal(key: PublicKey, info: bytes, plain: bytes) -> bytes:
    """Seal for the holder of a key.

    Args:
        key: Its public half.
        info: What the seal is bound to: it opens under the same only.
        plain: What is sealed.
    """
    return _SUITE.encrypt(plain, key, info)


def unseal(key: PrivateKey, info: bytes, sealed: bytes) -> bytes:
    """Open what `seal` made.

    Raises:
        Unreadable: It was sealed for another key or under another `info`, or was altered.
    """
    try:
        return _SUITE.decrypt(sealed, key, info)
    except (InvalidTag, ValueError) as error:
        raise Unreadable("not sealed for this key and this purpose") from error


def pad(content: bytes, size: int) -> bytes:
    """Fill up to `size` bytes with 80 and 00 (ISO/IEC 7816-4).

    Raises:
        ValueError: The content has not at least one byte less.
    """
    if len(content) >= size:
        raise ValueError(f"at most {size - 1} bytes")
    return content + b"\x80" + bytes(size - len(content) - 1)


def unpad(padded: bytes, size: int) -> bytes:
    """The content that `pad` filled up.

    Raises:
        Unreadable: It has another length, or is not padded so.
    """
    content = padded.rstrip(b"\x00")
    if len(padded) != size or not content.endswith(b"\x80"):
        raise Unreadable("not padded")
    return content[:-1]


class KeyFolder:
    """Secret keys, each in a file of mode 0600; what is sealed for a key is gone with its file.

    Args:
        folder: Where they are; made when the first key is. It must be in no backup.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ensure(self, name: str) -> PrivateKey:
        """The key of that name, made where there is none.

        A new one is whole on the disk before it has its name, and of two that are made at once one gets the name.
        """
        if key := self.find(name):
            return key
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        part = self._folder / f".{secrets.token_hex(8)}"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(number.to_bytes(_SCALAR_BYTES, "big"))
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(part, self._file(name))
        part.unlink()
        self._settle()
        return private_key(self._file(name).read_bytes())

    def find(self, name: str) -> PrivateKey | None:
        """The key of that name; None where there is none."""
        try:
            return private_key(self._file(name).read_bytes())
        except FileNotFoundError:
            return None

    def destroy(self, name: str) -> None:
        """Overwrite and remove a key; one that has gone stays gone."""
        file = self._file(name)
        with suppress(FileNotFoundError):
            with file.open("r+b") as out:
                out.write(secrets.token_bytes(_SCALAR_BYTES))
                out.flush()
                os.fsync(out.fileno())
            file.unlink()
            self._settle()

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("not the name of a key")
        return self._folder / f"{name}.key"

    def _settle(self) -> None:
        """Let the folder's entries reach the disk."""
        entries = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(entries)
        finally:
            os.close(entries)
