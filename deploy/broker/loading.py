"""Gives a cluster's broker its users, rights and queues once all its nodes are there (ADR 78)."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.broker.definitions import definitions, with_passwords
from deploy.broker.management import Management, ManagementError
from deploy.broker.upgrade import load_topology
from deploy.processes import PRODUCERS

_LOOK_SECONDS = 5.0


class TooFewNodesError(RuntimeError):
    """Not all nodes of the broker have come; the message says how many have."""


def read_passwords(folder: Path) -> Mapping[str, str]:
    """The passwords of a folder with a file for each user, as a Secret is mounted.

    Raises:
        ValueError: Users of the definitions have none; the message names them.
    """
    known = {file.name: file.read_text(encoding="utf-8").strip() for file in folder.iterdir() if file.is_file()}
    if missing := [user["name"] for user in definitions()["users"] if not known.get(user["name"])]:
        raise ValueError(", ".join(missing))
    return known


def wait_for_nodes(broker: Management, nodes: int, seconds: float, pause: Callable[[float], None] = time.sleep) -> None:
    """Wait until so many nodes run: a queue that is declared before has too few members for ever (notes N94).

    Args:
        broker: The management interface.
        nodes: How many there are to be.
        seconds: For how long to wait.
        pause: Waits for some seconds.

    Raises:
        TooFewNodesError: They have not come.
    """
    waited, there = 0.0, 0
    while True:
        try:
            there = sum(bool(row.get("running")) for row in broker.call("GET", "/api/nodes"))
        except ManagementError:
            there = 0
        if there >= nodes:
            return
        if waited >= seconds:
            raise TooFewNodesError(f"{there} of {nodes}")
        pause(_LOOK_SECONDS)
        waited += _LOOK_SECONDS


def load(broker: Management, passwords: Mapping[str, str]) -> bool:
    """Load the definitions into a new broker; into one that has been loaded, its exchanges, queues and bindings alone.

    What a running broker's users may do, and their passwords, are exchanged in order by other commands: a province
    whose access is revoked stays out.

    Args:
        broker: The management interface, as an administrator.
        passwords: By user.

    Returns:
        Whether it was a new one.

    Raises:
        ManagementError: The broker refused, or is away.
    """
    there = {row["name"] for row in broker.call("GET", "/api/users")}
    if there.isdisjoint(PRODUCERS):
        broker.call("POST", "/api/definitions", with_passwords(passwords.__getitem__))
        return True
    load_topology(broker)
    return False
