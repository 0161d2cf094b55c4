"""Settings of the ballot box's process; it has no broker, no internal keys and no traces to be told of."""

from pathlib import Path
from typing import Self

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.clock import Clock
from chassis.runtime.server_settings import ServerSettings


class BallotsDatabase(BaseSettings):
    """Where the box's database is: all that `migrate` needs.

    Attributes:
        mongodb_url: Connection string with the box's own user.
        mongodb_database: The box's own database.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    mongodb_url: SecretStr
    mongodb_database: str = "ballots"


class BallotsSettings(BallotsDatabase):
    """The settings of the ballot box.

    Attributes:
        keys_dir: The folder of the box's secret keys; on a disk that no backup reads.
        ballots_secret_file: The file with the secret of at least 32 characters by which assessment's worker is known.
        host: Address to listen on.
        port: Port to listen on.
        environment: `production` by default; the domain clock can be moved in `development` only.
        clock_file: The file with the offset of the domain clock; development only.
        server: Bounds of the server, and the times of its end, as JSON such as `{"drain_seconds": 8}`.
    """

    keys_dir: Path
    ballots_secret_file: Path
    host: str = "127.0.0.1"
    port: int
    environment: str = "production"
    clock_file: Path | None = None
    server: ServerSettings = ServerSettings()

    @model_validator(mode="after")
    def _only_development_moves_the_clock(self) -> Self:
        if self.clock_file and self.environment != "development":
            raise ValueError("CLOCK_FILE is for ENVIRONMENT=development only")
        return self

    def clock(self) -> Clock:
        """The domain clock of this process."""
        return Clock(self.clock_file)

    def secret(self) -> str:
        """The secret of the internal endpoints.

        Raises:
            ValueError: It is too short.
        """
        secret = self.ballots_secret_file.read_text(encoding="utf-8").strip()
        if len(secret) < 32:  # noqa: PLR2004 - the characters of 24 random bytes
            raise ValueError("BALLOTS_SECRET_FILE holds fewer than 32 characters")
        return secret
