"""The suite on one machine: MongoDB, RabbitMQ, three subgraphs, ballot box and gateway, started, watched, stopped."""

import asyncio
import http.client
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Self

from chassis.clock import Clock, move_forward
from chassis.storage.migration import Migrations, migrate
from chassis.storage.mongo import connect
from deploy.local.home import tagged
from deploy.local.parts import Parts
from deploy.local.process import Child
from deploy.local.web import WEB
from deploy.processes import MIGRATED, SUBGRAPHS
from gateway.migrations import MIGRATIONS as OF_GATEWAY
from services.assessment.ballots.migrations import MIGRATIONS as OF_BALLOTS
from services.assessment.migrations import MIGRATIONS as OF_ASSESSMENT
from services.catalog.migrations import MIGRATIONS as OF_CATALOG
from services.enrollment.migrations import MIGRATIONS as OF_ENROLLMENT

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = "gateway"
BALLOTS = "ballots"
MIGRATIONS = (OF_CATALOG, OF_ENROLLMENT, OF_ASSESSMENT, OF_BALLOTS, OF_GATEWAY)
"""The steps of every database."""
_READY_SECONDS = 60.0


class Suite:
    """All processes of a home. Its database and broker are `parts`, its own processes `children`.

    Args:
        home: The folder for its data, ports, keys and logs.
        gateway_port: The port wanted for the gateway; the next free one is taken.
        processes: What to start: `SERVICE`, `SERVICE.ROLE`, or `SERVICE.ROLE.NUMBER` for more of one role, such as
            `enrollment.relay.2`. By default one process of each service, the ballot box, and the gateway.
        code: The folder of the code that its processes run; by default this one.
        members: How many members the database's replica set has.
        nodes: How many nodes the broker has.

    Attributes:
        parts: The database and the broker.
        home: The folder, as an absolute path.
        children: The running processes by name.
        overrides: Environment variables that differ from the usual ones, by the process's name.
    """

    def __init__(
        self,
        home: Path,
        *,
        gateway_port: int | None = None,
        processes: Sequence[str] = MIGRATED,
        code: Path = ROOT,
        members: int = 1,
        nodes: int = 1,
    ) -> None:
        self.parts = Parts(home, gateway_port=gateway_port, members=members, nodes=nodes)
        self.home = self.parts.home
        self._names = processes
        self._code = code
        self.children: dict[str, Child] = {}
        self.overrides: dict[str, dict[str, str]] = {}

    @property
    def url(self) -> str:
        """The gateway's root URL."""
        return f"http://127.0.0.1:{self.parts.ports[GATEWAY]}"

    @property
    def metrics(self) -> dict[str, str]:
        """Where each process shows its metrics, by its name; the ballot box shows none."""
        return {name: self.metrics_url(name) for name in self._names if not name.startswith(BALLOTS)}

    def metrics_url(self, process: str) -> str:
        """Where a process shows its metrics.

        Args:
            process: Its name, also of one that was launched by itself.
        """
        return f"http://127.0.0.1:{self.parts.ports.port_of(metrics_of(process))}/metrics"

    @property
    def clock_file(self) -> Path:
        """The file with the offset of the domain clock, which all processes share (ADR 5)."""
        return self.home / "clock.json"

    def now(self) -> datetime:
        """Domain time."""
        return Clock(self.clock_file).now()

    def move_clock(self, at: datetime) -> datetime:
        """Move the domain clock of all processes forward.

        Raises:
            ValueError: `at` lies before domain time as it is.
        """
        return move_forward(self.clock_file, at)

    def start(self) -> Self:
        """Start everything and wait until all processes are ready.

        Raises:
            StartFailed: The database, the broker or a process did not come up.
        """
        try:
            self.parts.start()
            self.migrate()
            for name in self._names:
                self.launch(name)
            for name in self._names:
                self.wait_ready(name)
        except BaseException:
            self.stop()
            raise
        return self

    def migrate(self) -> None:
        """Bring every database to what this code needs; in this process, for starting five others takes seconds."""
        with ThreadPoolExecutor(1) as pool:  # a caller may be in a running loop
            pool.submit(asyncio.run, self._migrate()).result()

    async def _migrate(self) -> None:
        await asyncio.gather(*(self._migrate_one(each) for each in MIGRATIONS))

    async def _migrate_one(self, migrations: Migrations) -> None:
        async with connect(self.parts.mongodb_url(migrations.service)) as client:
            await migrate(client[migrations.service], migrations)

    def launch(self, name: str) -> None:
        """Start a process, without waiting; names are those of `processes`."""
        service, *role = name.split(".")
        command = [sys.executable, "-m", module_of(service), *role[:1]]
        self.children[name] = Child(
            name, command, self.home / "logs" / f"{name}.log", self.environment(name), self._code
        )

    def wait_ready(self, name: str) -> None:
        """Wait until a process answers its readiness probe.

        Raises:
            StartFailed: It ended, or did not answer in time.
        """
        self.children[name].wait_until(lambda: _ready(self.parts.ports.port_of(name)), _READY_SECONDS)

    def dead(self) -> list[Child]:
        """Processes, also of the database and the broker, that have ended although nobody stopped them."""
        return [child for child in (*self.parts.children, *self.children.values()) if not child.alive()]

    def stop(self) -> None:
        """Stop the gateway, then the services side by side, then the broker and the database."""
        if gateway := self.children.pop(GATEWAY, None):
            gateway.stop()
        for child in self.children.values():
            child.terminate()
        while self.children:
            self.children.popitem()[1].stop()
        self.parts.stop()

    def environment(self, process: str) -> dict[str, str]:
        """The whole environment of a process."""
        return tagged(self.home, os.environ | self.settings(process))

    def settings(self, process: str) -> dict[str, str]:
        """The environment variables that configure a process, and its command line tools."""
        ports, secrets = self.parts.ports, self.parts.secrets
        name, *_ = process.split(".")
        settings = {
            "MONGODB_URL": self.parts.mongodb_url(name),
            "MONGODB_DATABASE": name,
            "HOST": "127.0.0.1",
            "PORT": str(ports.port_of(process)),
            "ENVIRONMENT": "development",
            "CLOCK_FILE": str(self.clock_file),
        }
        box = {"BALLOTS_URL": f"http://127.0.0.1:{ports[BALLOTS]}"}
        known = {"BALLOTS_SECRET_FILE": str(secrets.ballots_secret)}
        if name == BALLOTS:
            return settings | known | {"KEYS_DIR": str(self.home / "keys-ballots")} | self.overrides.get(process, {})
        settings["METRICS_PORT"] = str(ports.port_of(metrics_of(process)))
        settings |= {"AMQP_URL": self.parts.amqp_url(name), "VAULT_FILE": str(secrets.vault_keys)}
        if name == GATEWAY:
            urls = {subgraph: f"http://127.0.0.1:{ports[subgraph]}/graphql" for subgraph in SUBGRAPHS}
            settings |= {
                "SUPERGRAPH_FILE": str(self._code / "contracts" / "graph" / "supergraph.graphql"),
                "SUBGRAPH_URLS": json.dumps(urls),
                "SIGNING_KEY_FILE": str(secrets.signing_keys),
                "EXPLORER_DIR": str(ROOT / ".local" / "explorer"),
                **(_web() if self._code == ROOT else {}),
                **box,
            }
        else:
            settings["INTERNAL_JWKS_FILE"] = str(secrets.public_keys)
        if name == "assessment":
            settings |= box | known
            settings |= {
                "REGISTER_KEYS_DIR": str(self.home / "keys-assessment"),
                "KEYS_DIR": str(secrets.certificate_keys),
                "CERTIFICATE_ORIGIN": f"http://127.0.0.1:{ports[GATEWAY]}",
            }
        if name == "enrollment":
            settings["NAMES_KEYS_FILE"] = str(secrets.name_keys)
        return settings | self.overrides.get(process, {})

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def metrics_of(process: str) -> str:
    """The name of the port at which a process shows its metrics."""
    return f"{process}.metrics"


def module_of(process: str) -> str:
    """The module that `python -m` runs for a service, the ballot box or the gateway."""
    if process == BALLOTS:
        return "services.assessment.ballots"
    return process if process == GATEWAY else f"services.{process}"


def _web() -> dict[str, str]:
    """Where the gateway finds the front ends, and what they ask; what a build of another graph asks is left out."""
    settings = {"WEB_DIR": str(WEB.folder)}
    if WEB.is_built():
        settings["TRUSTED_DOCUMENTS_FILE"] = str(WEB.folder / "trusted-documents.json")
    return settings


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
