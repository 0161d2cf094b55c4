"""Ports of a suite: chosen once, kept in its home, chosen anew one by one when taken; never shared by two suites."""

import json
import random
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

_FIRST, _LAST, _BLOCK = 20_000, 32_000, 20  # below the ephemeral range, which other connections use
_WISH_SPAN = 1_000
_NAMES = (
    "mongod",
    "amqp",
    "management",
    "erlang",
    "epmd",
    "cli",
    "catalog",
    "enrollment",
    "assessment",
    "gateway",
)


def is_free(port: int) -> bool:
    """Whether nothing listens there on loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class Ports(dict[str, int]):
    """Ports by part, claimed for as long as this object is not released or its process lives.

    A server binds its port seconds after it was chosen. So each choice is claimed by an abstract socket name, which
    two suites that start at once cannot both have, and which Linux gives back when the process dies.

    Args:
        home: The suite's folder; its `ports.json` keeps the choice.
        gateway: The port wished for the gateway; the next free one from there is taken.
    """

    def __init__(self, home: Path, *, gateway: int | None = None) -> None:
        super().__init__()
        self._claims: list[socket.socket] = []
        file = home / "ports.json"
        kept: dict[str, int] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        if gateway is not None:
            self["gateway"] = self._first(range(gateway, min(gateway + _WISH_SPAN, 65_536)))
        for name in self._missing():
            if name in kept and self._claim(kept[name]):
                self[name] = kept[name]
        if self._missing():
            self._choose()
        home.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self), encoding="utf-8")

    def port_of(self, process: str) -> int:
        """The port of any process; one that has no name here gets a free port, which is not stored."""
        if process not in self:
            self[process] = self._first(_around(random.randrange(_FIRST, _LAST, _BLOCK)))  # noqa: S311 - no secret
        return self[process]

    def release(self) -> None:
        """Give the claims back."""
        while self._claims:
            self._claims.pop().close()

    def _missing(self) -> list[str]:
        return [name for name in _NAMES if name not in self]

    def _choose(self) -> None:
        """Neighbouring ports from a block drawn at random, so that suites started together seldom meet."""
        block = random.randrange(_FIRST, _LAST, _BLOCK)  # noqa: S311 - no secret
        candidates = _around(block)
        for name in self._missing():
            self[name] = self._first(candidates)

    def _first(self, candidates: Iterable[int]) -> int:
        for port in candidates:
            if self._claim(port):
                return port
        raise OSError(f"no free port among {candidates}")

    def _claim(self, port: int) -> bool:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0guopei-port-{port}")
        except OSError:
            claim.close()
            return False
        self._claims.append(claim)
        if is_free(port):
            return True
        self._claims.pop().close()
        return False


def _around(start: int) -> Iterator[int]:
    yield from range(start, _LAST)
    yield from range(_FIRST, start)
