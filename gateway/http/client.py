"""A small HTTP/1.1 client for POSTs to a subgraph: keep-alive, one deadline, bounded replies, nothing else (ADR 9).

It follows no redirect, stores no cookie and asks for no compression. Which replica gets a request is ADR 42.
"""

import time
from collections.abc import Mapping
from random import uniform

from opentelemetry.trace import INVALID_SPAN, Span

from gateway.http.connection import Connection, HttpError, connect
from gateway.http.replicas import TRIES, Replica, Replicas

IDLE_SECONDS = 30.0
"""Less than our servers keep an idle connection."""
_LIFE_SECONDS = (30.0, 90.0)
"""A connection ends after so long, between two requests, lest one through a virtual address keep its replica."""


class Client:
    """Sends POSTs to one subgraph over a pool of connections to each of its replicas.

    Args:
        replicas: The subgraph's replicas.
        most_bytes: The most bytes of a reply.
        idle_seconds: A connection that was idle for so long is not used again.
    """

    def __init__(self, replicas: Replicas, *, most_bytes: int, idle_seconds: float = IDLE_SECONDS) -> None:
        self.replicas = replicas
        self._most_bytes = most_bytes
        self._idle_seconds = idle_seconds

    async def post(
        self,
        body: bytes,
        headers: Mapping[str, str],
        deadline: float,
        *,
        repeatable: bool,
        span: Span = INVALID_SPAN,
    ) -> bytes:
        """Send one POST and return the body of the reply, whatever its status.

        Where no connection can be made, or a replica says that it executed nothing, another replica gets it.

        Args:
            body: The request's body, JSON.
            headers: Further headers.
            deadline: When the reply must be complete, in `time.monotonic()` seconds.
            repeatable: Whether to send it once more if an idle connection turned out to be closed.
            span: Is told which replica gets it.

        Raises:
            HttpError: No complete reply was received.
            OSError: No connection could be made, so nothing was sent.
            TimeoutError: The reply was not complete by the deadline.
            ValueError: A header cannot be sent.
        """
        rest = rest_of(body, headers)
        if not self.replicas.known:
            await self.replicas.found(deadline - time.monotonic())
        tried: tuple[Replica, ...] = ()
        fresh = False
        while True:
            replica = self.replicas.choose(tried)
            if span is not INVALID_SPAN:
                span.set_attribute("server.address", replica.place)
            try:
                return await self._post(replica, rest, deadline, fresh=fresh)
            except TimeoutError:
                self.replicas.broke(replica)
                raise
            except OSError:
                self.replicas.broke(replica)
                tried += (replica,)
                if not self._is_any_left(tried, deadline):
                    raise
            except HttpError as error:
                self._note(replica, error)
                tried += () if error.sent else (replica,)
                fresh = True  # a connection that is not idle is not found closed a second time
                again = error.untouched and repeatable if error.sent else self._is_any_left(tried, deadline)
                if not again:
                    raise

    async def _post(self, replica: Replica, rest: bytes, deadline: float, *, fresh: bool) -> bytes:
        replica.busy += 1
        replica.requests += 1
        try:
            connection = (None if fresh else self._kept(replica)) or await self._connect(replica, deadline)
            reply = await connection.post(replica.address.head + rest, deadline - time.monotonic())
        finally:
            replica.busy -= 1
        replica.worked()
        self._keep(replica, connection)
        return reply

    def _note(self, replica: Replica, error: HttpError) -> None:
        """Remember of a replica how it failed; an idle connection that was closed says nothing of it."""
        if not error.sent:
            self.replicas.put_aside(replica)
        elif not error.untouched:
            self.replicas.broke(replica)

    def _is_any_left(self, tried: tuple[Replica, ...], deadline: float) -> bool:
        """Whether another replica may have it in time."""
        untried = any(replica not in tried for replica in self.replicas.known)
        return untried and len(tried) < TRIES and time.monotonic() < deadline

    def _kept(self, replica: Replica) -> Connection | None:
        """The idle connection used last; those that were idle or that live too long are closed."""
        idle, now = replica.idle, time.monotonic()
        oldest = now - self._idle_seconds
        while idle and (idle[0].idle_since < oldest or not idle[0].open):
            idle.popleft().close()
        while idle:
            connection = idle.pop()
            if connection.open and connection.end > now:
                return connection
            connection.close()
        return None

    def _keep(self, replica: Replica, connection: Connection) -> None:
        now = time.monotonic()
        if connection.open and connection.end > now and not replica.gone:
            connection.idle_since = now
            replica.idle.append(connection)
            return
        if not connection.open:  # it said `Connection: close`, or did
            self.replicas.put_aside(replica)
        connection.close()

    async def _connect(self, replica: Replica, deadline: float) -> Connection:
        connection = await connect(replica.address, replica.host, self._most_bytes, deadline)
        connection.end = time.monotonic() + uniform(*_LIFE_SECONDS)  # noqa: S311 - jitter, not a secret
        return connection


def rest_of(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The bytes of a POST after those that an address has ready.

    Raises:
        ValueError: A header holds a line break or a character outside Latin-1.
    """
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if lines.count("\r") != len(headers) or lines.count("\n") != len(headers) or "\0" in lines:
        raise ValueError("a header holds a line break")
    return b"%bContent-Length: %d\r\n\r\n%b" % (lines.encode("latin-1"), len(body), body)
