"""Ports of a suite: chosen once, kept in its home, chosen anew when one is taken."""

import json
import random
import socket
from pathlib import Path

_FIRST, _LAST = 20_000, 32_000  # below the ephemeral range, which other connections use
_NAMES = (
    "mongod",
    "amqp",
    "management",
    "erlang",
    "epmd",
    "cli_first",
    "cli_last",
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


def choose(home: Path, *, gateway: int | None = None) -> dict[str, int]:
    """The suite's ports by part, from `home/ports.json` while they are free.

    Args:
        home: The suite's folder.
        gateway: The port wished for the gateway; the next free one from there is taken.
    """
    file = home / "ports.json"
    kept: dict[str, int] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    ports = kept if set(kept) == set(_NAMES) and all(map(is_free, kept.values())) else _fresh()
    if gateway is not None:
        ports["gateway"] = next(port for port in range(gateway, gateway + 1_000) if is_free(port))
    home.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(ports), encoding="utf-8")
    return ports


def _fresh() -> dict[str, int]:
    """A block of neighbouring free ports, drawn at random so that suites started together do not meet."""
    while True:
        first = random.randrange(_FIRST, _LAST, 20)  # noqa: S311 - no secret
        block = range(first, first + len(_NAMES))
        if all(map(is_free, block)):
            return dict(zip(_NAMES, block, strict=True))
