"""Blind RSA signatures: RSABSSA-SHA384-PSS-Randomized of RFC 9474, with a salt of 48 bytes.

Whoever signs learns neither the message nor the signature that comes of it, so nobody can tell later whose it is.
`gmpy2`, where it is installed, makes signing faster and its exponentiations independent of the secret exponent in time.
"""

import hashlib
import math
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

EXPONENT = 65_537
SALT_BYTES = 48
_BITS = 2_048
_HASH_BYTES = 48
_PADDING = padding.PSS(padding.MGF1(hashes.SHA384()), SALT_BYTES)
__all__ = ["InvalidSignature", "PrivateKey", "PublicKey", "SigningFault", "blind", "encode", "sign", "unblind"]


def _secret_power() -> Callable[[int, int, int], int]:
    """The exponentiation with a secret exponent and an odd modulus."""
    try:
        import gmpy2  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        return pow
    return cast("Callable[[int, int, int], int]", lambda base, exponent, n: int(gmpy2.powmod_sec(base, exponent, n)))


secret_power = _secret_power()


class SigningFault(Exception):  # noqa: N818 - it says what happened
    """A signature did not verify under its own key: a fault of the machine, which must never leave the process."""


@dataclass(frozen=True)
class PublicKey:
    """A key that verifies.

    Attributes:
        n: The modulus.
        e: The exponent.
    """

    n: int
    e: int = EXPONENT

    @classmethod
    def of(cls, modulus: bytes) -> Self:
        """The key of a modulus of 2,048 bits.

        Raises:
            ValueError: It has another length, or is even.
        """
        n = int.from_bytes(modulus, "big")
        if n.bit_length() != _BITS or n % 2 == 0:
            raise ValueError("not a modulus of 2,048 bits")
        return cls(n)

    @property
    def size(self) -> int:
        """The length of a signature, in bytes."""
        return -(-self.n.bit_length() // 8)

    @property
    def modulus(self) -> bytes:
        """The modulus as bytes."""
        return self.n.to_bytes(self.size, "big")

    @cached_property
    def _key(self) -> rsa.RSAPublicKey:
        return rsa.RSAPublicNumbers(self.e, self.n).public_key()

    def verify(self, message: bytes, signature: bytes) -> None:
        """Verify a signature; the salt must have exactly 48 bytes.

        Raises:
            InvalidSignature: It is none of this key on this message.
        """
        self._key.verify(signature, message, _PADDING, hashes.SHA384())


@dataclass(frozen=True, repr=False)
class PrivateKey:
    """A key that signs; each is used for one purpose only (RFC 9474, section 6.2)."""

    n: int
    e: int
    d: int
    p: int
    q: int

    @classmethod
    def generate(cls) -> Self:
        """A new key of 2,048 bits; takes up to a second or two of the processor."""
        return cls._of(rsa.generate_private_key(EXPONENT, _BITS))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The key that `text` wrote.

        Its primes are not proven again, which would take twenty times as long as signing does: a vault has kept it as
        it was made, and `sign` gives nothing away that does not verify.
        """
        key = load_der_private_key(b64decode(text), None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("not an RSA key")
        return cls._of(key)

    @classmethod
    def _of(cls, key: rsa.RSAPrivateKey) -> Self:
        numbers = key.private_numbers()
        return cls(numbers.public_numbers.n, numbers.public_numbers.e, numbers.d, numbers.p, numbers.q)

    def text(self) -> str:
        """The key as text, for a vault: PKCS #8 in DER, base64."""
        numbers = rsa.RSAPrivateNumbers(
            self.p,
            self.q,
            self.d,
            self.d % (self.p - 1),
            self.d % (self.q - 1),
            self.inverse,
            rsa.RSAPublicNumbers(self.e, self.n),
        )
        return b64encode(
            numbers.private_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        ).decode()

    @cached_property
    def public(self) -> PublicKey:
        """Its public half."""
        return PublicKey(self.n, self.e)

    @cached_property
    def inverse(self) -> int:
        """The inverse of `q` modulo `p`."""
        return pow(self.q, -1, self.p)


def encode(message: bytes, bits: int, salt: bytes) -> bytes:
    """EMSA-PSS-ENCODE with SHA-384 and a given salt (RFC 8017, section 9.1.1).

    Args:
        message: The message.
        bits: The length of the encoded message: one bit less than the modulus.
        salt: The salt.
    """
    size = -(-bits // 8)
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = bytes(size - len(salt) - _HASH_BYTES - 2) + b"\x01" + salt
    mask = b"".join(
        hashlib.sha384(digest + counter.to_bytes(4, "big")).digest() for counter in range(size // _HASH_BYTES + 1)
    )
    masked = bytearray(left ^ right for left, right in zip(block, mask, strict=False))
    masked[0] &= 0xFF >> (8 * size - bits)
    return bytes(masked) + digest + b"\xbc"


def blind(key: PublicKey, message: bytes, salt: bytes, r: int) -> tuple[bytes, int]:
    """Blind a prepared message (RFC 9474, section 4.2).

    Args:
        key: The signer's public key.
        message: The message, its random prefix included.
        salt: The salt of the encoding.
        r: The blinding factor, 1 to n - 1, of the caller's own making.

    Returns:
        The blinded message, and the inverse of `r` for `unblind`.

    Raises:
        ValueError: The message or `r` shares a factor with the modulus, which does not happen by chance.
    """
    encoded = int.from_bytes(encode(message, key.n.bit_length() - 1, salt), "big")
    if math.gcd(encoded, key.n) != 1:
        raise ValueError("the message is no unit")
    blinded = encoded * pow(r, key.e, key.n) % key.n
    return blinded.to_bytes(key.size, "big"), pow(r, -1, key.n)


def sign(key: PrivateKey, blinded: bytes) -> bytes:
    """Sign a blinded message (RFC 9474, section 4.3), by the Chinese remainder theorem.

    The base is blinded, so that what is raised to the secret exponents is random, and the result is verified: a fault
    in one of the two halves would give the key away.

    Raises:
        ValueError: It has another length than the modulus, or is no number that a voter can have blinded.
        SigningFault: The machine computed wrongly.
    """
    public = key.public
    message = int.from_bytes(blinded, "big")
    if len(blinded) != public.size or not 1 < message < key.n - 1 or math.gcd(message, key.n) != 1:
        raise ValueError("not a blinded message")
    r = secrets.randbelow(key.n - 2) + 2
    hidden = message * pow(r, key.e, key.n) % key.n
    of_p = secret_power(hidden % key.p, key.d % (key.p - 1), key.p)
    of_q = secret_power(hidden % key.q, key.d % (key.q - 1), key.q)
    joined = of_q + key.q * ((of_p - of_q) * key.inverse % key.p)
    signed = joined * pow(r, -1, key.n) % key.n
    if pow(signed, key.e, key.n) != message:
        raise SigningFault
    return signed.to_bytes(public.size, "big")


def unblind(key: PublicKey, message: bytes, reply: bytes, inverse: int) -> bytes:
    """The signature of a message from the signer's reply to its blinded form (RFC 9474, section 4.4).

    Raises:
        InvalidSignature: The signer did not sign what it was sent.
    """
    signature = (int.from_bytes(reply, "big") * inverse % key.n).to_bytes(key.size, "big")
    key.verify(message, signature)
    return signature
