"""Settings of assessment's process."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.settings import ServiceSettings


class AssessmentSettings(ServiceSettings):
    """What assessment needs: what every subgraph needs."""


class AuditSettings(BaseSettings):
    """What the audit's command line needs.

    Attributes:
        mongodb_url: Connection string of a user that may read the service's database.
        mongodb_database: The service's database.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    mongodb_url: SecretStr
    mongodb_database: str
