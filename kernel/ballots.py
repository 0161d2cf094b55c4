r"""The ballot protocol `guopei-ballot/1`: what register, ballot box and voter must agree on to the byte (R34–R36).

Labels are ASCII, `\n` is the byte 0A. The signature is RSABSSA-SHA384-PSS-Randomized of RFC 9474, the seals are HPKE
of RFC 9180; both are technique and stand in the chassis.
"""

import hashlib
from collections.abc import Sequence

CONTENT_BYTES = 4_096
"""A padded answer sheet; its content is shorter by at least one byte."""
INNER_BYTES = CONTENT_BYTES + 81
"""An inner seal: a point of 65 bytes, the padded sheet, a tag of 16."""
SEALED_BYTES = INNER_BYTES + 81
"""A ballot as it is sent and stored; all ballots have this length, so that a length tells nothing."""
KEY_BYTES = 256
"""The modulus of a token key, a blinded message, a signature: RSA of 2,048 bits."""
NONCE_BYTES = 32
LEAST_BALLOTS = 5
"""Below so many ballots nothing is ever shown, and no ballot is opened (R36)."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""The letters of Crockford's base 32, without I, L, O and U."""
_LABEL = b"guopei-ballot/1"
_SHORT_LETTERS = 12
_HASH_BITS, _LETTER_BITS = 256, 5


def letters(number: int, size: int) -> str:
    """A number in base 32, its leading zeros included.

    Args:
        number: The number.
        size: How many letters.
    """
    text = ""
    for _ in range(size):
        number, letter = divmod(number, len(ALPHABET))
        text = ALPHABET[letter] + text
    return text


def short_code(sha256: str) -> str:
    """The first 60 bits of a key list's hash as twelve letters, for comparing by eye; fewer could be forged."""
    return letters(int(sha256, 16) >> (_HASH_BITS - _SHORT_LETTERS * _LETTER_BITS), _SHORT_LETTERS)


def message_of(instrument: str, nonce: bytes, prefix: bytes) -> bytes:
    """The message that a token signs; the random prefix is the one of RFC 9474, section 4.1."""
    return prefix + _LABEL + b"\n" + instrument.encode() + b"\n" + nonce


def receipt_of(nonce: bytes) -> str:
    """The receipt by which a voter finds the own ballot, and by which the box knows a repeated one: 64 hex digits."""
    return hashlib.sha256(_LABEL + b" receipt\n" + nonce).hexdigest()


def inner_info(instrument: str) -> bytes:
    """What the inner seal is bound to; it is opened by the register, which must not learn the receipt."""
    return _LABEL + b" inner\n" + instrument.encode()


def outer_info(instrument: str, receipt: str) -> bytes:
    """What the outer seal is bound to, so that nobody can move a sealed sheet under another token."""
    return _LABEL + b" outer\n" + instrument.encode() + b"\n" + receipt.encode()


def derivation_info(instrument: str, modulus: bytes) -> bytes:
    """What a voter's secrets are derived for: one questionnaire and its key."""
    return _LABEL + b" derive\n" + instrument.encode() + b"\n" + hashlib.sha256(modulus).hexdigest().encode()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over receipts of 32 bytes, which are given in order (RFC 6962, section 2.1).

    Raises:
        ValueError: There is no leaf.
    """
    if not leaves:
        raise ValueError("no leaf")
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + merkle_root(leaves[:half]) + merkle_root(leaves[half:])).digest()
