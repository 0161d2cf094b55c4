"""The composition root of the gateway: settings, identity, engine, transport, and the application of each role."""

from pathlib import Path
from typing import Any

from graphql import DocumentNode, GraphQLError
from starlette.applications import Starlette

from chassis.principal import TokenMinter
from chassis.runtime.tasks import Role, Task
from chassis.storage.mongo import connect
from gateway.federation.engine import Engine, InvalidOperation, Transport
from gateway.federation.supergraph import Supergraph, load_supergraph
from gateway.http.account_admin import AccountAdminEndpoints
from gateway.http.authentication import AuthenticationEndpoints
from gateway.http.explorer import explorer_routes
from gateway.http.graphql import GraphQLEndpoint, graphql_routes
from gateway.http.lifespan import Lifespan, application
from gateway.http.operations import Operations
from gateway.http.proxied_routes import calendar_routes, export_routes, roster_routes
from gateway.http.proxy import SubgraphProxy
from gateway.http.subgraph_streams import HttpStreams
from gateway.http.transport import HttpTransport
from gateway.http.websocket import SocketEndpoint, socket_routes
from gateway.identity.deps import Deps
from gateway.identity.messaging import tasks
from gateway.identity.password_hashing import Passwords
from gateway.identity.sessions import Sessions
from gateway.identity.store import IdentityStore
from gateway.protection import Limits, check
from gateway.protection.stream_limits import StreamLimits, StreamLimitSettings
from gateway.protection.trusted_documents import TrustedDocuments, read_manifest
from gateway.resilience import CallSettings
from gateway.resilience import guarded as guarded_calls
from gateway.settings import GatewaySettings, ProcessSettings, StandaloneSettings
from kernel.errors import Refusal

BACKGROUND_ROLES = frozenset({Role.RELAY, Role.WORKER})
"""Roles that answer probes and metrics only."""
STANDALONE_LIMITS = Limits(
    body_bytes=4 * 1024 * 1024,
    tokens=50_000,
    depth=60,
    height=20_000,
    aliases=5_000,
    root_fields=1_000,
    directives=5_000,
    equal_keys=1_000,
    operations=1_000,
    fragments=1_000,
    cost=1_000_000,
)
"""For the router alone: wide enough for any developer's query on any supergraph, but bounded."""
_STANDALONE_STREAMS = StreamLimitSettings(principal=1_000)


def build(settings: GatewaySettings, role: Role = Role.ALL) -> Starlette:
    """The gateway of the suite: identity in MongoDB, scopes enforced, subgraphs behind internal tokens.

    Args:
        settings: The settings.
        role: `all`, or `api`, which leaves relay and consumers to other processes.
    """
    store, running = _identity(settings, role)
    keys = settings.keys()
    deps = Deps(store, Passwords(), Sessions(store, keys), settings.literal_initial_password)
    supergraph = load_supergraph(settings.supergraph_file.read_text(encoding="utf-8"))
    urls = _urls(supergraph) | settings.subgraph_urls
    transport = HttpTransport(urls, TokenMinter(keys))
    streams = HttpStreams(urls, transport.headers)
    lifespan = Lifespan((transport, streams), store, running)
    engine = _engine(
        supergraph,
        guarded_calls(transport, settings.calls),
        settings.limits,
        streams=streams,
        introspection=settings.development,
        override_labels=settings.override_labels,
        reject=settings.authorization_mode == "reject",
    )
    operations = Operations(
        engine,
        deps.sessions.check,
        settings.deadline_seconds,
        _documents(engine, settings),
        StreamLimits(settings.seats),
    )
    endpoint = GraphQLEndpoint(operations, settings.limits, settings.get_queries, lifespan.stopping)
    enrollment = SubgraphProxy(operations, transport, "enrollment", urls["enrollment"])
    routes = [
        *graphql_routes(endpoint),
        *socket_routes(SocketEndpoint(operations, lifespan.stopping, settings.cors_origins)),
        *AuthenticationEndpoints(deps, keys).routes(),
        *AccountAdminEndpoints(deps).routes(),
        *calendar_routes(urls["catalog"]),
        *export_routes(enrollment),
        *roster_routes(enrollment),
        *explorer_routes(settings.explorer_dir),
    ]
    return application(routes, lifespan, settings.cors_origins)


def build_background(settings: ProcessSettings, role: Role) -> Starlette:
    """A relay or a worker: identity's events out or in, with probes and metrics; no supergraph, no subgraph, no key.

    Args:
        settings: The settings.
        role: `relay` or `worker`.
    """
    store, running = _identity(settings, role)
    return application([], Lifespan(store=store, tasks=running))


def build_standalone(supergraph_file: Path, settings: StandaloneSettings) -> Starlette:
    """The router alone on any supergraph: no identity, no database, everything allowed.

    Args:
        supergraph_file: The composed supergraph SDL.
        settings: The settings.
    """
    supergraph = load_supergraph(supergraph_file.read_text(encoding="utf-8"))
    urls = _urls(supergraph) | settings.subgraph_urls
    transport = HttpTransport(urls, None)
    streams = HttpStreams(urls, transport.headers)
    lifespan = Lifespan((transport, streams))
    engine = _engine(
        supergraph,
        guarded_calls(transport, CallSettings()),
        STANDALONE_LIMITS,
        streams=streams,
        introspection=True,
        override_labels=settings.override_labels,
    )
    operations = Operations(engine, None, stream_limits=StreamLimits(_STANDALONE_STREAMS))
    endpoint = GraphQLEndpoint(operations, STANDALONE_LIMITS, get_queries=True, stopping=lifespan.stopping)
    routes = [
        *graphql_routes(endpoint),
        *socket_routes(SocketEndpoint(operations, lifespan.stopping)),
        *explorer_routes(settings.explorer_dir),
    ]
    return application(routes, lifespan)


def _identity(settings: ProcessSettings, role: Role) -> tuple[IdentityStore, tuple[Task, ...]]:
    """The store of identity, and what a role runs beside requests; it connects when first used."""
    database = connect(settings.mongodb_url.get_secret_value())[settings.mongodb_database]
    store = IdentityStore(database)
    return store, tasks(store, database, settings.amqp_url.get_secret_value()).of(role)


def _engine(supergraph: Supergraph, transport: Transport, limits: Limits, **options: Any) -> Engine:
    def check_limits(document: DocumentNode) -> None:
        check(document, limits)

    return Engine(supergraph, transport, limits=check_limits, max_tokens=limits.tokens, budget=limits.cost, **options)


def _documents(engine: Engine, settings: GatewaySettings) -> TrustedDocuments:
    """The trusted documents, each checked, so that a front end's mistake stops the start and not its users.

    Raises:
        ValueError: One of them cannot be executed.
    """
    if settings.trusted_documents_file is None:
        return TrustedDocuments()
    texts = read_manifest(settings.trusted_documents_file.read_bytes())
    for key, text in texts.items():
        try:
            engine.trust(text)
        except (InvalidOperation, GraphQLError, Refusal) as error:
            raise ValueError(f"trusted document {key}: {error}") from error
    return TrustedDocuments(texts, settings.trusted_documents)


def _urls(supergraph: Supergraph) -> dict[str, str]:
    return {subgraph.name: subgraph.url for subgraph in supergraph.subgraphs.values()}
