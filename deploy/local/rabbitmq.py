"""A private RabbitMQ node in the suite's home, never the system's service (facts 27)."""

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from deploy.local.definitions import ADMIN, definitions, topology
from deploy.local.process import Child, StartFailed
from deploy.local.secrets import Secrets, write_private

_START_SECONDS = 120.0
_INSTALLED = Path("/usr/lib/rabbitmq/lib")


def find_rabbitmq() -> Path:
    """The folder of RabbitMQ's own scripts; never the wrappers in /usr/sbin, which insist on the system's user.

    Raises:
        StartFailed: It is not installed; the message says what to do.
    """
    found = sorted(_INSTALLED.glob("rabbitmq_server-*/sbin"))
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
        self._home = home / "rabbitmq"
        self._ports = ports
        self._secrets = secrets
        self._child: Child | None = None

    def start(self) -> None:
        """Start it with its definitions and wait until it speaks AMQP.

        Raises:
            StartFailed: It did not come up.
        """
        self._configure()
        scripts = find_rabbitmq()
        self._child = Child(
            "RabbitMQ", [str(scripts / "rabbitmq-server")], self._home / "rabbitmq.log", self._environment()
        )
        self._child.wait_until(self._answers, _START_SECONDS)

    def stop(self) -> None:
        """Stop the node, then its own name server."""
        if self._child:
            self._child.stop(first=signal.SIGTERM)
            self._child = None
            subprocess.run(
                ["epmd", "-port", str(self._ports["epmd"]), "-kill"],
                env=self._environment(),
                check=False,
                capture_output=True,
            )

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
        credentials = base64.b64encode(f"{ADMIN}:{self._secrets.password(f'amqp.{ADMIN}')}".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self._ports["management"], timeout=30)
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            reply = connection.getresponse()
            content = reply.read()
        finally:
            connection.close()
        if reply.status >= http.HTTPStatus.BAD_REQUEST:
            raise StartFailed(f"RabbitMQ refused {method} {path}: {reply.status}")
        return json.loads(content) if content else None

    def _configure(self) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        write_private(self._home / "definitions.json", json.dumps(definitions(self._secrets)))
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
            "RABBITMQ_NODENAME": f"guopei{ports['amqp']}@localhost",
            "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(ports["amqp"]),
            "RABBITMQ_DIST_PORT": str(ports["erlang"]),
            "RABBITMQ_CTL_DIST_PORT_MIN": str(ports["cli_first"]),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(ports["cli_last"]),
            "ERL_EPMD_PORT": str(ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
        }

    def _answers(self) -> bool:
        """Probe with an AMQP header: `rabbitmqctl` costs 1.7 s a call (facts 27); then the management interface."""
        try:
            with socket.create_connection(("127.0.0.1", self._ports["amqp"]), timeout=2) as probe:
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                if not probe.recv(1):
                    return False
            self.manage("GET", "/api/users")
        except (OSError, StartFailed):
            return False
        return True
