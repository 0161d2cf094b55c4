"""Voters of a questionnaire, and the keys that a test plays the register with (R34)."""

import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chassis import blindrsa, seal
from kernel import ballots
from kernel.encoding import from_base64url, to_base64url
from services.assessment import voting


@cache
def token_key(number: int = 0) -> blindrsa.PrivateKey:
    """A key of 2,048 bits, made once a run; another number, another key."""
    assert number >= 0
    return blindrsa.PrivateKey.generate()


def instrument_id() -> str:
    """An id as questionnaires have it."""
    return f"ins{secrets.token_hex(13)[:25]}"


def sheet(form: str = "satisfaction-2024.1", mark: int = 4, text: str = "") -> dict[str, Any]:
    """Answers of a satisfaction survey: the same mark for each of its ten questions."""
    return {"v": 1, "form": form, "project": [mark] * 10, "texts": [text, ""]}


@dataclass
class Poll:
    """A questionnaire whose register is the test itself.

    Attributes:
        id: The questionnaire's id.
        key: Signs rights to answer.
        register: Opens the inner seals.
        box: The point of the box's key, once the box has said it.
    """

    id: str = field(default_factory=instrument_id)
    key: blindrsa.PrivateKey = field(default_factory=token_key)
    register: seal.PrivateKey = field(
        default_factory=lambda: seal.private_key(secrets.token_bytes(31).rjust(32, b"\0"))
    )
    box: bytes = b""

    @property
    def n(self) -> str:
        """The modulus as it is sent."""
        return to_base64url(self.key.public.modulus)

    def voter(self, seed: bytes | None = None) -> voting.Voter:
        """A voter, with secrets of the own."""
        keys = voting.Keys(self.id, self.key.public, seal.public_key(self.box), self.register.public_key())
        return voting.Voter.of(seed or voting.new_seed(), keys)

    def ballot(self, voter: voting.Voter | None = None, **answers: Any) -> dict[str, Any]:
        """A ballot as it is sent; of a new voter, unless one is given."""
        voter = voter or self.voter()
        return voter.ballot(blindrsa.sign(self.key, voter.blinded), sheet(**answers))

    def read(self, inner: str) -> bytes:
        """The sheet under an inner seal."""
        sealed = from_base64url(inner, ballots.INNER_BYTES)
        return seal.unpad(seal.unseal(self.register, ballots.inner_info(self.id), sealed), ballots.CONTENT_BYTES)
