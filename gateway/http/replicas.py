"""The replicas of a subgraph: found by resolving its name, chosen by how busy they are (ADR 42)."""

import asyncio
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from operator import attrgetter
from random import random, uniform

import structlog

from gateway.http.address import Address, addresses
from gateway.http.connection import Connection
from gateway.http.replica_metrics import forget, watch

RESOLVE_SECONDS = 5.0
"""A name is resolved again after so long, give or take a fifth."""
ASIDE_SECONDS = RESOLVE_SECONDS
"""A replica that says goodbye is left alone until its name is resolved anew."""
TRIES = 3
"""The most replicas that one request is offered to."""
_UNKNOWN_SECONDS = 1.0
_EJECT_AFTER = 3
_EJECT_SECONDS, _EJECT_MOST_SECONDS = 1.0, 30.0
Resolve = Callable[[str, int], Awaitable[Collection[str]]]
"""The IP addresses of a host; an OSError where there is no answer."""
log = structlog.get_logger()


class Replica:
    """One process of a subgraph, as one gateway process sees it.

    Args:
        address: The URL that led to it.
        host: Its IP address.

    Attributes:
        idle: Its connections that wait for a request, the one used last at the end.
        busy: Requests under way.
        streams: Subscriptions under way; apart, for they last long and cost little.
        requests: Requests so far.
        until: It is ejected until then, in `time.monotonic()` seconds.
        aside: It said goodbye, and others are preferred until then.
        gone: Whether its name no longer leads to it.
    """

    __slots__ = (
        "_ejections",
        "_failed",
        "address",
        "aside",
        "busy",
        "gone",
        "host",
        "idle",
        "requests",
        "streams",
        "until",
    )

    def __init__(self, address: Address, host: str) -> None:
        self.address = address
        self.host = host
        self.idle: deque[Connection] = deque()
        self.busy = self.streams = self.requests = 0
        self.until = self.aside = 0.0
        self.gone = False
        self._failed = self._ejections = 0

    @property
    def place(self) -> str:
        """IP address and port, as in a URL."""
        return f"[{self.host}]:{self.address.port}" if ":" in self.host else f"{self.host}:{self.address.port}"

    def worked(self) -> None:
        """Forget its failures."""
        self._failed = self._ejections = 0

    def broke(self, now: float) -> None:
        """Count a failure; the third in a row and each one after it eject it, every time for twice as long."""
        if now < self.until:  # it failed what it was sent before
            return
        self._failed += 1
        if self._failed >= _EJECT_AFTER:
            self.until = now + min(_EJECT_SECONDS * 2**self._ejections, _EJECT_MOST_SECONDS)
            self._ejections = min(self._ejections + 1, 10)

    def retire(self) -> None:
        """Let it end what is under way, and nothing more."""
        self.gone = True
        while self.idle:
            self.idle.pop().close()


Load = Callable[[Replica], int]
IN_FLIGHT: Load = attrgetter("busy")
STREAMS: Load = attrgetter("streams")


def eligible(replicas: Sequence[Replica], now: float, tried: Collection[Replica] = ()) -> list[Replica]:
    """The replicas that a request may be offered to.

    Args:
        replicas: All.
        now: In `time.monotonic()` seconds.
        tried: Those that it was offered to before.

    Returns:
        Those that are not ejected; if more than half are, it is not they who are ill, and all. Of these the ones that
        did not say goodbye, if there are any. None that was tried. An ejected one where nobody else is left.
    """
    well = [replica for replica in replicas if replica.until <= now]
    if 2 * len(well) < len(replicas):
        well = list(replicas)
    untried = [replica for replica in replicas if replica not in tried]
    left = [replica for replica in untried if replica in well]
    return [replica for replica in left if replica.aside <= now] or left or untried


def less_busy(replicas: Sequence[Replica], load: Load = IN_FLIGHT) -> Replica:
    """The less busy of two random ones; a newcomer gets its share at once, and a slow one less by itself.

    Args:
        replicas: At least one.
        load: How busy a replica is.
    """
    count = len(replicas)
    if count == 1:
        return replicas[0]
    first, second = int(random() * count), int(random() * (count - 1))  # noqa: S311 - no secret
    second += second >= first
    one, other = replicas[first], replicas[second]
    return one if load(one) <= load(other) else other


async def resolve(host: str, port: int) -> Collection[str]:
    """The IP addresses of a host.

    Raises:
        OSError: There is no answer.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return dict.fromkeys(str(address[0]) for *_, address in found)


class Replicas:
    """The replicas of one subgraph, followed by their names.

    Args:
        urls: One URL, or several by commas. An IP address is one replica, a host name as many as it resolves to.
        subgraph: Its name, for metrics and logs.
        resolver: Resolves host names.
    """

    def __init__(self, urls: str, *, subgraph: str = "", resolver: Resolve = resolve) -> None:
        self.subgraph = subgraph
        self._resolve = resolver
        addresses_ = addresses(urls)
        self._named = [address for address in addresses_ if not address.is_literal]
        self._literal = [Replica(address, address.host) for address in addresses_ if address.is_literal]
        self._found: dict[Address, list[Replica]] = {}
        self._lost: set[Address] = set()
        self.known: Sequence[Replica] = tuple(self._literal)
        self._ill_until = 0.0
        self._looked = asyncio.Event()
        self._following: asyncio.Task[None] | None = None
        watch(self)

    async def open(self) -> None:
        """Begin to follow the names, inside the running loop."""
        if self._named:
            self._following = asyncio.ensure_future(self._follow())

    async def close(self) -> None:
        """Follow no longer, and close the idle connections; what is under way ends, on connections of its own."""
        forget(self)
        if self._following:
            self._following.cancel()
            await asyncio.wait([self._following])
            self._following = None
        for replica in self.known:
            replica.retire()

    async def refresh(self) -> None:
        """Resolve the names once; where that fails or finds nothing, what was known stays."""
        await asyncio.gather(*map(self._look_up, self._named))
        self.known = (*self._literal, *(replica for found in self._found.values() for replica in found))
        self._looked.set()

    async def found(self, seconds: float) -> None:
        """Wait until the names were looked up once.

        Raises:
            OSError: That takes longer than so many seconds.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._looked.wait()
        except TimeoutError as error:
            raise ConnectionError("no name was resolved in time") from error

    def choose(self, tried: Collection[Replica] = (), load: Load = IN_FLIGHT) -> Replica:
        """The replica to offer a request to.

        Args:
            tried: Those that it was offered to before.
            load: How busy a replica is.

        Raises:
            OSError: None is known, or none is left.
        """
        found: Sequence[Replica] = self.known
        if tried or self._ill_until:
            now = time.monotonic()
            if now > self._ill_until:
                self._ill_until = 0.0
            found = eligible(found, now, tried)
        if not found:
            raise ConnectionError("no replica is known, or none is left")
        return less_busy(found, load)

    def broke(self, replica: Replica) -> None:
        """Count a failure of a replica: no connection, or one that broke."""
        replica.broke(time.monotonic())
        self._ill_until = max(self._ill_until, replica.until)

    def put_aside(self, replica: Replica) -> None:
        """Leave a replica alone that said that it will close, so that nobody waits for the resolver to say so."""
        replica.aside = time.monotonic() + ASIDE_SECONDS
        self._ill_until = max(self._ill_until, replica.aside)

    async def _follow(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep((RESOLVE_SECONDS if self.known else _UNKNOWN_SECONDS) * uniform(0.8, 1.2))  # noqa: S311

    async def _look_up(self, address: Address) -> None:
        try:
            hosts = await self._resolve(address.host, address.port)
        except (OSError, UnicodeError):  # the latter for what cannot be a host name, like `a..b`
            hosts = ()
        if not hosts:
            if address not in self._lost:  # said once, not every few seconds
                log.warning("subgraph not resolved", subgraph=self.subgraph)
            self._lost.add(address)
            return
        self._lost.discard(address)
        known = {replica.host: replica for replica in self._found.get(address, ())}
        for host in known.keys() - hosts:
            known[host].retire()
        self._found[address] = [known.get(host) or Replica(address, host) for host in hosts]
