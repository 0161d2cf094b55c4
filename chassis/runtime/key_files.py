"""The keys of tokens, read again when their file changes, so that an exchange of keys needs no restart."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import structlog
from joserfc.jwk import KeySet
from prometheus_client import Counter

from chassis.runtime.measures import say_keys

RELOADS = Counter("guopei_key_reloads_total", "Changed key files that were read again", ["outcome"])
_SECONDS = 3.0
_Stamp = tuple[int, int, int, int] | None
log = structlog.get_logger()


def read_keys(file: Path, *, private: bool = False) -> KeySet:
    """Read a JWK set from a file.

    Args:
        file: The file.
        private: Whether each key must have its private half.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no JWK set, has no key, or one without the half that is needed.
    """
    keys = KeySet.import_key_set(json.loads(file.read_text(encoding="utf-8")))
    if not keys.keys:
        raise ValueError("a JWK set without a key")
    if private and not all(key.is_private for key in keys.keys):
        raise ValueError("a key without its private half")
    return keys


class KeyFile:
    """A JWK set that is followed: what cannot be used is refused, and the keys in use stay.

    Args:
        file: The file, or a link that is exchanged, as a cluster's mounts are.
        private: Whether each key must have its private half.
        seconds: Between two looks at the file.

    Attributes:
        keys: The keys in use.
    """

    def __init__(self, file: Path, *, private: bool = False, seconds: float = _SECONDS) -> None:
        self._file = file
        self._private = private
        self._seconds = seconds
        self._followers: list[Callable[[KeySet], None]] = []
        self._stamp = _stamp(file)
        self.keys = read_keys(file, private=private)
        self._show()

    def follow(self, *followers: Callable[[KeySet], None]) -> None:
        """Say who takes other keys."""
        self._followers.extend(followers)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(self._seconds)
            await self.look()

    async def look(self) -> None:
        """Read the file if it has changed, and hand its keys on."""
        stamp = await asyncio.to_thread(_stamp, self._file)
        if stamp == self._stamp:
            return
        self._stamp = stamp  # of before reading: what is written meanwhile is read the next time
        try:
            keys = await asyncio.to_thread(read_keys, self._file, private=self._private)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the file, the keys in use stay
            RELOADS.labels("refused").inc()
            # Its text may quote the file, which holds a secret.
            log.error("key file refused; the keys in use stay", file=self._file.name, error=type(error).__name__)  # noqa: TRY400
            return
        self.keys = keys
        for follower in self._followers:
            follower(keys)
        RELOADS.labels("switched").inc()
        self._show()
        log.info("keys switched", file=self._file.name, kids=[key.kid for key in keys.keys])

    def _show(self) -> None:
        say_keys(key.kid for key in self.keys.keys)


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns  # the last: who may read it
