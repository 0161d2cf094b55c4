"""No more connections than the process may open files: an `accept` that fails would leave them unanswered (ADR 41)."""

import resource

import structlog

from chassis.runtime.server_settings import ServerSettings

_OTHERS = 128
"""Descriptors that are no connections of clients: pools of database, broker and subgraphs, files, the loop itself."""
log = structlog.get_logger()


def within_limit(settings: ServerSettings) -> ServerSettings:
    """The settings with no more connections than the limit of file descriptors leaves room for (getrlimit(2)).

    Where that lowers the bound, one line of the log says so.

    Args:
        settings: What was set.

    Returns:
        The same, or a copy with fewer connections.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = max(limit - _OTHERS, limit // 2)
    if limit == resource.RLIM_INFINITY or settings.connections <= room:
        return settings
    log.warning("fewer connections than set: raise ulimit -n", descriptors=limit, set=settings.connections, taken=room)
    return settings.model_copy(update={"connections": room})
