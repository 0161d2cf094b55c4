"""Private RabbitMQ nodes in the suite's home, one or several, apart from the system's service (notes N27)."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from deploy.broker.definitions import ADMIN, topology, with_passwords
from deploy.broker.management import Management, ManagementError
from deploy.local.home import tagged
from deploy.local.ports import Ports, is_free
from deploy.local.private_files import write_private
from deploy.local.process import Child, Server, StartFailed
from deploy.local.secrets import Secrets

_START_SECONDS = 120.0
_EPMD_SECONDS = 10.0
_DEBIAN = Path("/usr/lib/rabbitmq/lib")
TICK_SECONDS = 15
"""How long a node that stands still is waited for; by default the others hold its consumers active for a minute."""
_ERL_ARGUMENTS = (
    *("+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"),  # no busy waiting on a shared machine
    *("-kernel", "inet_dist_use_interface", "{127,0,0,1}", "-kernel", "net_ticktime", str(TICK_SECONDS)),
    *("-rabbit", "consumer_disconnected_timeout", "5000"),  # 4.3 waits a minute for consumers of a dead node (N94)
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


class Node(Server):
    """One node of the broker.

    Args:
        suite: The suite's folder.
        name: The name that it has among Erlang's nodes; constant, for the data holds it.
        configuration: Its configuration file.
        ports: Its TCP ports on loopback: `amqp`, `management`, `erlang`, `cli`, and `epmd`, which all nodes share.
    """

    def __init__(self, suite: Path, name: str, configuration: Path, ports: Mapping[str, int]) -> None:
        super().__init__("RabbitMQ")
        self.name = name
        self.ports = ports
        self.configuration = configuration
        self._suite = suite
        self._home = configuration.parent

    def start(self) -> None:
        """Start the process, without waiting.

        Raises:
            StartFailed: RabbitMQ is not installed.
        """
        log = self.configuration.with_suffix(".log")
        server = str(find_rabbitmq() / "rabbitmq-server")
        self._child = Child(self.program, [server], log, tagged(self._suite, self._environment()))

    def grow(self) -> None:
        """Give every quorum queue a member here (`rabbitmq-queues grow`).

        Raises:
            StartFailed: The command failed.
        """
        command = [str(find_rabbitmq() / "rabbitmq-queues"), "--node", self.name, "grow", self.name, "all"]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise StartFailed(f"rabbitmq-queues: {done.stdout}{done.stderr}")

    def speaks(self) -> bool:
        """Whether AMQP is answered; a call of `rabbitmqctl` instead would take 1.7 s (notes N27)."""
        try:
            with socket.create_connection(("127.0.0.1", self.ports["amqp"]), timeout=2) as probe:
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(probe.recv(1))
        except OSError:
            return False

    def _environment(self) -> dict[str, str]:
        home, ports = self._home, self.ports
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(home),  # where the cookie is by which nodes know each other
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.configuration),
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


class RabbitMQ:
    """The broker of a suite. Each suite has a name server (epmd) of its own.

    Args:
        home: The suite's folder.
        ports: The suite's ports by name.
        secrets: The suite's passwords and keys.
        nodes: How many nodes it has; always the same in one home.

    Attributes:
        nodes: The nodes. The definitions are imported when all are there, so that queues have members on each.
    """

    def __init__(self, home: Path, ports: Ports, secrets: Secrets, *, nodes: int = 1) -> None:
        self._suite = home
        self._home = home / "rabbitmq"
        self._secrets = secrets
        self._epmd_port = ports["epmd"]
        self._epmd: Child | None = None
        self.nodes = [self._node(ports, number) for number in range(1, nodes + 1)]

    def _node(self, ports: Ports, number: int) -> Node:
        more = "" if number == 1 else f"-{number}"
        names = ("amqp", "management", "erlang", "cli")
        own = {name: ports.port_of(name if number == 1 else f"{name}.{number}") for name in names}
        configuration = self._home / f"rabbitmq{more}.conf"
        return Node(self._suite, f"guopei{more}@localhost", configuration, own | {"epmd": self._epmd_port})

    def start(self) -> None:
        """Start the nodes that do not run, without waiting, after their name server (epmd).

        Left to itself, Erlang starts epmd as a daemon that outlives the suite; as a child it ends with the suite. At
        the first start the others wait for the first node, which they join.

        Raises:
            StartFailed: RabbitMQ is not installed, or the name server or the first node did not come up.
        """
        first, *others = self.nodes
        joined = (self._home / "data").exists()
        self._configure()
        if self._epmd is None:
            command = ["epmd", "-port", str(self._epmd_port), "-address", "127.0.0.1"]
            self._epmd = Child("epmd", command, self._home / "epmd.log", tagged(self._suite, os.environ))
            self._epmd.wait_until(lambda: not is_free(self._epmd_port), _EPMD_SECONDS)
        if not first.alive():
            first.start()
        if others and not joined:
            first.child.wait_until(self._answers, _START_SECONDS)
        for node in others:
            if not node.alive():
                node.start()

    def wait_ready(self) -> None:
        """Wait until all nodes answer, and of several until they know each other and have the definitions.

        Raises:
            StartFailed: One did not come up, or refuses the definitions.
        """
        for node in self.nodes:
            node.child.wait_until(node.speaks, _START_SECONDS)
        self.child.wait_until(self._answers, _START_SECONDS)
        if len(self.nodes) > 1:
            self.child.wait_until(self.is_whole, _START_SECONDS)
            self.manage("POST", "/api/definitions", self._definitions())

    def terminate(self) -> None:
        """Send all nodes SIGTERM, without waiting."""
        for node in self.nodes:
            node.terminate()

    def stop(self) -> None:
        """Stop the nodes, then their name server."""
        for node in self.nodes:
            node.stop()
        if self._epmd:
            self._epmd.stop()
        self._epmd = None

    @property
    def child(self) -> Child:
        """The process of the first node, the only one by default.

        Raises:
            StartFailed: It was not started.
        """
        return self.nodes[0].child

    @property
    def children(self) -> list[Child]:
        """The processes of all nodes."""
        return [node.child for node in self.nodes]

    def is_whole(self) -> bool:
        """Whether all nodes run, and see each other."""
        try:
            rows = self.manage("GET", "/api/nodes")
        except StartFailed:
            return False
        running = [row["name"] for row in rows if row["running"] and not row.get("partitions")]
        return sorted(running) == sorted(node.name for node in self.nodes)

    def url(self, user: str, vhost: str = "/") -> str:
        """The AMQP connection string of a user to a virtual host; several nodes are separated by commas."""
        password = quote(self._secrets.password(f"amqp.{user}"), safe="")
        place = quote(vhost, safe="")
        return ",".join(f"amqp://{user}:{password}@127.0.0.1:{node.ports['amqp']}/{place}" for node in self.nodes)

    @property
    def management_url(self) -> str:
        """The URL of the management interface of the first node that runs, with the administrator's credentials."""
        node = next((node for node in self.nodes if node.alive()), self.nodes[0])
        return self.management_url_of(node)

    def management_url_of(self, node: Node) -> str:
        """The URL of a node's management interface, with the administrator's credentials."""
        password = quote(self._secrets.password(f"amqp.{ADMIN}"), safe="")
        return f"http://{ADMIN}:{password}@127.0.0.1:{node.ports['management']}"

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

    def _definitions(self) -> dict[str, Any]:
        return with_passwords(lambda user: self._secrets.password(f"amqp.{user}"))

    def _configure(self) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        write_private(self._home / "definitions.json", json.dumps(self._definitions()))
        (self._home / "enabled_plugins").write_text("[rabbitmq_management].\n", encoding="utf-8")
        (self._home / "rabbitmq-env.conf").write_text("", encoding="utf-8")
        for node in self.nodes:
            lines = [
                f"listeners.tcp.1 = 127.0.0.1:{node.ports['amqp']}",
                "management.tcp.ip = 127.0.0.1",
                f"management.tcp.port = {node.ports['management']}",
                "vm_memory_high_watermark.absolute = 1GiB",
                "disk_free_limit.absolute = 50MB",
                "log.console = true",
                "log.console.level = warning",
                "log.file = false",
                *self._start_of_data(node),
            ]
            write_private(node.configuration, "\n".join(lines) + "\n")

    def _start_of_data(self, node: Node) -> list[str]:
        """What a node that has no data begins with. Of several, each would import while it is alone.

        The first lists nobody, and each other the first and itself: RabbitMQ 4 waits for all that are listed.
        """
        if len(self.nodes) == 1:
            return [f"load_definitions = {self._home / 'definitions.json'}"]
        listed = dict.fromkeys((self.nodes[0].name, node.name))
        return [
            f"default_user = {ADMIN}",
            f"default_pass = {self._secrets.password(f'amqp.{ADMIN}')}",
            "cluster_partition_handling = autoheal",
            "cluster_formation.peer_discovery_backend = classic_config",
            *(f"cluster_formation.classic_config.nodes.{at} = {name}" for at, name in enumerate(listed, 1)),
        ]

    def _answers(self) -> bool:
        """Whether the first node answers, by AMQP and then by its management interface."""
        if not self.nodes[0].speaks():
            return False
        try:
            self.manage("GET", "/api/users")
        except StartFailed:
            return False
        return True
