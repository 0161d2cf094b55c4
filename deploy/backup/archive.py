"""The file of a backup: records of BSON, each compressed by zstd and sealed by AES-256-GCM (RFC 5116).

A line of JSON `{"format", "service", "salt"}`, then frames of a length (four bytes, big-endian) and a sealed record.
The key of a file is derived from the backup key and the file's salt (HKDF, RFC 5869), so no nonce is used twice under
one key. A nonce is the frame's number and whether it is the last one, so frames that are missing, moved or cut off at
the end are noticed; the line of JSON is authenticated with every frame.
"""

import base64
import binascii
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import bson
from bson.raw_bson import RawBSONDocument
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FORMAT = "guopei-backup/1"
KEY_BYTES = 32
_LENGTH_BYTES = 4
_SALT_BYTES = 32
_COUNT_BYTES = 11
_LEVEL = 3
_LONGEST = 64 << 20
_RAW: "bson.CodecOptions[RawBSONDocument]" = bson.CodecOptions(document_class=RawBSONDocument)


class Damaged(ValueError):  # noqa: N818 - says what the file is
    """The file is no backup, not whole, was changed, or is sealed with another key."""


def new_key() -> str:
    """A backup key, as it stands in its file."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def read_key(file: Path) -> bytes:
    """The backup key of a file.

    Raises:
        ValueError: It holds none.
    """
    try:
        key = base64.b64decode(file.read_text(encoding="ascii").strip(), validate=True)
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{file} holds no key") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"{file} holds no key of {KEY_BYTES} bytes")
    return key


class Writer:
    """Writes the records of a backup; the last one is written by `close`.

    Args:
        file: Where to.
        service: Whose database it is.
        key: The backup key.
    """

    def __init__(self, file: BinaryIO, service: str, key: bytes) -> None:
        salt = os.urandom(_SALT_BYTES)
        self._head = _head(service, salt)
        self._seal = _cipher(key, salt)
        self._file = file
        self._number = 0
        file.write(self._head)

    def add(self, record: Mapping[str, Any]) -> None:
        """Write a record."""
        self._write(record, last=False)

    def close(self, record: Mapping[str, Any]) -> None:
        """Write the last record."""
        self._write(record, last=True)

    def _write(self, record: Mapping[str, Any], *, last: bool) -> None:
        plain = zstd.compress(bson.encode(record), level=_LEVEL)
        sealed = self._seal.encrypt(_nonce(self._number, last=last), plain, self._head)
        self._file.write(len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed)
        self._number += 1


class Head(NamedTuple):
    """The first line of a backup.

    Attributes:
        service: Whose backup it is.
        salt: Of the file's key.
        line: The line as it stands in the file, by which every frame is authenticated.
    """

    service: str
    salt: bytes
    line: bytes


def head_of(file: BinaryIO) -> Head:
    """The first line of a backup; the file is then at its first frame.

    Raises:
        Damaged: It is none.
    """
    line = file.readline(1_000)
    try:
        head = json.loads(line)
        service, salt = str(head["service"]), base64.b64decode(head["salt"])
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged("no backup of this format") from error
    if head.get("format") != FORMAT or line != _head(service, salt):
        raise Damaged("no backup of this format")
    return Head(service, salt, line)


def records(file: BinaryIO, key: bytes) -> Iterator[RawBSONDocument]:
    """The records of a backup in their order.

    Args:
        file: At its beginning.
        key: The backup key.

    Raises:
        Damaged: It is not whole, or was changed, or has another key; records before the damage have been given.
    """
    head = head_of(file)
    seal, number, last = _cipher(key, head.salt), 0, False
    while not last:
        sealed = _frame(file)
        last = _is_at_end(file)
        try:
            plain = seal.decrypt(_nonce(number, last=last), sealed, head.line)
        except InvalidTag as error:
            raise Damaged(f"record {number} was changed, is not the next, or has another key") from error
        yield RawBSONDocument(zstd.decompress(plain), _RAW)
        number += 1


def _frame(file: BinaryIO) -> bytes:
    length = int.from_bytes(file.read(_LENGTH_BYTES), "big")
    if not 0 < length <= _LONGEST:
        raise Damaged("cut off, or no backup")
    sealed = file.read(length)
    if len(sealed) < length:
        raise Damaged("cut off")
    return sealed


def _is_at_end(file: BinaryIO) -> bool:
    at = file.tell()
    ended = not file.read(1)
    file.seek(at)
    return ended


def _head(service: str, salt: bytes) -> bytes:
    head = {"format": FORMAT, "service": service, "salt": base64.b64encode(salt).decode()}
    return json.dumps(head).encode() + b"\n"


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), KEY_BYTES, salt, FORMAT.encode()).derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_COUNT_BYTES, "big") + bytes([last])
