"""Whether every quorum queue has a member on every node of the broker (notes N94)."""

from deploy.broker.management import Management


def queues_with_too_few(broker: Management) -> dict[str, list[str]]:
    """The quorum queues that lack a member somewhere: with such a node gone, or the only one, their events are, too.

    A queue keeps the members that it had when it was declared, whatever nodes join later.

    Returns:
        By queue, the nodes without a member of it.

    Raises:
        ManagementError: The broker refused, or is away.
    """
    nodes = {row["name"] for row in broker.call("GET", "/api/nodes")}
    queues = [row for row in broker.call("GET", "/api/queues") if row.get("type") == "quorum"]
    lacking = {row["name"]: sorted(nodes - set(row["members"])) for row in queues}
    return {name: missing for name, missing in lacking.items() if missing}
