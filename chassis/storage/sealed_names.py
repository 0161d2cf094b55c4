"""A person's name in an event that many read and one service opens: sealed to that service's key (ADR 52).

The sealed text has one length whatever the name, and opens for the enrollment that it was sealed for only.
"""

import json

from joserfc.jwk import ECKey

from chassis import seal
from chassis.storage.yearly_keys import YearlyKeys
from kernel.encoding import canonical, from_base64url, to_base64url

_BYTES = 256


def seal_name(keys: YearlyKeys, year: int, name: str, enrollment: str) -> tuple[str, str]:
    """Seal a name.

    Args:
        keys: The public keys of the service that may open it.
        year: Whose year's key seals it; with that key it is erased.
        name: The name, 50 characters at most.
        enrollment: The enrollment that it belongs to.

    Returns:
        The key's id, and the sealed name as base64url.

    Raises:
        ValueError: The name is too long.
    """
    kid, key = keys.of_year(year)
    padded = seal.pad(canonical({"name": name}), _BYTES)
    return kid, to_base64url(seal.seal(key.public_key, _info(enrollment), padded))


def open_name(key: ECKey, sealed: str, enrollment: str) -> str:
    """Open what `seal_name` made for that enrollment.

    Raises:
        ValueError: It was altered, or sealed for another key or enrollment.
    """
    private = key.private_key
    if private is None:
        raise ValueError("the key's private half is gone")
    name = json.loads(seal.unpad(seal.unseal(private, _info(enrollment), from_base64url(sealed)), _BYTES))["name"]
    if not isinstance(name, str):
        raise TypeError("a name is a text")
    return name


def _info(enrollment: str) -> bytes:
    return f"guopei-names/1\n{enrollment}".encode()
