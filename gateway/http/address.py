"""Where a subgraph is: one URL, or several by commas."""

import re
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

_UNSAFE = re.compile(r"[\r\n\0]")
_NEXT = re.compile(r"\s*,\s*(?=https?://)")


@dataclass(frozen=True, slots=True)
class Address:
    """An `http` or `https` URL, taken apart.

    Attributes:
        host: Host name or IP address.
        port: TCP port.
        tls: The TLS context; None for plain HTTP.
        target: Path and query.
        authority: What the header `Host` says.
        head: The bytes of a POST's request line and of the headers that are always the same.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None
    target: str
    authority: str
    head: bytes

    @classmethod
    def of(cls, url: str) -> Self:
        """The address of an `http` or `https` URL.

        Raises:
            ValueError: It is not such a URL.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or _UNSAFE.search(url):
            raise ValueError(f"not an HTTP address: {url}")
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        authority = parts.netloc.rpartition("@")[2]
        head = (
            f"POST {target} HTTP/1.1\r\nHost: {authority}\r\n"
            "Content-Type: application/json\r\nAccept: application/json\r\n"
        )
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls, target, authority, head.encode("ascii"))

    @property
    def server_name(self) -> str | None:
        """The name that the server's certificate must bear, whatever IP address it is reached at; None without TLS."""
        return self.host if self.tls else None

    @property
    def is_literal(self) -> bool:
        """Whether the host is an IP address, which needs no resolving."""
        try:
            ip_address(self.host)
        except ValueError:
            return False
        return True


def addresses(urls: str) -> list[Address]:
    """The addresses of one URL, or of several by commas.

    Raises:
        ValueError: One of them is no `http` or `https` URL.
    """
    return [Address.of(url) for url in _NEXT.split(urls.strip())]
