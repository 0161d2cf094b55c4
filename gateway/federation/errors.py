"""Errors as clients read them, and as the layers around the engine raise them."""

from typing import Any

Json = Any
Path = tuple[str | int, ...]
_INSIDE = {"exception", "stacktrace", "stackTrace", "debugMessage"}
UNAUTHORIZED = "UNAUTHORIZED_FIELD_OR_TYPE"
UNREACHABLE = "SUBGRAPH_UNREACHABLE"
UNKNOWN_OUTCOME = "OUTCOME_UNKNOWN"
MALFORMED = "SUBGRAPH_MALFORMED_RESPONSE"
INTERRUPTED = "SUBSCRIPTION_INTERRUPTED"


class TransportError(Exception):
    """A subgraph did not answer.

    Args:
        subgraph: Its name; never an address.
        code: What the client reads.
        sent: Whether anything was tried at all.
    """

    def __init__(self, subgraph: str, code: str = UNREACHABLE, *, sent: bool = True) -> None:
        super().__init__(subgraph)
        self.subgraph = subgraph
        self.code = code
        self.sent = sent


def coded(message: str, code: str, path: Path = (), **more: Json) -> dict[str, Json]:
    """An error of the gateway's own."""
    error: dict[str, Json] = {"message": message}
    if path:
        error["path"] = list(path)
    return error | {"extensions": {"code": code, **more}}


def passed_on(error: Json, path: Path, subgraph: str) -> dict[str, Json]:
    """A subgraph's error at the client's path: its message and coded extensions, without its insides."""
    given = error.get("extensions") if isinstance(error, dict) else None
    extensions = {name: one for name, one in given.items() if name not in _INSIDE} if isinstance(given, dict) else {}
    extensions.setdefault("code", "SUBGRAPH_ERROR")
    extensions.setdefault("service", subgraph)
    message = error.get("message") if isinstance(error, dict) else None
    made: dict[str, Json] = {"message": str(message or "The subgraph failed")}
    if path:
        made["path"] = list(path)
    return made | {"extensions": extensions}
