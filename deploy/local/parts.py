"""MongoDB and RabbitMQ of a suite: the ones named by the environment, else private ones in its home."""

import os
from pathlib import Path
from typing import Protocol, Self

from deploy.local import ports
from deploy.local.mongod import Mongod
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.secrets import Secrets


class Part(Protocol):
    """A server that a suite starts and stops."""

    def start(self) -> None:
        """Start it and wait until it serves."""

    def stop(self) -> None:
        """Stop it and all it started."""


class Parts:
    """The database and the broker.

    Args:
        home: The suite's folder.
        gateway_port: The port wished for the gateway.
    """

    def __init__(self, home: Path, *, gateway_port: int | None = None) -> None:
        self.home = home.resolve()
        self.home.mkdir(parents=True, exist_ok=True)
        self.ports = ports.choose(self.home, gateway=gateway_port)
        self.secrets = Secrets(self.home)
        self.mongod = Mongod(self.home, self.ports["mongod"], self.secrets)
        self.rabbitmq = RabbitMQ(self.home, self.ports, self.secrets)
        self._started: list[Part] = []

    def mongodb_url(self, user: str) -> str:
        """The connection string of a service, or `MONGODB_URL` where that is set."""
        return os.environ.get("MONGODB_URL") or self.mongod.url(user)

    def amqp_url(self, user: str) -> str:
        """The connection string of a service, or `AMQP_URL` where that is set."""
        return os.environ.get("AMQP_URL") or self.rabbitmq.url(user)

    def start(self) -> Self:
        """Start what the environment does not provide.

        Raises:
            StartFailed: A part is missing or did not come up.
        """
        if "MONGODB_URL" not in os.environ:
            self._start(self.mongod)
        if "AMQP_URL" not in os.environ:
            self._start(self.rabbitmq)
        return self

    def stop(self) -> None:
        """Stop what was started, last first."""
        while self._started:
            self._started.pop().stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self, part: Part) -> None:
        self._started.append(part)
        part.start()
