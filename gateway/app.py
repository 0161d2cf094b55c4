"""The composition root of the gateway: settings → identity, engine, transport → ASGI application."""

from pathlib import Path
from typing import Any

from graphql import DocumentNode, GraphQLError
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from chassis.principal import TokenMinter
from chassis.storage.mongo import connect
from gateway.federation.engine import Engine, InvalidOperation, Transport
from gateway.federation.supergraph import Supergraph, load_supergraph
from gateway.http.account_admin import account_routes
from gateway.http.authentication import auth_routes
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
from gateway.settings import GatewaySettings, OpenSettings
from kernel.errors import Refusal

OPEN_LIMITS = Limits(
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
"""For `--no-auth`: any supergraph, any query of a developer's, yet never without an end."""


_OPEN_STREAM_LIMITS = StreamLimitSettings(principal=1_000)


def create_app(settings: GatewaySettings) -> Starlette:
    """The gateway of the suite: identity in MongoDB, scopes enforced, subgraphs behind internal tokens."""
    keys = settings.keys()
    supergraph = load_supergraph(settings.supergraph_file.read_text(encoding="utf-8"))
    urls = _urls(supergraph) | settings.subgraph_urls
    transport = HttpTransport(urls, TokenMinter(keys))
    client = connect(settings.mongodb_url.get_secret_value())
    database = client[settings.mongodb_database]
    store = IdentityStore(database)
    deps = Deps(store, Passwords(), Sessions(store, keys), settings.literal_initial_password)
    streams = HttpStreams(urls, transport.headers)
    lifespan = Lifespan(transport, streams, store, tasks(store, database, settings.amqp_url.get_secret_value()))
    engine = _engine(
        supergraph,
        guarded_calls(transport, settings.calls),
        settings.limits,
        streams=streams,
        introspection=settings.development,
        override_labels=settings.override_labels,
        reject=settings.authorization_mode == "reject",
    )
    documents = _documents(engine, settings)
    operations = Operations(
        engine, deps.sessions.check, settings.deadline_seconds, documents, StreamLimits(settings.seats)
    )
    endpoint = GraphQLEndpoint(operations, settings.limits, settings.get_queries, lifespan.stopping)
    enrollment = SubgraphProxy(operations, transport, "enrollment", urls["enrollment"])
    routes: list[BaseRoute] = [
        *graphql_routes(endpoint),
        *socket_routes(SocketEndpoint(operations, lifespan.stopping, settings.cors_origins)),
        *auth_routes(deps, keys),
        *account_routes(deps),
        *lifespan.routes(),
        *calendar_routes(urls["catalog"]),
        *export_routes(enrollment),
        *roster_routes(enrollment),
        *explorer_routes(settings.explorer_dir),
    ]
    return application(routes, lifespan, settings.cors_origins)


def create_open_app(supergraph_file: Path, settings: OpenSettings) -> Starlette:
    """The gateway alone on any supergraph: no identity, no database, everything allowed (`--no-auth`)."""
    supergraph = load_supergraph(supergraph_file.read_text(encoding="utf-8"))
    urls = _urls(supergraph) | settings.subgraph_urls
    transport = HttpTransport(urls, None)
    streams = HttpStreams(urls, transport.headers)
    lifespan = Lifespan(transport, streams)
    engine = _engine(
        supergraph,
        guarded_calls(transport, CallSettings()),
        OPEN_LIMITS,
        streams=streams,
        introspection=True,
        override_labels=settings.override_labels,
    )
    operations = Operations(engine, None, stream_limits=StreamLimits(_OPEN_STREAM_LIMITS))
    endpoint = GraphQLEndpoint(operations, OPEN_LIMITS, get_queries=True, stopping=lifespan.stopping)
    return application(
        [
            *graphql_routes(endpoint),
            *socket_routes(SocketEndpoint(operations, lifespan.stopping)),
            *lifespan.routes(),
            *explorer_routes(settings.explorer_dir),
        ],
        lifespan,
    )


def _engine(supergraph: Supergraph, transport: Transport, limits: Limits, **options: Any) -> Engine:
    def limit(document: DocumentNode) -> None:
        check(document, limits)

    return Engine(supergraph, transport, limits=limit, max_tokens=limits.tokens, budget=limits.cost, **options)


def _documents(engine: Engine, settings: GatewaySettings) -> TrustedDocuments:
    """The manifest, every document of it checked, so that a front end's mistake stops the start and not the users.

    Raises:
        ValueError: A document of it could not be used.
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
    return {one.name: one.url for one in supergraph.subgraphs.values()}
