"""Settings of a subgraph's process, read from the environment."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.clock import Clock
from chassis.runtime.key_files import KeyFile
from chassis.runtime.server_settings import ServerSettings
from chassis.runtime.tasks import Role


class Environment(StrEnum):
    """Where the process runs; the domain clock can be moved in `development` only."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class DatabaseSettings(BaseSettings):
    """The settings of an operator command, which needs the service's database and nothing else.

    Attributes:
        mongodb_url: Connection string with the service's own user.
        mongodb_database: The service's own database.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    mongodb_url: SecretStr
    mongodb_database: str


class ServiceSettings(DatabaseSettings):
    """The settings of every subgraph's process.

    Attributes:
        amqp_url: Connection string with the service's own user.
        internal_jwks_file: The gateway's public keys, a JWK set; read again when it changes.
        host: Address to listen on.
        port: Port to listen on.
        metrics_port: Port of a listener of its own for `/metrics`; none by default, and then there are no metrics.
        environment: `production` by default, so that no feature of development is on by accident.
        clock_file: The file with the offset of the domain clock; development only.
        role: Which part of the service the process runs; a role on the command line has precedence.
        server: Bounds of the server, and the times of its end, as JSON such as `{"drain_seconds": 8}`.
        read_only: Whether mutations, and what else would change something, are refused as `READ_ONLY`; queries,
            subscriptions, consumers and timers go on (docs/runbook.md).
    """

    amqp_url: SecretStr
    internal_jwks_file: Path
    host: str = "127.0.0.1"
    port: int
    metrics_port: int | None = None
    environment: Environment = Environment.PRODUCTION
    clock_file: Path | None = None
    role: Role = Role.ALL
    server: ServerSettings = ServerSettings()
    read_only: bool = False

    @model_validator(mode="after")
    def _only_development_moves_the_clock(self) -> Self:
        if self.clock_file and self.environment is not Environment.DEVELOPMENT:
            raise ValueError("CLOCK_FILE is for ENVIRONMENT=development only")
        return self

    def clock(self) -> Clock:
        """The domain clock of this process."""
        return Clock(self.clock_file)

    def key_file(self) -> KeyFile:
        """The public keys that internal tokens are checked with, read again when they change."""
        return KeyFile(self.internal_jwks_file)
