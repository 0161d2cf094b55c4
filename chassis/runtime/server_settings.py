"""Settings of the HTTP server of every process: its bounds, and how its life ends (ADR 41)."""

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt


class ServerSettings(BaseModel):
    """What a connection may take of a process before anybody has logged in, and how long the process takes to stop.

    Attributes:
        head_bytes: The most bytes of a request line with its headers.
        head_count: The most headers of a request.
        head_seconds: From a connection, or the first byte of a further request, to the end of its headers.
        body_seconds: From the end of the headers to the end of the body, besides `body_bytes_per_second`.
        body_bytes_per_second: For so many bytes that have come, a body gets one more second.
        unread_seconds: A connection is ended when its client has read nothing for so long of what waits for it; of a
            stopping process at the latest after half of `drain_seconds` and `grace_seconds`.
        connections: The most open connections.
        address_connections: The most open connections of one client: an IPv4 address, or an IPv6 network of 64 bits.
            It does not hold for trusted proxies, nor where no proxy is named, for there the callers are gateways.
        idle_seconds: How long a connection is kept without a request; longer than any proxy in front keeps it.
        drain_seconds: How long a stopping process goes on to accept connections, until everybody knows that it stops.
        grace_seconds: How long requests under way may take after that.
        close_seconds: How long tasks, database and broker may take to close after that, and streams to say a last word;
            then the watchdog ends the process.
        stall_seconds: When the event loop has stood still for so long, the process is ended.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    head_bytes: PositiveInt = 32 * 1024
    head_count: PositiveInt = 100
    head_seconds: PositiveFloat = 10.0
    body_seconds: PositiveFloat = 30.0
    body_bytes_per_second: PositiveInt = 64 * 1024
    unread_seconds: PositiveFloat = 30.0
    connections: PositiveInt = 4_000
    address_connections: PositiveInt = 256
    idle_seconds: PositiveInt = 75
    drain_seconds: NonNegativeFloat = 0.0
    grace_seconds: NonNegativeFloat = 10.0
    close_seconds: PositiveFloat = 12.0
    stall_seconds: PositiveFloat = Field(default=20.0, ge=0.5)

    @property
    def stop_seconds(self) -> float:
        """From SIGTERM to the moment at which the watchdog ends a process that has not stopped by itself."""
        return self.drain_seconds + self.grace_seconds + self.close_seconds
