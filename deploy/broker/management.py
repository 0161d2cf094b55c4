"""A client of RabbitMQ's management interface; run on 3.10 and 4.3 (notes N93)."""

import base64
import http.client
import json
from typing import Any
from urllib.parse import unquote, urlsplit


class ManagementError(RuntimeError):
    """The management interface refused a call, or does not answer."""


class Management:
    """The management interface, as an administrator. Every call opens a connection of its own.

    Args:
        url: `http://user:password@host:port`.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._https = parts.scheme == "https"
        self._address = parts.hostname or "127.0.0.1", parts.port
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        self._authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Make a call.

        Args:
            method: HTTP method.
            path: Path, such as `/api/users`.
            body: The JSON body, if any.

        Returns:
            The reply's JSON; None where it has no content.

        Raises:
            ManagementError: It refused, or does not answer.
        """
        kind = http.client.HTTPSConnection if self._https else http.client.HTTPConnection
        connection = kind(*self._address, timeout=30)
        headers = {"Authorization": self._authorization, "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            reply = connection.getresponse()
            content = reply.read()
        except OSError as error:
            raise ManagementError(f"RabbitMQ's management interface is away: {error}") from error
        finally:
            connection.close()
        if reply.status >= http.HTTPStatus.BAD_REQUEST:
            raise ManagementError(f"RabbitMQ refused {method} {path}: {reply.status}")
        return json.loads(content) if content else None

    def connections_of(self, user: str) -> list[str]:
        """The names of a user's open connections, by the broker's own tracking; its statistics lag behind."""
        return [row["name"] for row in self.call("GET", f"/api/connections/username/{user}")]

    def close_connections_of(self, user: str) -> None:
        """Close all of a user's connections."""
        self.call("DELETE", f"/api/connections/username/{user}")
