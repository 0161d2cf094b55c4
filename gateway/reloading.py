"""Serve another supergraph without a restart: read, built and warmed beside the one in use, then exchanged (ADR 47)."""

import asyncio
import gc
import hashlib
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from prometheus_client import Counter, Gauge

from gateway.federation.engine import Engine
from gateway.protection.trusted_documents import TrustedDocuments

RELOADS = Counter("guopei_gateway_reloads_total", "Reloads of the supergraph and the trusted documents", ["outcome"])
SCHEMA = Gauge("guopei_gateway_schema", "1 for the supergraph in use, by the SHA-256 of its text", ["hash"])
_SWITCH_SECONDS = 0.0005
_LONGEST_REASON = 1_000
Stamp = tuple[tuple[int, int, int] | None, ...]
"""Inode, size and time of change in nanoseconds of each file; None for one that is not there."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Texts:
    """What the files hold.

    Attributes:
        supergraph: The composed supergraph SDL.
        manifests: The manifests of trusted documents.
    """

    supergraph: str
    manifests: tuple[bytes, ...] = ()

    @property
    def hash(self) -> str:
        """The SHA-256 of the supergraph, in hex."""
        return hashlib.sha256(self.supergraph.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Files:
    """Where they are.

    Attributes:
        supergraph: The composed supergraph SDL.
        manifests: Manifests of trusted documents, and folders of such.
    """

    supergraph: Path
    manifests: tuple[Path, ...] = ()

    def stamp(self) -> Stamp:
        """What tells that a file was changed, or exchanged by a link on the way to it, as in a cluster's mounts."""
        return tuple(_stamp(path) for path in (self.supergraph, *self.manifests, *self._manifest_files()))

    def read(self) -> Texts:
        """Read them.

        Raises:
            OSError: One cannot be read.
            UnicodeDecodeError: The supergraph is not UTF-8.
        """
        manifests = tuple(file.read_bytes() for file in self._manifest_files())
        return Texts(self.supergraph.read_text(encoding="utf-8"), manifests)

    def _manifest_files(self) -> list[Path]:
        """The manifests, those of a folder by name."""
        found = (sorted(path.glob("*.json")) if path.is_dir() else [path] for path in self.manifests)
        return [file for files in found for file in files]


@dataclass(frozen=True, slots=True)
class Edition:
    """What is exchanged as a whole.

    Attributes:
        engine: Plans and executes.
        documents: The trusted documents, their plans made.
        urls: Subgraph name to its address, or to several by commas.
        schema: The digest of the schema that clients see; empty where none is told.
    """

    engine: Engine
    documents: TrustedDocuments
    urls: Mapping[str, str]
    schema: str = ""


class Reloading:
    """Looks for new files, every few seconds and at SIGHUP; what cannot be served is refused, and the old one stays.

    Args:
        files: The files.
        make: Makes an edition, in a thread; what it raises refuses the files.
        seconds: Between two looks at the files; 0 looks at SIGHUP only.

    Attributes:
        edition: The edition in use.
    """

    def __init__(self, files: Files, make: Callable[[Texts], Edition], seconds: float) -> None:
        self._files = files
        self._make = make
        self._seconds = seconds or None
        self._asked = asyncio.Event()
        self._switch: Callable[[Edition], Awaitable[None]] | None = None
        self._stamp = files.stamp()
        self._texts = files.read()
        self.edition = make(self._texts)
        _show(self._texts)

    def switching(self, switch: Callable[[Edition], Awaitable[None]]) -> None:
        """Say what puts an edition in the place of the one before; what it raises refuses the edition."""
        self._switch = switch

    def hangup(self) -> None:
        """SIGHUP: read the files now, changed or not."""
        self._asked.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._asked.wait()
            asked = self._asked.is_set()
            self._asked.clear()
            stamp = await asyncio.to_thread(self._files.stamp)
            if asked or stamp != self._stamp:
                self._stamp = stamp  # of before reading: what is written meanwhile is read the next time
                await self._reload()

    async def _reload(self) -> None:
        try:
            texts = await asyncio.to_thread(self._files.read)
            if texts == self._texts:
                RELOADS.labels("unchanged").inc()
                log.info("supergraph unchanged", hash=texts.hash)
                return
            with _yielding():
                edition = await asyncio.to_thread(self._make, texts)
            if self._switch:
                await self._switch(edition)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the files, the edition in use stays
            RELOADS.labels("refused").inc()
            reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
            log.error("supergraph refused; the one in use stays", reason=reason, hash=self._texts.hash)  # noqa: TRY400
            return
        self._texts, self.edition = texts, edition
        _show(texts)
        RELOADS.labels("switched").inc()
        log.info("supergraph switched", hash=texts.hash, subgraphs=sorted(edition.urls))


def _show(texts: Texts) -> None:
    SCHEMA.clear()
    SCHEMA.labels(texts.hash).set(1)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def _yielding() -> Iterator[None]:
    """Let a thread compute beside the loop without it being noticed (ADR 47).

    The thread gives way after half a millisecond. No cycles are collected meanwhile, because that stops everything for
    as long as looking through all that the thread has made takes; reference counts free the rest as ever.
    """
    interval, collects = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if collects:
            gc.enable()
