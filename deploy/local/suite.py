"""The whole suite on one machine: parts, three subgraphs, gateway; started and stopped by the project itself."""

import http.client
import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

from chassis.clock import Clock, move_forward
from deploy.local.home import marked
from deploy.local.parts import Parts
from deploy.local.process import Child

ROOT = Path(__file__).resolve().parents[2]
SUBGRAPHS = ("catalog", "enrollment", "assessment")
GATEWAY = "gateway"
PROCESSES = (*SUBGRAPHS, GATEWAY)
_READY_SECONDS = 60.0


class Suite:
    """All processes of one home.

    Args:
        home: The folder that holds its data, ports, keys and logs.
        gateway_port: The port wished for the gateway; the next free one is taken.
        processes: What to start, one process of each part by default; `enrollment.relay` is a role of one, and
            `enrollment.relay.2` another of the same.

    Attributes:
        overrides: What differs in a process's environment, by its name.
    """

    def __init__(self, home: Path, *, gateway_port: int | None = None, processes: Sequence[str] = PROCESSES) -> None:
        self.parts = Parts(home, gateway_port=gateway_port)
        self.home = self.parts.home
        self._names = processes
        self.children: dict[str, Child] = {}
        self.overrides: dict[str, dict[str, str]] = {}

    @property
    def url(self) -> str:
        """The gateway's root."""
        return f"http://127.0.0.1:{self.parts.ports[GATEWAY]}"

    @property
    def clock_file(self) -> Path:
        """The shared offset of the domain clock."""
        return self.home / "clock.json"

    def now(self) -> datetime:
        """The domain's present."""
        return Clock(self.clock_file).now()

    def move_clock(self, at: datetime) -> datetime:
        """Move the domain clock of all processes forward.

        Raises:
            ValueError: `at` lies before the domain's present.
        """
        return move_forward(self.clock_file, at)

    def start(self) -> Self:
        """Start everything and wait until all processes are ready.

        Raises:
            StartFailed: A part or a process did not come up.
        """
        try:
            self.parts.start()
            for name in self._names:
                self.launch(name)
            for name in self._names:
                self.wait_ready(name)
        except BaseException:
            self.stop()
            raise
        return self

    def launch(self, name: str) -> None:
        """Start one process, without waiting."""
        part, *role = name.split(".")
        command = [sys.executable, "-m", module_of(part), *role[:1]]
        self.children[name] = Child(name, command, self.home / "logs" / f"{name}.log", self.environment(name), ROOT)

    def wait_ready(self, name: str) -> None:
        """Wait until a process answers its readiness probe.

        Raises:
            StartFailed: It did not.
        """
        self.children[name].wait_until(lambda: _ready(self.parts.ports.port_of(name)), _READY_SECONDS)

    def dead(self) -> list[Child]:
        """Processes and parts that have ended although nobody stopped them."""
        return [child for child in (*self.parts.children, *self.children.values()) if not child.alive()]

    def stop(self) -> None:
        """Stop everything, last first."""
        if gateway := self.children.pop(GATEWAY, None):
            gateway.stop()
        for child in self.children.values():
            child.ask()
        while self.children:
            self.children.popitem()[1].stop()
        self.parts.stop()

    def environment(self, process: str) -> dict[str, str]:
        """The environment of a process."""
        return marked(self.home, os.environ | self.settings(process))

    def settings(self, process: str) -> dict[str, str]:
        """What a process is told by its environment, and its command line tools too."""
        ports, secrets = self.parts.ports, self.parts.secrets
        name, *_ = process.split(".")
        own = {
            "MONGODB_URL": self.parts.mongodb_url(name),
            "MONGODB_DATABASE": name,
            "AMQP_URL": self.parts.amqp_url(name),
            "HOST": "127.0.0.1",
            "PORT": str(ports.port_of(process)),
            "ENVIRONMENT": "development",
            "CLOCK_FILE": str(self.clock_file),
        }
        if name == GATEWAY:
            own |= {
                "SUPERGRAPH_FILE": str(ROOT / "contracts" / "graph" / "supergraph.graphql"),
                "SUBGRAPH_URLS": json.dumps({one: f"http://127.0.0.1:{ports[one]}/graphql" for one in SUBGRAPHS}),
                "SIGNING_KEY_FILE": str(secrets.signing_keys),
                "EXPLORER_DIR": str(ROOT / ".local" / "explorer"),
            }
        else:
            own["INTERNAL_JWKS_FILE"] = str(secrets.public_keys)
        if name in {"catalog", "enrollment"}:
            own["VAULT_FILE"] = str(secrets.vault_keys)
        return own | self.overrides.get(process, {})

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def module_of(part: str) -> str:
    """What to run for a part."""
    return part if part == GATEWAY else f"services.{part}"


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
