"""A private RabbitMQ node in the suite's home, apart from the system's service (notes N27)."""

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
from deploy.local.home import tagged
from deploy.local.ports import is_free
from deploy.local.private_files import write_private
from deploy.local.process import Child, StartFailed
from deploy.local.secrets import Secrets

_START_SECONDS = 120.0
_EPMD_SECONDS = 10.0
_DEBIAN = Path("/usr/lib/rabbitmq/lib")
_NODE = "guopei@localhost"
_ERL_ARGUMENTS = (
    *("+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"),  # no busy waiting on a shared machine
    *("-kernel", "inet_dist_use_interface", "{127,0,0,1}"),
)


def find_rabbitmq() -> Path:
    """The folder of RabbitMQ's own scripts. The wrappers in /usr/sbin do not serve: they demand the user `rabbitmq`.

    Raises:
        StartFailed: It is not installed; the message says what to do.
    """
    on_path = shutil.which("rabbitmq-server")
    folder = Path(on_path).resolve().parent if on_path else None
    if folder and (folder / "rabbitmq-env").exists() and folder.parent != _DEBIAN.parent:
        return folder
    installed = sorted(_DEBIAN.glob("rabbitmq_server-*/sbin"))
    if not installed:
        raise StartFailed("No RabbitMQ: run `apt-get install rabbitmq-server` as root, or set AMQP_URL to a broker.")
    return installed[-1]


class RabbitMQ:
    """The broker of a suite.

    Args:
        home: The suite's folder.
        ports: The suite's ports by name.
        secrets: The suite's passwords and keys.
    """

    def __init__(self, home: Path, ports: Mapping[str, int], secrets: Secrets) -> None:
        self._suite = home
        self._home = home / "rabbitmq"
        self._ports = ports
        self._secrets = secrets
        self._child: Child | None = None
        self._epmd: Child | None = None

    def start(self) -> None:
        """Start the node with its definitions, without waiting, after its name server (epmd).

        Left to itself, Erlang starts epmd as a daemon that outlives the suite; as a child it ends with the suite.

        Raises:
            StartFailed: RabbitMQ is not installed, or the name server did not come up.
        """
        server = find_rabbitmq() / "rabbitmq-server"
        self._configure()
        environment = tagged(self._suite, self._environment())
        command = ["epmd", "-port", str(self._ports["epmd"]), "-address", "127.0.0.1"]
        self._epmd = Child("epmd", command, self._home / "epmd.log", environment)
        self._epmd.wait_until(lambda: not is_free(self._ports["epmd"]), _EPMD_SECONDS)
        self._child = Child("RabbitMQ", [str(server)], self._home / "rabbitmq.log", environment)

    def wait_ready(self) -> None:
        """Wait until AMQP and the management interface answer.

        Raises:
            StartFailed: It did not come up.
        """
        self.child.wait_until(self._answers, _START_SECONDS)

    def terminate(self) -> None:
        """Send the node SIGTERM, without waiting."""
        if self._child:
            self._child.terminate()

    def stop(self) -> None:
        """Stop the node, then its name server."""
        for child in filter(None, (self._child, self._epmd)):
            child.stop()
        self._child = self._epmd = None

    @property
    def child(self) -> Child:
        """The node's running process.

        Raises:
            StartFailed: It was not started.
        """
        if self._child is None:
            raise StartFailed("RabbitMQ is not started")
        return self._child

    @property
    def children(self) -> list[Child]:
        """The node's process, as a list."""
        return [self.child]

    def url(self, user: str, vhost: str = "/") -> str:
        """The AMQP connection string of a user to a virtual host."""
        password = quote(self._secrets.password(f"amqp.{user}"), safe="")
        return f"amqp://{user}:{password}@127.0.0.1:{self._ports['amqp']}/{quote(vhost, safe='')}"

    @property
    def management_url(self) -> str:
        """The management interface's URL, with the administrator's credentials."""
        password = quote(self._secrets.password(f"amqp.{ADMIN}"), safe="")
        return f"http://{ADMIN}:{password}@127.0.0.1:{self._ports['management']}"

    def add_vhost(self, name: str) -> str:
        """Create a virtual host with our topology; returns the administrator's connection string to it."""
        self.manage("PUT", f"/api/vhosts/{name}")
        self.manage("PUT", f"/api/permissions/{name}/{ADMIN}", {"configure": ".*", "write": ".*", "read": ".*"})
        definitions = {
            kind: [{key: value for key, value in row.items() if key != "vhost"} for row in rows]
            for kind, rows in topology().items()
        }
        self.manage("POST", f"/api/definitions/{name}", definitions)
        return self.url(ADMIN, name)

    def delete_vhost(self, name: str) -> None:
        """Delete a virtual host and everything in it."""
        self.manage("DELETE", f"/api/vhosts/{name}")

    def manage(self, method: str, path: str, body: Any = None) -> Any:
        """Call the management interface as the administrator.

        Args:
            method: HTTP method.
            path: Path below the management URL, such as `/api/users`.
            body: The JSON body, if any.

        Returns:
            The reply's JSON; None where it has no content.

        Raises:
            StartFailed: It refused, or does not answer.
        """
        try:
            return Management(self.management_url).call(method, path, body)
        except ManagementError as error:
            raise StartFailed(str(error)) from error

    def _configure(self) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        definitions = with_passwords(lambda user: self._secrets.password(f"amqp.{user}"))
        write_private(self._home / "definitions.json", json.dumps(definitions))
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
            "RABBITMQ_NODENAME": _NODE,  # constant, for the data holds it; each suite has its own name server
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
            "RUNNING_UNDER_SYSTEMD": "true",  # start without a shell in between, which would not pass signals on
            "ERL_EPMD_PORT": str(ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": " ".join(_ERL_ARGUMENTS),
        }

    def _answers(self) -> bool:
        """Probe AMQP by its header (a call of `rabbitmqctl` takes 1.7 s, notes N27), then the management interface."""
        try:
            with socket.create_connection(("127.0.0.1", self._ports["amqp"]), timeout=2) as probe:
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                if not probe.recv(1):
                    return False
            self.manage("GET", "/api/users")
        except (OSError, StartFailed):
            return False
        return True
