"""Revoking a province's access to its queue, readmitting it, and exchanging its password (R27, notes N26)."""

import time

from deploy.broker.definitions import province_permission, queue_of
from deploy.broker.management import Management, ManagementError
from kernel.reference import provinces

_POLL_SECONDS = 0.2
_DEADLINE_SECONDS = 60.0


def revoke(broker: Management, province: str) -> int:
    """Refuse a province's user every new connection, clear its permissions, and close its open connections.

    RabbitMQ checks permissions only when a consumer starts, so open connections must be closed. The limit of no
    connections is stored by the broker apart from the definitions: a restart, which loads those, restores nothing.

    Returns:
        How many connections were closed.

    Raises:
        ValueError: There is no such province.
        ManagementError: The broker refused or is away, or connections were still open after 60 s.
    """
    user = _user(province)
    broker.call("PUT", f"/api/user-limits/{user}/max-connections", {"value": 0})
    broker.call("DELETE", f"/api/permissions/%2F/{user}")
    closed: set[str] = set()
    end = time.monotonic() + _DEADLINE_SECONDS
    while connections := broker.connections_of(user):
        closed.update(connections)
        broker.close_connections_of(user)
        if time.monotonic() > end:
            raise ManagementError(f"connections of {user} are still open: {sorted(connections)}")
        time.sleep(_POLL_SECONDS)
    return len(closed)


def readmit(broker: Management, province: str) -> None:
    """Grant a province's user again what the definitions grant; the events of the meantime are in its queue.

    Raises:
        ValueError: There is no such province.
        ManagementError: The broker refused or is away.
    """
    user = _user(province)
    permission = province_permission(province)
    granted = {key: permission[key] for key in ("configure", "write", "read")}
    broker.call("PUT", f"/api/permissions/%2F/{user}", granted)
    broker.call("DELETE", f"/api/user-limits/{user}/max-connections")


def exchange_password(broker: Management, province: str, password: str) -> None:
    """Let a province's user connect with this password only; its rights and its queue stay.

    Connections that the old password opened stay open. A broker that starts again has the password of its definitions.

    Raises:
        ValueError: There is no such province.
        ManagementError: The broker refused or is away.
    """
    broker.call("PUT", f"/api/users/{_user(province)}", {"password": password, "tags": ""})


def _user(province: str) -> str:
    if province not in provinces():
        raise ValueError(f"没有此省份 There is no province {province}")
    return queue_of(province)
