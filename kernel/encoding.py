"""Values as bytes and bytes as text, so that equal ones are equal to the byte: what is hashed, signed and compared."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any


def canonical(value: Any) -> bytes:
    """JSON in UTF-8 with keys sorted by code point and without blanks: equal values have equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def to_base64url(raw: bytes) -> str:
    """Base64url without padding (RFC 4648, section 5)."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str, size: int | None = None) -> bytes:
    """The bytes of base64url without padding; there is one spelling for each value.

    Args:
        text: What was sent.
        size: How many bytes it must have; None for any number.

    Raises:
        ValueError: It is something else.
    """
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if size not in (None, len(raw)) or to_base64url(raw) != text:
        raise ValueError("not in base64url without padding, or of another length")
    return raw
