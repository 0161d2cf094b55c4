"""A private RabbitMQ node in the suite's home, never the system's service (notes N27)."""

import json
import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from deploy.broker.definitions import ADMIN, topology, with_passwords
from deploy.broker.management import Management, ManagementError
from deploy.local.home import marked
from deploy.local.ports import is_free
from deploy.local.process import Child, StartFailed
from deploy.local.secrets import Secrets, write_private

_START_SECONDS = 120.0
_EPMD_SECONDS = 10.0
_DEBIAN = Path("/usr/lib/rabbitmq/lib")
_NODE = "guopei@localhost"
_ERL_ARGUMENTS = (
    *("+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"),  # no busy waiting on a shared machine
    *("-kernel", "inet_dist_use_interface", "{127,0,0,1}"),
)


def find_rabbitmq() -> Path:
    """The folder of RabbitMQ's own scripts; never the wrappers in /usr/sbin, which insist on the system's user.

    Raises:
        StartFailed: It is not installed; the message says what to do.
    """
    on_path = shutil.which("rabbitmq-server")
    folder = Path(on_path).resolve().parent if on_path else None
    if folder and (folder / "rabbitmq-env").exists() and folder.parent != _DEBIAN.parent:
        return folder
    found = sorted(_DEBIAN.glob("rabbitmq_server-*/sbin"))
    if not found:
        raise StartFailed("No RabbitMQ: run `apt-get install rabbitmq-server` as root, or set AMQP_URL to a broker.")
    return found[-1]


class RabbitMQ:
    """The broker of a suite.

    Args:
        home: The suite's folder.
        ports: The suite's ports by part.
        secrets: Its passwords.
    """

    def __init__(self, home: Path, ports: Mapping[str, int], secrets: Secrets) -> None:
        self._suite = home
        self._home = home / "rabbitmq"
        self._ports = ports
        self._secrets = secrets
        self._child: Child | None = None
        self._names: Child | None = None

    def start(self) -> None:
        """Start the node with its definitions, without waiting; its name server first.

        Erlang would start the name server (epmd) as a daemon that outlives us; as a child it ends with us.

        Raises:
            StartFailed: RabbitMQ is not installed, or the name server did not come up.
        """
        server = find_rabbitmq() / "rabbitmq-server"
        self._configure()
        environment = marked(self._suite, self._environment())
        epmd = ["epmd", "-port", str(self._ports["epmd"]), "-address", "127.0.0.1"]
        self._names = Child("epmd", epmd, self._home / "epmd.log", environment)
        self._names.wait_until(lambda: not is_free(self._ports["epmd"]), _EPMD_SECONDS)
        self._child = Child("RabbitMQ", [str(server)], self._home / "rabbitmq.log", environment)

    def wait_ready(self) -> None:
        """Wait until it speaks AMQP.

        Raises:
            StartFailed: It did not come up.
        """
        self.child.wait_until(self._answers, _START_SECONDS)

    def ask(self) -> None:
        """Ask the node to stop, without waiting."""
        if self._child:
            self._child.ask()

    def stop(self) -> None:
        """Stop the node, then its own name server."""
        for child in filter(None, (self._child, self._names)):
            child.stop()
        self._child = self._names = None

    @property
    def child(self) -> Child:
        """The process, for drills."""
        if self._child is None:
            raise StartFailed("RabbitMQ is not started")
        return self._child

    def url(self, user: str, vhost: str = "/") -> str:
        """The connection string of a user."""
        password = quote(self._secrets.password(f"amqp.{user}"), safe="")
        return f"amqp://{user}:{password}@127.0.0.1:{self._ports['amqp']}/{quote(vhost, safe='')}"

    @property
    def management_url(self) -> str:
        """The management interface, as the administrator."""
        password = quote(self._secrets.password(f"amqp.{ADMIN}"), safe="")
        return f"http://{ADMIN}:{password}@127.0.0.1:{self._ports['management']}"

    def add_vhost(self, name: str) -> str:
        """A fresh virtual host with the same topology; returns the administrator's connection string to it."""
        self.manage("PUT", f"/api/vhosts/{name}")
        self.manage("PUT", f"/api/permissions/{name}/{ADMIN}", {"configure": ".*", "write": ".*", "read": ".*"})
        parts = {
            kind: [{key: value for key, value in one.items() if key != "vhost"} for one in rows]
            for kind, rows in topology().items()
        }
        self.manage("POST", f"/api/definitions/{name}", parts)
        return self.url(ADMIN, name)

    def delete_vhost(self, name: str) -> None:
        """Drop a virtual host with all it holds."""
        self.manage("DELETE", f"/api/vhosts/{name}")

    def manage(self, method: str, path: str, body: Any = None) -> Any:
        """Call the management interface as the administrator.

        Raises:
            StartFailed: It refused.
        """
        try:
            return Management(self.management_url).call(method, path, body)
        except ManagementError as refused:
            raise StartFailed(str(refused)) from refused

    def _configure(self) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        filled = with_passwords(lambda user: self._secrets.password(f"amqp.{user}"))
        write_private(self._home / "definitions.json", json.dumps(filled))
        (self._home / "enabled_plugins").write_text("[rabbitmq_management].\n", encoding="utf-8")
        (self._home / "rabbitmq-env.conf").write_text("", encoding="utf-8")
        lines = [
            f"listeners.tcp.1 = 127.0.0.1:{self._ports['amqp']}",
            "management.tcp.ip = 127.0.0.1",
            f"management.tcp.port = {self._ports['management']}",
            f"load_definitions = {self._home / 'definitions.json'}",
            "vm_memory_high_watermark.absolute = 1GiB",
            "disk_free_limit.absolute = 50MB",
            "log.console = true",
            "log.console.level = warning",
            "log.file = false",
        ]
        (self._home / "rabbitmq.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _environment(self) -> dict[str, str]:
        home, ports = self._home, self._ports
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "RABBITMQ_NODENAME": _NODE,  # constant, for the data carries it; the name server is the suite's own
            "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(ports["amqp"]),
            "RABBITMQ_DIST_PORT": str(ports["erlang"]),
            "RABBITMQ_CTL_DIST_PORT_MIN": str(ports["cli"]),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(ports["cli"]),
            "RUNNING_UNDER_SYSTEMD": "true",  # no shell between us and the node, so that signals reach it
            "ERL_EPMD_PORT": str(ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": " ".join(_ERL_ARGUMENTS),
        }

    def _answers(self) -> bool:
        """Probe with an AMQP header: `rabbitmqctl` costs 1.7 s a call (notes N27); then the management interface."""
        try:
            with socket.create_connection(("127.0.0.1", self._ports["amqp"]), timeout=2) as probe:
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                if not probe.recv(1):
                    return False
            self.manage("GET", "/api/users")
        except (OSError, StartFailed):
            return False
        return True
