"""Taking a province's access away for good, and giving it back (R27, notes N26)."""

import time

from deploy.broker.definitions import province_may, queue_of
from deploy.broker.management import Management, ManagementError
from kernel.reference import provinces

_LOOK_SECONDS = 0.2
_MOST_SECONDS = 60.0


def revoke(broker: Management, province: str) -> int:
    """Refuse a province's user every new connection, clear its permissions, and cut the open ones off.

    Permissions are judged when a consumer starts only, so an open one must lose its connection. The limit of no
    connections is kept by the broker apart from the definitions, so that a restart that loads them gives nothing back.

    Returns:
        How many connections were cut off.

    Raises:
        ValueError: There is no such province.
        ManagementError: The broker refused or is away, or the user's connections did not end.
    """
    user = _user(province)
    broker.call("PUT", f"/api/user-limits/{user}/max-connections", {"value": 0})
    broker.call("DELETE", f"/api/permissions/%2F/{user}")
    cut: set[str] = set()
    end = time.monotonic() + _MOST_SECONDS
    while open_ones := broker.connections_of(user):
        cut.update(open_ones)
        broker.close_connections_of(user)
        if time.monotonic() > end:
            raise ManagementError(f"connections of {user} are still open: {sorted(open_ones)}")
        time.sleep(_LOOK_SECONDS)
    return len(cut)


def restore(broker: Management, province: str) -> None:
    """Give a province's user back what the definitions grant it; the queue has kept what came in between.

    Raises:
        ValueError: There is no such province.
        ManagementError: The broker refused or is away.
    """
    user = _user(province)
    may = province_may(province)
    granted = {key: may[key] for key in ("configure", "write", "read")}
    broker.call("PUT", f"/api/permissions/%2F/{user}", granted)
    broker.call("DELETE", f"/api/user-limits/{user}/max-connections")


def _user(province: str) -> str:
    if province not in provinces():
        raise ValueError(f"没有此省份 There is no province {province}")
    return queue_of(province)
