"""Fetches to subgraphs: keep-alive pools, the internal token, the rest of the deadline."""

import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson
import structlog
from prometheus_client import Histogram

from chassis.principal import LIFETIME_SECONDS, Principal, TokenMinter
from gateway.federation.engine import TransportError
from gateway.http.context import RequestContext

_CONNECTIONS_PER_SUBGRAPH = 100
_MOST_BYTES = 32 * 1024 * 1024
_TOKENS = 10_000
_TOKEN_SECONDS = LIFETIME_SECONDS / 2
FETCHES = Histogram("guopei_gateway_fetch_seconds", "Time of a fetch from a subgraph", ["subgraph", "outcome"])
log = structlog.get_logger()


class HttpTransport:
    """The engine's transport over HTTP.

    Args:
        urls: Subgraph name to the address of its GraphQL endpoint.
        minter: Signs the internal tokens; None sends none (`--no-auth`).
    """

    def __init__(self, urls: Mapping[str, str], minter: TokenMinter | None) -> None:
        self._urls = {name.lower(): url for name, url in urls.items()}
        self._minter = minter
        self._tokens: dict[tuple[Principal, str], tuple[float, str]] = {}
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Open the connection pool, inside the running loop."""
        connector = aiohttp.TCPConnector(limit=0, limit_per_host=_CONNECTIONS_PER_SUBGRAPH, keepalive_timeout=60)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def close(self) -> None:
        """Close the pool."""
        if self._session:
            await self._session.close()

    async def send(self, subgraph: str, body: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """POST one fetch and return the parsed reply.

        Raises:
            TransportError: No address, no connection, too late, or no GraphQL reply; it never names a host.
        """
        url = self._urls.get(subgraph.lower())
        if url is None or self._session is None:
            raise TransportError(subgraph)
        outcome, started = "failed", time.monotonic()
        try:
            content = await self._post(self._session, url, body, self._headers(subgraph, context), context.deadline)
            outcome = "answered"
        except (aiohttp.ClientError, TimeoutError, ValueError, orjson.JSONEncodeError) as error:
            log.warning("subgraph call failed", subgraph=subgraph, error=type(error).__name__)
            raise TransportError(subgraph) from error
        finally:
            FETCHES.labels(subgraph, outcome).observe(time.monotonic() - started)
        return content

    async def _post(
        self, http: aiohttp.ClientSession, url: str, body: Mapping[str, Any], headers: dict[str, str], deadline: float
    ) -> dict[str, Any]:
        """No redirect is followed: it would carry the internal token to where it leads."""
        timeout = aiohttp.ClientTimeout(total=max(deadline - time.monotonic(), 0.001))
        request = http.post(url, data=orjson.dumps(body), headers=headers, timeout=timeout, allow_redirects=False)
        async with request as reply:
            if (reply.content_length or 0) > _MOST_BYTES:
                raise ValueError("too long a reply")
            content = orjson.loads(await reply.read())
        if not isinstance(content, dict) or not ("data" in content or "errors" in content):
            raise ValueError("no GraphQL reply")
        return content

    def _headers(self, subgraph: str, context: RequestContext) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        headers["Accept-Language"] = context.language
        if self._minter:
            headers["Authorization"] = f"Bearer {self._token(context.principal, subgraph)}"
        if context.idempotency_key:
            headers["Idempotency-Key"] = context.idempotency_key
        if context.traceparent:
            headers["traceparent"] = context.traceparent
        return headers

    def _token(self, principal: Principal, subgraph: str) -> str:
        assert self._minter  # noqa: S101 - the caller has asked
        known = self._tokens.get((principal, subgraph))
        now = time.monotonic()
        if known and known[0] > now:
            return known[1]
        if len(self._tokens) >= _TOKENS:
            self._tokens.clear()
        token = self._minter.mint(principal, subgraph.lower())
        self._tokens[principal, subgraph] = (now + _TOKEN_SECONDS, token)
        return token
