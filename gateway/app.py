"""The composition root of the gateway: settings, identity, engine, transport, and the application of each role."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from graphql import DocumentNode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chassis.principal import Scope, TokenMinter
from chassis.runtime.tasks import Role, Tasks
from chassis.storage.mongo import Database, connect
from gateway.api_schema import api_schema, digest_of
from gateway.federation.cost import reading_cost
from gateway.federation.engine import Engine, Transport
from gateway.federation.request import NOT_EXECUTED
from gateway.federation.supergraph import Supergraph, load_supergraph
from gateway.http.account_admin import AccountAdminEndpoints
from gateway.http.authentication import AuthenticationEndpoints
from gateway.http.ballots import Ballots
from gateway.http.certificate_page import certificate_page_routes
from gateway.http.certificates import certificate_routes, check_limit
from gateway.http.classes import class_routes
from gateway.http.evaluations import evaluation_routes
from gateway.http.explorer import explorer_routes
from gateway.http.graphql import GraphQLEndpoint, graphql_routes
from gateway.http.lifespan import Lifespan, application
from gateway.http.openid_connect import OpenIdConnect
from gateway.http.operations import Operations
from gateway.http.pages import page_documents, page_routes
from gateway.http.proxied_routes import (
    calendar_routes,
    export_routes,
    inspection_routes,
    roster_routes,
    year_routes,
)
from gateway.http.proxy import SubgraphProxy
from gateway.http.second_factor import SecondFactorEndpoints
from gateway.http.sign_on import SignOnEndpoints
from gateway.http.subgraph_streams import HttpStreams
from gateway.http.transport import HttpTransport
from gateway.http.web import WebFiles, nowhere, web_routes
from gateway.http.websocket import SocketEndpoint, socket_routes
from gateway.identity.deps import Deps
from gateway.identity.messaging import tasks
from gateway.identity.password_hashing import Passwords
from gateway.identity.sessions import Sessions
from gateway.identity.sign_on import SignOnDeps
from gateway.identity.store import IdentityStore
from gateway.protection import Limits, check
from gateway.protection.gateway_count import GatewayCount
from gateway.protection.spending import Spending
from gateway.protection.stream_limits import StreamLimits, StreamLimitSettings
from gateway.protection.trusted_documents import Trust, TrustedDocuments, read_manifests
from gateway.protection.trusted_documents import manifest as registered
from gateway.reloading import Edition, Files, Reloading, Texts
from gateway.resilience import CallSettings
from gateway.resilience import guarded as guarded_calls
from gateway.settings import GatewaySettings, ProcessSettings, StandaloneSettings

BACKGROUND_ROLES = frozenset({Role.RELAY, Role.WORKER})
"""Roles that answer probes only."""
_FOREIGN_IDLE_SECONDS = 4.0
"""Less than most servers keep an idle connection by default (uvicorn and Node: 5 s)."""
_ALL_SCOPES = (frozenset[str](), *(frozenset({scope.value}) for scope in Scope if scope is not Scope.PUBLIC))
"""The scopes of the public, and of each role."""
_STANDALONE_STREAMS = StreamLimitSettings(principal=1_000)


def build(settings: GatewaySettings, role: Role = Role.ALL) -> Starlette:
    """The gateway of the suite: identity in MongoDB, scopes enforced, subgraphs behind internal tokens.

    Args:
        settings: The settings.
        role: `all`, or `api`, which leaves relay and consumers to other processes.
    """
    store, database, running = _identity(settings, role)
    limits = settings.limits
    spending = Spending(settings.spending, 1 + limits.cost + reading_cost(limits.body_bytes))
    checks = check_limit()
    gateway_count = GatewayCount(database, _both(spending.share_with, checks.share_with))
    keys = settings.key_file()
    sessions = Sessions(store, keys.keys, settings.two_factors, timedelta(seconds=settings.session_idle_seconds))
    deps = Deps(store, Passwords(), sessions, settings.literal_initial_password, settings.factor_rules())
    minter = TokenMinter(keys.keys)
    keys.follow(sessions.exchange, minter.exchange)
    transport = HttpTransport({}, minter, idle_seconds=settings.calls.idle_seconds)
    streams = HttpStreams(transport.replicas, transport.headers, settings.subgraph_subscriptions)
    calls = guarded_calls(transport, settings.calls)

    def edition(texts: Texts) -> Edition:
        supergraph = load_supergraph(texts.supergraph)
        engine = _engine(
            supergraph,
            calls,
            limits,
            streams=streams,
            introspection=settings.development,
            override_labels=settings.override_labels,
            reject=settings.authorization_mode == "reject",
        )
        documents = _documents(engine, texts.manifests, settings.trusted_documents)
        schema = digest_of(api_schema(supergraph.schema, supergraph.scopes))
        return Edition(engine, documents, _urls(supergraph) | settings.subgraph_urls, schema)

    files = Files(settings.supergraph_file, settings.trusted_documents_file)
    reloading = Reloading(files, edition, settings.reload_seconds)
    transport.add(reloading.edition.urls)
    sign_on, providers = _sign_on(deps, settings)
    running = replace(running, api=(*running.api, gateway_count.run, reloading.run, keys.run))
    lifespan = Lifespan((transport, streams, *providers), store, running, read_only=settings.read_only)
    operations = Operations(
        reloading.edition.engine,
        deps.sessions.check,
        settings.deadline_seconds,
        reloading.edition.documents,
        StreamLimits(settings.seats),
        spending,
        settings.spending.trusted,
        settings.development,
        reloading.edition.schema,
        settings.read_only,
    )
    reloading.switching(_switch(operations, transport))
    endpoint = GraphQLEndpoint(operations, limits, settings.get_queries, lifespan.stopping)
    enrollment, assessment = (SubgraphProxy(operations, transport, name) for name in ("enrollment", "assessment"))
    web = WebFiles(settings.web_dir)
    routes = [
        *graphql_routes(endpoint),
        *socket_routes(SocketEndpoint(operations, lifespan.stopping, settings.cors_origins)),
        *AuthenticationEndpoints(deps).routes(),
        *SecondFactorEndpoints(deps).routes(),
        *SignOnEndpoints(sign_on).routes(),
        *AccountAdminEndpoints(deps).routes(),
        *calendar_routes(transport.replicas),
        *inspection_routes(transport.replicas),
        *year_routes(assessment),
        *export_routes(enrollment),
        *roster_routes(enrollment),
        *certificate_routes(assessment, transport.replicas, checks),
        *class_routes(assessment),
        *certificate_page_routes(assessment, checks),
        *(route for name in ("page", "ballot", "check-in") for route in page_routes(name)),
        *Ballots(settings.ballots_url).routes(),
        *evaluation_routes(transport.replicas),
        *(explorer_routes(settings.explorer_dir) if settings.development or settings.explorer_dir else ()),
        *web_routes(web),
    ]
    return application(routes, lifespan, settings.cors_origins, reloading.hangup, nowhere(web))


def build_background(settings: ProcessSettings, role: Role) -> Starlette:
    """A relay or a worker: identity's events out or in, with probes; no supergraph, no subgraph, no key.

    Args:
        settings: The settings.
        role: `relay` or `worker`.
    """
    store, _, running = _identity(settings, role)
    return application([], Lifespan(store=store, tasks=running, role=role))


def build_standalone(supergraph_file: Path, settings: StandaloneSettings) -> Starlette:
    """The router alone on any supergraph: no identity, no database, everything allowed.

    Args:
        supergraph_file: The composed supergraph SDL.
        settings: The settings.
    """
    transport = HttpTransport({}, None, idle_seconds=_FOREIGN_IDLE_SECONDS)
    streams = HttpStreams(transport.replicas, transport.headers, settings.subgraph_subscriptions)
    calls = guarded_calls(transport, CallSettings())

    def edition(texts: Texts) -> Edition:
        supergraph = load_supergraph(texts.supergraph)
        engine = _engine(
            supergraph,
            calls,
            settings.limits,
            streams=streams,
            introspection=True,
            override_labels=settings.override_labels,
        )
        return Edition(engine, TrustedDocuments(), _urls(supergraph) | settings.subgraph_urls)

    reloading = Reloading(Files(supergraph_file), edition, settings.reload_seconds)
    transport.add(reloading.edition.urls)
    lifespan = Lifespan((transport, streams), tasks=Tasks(api=(reloading.run,)))
    operations = Operations(reloading.edition.engine, None, stream_limits=StreamLimits(_STANDALONE_STREAMS))
    reloading.switching(_switch(operations, transport))
    endpoint = GraphQLEndpoint(operations, settings.limits, get_queries=True, stopping=lifespan.stopping)
    routes = [
        *graphql_routes(endpoint),
        *socket_routes(SocketEndpoint(operations, lifespan.stopping)),
        Route("/", _explorer),
        *explorer_routes(settings.explorer_dir),
    ]
    return application(routes, lifespan, hangup=reloading.hangup)


async def _explorer(_: Request) -> Response:
    return RedirectResponse("explorer/")


def _both(first: Callable[[int], None], second: Callable[[int], None]) -> Callable[[int], None]:
    def told(replicas: int) -> None:
        first(replicas)
        second(replicas)

    return told


def _identity(settings: ProcessSettings, role: Role) -> tuple[IdentityStore, Database, Tasks]:
    """The store of identity, its database, and what a role runs beside requests; it connects when first used."""
    database = connect(settings.mongodb_url.get_secret_value())[settings.mongodb_database]
    store = IdentityStore(database)
    return store, database, tasks(store, database, settings.amqp_url.get_secret_value()).of(role)


def _sign_on(deps: Deps, settings: GatewaySettings) -> tuple[SignOnDeps, tuple[OpenIdConnect, ...]]:
    """What signing on depends on, and the connections to open for it."""
    rules = settings.sign_on_rules()
    if rules is None:
        return SignOnDeps(deps), ()
    provider = OpenIdConnect(rules)
    return SignOnDeps(deps, rules, provider), (provider,)


def _engine(supergraph: Supergraph, transport: Transport, limits: Limits, **options: Any) -> Engine:
    def check_limits(document: DocumentNode) -> None:
        check(document, limits)

    return Engine(supergraph, transport, limits=check_limits, max_tokens=limits.tokens, budget=limits.cost, **options)


def _switch(operations: Operations, transport: HttpTransport) -> Callable[[Edition], Awaitable[None]]:
    async def switch(edition: Edition) -> None:
        await transport.follow(edition.urls)
        operations.serve(edition.engine, edition.documents, edition.schema)

    return switch


def _documents(engine: Engine, manifests: Sequence[bytes], trust: Trust) -> TrustedDocuments:
    """The trusted documents, each checked, so that a front end's mistake stops the start and not its users.

    Their plans are made for every role, so that nobody waits for them after a reload.

    Raises:
        ValueError: One of them cannot be executed, or two of one id differ.
    """
    texts = read_manifests(manifests)
    if trust is Trust.REQUIRE:
        texts |= registered(page_documents())
    for key, text in texts.items():
        try:
            engine.trust(text)
            for scopes in _ALL_SCOPES:
                engine.warm(text, scopes)
        except NOT_EXECUTED as error:
            raise ValueError(f"trusted document {key}: {error}") from error
    return TrustedDocuments(texts, trust)


def subgraph_addresses(supergraph_file: Path, settings: StandaloneSettings) -> dict[str, str]:
    """Subgraph name to the address that the router alone asks, or to several by commas.

    Args:
        supergraph_file: The composed supergraph SDL.
        settings: The settings.

    Raises:
        SupergraphError: The file is no supergraph.
    """
    return _urls(load_supergraph(supergraph_file.read_text(encoding="utf-8"))) | settings.subgraph_urls


def _urls(supergraph: Supergraph) -> dict[str, str]:
    return {subgraph.name: subgraph.url for subgraph in supergraph.subgraphs.values()}
