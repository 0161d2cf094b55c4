"""Settings of the gateway, from the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from chassis.principal import Scope
from chassis.runtime.key_files import KeyFile
from chassis.runtime.server_settings import ServerSettings
from chassis.runtime.settings import DatabaseSettings, Environment
from chassis.runtime.tasks import Role
from chassis.storage.vault import Vault
from gateway.http.subscribing import SubscriptionSettings
from gateway.identity.second_factor import FactorRules
from gateway.identity.sessions import ACCESS_SECONDS
from gateway.identity.sign_on import SignOnRules
from gateway.protection import Limits
from gateway.protection.spending import SpendingSettings
from gateway.protection.stream_limits import StreamLimitSettings
from gateway.protection.trusted_documents import Trust
from gateway.resilience import CallSettings


@dataclass(frozen=True, slots=True)
class StandaloneLimits(Limits):
    """Those of production, so that an attack costs as little; the cost of any supergraph is nobody's to know."""

    cost: int = 1_000_000


class StandaloneSettings(BaseSettings):
    """Settings of the router alone on a supergraph (`python -m gateway standalone`).

    Attributes:
        subgraph_urls: Subgraph name to address, or to several by commas, as JSON; overrides those in the supergraph.
            Each address that a host name resolves to is a replica.
        subgraph_subscriptions: Subgraph name to how subscriptions are opened there, as JSON such as
            `{"prices": {"protocol": "graphql-transport-ws"}}`; by server-sent events where it is not named (ADR 57).
        limits: What one request may ask for, as JSON such as `{"depth": 15}`; the rest keeps its default.
        explorer_dir: The explorer's files.
        override_labels: Labels of progressive `@override` that hold, as JSON; none by default. `percent(…)` needs none.
        reload_seconds: Seconds between two looks at the supergraph's file; 0 looks at SIGHUP only.
        metrics_port: Port of a listener of its own for `/metrics`; none by default, and then there are no metrics.
        server: Bounds of the server, and the times of its end, as JSON such as `{"drain_seconds": 8}`.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    subgraph_urls: dict[str, str] = {}
    subgraph_subscriptions: dict[str, SubscriptionSettings] = {}
    limits: StandaloneLimits = StandaloneLimits()
    explorer_dir: Path | None = None
    override_labels: frozenset[str] = frozenset()
    reload_seconds: float = Field(default=3.0, ge=0)
    metrics_port: int | None = None
    server: ServerSettings = ServerSettings()


class IdentityDatabase(DatabaseSettings):
    """Where identity's database is: all that `migrate` needs.

    Attributes:
        mongodb_database: The database of identity.
    """

    mongodb_database: str = "gateway"


class ProcessSettings(IdentityDatabase):
    """Settings of every process of the gateway; a relay and a worker need no others.

    Attributes:
        amqp_url: Connection string with the gateway's own user; identity's events go there.
        host: Address to listen on.
        port: Port to listen on.
        metrics_port: Port of a listener of its own for `/metrics`; none by default, and then there are no metrics.
        role: What the process does: `all` by default, or `api`, `relay` or `worker`; the command line has precedence.
        server: Bounds of the server, and the times of its end, as JSON such as `{"drain_seconds": 8}`.
    """

    amqp_url: SecretStr
    host: str = "127.0.0.1"
    port: int = 8000
    metrics_port: int | None = None
    role: Role = Role.ALL
    server: ServerSettings = ServerSettings()


class GatewaySettings(ProcessSettings):
    """Settings of a process that serves the graph.

    Attributes:
        signing_key_file: Private JWK set; its first key signs. Read again when it changes.
        supergraph_file: The composed supergraph SDL.
        subgraph_urls: Subgraph name to address, or to several by commas, as JSON; overrides those in the supergraph.
            Each address that a host name resolves to is a replica.
        subgraph_subscriptions: Subgraph name to how subscriptions are opened there, as JSON such as
            `{"prices": {"protocol": "graphql-transport-ws"}}`; by server-sent events where it is not named (ADR 57).
        forwarded_allow_ips: Addresses or networks of the proxies whose `X-Forwarded-For` is believed, by commas. Behind
            a proxy that is not named, all users are one address to the limits on logins, subscriptions, spending and
            connections.
        environment: `production` by default: no introspection, no literal passwords.
        vault_file: JSON file of the keys that seal the secrets of second factors; needed where a role has one.
        second_factor_scopes: The roles that need a second factor (ADR 44), as JSON; by default `["ministry",
            "province"]` in production and none in development. `[]` asks nobody.
        session_idle_seconds: A session by cookie ends after so many seconds without a refresh, unless its holder, a
            teacher, keeps it on the device (ADR 76). More than the ten minutes of an access token.
        oidc_file: JSON file of another identity provider to sign in by (ADR 45); none by default.
        literal_initial_password: The notice's literal 123456 as initial password (R4); development only.
        cors_origins: Origins of front ends on other hosts; none by default.
        get_queries: Whether queries may come by GET; mutations never may.
        deadline_seconds: A request is answered within so many seconds, with what there is by then.
        authorization_mode: `filter` nulls a denied field of a query and answers the rest; `reject` refuses the
            query whole. Mutations are always refused whole.
        trusted_documents_file: Manifests of the documents that a client may ask for by id, by commas: those of this
            release's front ends, of the release before, of others; none by default. Each is Apollo's persisted query
            manifest or a JSON object of id to document, or a folder of such `.json` files. `python -m gateway
            documents` makes one.
        trusted_documents: `prefer` (the default) accepts other documents too; `require` accepts only the manifest's.
        limits: What one request may ask for, as JSON such as `{"depth": 15}`; the rest keeps its default.
        seats: How many subscriptions there may be, as JSON such as `{"principal": 5}`.
        spending: What callers may spend a minute, as JSON such as `{"principal": 60000}`; `{"trusted": false}` leaves
            trusted documents uncounted (ADR 46).
        calls: How calls to subgraphs are guarded (`gateway.resilience.CallSettings`), as JSON such as `{"queue": 50}`.
        ballots_url: Where the ballot box is (ADR 54); by default there is none, and no evaluation is held.
        web_dir: The front ends' files, built from `web/`; without them `/` says what is missing.
        explorer_dir: The explorer's files. In production there is no `/explorer/` without them; in development the page
            says what is missing.
        override_labels: Labels of progressive `@override` that hold, as JSON; none by default. `percent(…)` needs none.
        reload_seconds: Seconds between two looks at the supergraph's file and the manifest; 0 looks at SIGHUP only.
        read_only: Whether mutations, and what else would change something, are refused as `READ_ONLY`; queries,
            subscriptions and sessions go on (docs/runbook.md).
    """

    signing_key_file: Path
    supergraph_file: Path
    subgraph_urls: dict[str, str] = Field(default_factory=dict)
    subgraph_subscriptions: dict[str, SubscriptionSettings] = Field(default_factory=dict)
    forwarded_allow_ips: str = "127.0.0.1,::1"
    environment: Environment = Environment.PRODUCTION
    vault_file: Path | None = None
    second_factor_scopes: frozenset[Scope] | None = None
    session_idle_seconds: int = Field(default=1_800, gt=ACCESS_SECONDS)
    oidc_file: Path | None = None
    literal_initial_password: bool = False
    cors_origins: tuple[str, ...] = ()
    get_queries: bool = False
    deadline_seconds: float = 10.0
    authorization_mode: Literal["filter", "reject"] = "filter"
    trusted_documents_file: Annotated[tuple[Path, ...], NoDecode] = ()
    trusted_documents: Trust = Trust.PREFER
    limits: Limits = Limits()
    calls: CallSettings = CallSettings()
    seats: StreamLimitSettings = StreamLimitSettings()
    spending: SpendingSettings = SpendingSettings()
    ballots_url: str | None = None
    web_dir: Path | None = None
    explorer_dir: Path | None = None
    override_labels: frozenset[str] = frozenset()
    reload_seconds: float = Field(default=3.0, ge=0)
    read_only: bool = False

    @field_validator("trusted_documents_file", mode="before")
    @classmethod
    def _several_by_commas(cls, given: object) -> object:
        return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given

    @model_validator(mode="after")
    def _no_literal_password_in_production(self) -> Self:
        if self.literal_initial_password and not self.development:
            raise ValueError("LITERAL_INITIAL_PASSWORD is for ENVIRONMENT=development only")
        return self

    @model_validator(mode="after")
    def _second_factors_are_sealed(self) -> Self:
        if self.two_factors and self.vault_file is None:
            raise ValueError("SECOND_FACTOR_SCOPES needs VAULT_FILE; SECOND_FACTOR_SCOPES=[] asks nobody for a code")
        return self

    @model_validator(mode="after")
    def _required_documents_are_there(self) -> Self:
        if self.trusted_documents is Trust.REQUIRE and not self.trusted_documents_file:
            raise ValueError("TRUSTED_DOCUMENTS=require needs TRUSTED_DOCUMENTS_FILE")
        return self

    @property
    def development(self) -> bool:
        """Whether what only developers need is on."""
        return self.environment is Environment.DEVELOPMENT

    @property
    def two_factors(self) -> frozenset[Scope]:
        """The roles that need a second factor."""
        if self.second_factor_scopes is not None:
            return self.second_factor_scopes
        return frozenset() if self.development else frozenset({Scope.MINISTRY, Scope.PROVINCE})

    def factor_rules(self) -> FactorRules | None:
        """What seals the secrets of second factors; None without keys."""
        return FactorRules(Vault.load(self.vault_file)) if self.vault_file else None

    def sign_on_rules(self) -> SignOnRules | None:
        """The identity provider to sign in by; None for none."""
        return SignOnRules.load(self.oidc_file) if self.oidc_file else None

    def key_file(self) -> KeyFile:
        """The private keys that sign tokens, read again when they change."""
        return KeyFile(self.signing_key_file, private=True)
