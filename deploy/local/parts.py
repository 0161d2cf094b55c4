"""MongoDB and RabbitMQ of a suite: the ones that the environment names, else private ones in its home."""

import os
from pathlib import Path
from typing import Protocol, Self

from deploy.broker.definitions import declare
from deploy.local.home import HomeLock, end_processes_of
from deploy.local.mongod import Mongod
from deploy.local.ports import Ports
from deploy.local.process import Child
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.secrets import Secrets


class Part(Protocol):
    """A server that a suite starts and stops: mongod or RabbitMQ."""

    def start(self) -> None:
        """Start it, without waiting."""

    def wait_ready(self) -> None:
        """Wait until it answers."""

    def terminate(self) -> None:
        """Send it SIGTERM, without waiting."""

    def stop(self) -> None:
        """Stop it and whatever it has started."""

    @property
    def children(self) -> list[Child]:
        """The running processes."""


class Parts:
    """The database and the broker of a home, which stays locked until `stop`. An object is started once.

    Args:
        home: The suite's folder.
        gateway_port: The port wanted for the gateway; the next free one is taken.
        members: How many members the database's replica set has; always the same in one home.
        nodes: How many nodes the broker has; likewise.

    Raises:
        HomeInUse: Another process uses this home.
    """

    def __init__(self, home: Path, *, gateway_port: int | None = None, members: int = 1, nodes: int = 1) -> None:
        self.home = home.resolve()
        self._lock = HomeLock(self.home)
        end_processes_of(self.home)
        self.ports = Ports(self.home, gateway=gateway_port)
        self.secrets = Secrets(self.home)
        further = [self.ports.port_of(f"mongod.{number}") for number in range(2, members + 1)]
        self.mongod = Mongod(self.home, [self.ports["mongod"], *further], self.secrets)
        self.rabbitmq = RabbitMQ(self.home, self.ports, self.secrets, nodes=nodes)
        self._started: list[Part] = []

    def mongodb_url(self, user: str) -> str:
        """The connection string of a user of MongoDB, or `MONGODB_URL` where that is set."""
        return os.environ.get("MONGODB_URL") or self.mongod.url(user)

    def amqp_url(self, user: str) -> str:
        """The connection string of a user of the broker, or `AMQP_URL` where that is set."""
        return os.environ.get("AMQP_URL") or self.rabbitmq.url(user)

    def management_url(self) -> str | None:
        """The broker's management interface; None where `AMQP_URL` names another broker."""
        return None if os.environ.get("AMQP_URL") else self.rabbitmq.management_url

    def start(self) -> Self:
        """Start what the environment does not provide.

        Raises:
            StartFailed: A part is missing or did not come up.
        """
        external_broker = os.environ.get("AMQP_URL")
        needed: list[Part] = [] if os.environ.get("MONGODB_URL") else [self.mongod]
        needed += [] if external_broker else [self.rabbitmq]
        for part in needed:
            self._started.append(part)
            part.start()
        for part in needed:
            part.wait_ready()
        if external_broker:
            declare(external_broker)
        return self

    def stop(self) -> None:
        """Stop what was started, and unlock the home."""
        for part in self._started:
            part.terminate()
        while self._started:
            self._started.pop().stop()
        end_processes_of(self.home)
        self.ports.release()
        self._lock.release()

    @property
    def children(self) -> list[Child]:
        """The processes of the started parts."""
        return [child for part in self._started for child in part.children]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
