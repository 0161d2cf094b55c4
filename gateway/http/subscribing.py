"""How subscriptions are opened at each subgraph: the setting `SUBGRAPH_SUBSCRIPTIONS`."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class SubscriptionProtocol(StrEnum):
    """What a subgraph speaks to whoever subscribes."""

    SSE = "graphql-sse"
    WEBSOCKET = "graphql-transport-ws"


class SubscriptionSettings(BaseModel):
    """How subscriptions are opened at one subgraph; a member that does not exist is refused.

    Attributes:
        protocol: `graphql-sse` (server-sent events, distinct connections) or `graphql-transport-ws` (WebSocket).
        path: Path at the subgraph's own host and port, such as `/subscriptions`; none takes that of its URL.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    protocol: SubscriptionProtocol = SubscriptionProtocol.SSE
    path: Annotated[str, Field(pattern=r"^/[!-~]*$", max_length=1_000)] | None = None
