"""Settings of the gateway, from the environment."""

from pathlib import Path
from typing import Literal, Self

from joserfc.jwk import KeySet
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.runtime.settings import DatabaseSettings, Environment, read_keys
from chassis.runtime.tasks import Role
from gateway.protection import Limits
from gateway.protection.stream_limits import StreamLimitSettings
from gateway.protection.trusted_documents import Trust
from gateway.resilience import CallSettings


class StandaloneSettings(BaseSettings):
    """Settings of the router alone on a supergraph (`python -m gateway standalone`).

    Attributes:
        subgraph_urls: Subgraph name to address, as JSON; overrides those in the supergraph.
        explorer_dir: The explorer's files.
        override_labels: Labels of progressive `@override` that hold, as JSON; none by default. `percent(…)` needs none.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    subgraph_urls: dict[str, str] = {}
    explorer_dir: Path | None = None
    override_labels: frozenset[str] = frozenset()


class ProcessSettings(DatabaseSettings):
    """Settings of every process of the gateway; a relay and a worker need no others.

    Attributes:
        mongodb_database: The database of identity.
        amqp_url: Connection string with the gateway's own user; identity's events go there.
        host: Address to listen on.
        port: Port to listen on.
        role: What the process does: `all` by default, or `api`, `relay` or `worker`; the command line has precedence.
    """

    mongodb_database: str = "gateway"
    amqp_url: SecretStr
    host: str = "127.0.0.1"
    port: int = 8000
    role: Role = Role.ALL


class GatewaySettings(ProcessSettings):
    """Settings of a process that serves the graph.

    Attributes:
        signing_key_file: Private JWK set; its first key signs.
        supergraph_file: The composed supergraph SDL.
        subgraph_urls: Subgraph name to address, as JSON; overrides those in the supergraph.
        forwarded_allow_ips: Addresses or networks of the proxies whose `X-Forwarded-For` is believed, by commas. Behind
            a proxy that is not named, all users are one address to the limits on logins and subscriptions.
        environment: `production` by default: no introspection, no literal passwords.
        literal_initial_password: The notice's literal 123456 as initial password (R4); development only.
        cors_origins: Origins of front ends on other hosts; none by default.
        get_queries: Whether queries may come by GET; mutations never may.
        deadline_seconds: A request is answered within so many seconds, with what there is by then.
        authorization_mode: `filter` nulls a denied field of a query and answers the rest; `reject` refuses the
            query whole. Mutations are always refused whole.
        trusted_documents_file: Manifest of the documents that a client may ask for by id: Apollo's persisted query
            manifest, or a JSON object of id to document; none by default. `python -m gateway documents` makes one.
        trusted_documents: `prefer` (the default) accepts other documents too; `require` accepts only the manifest's.
        limits: What one request may ask for, as JSON such as `{"depth": 15}`; the rest keeps its default.
        seats: How many subscriptions there may be, as JSON such as `{"principal": 5}`.
        calls: How calls to subgraphs are guarded (`gateway.resilience.CallSettings`), as JSON such as `{"queue": 50}`.
        explorer_dir: The explorer's files; without them the page says what is missing.
        override_labels: Labels of progressive `@override` that hold, as JSON; none by default. `percent(…)` needs none.
    """

    signing_key_file: Path
    supergraph_file: Path
    subgraph_urls: dict[str, str] = Field(default_factory=dict)
    forwarded_allow_ips: str = "127.0.0.1,::1"
    environment: Environment = Environment.PRODUCTION
    literal_initial_password: bool = False
    cors_origins: tuple[str, ...] = ()
    get_queries: bool = False
    deadline_seconds: float = 10.0
    authorization_mode: Literal["filter", "reject"] = "filter"
    trusted_documents_file: Path | None = None
    trusted_documents: Trust = Trust.PREFER
    limits: Limits = Limits()
    calls: CallSettings = CallSettings()
    seats: StreamLimitSettings = StreamLimitSettings()
    explorer_dir: Path | None = None
    override_labels: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _no_literal_password_in_production(self) -> Self:
        if self.literal_initial_password and not self.development:
            raise ValueError("LITERAL_INITIAL_PASSWORD is for ENVIRONMENT=development only")
        return self

    @model_validator(mode="after")
    def _required_documents_are_there(self) -> Self:
        if self.trusted_documents is Trust.REQUIRE and self.trusted_documents_file is None:
            raise ValueError("TRUSTED_DOCUMENTS=require needs TRUSTED_DOCUMENTS_FILE")
        return self

    @property
    def development(self) -> bool:
        """Whether what only developers need is on."""
        return self.environment is Environment.DEVELOPMENT

    def keys(self) -> KeySet:
        """The private keys that sign tokens."""
        return read_keys(self.signing_key_file)
