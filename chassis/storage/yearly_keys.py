"""Key pairs of which each year has its own, in a JWK set (RFC 7517); a key's id is `<purpose>-<year>-<number>`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from joserfc.jwk import ECKey


@dataclass(frozen=True, slots=True, repr=False)
class YearlyKeys:
    """P-256 keys by id. Keys of past years stay, to check and to open what they were used for.

    Attributes:
        keys: Id to key; one whose private half was destroyed is a public key.
    """

    keys: dict[str, ECKey]

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a JWK set of EC keys.

        Raises:
            ValueError: It is no such set.
        """
        content = json.loads(file.read_text(encoding="utf-8"))
        keys = {entry["kid"]: ECKey.import_key(entry) for entry in content["keys"]}
        if not keys or any(key.curve_name != "P-256" for key in keys.values()):
            raise ValueError(f"{file.name} must hold P-256 keys")
        for kid in keys:
            _year_of(kid)
        return cls(keys)

    def of_year(self, year: int) -> tuple[str, ECKey]:
        """The latest key of the year, else of the latest year before it, else of the first after it."""
        past = [kid for kid in self.keys if _year_of(kid) <= year]
        kid = max(past, key=_order) if past else min(self.keys, key=_order)
        return kid, self.keys[kid]

    def public(self) -> dict[str, Any]:
        """The JWK set of the public halves, by id."""
        ordered = sorted(self.keys.items())
        return {"keys": [key.as_dict(private=False) | {"kid": kid, "alg": "ES256"} for kid, key in ordered]}


def new_key(purpose: str, year: int, number: int = 1) -> ECKey:
    """A new key pair of a year.

    Args:
        purpose: The first part of its id, without a number in it.
        year: The second part.
        number: The third part: which of the year's keys it is.
    """
    return ECKey.generate_key("P-256", parameters={"kid": f"{purpose}-{year}-{number}"})


def _order(kid: str) -> tuple[int, int]:
    _, year, number = kid.rsplit("-", 2)
    return int(year), int(number)


def _year_of(kid: str) -> int:
    return _order(kid)[0]
