"""Send fetches to subgraphs over HTTP: keep-alive pools, the internal token, the time that is left."""

import time
from collections.abc import Mapping
from typing import Any

import structlog
from prometheus_client import Histogram

from chassis.context import REMAINING
from chassis.principal import LIFETIME_SECONDS, Principal, TokenMinter
from gateway.federation.engine import Call, TransportError
from gateway.federation.errors import UNKNOWN_OUTCOME
from gateway.http.client import Address, Client, HttpError
from gateway.http.context import RequestContext

_MOST_BYTES = 32 * 1024 * 1024
_MUTATION_SECONDS = 50.0  # after the deadline, for a bulk command of 200 rows runs to its end anyway
_TOKENS = 10_000
_TOKEN_SECONDS = LIFETIME_SECONDS / 2
FETCHES = Histogram("guopei_gateway_fetch_seconds", "Time of a fetch from a subgraph", ["subgraph", "outcome"])
log = structlog.get_logger()


class HttpTransport:
    """The engine's transport over HTTP.

    Args:
        urls: Subgraph name to the address of its GraphQL endpoint.
        minter: Signs the internal tokens; None sends none (`standalone`).
    """

    def __init__(self, urls: Mapping[str, str], minter: TokenMinter | None) -> None:
        self._addresses = {name.lower(): Address.of(url) for name, url in urls.items()}
        self._minter = minter
        self._tokens: dict[tuple[Principal, str], tuple[float, str]] = {}
        self._clients: dict[str, Client] = {}

    async def open(self) -> None:
        """Prepare the connection pools, inside the running loop."""
        self._clients = {name: Client(address, most_bytes=_MOST_BYTES) for name, address in self._addresses.items()}

    async def close(self) -> None:
        """Close the pools."""
        for client in self._clients.values():
            client.close()

    async def send(self, call: Call, context: Any) -> bytes:
        """POST one fetch and return the reply's body, whatever its HTTP status.

        Raises:
            TransportError: No address, no connection, no complete reply in time; it never names a host. For a mutation
                without a reply in time its code is `OUTCOME_UNKNOWN`: it may have taken effect.
        """
        client = self._clients.get(call.subgraph.lower())
        if client is None:
            raise TransportError(call.subgraph)
        outcome, started = "failed", time.monotonic()
        try:
            headers, changes = self.headers(call.subgraph, context), call.kind == "mutation"
            deadline = context.deadline + (_MUTATION_SECONDS if changes else 0.0)
            reply = await client.post(call.body, headers, deadline, repeatable=call.kind == "query")
            outcome = "answered"
        except (HttpError, OSError, TimeoutError, ValueError) as error:
            log.warning("subgraph call failed", subgraph=call.subgraph, error=type(error).__name__)
            late = call.kind == "mutation" and isinstance(error, TimeoutError)
            raise (TransportError(call.subgraph, UNKNOWN_OUTCOME) if late else TransportError(call.subgraph)) from error
        finally:
            FETCHES.labels(call.subgraph, outcome).observe(time.monotonic() - started)
        return reply

    def headers(self, subgraph: str, context: RequestContext) -> dict[str, str]:
        """The headers of a fetch: the principal, as a token for this subgraph alone, the time left, the trace."""
        headers = {
            "Accept-Language": context.language,
            REMAINING: str(max(int((context.deadline - time.monotonic()) * 1000), 0)),
            "traceparent": context.traceparent,
        }
        if self._minter:
            headers["Authorization"] = f"Bearer {self._token(context.principal, subgraph)}"
        if context.idempotency_key:
            headers["Idempotency-Key"] = context.idempotency_key
        return headers

    def _token(self, principal: Principal, subgraph: str) -> str:
        assert self._minter  # noqa: S101 - the caller has asked
        cached = self._tokens.get((principal, subgraph))
        now = time.monotonic()
        if cached and cached[0] > now:
            return cached[1]
        if len(self._tokens) >= _TOKENS:
            self._tokens.clear()
        token = self._minter.mint(principal, subgraph.lower())
        self._tokens[principal, subgraph] = (now + _TOKEN_SECONDS, token)
        return token
