"""Brings a running broker to the definitions of a release, in two steps (ADR 68)."""

from typing import Any
from urllib.parse import quote

from deploy.broker.definitions import definitions
from deploy.broker.management import Management

_TOPOLOGY = ("exchanges", "queues", "bindings")
_PERMISSIONS = ("permissions", "topic_permissions")
_DEFINITIONS = "/api/definitions"


def load_topology(broker: Management) -> list[str]:
    """Load exchanges, queues and bindings, then unbind our queues from what the definitions do not bind them to.

    In this order no event is without a queue in between. Queues and exchanges that have become needless stay.

    Returns:
        The bindings that were removed, as `exchange → queue (key)`.

    Raises:
        ManagementError: The broker refused, such as a queue with other arguments, or is away.
    """
    wanted = definitions()
    broker.call("POST", _DEFINITIONS, {kind: wanted[kind] for kind in _TOPOLOGY})
    ours = {queue["name"] for queue in wanted["queues"]}
    bound = {_key_of(binding) for binding in wanted["bindings"]}
    surplus = [
        binding
        for binding in broker.call("GET", "/api/bindings/%2F")
        if binding["source"] and binding["destination"] in ours and _key_of(binding) not in bound
    ]
    for binding in surplus:
        exchange, queue = (quote(binding[end], safe="") for end in ("source", "destination"))
        broker.call("DELETE", f"/api/bindings/%2F/e/{exchange}/q/{queue}/{quote(binding['properties_key'], safe='')}")
    return ["{} → {} ({})".format(*_key_of(binding)) for binding in surplus]


def load_permissions(broker: Management) -> None:
    """Give all users what the definitions grant, and no more. A connection that is open may use former rights no more.

    Raises:
        ManagementError: The broker refused, such as for a user that it does not have, or is away.
    """
    wanted = definitions()
    broker.call("POST", _DEFINITIONS, {kind: wanted[kind] for kind in _PERMISSIONS})


def _key_of(binding: dict[str, Any]) -> tuple[str, str, str]:
    return binding["source"], binding["destination"], binding["routing_key"]
