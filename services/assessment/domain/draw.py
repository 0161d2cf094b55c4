"""The draw of an inspection, `guopei-inspection/1`, as the public programs `draw.py` and `draw.mjs` recompute it (R37).

Everything here is a function of public files and of one secret of 32 bytes, which is published with the draw (ADR 55).
Canonical JSON is UTF-8 with keys sorted by code point, without blanks, with integers only.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kernel.encoding import canonical

FORMAT = "guopei-inspection/1"
SECRET_BYTES = 32
WITHHELD_SECRET = bytes(SECRET_BYTES)
"""What stands for a secret that was not revealed in time."""
_COMMIT, _SEED = f"{FORMAT} commit\n".encode(), f"{FORMAT} seed\n".encode()
_BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of the population.

    Attributes:
        id: The project's id.
        stratum: `<category>/<RUNNING|FINISHED>`.
        weight: How many tickets it has, from 1.
    """

    id: str
    stratum: str
    weight: int


@dataclass(frozen=True, slots=True)
class Stratum:
    """A stratum of the population.

    Attributes:
        name: `<category>/<RUNNING|FINISHED>`.
        size: How many projects it has.
        drawn: How many of them are to be drawn.
    """

    name: str
    size: int
    drawn: int


def population_file(candidates: Iterable[Candidate]) -> bytes:
    """The file `population.jsonl`: a canonical line a candidate, each ended by LF, sorted by the bytes of their ids."""
    ordered = sorted(candidates, key=lambda candidate: candidate.id.encode())
    return b"".join(
        canonical({"id": candidate.id, "stratum": candidate.stratum, "weight": candidate.weight}) + b"\n"
        for candidate in ordered
    )


def candidates_of(population: bytes) -> list[Candidate]:
    """The rows of a population's file."""
    return [Candidate(**json.loads(line)) for line in population.decode().splitlines()]


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def sizes_of(candidates: Iterable[Candidate]) -> dict[str, int]:
    """How many candidates each stratum has, by the strata's names in order."""
    sizes: dict[str, int] = {}
    for candidate in candidates:
        sizes[candidate.stratum] = sizes.get(candidate.stratum, 0) + 1
    return dict(sorted(sizes.items()))


def wanted(size: int, share_bp: int) -> int:
    """How many are to be drawn: the share of the population, rounded up.

    Args:
        size: Of the population.
        share_bp: The share in basis points, 1 to 10,000.
    """
    return -(-size * share_bp // _BASIS_POINTS)


def allocate(sizes: Mapping[str, int], number: int) -> dict[str, int]:
    """How many are drawn from each stratum.

    One of each; the rest by largest remainder in integers, ties by name, and never more than the stratum has.

    Args:
        sizes: Stratum to the number of its candidates.
        number: How many are to be drawn in all; where it is less than the number of strata, each still gets one.
    """
    rest, everything = max(number - len(sizes), 0), sum(sizes.values())
    share = {name: rest * size // everything for name, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda name: (-(rest * sizes[name] % everything), name))
    for name in by_remainder[: rest - sum(share.values())]:
        share[name] += 1
    return {name: min(sizes[name], 1 + share[name]) for name in sorted(sizes)}


def commitment_of(secret: bytes) -> str:
    """What is published of a secret before anybody can know the beacons: its hash, in hexadecimal."""
    return digest(_COMMIT + secret)


def seed_of(secret: bytes, said: Mapping[str, Any]) -> bytes:
    """The seed of the draw.

    Args:
        secret: 32 bytes.
        said: All that was published before: `id`, `population_sha256`, `allocation`, `commitment`, and `beacons` with
            `source`, `at` and `value`.
    """
    return hmac.digest(secret, _SEED + canonical(said), "sha256")


def in_order(candidates: Iterable[Candidate], seed: bytes) -> dict[str, list[str]]:
    """The candidates of each stratum in the order in which they are drawn, by their least ticket and their id.

    Args:
        candidates: The population.
        seed: Of the draw.
    """
    tickets: dict[str, list[tuple[bytes, str]]] = {}
    for candidate in candidates:
        tickets.setdefault(candidate.stratum, []).append((_ticket(candidate, seed), candidate.id))
    return {stratum: [key for _, key in sorted(tickets[stratum])] for stratum in sorted(tickets)}


def _ticket(candidate: Candidate, seed: bytes) -> bytes:
    """The least ticket; bytes sort as their hexadecimal digits do."""
    return min(
        hmac.digest(seed, f"{candidate.stratum}\n{candidate.id}\n{number}".encode(), "sha256")
        for number in range(candidate.weight)
    )


def sample_of(
    orders: Mapping[str, Sequence[str]], allocation: Mapping[str, int], *, withheld: bool
) -> dict[str, list[str]]:
    """The first of each stratum's order: as many as allocated, twice as many where the secret was withheld."""
    return {stratum: list(orders[stratum][: count * (1 + withheld)]) for stratum, count in allocation.items()}
