"""The TCP ports of a suite: chosen once and stored in its home; one that is in use at a later start is replaced."""

import json
import random
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

from deploy.processes import MIGRATED, PRODUCERS

_FIRST, _LAST, _BLOCK = 20_000, 32_000, 20  # below the ephemeral range, which other connections use
_SEARCHED = 1_000
_NAMES = (
    "mongod",
    "amqp",
    "management",
    "erlang",
    "epmd",
    "cli",
    *MIGRATED,
    *(f"{name}.metrics" for name in PRODUCERS),
)


def is_free(port: int) -> bool:
    """Whether a TCP port of loopback can be bound."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class Ports(dict[str, int]):
    """Port by name of a server or process, reserved until `release` or the end of this process.

    A server binds its port only seconds after it was chosen. Until then the port is reserved by an abstract socket
    name: two suites that start at once cannot both bind it, and Linux frees it when the process ends (unix(7)).

    Args:
        home: The suite's folder; the choice is stored in its `ports.json`.
        gateway: The port wanted for the gateway; the next free one is taken.
    """

    def __init__(self, home: Path, *, gateway: int | None = None) -> None:
        super().__init__()
        self._reservations: list[socket.socket] = []
        file = home / "ports.json"
        stored: dict[str, int] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        if gateway is not None:
            self["gateway"] = self._reserve_first(range(gateway, min(gateway + _SEARCHED, 65_536)))
        for name in self._missing():
            if name in stored and self._reserve(stored[name]):
                self[name] = stored[name]
        if self._missing():
            self._choose()
        home.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self), encoding="utf-8")

    def port_of(self, process: str) -> int:
        """The port of any process; one that has no name here gets a free port, which is not stored."""
        if process not in self:
            self[process] = self._reserve_first(_around(random.randrange(_FIRST, _LAST, _BLOCK)))  # noqa: S311 - no secret
        return self[process]

    def release(self) -> None:
        """Give the reservations up."""
        while self._reservations:
            self._reservations.pop().close()

    def _missing(self) -> list[str]:
        return [name for name in _NAMES if name not in self]

    def _choose(self) -> None:
        """Choose neighbouring ports from a random start, so that suites started at the same time seldom collide."""
        block = random.randrange(_FIRST, _LAST, _BLOCK)  # noqa: S311 - no secret
        candidates = _around(block)
        for name in self._missing():
            self[name] = self._reserve_first(candidates)

    def _reserve_first(self, candidates: Iterable[int]) -> int:
        for port in candidates:
            if self._reserve(port):
                return port
        raise OSError(f"no free port among {candidates}")

    def _reserve(self, port: int) -> bool:
        reservation = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            reservation.bind(f"\0guopei-port-{port}")
        except OSError:
            reservation.close()
            return False
        self._reservations.append(reservation)
        if is_free(port):
            return True
        self._reservations.pop().close()
        return False


def _around(start: int) -> Iterator[int]:
    yield from range(start, _LAST)
    yield from range(_FIRST, start)
