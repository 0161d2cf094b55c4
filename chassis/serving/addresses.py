"""Client addresses: which of them are trusted proxies, and which belong to one subscriber."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

_SUBSCRIBER_BITS = 64
_EVERYBODY = "*"


@lru_cache(maxsize=10_000)
def subscriber_of(host: str) -> str:
    """An IPv4 address as it is; of an IPv6 address its network of 64 bits, which belongs to one subscriber as a whole.

    Args:
        host: An address; anything else, such as the name of a Unix socket's peer, is given back as it is.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((int(address), _SUBSCRIBER_BITS), strict=False))


class Proxies:
    """The proxies in front of a process.

    Args:
        named: Addresses and networks, by commas, as `FORWARDED_ALLOW_IPS` has them; `*` for everybody.
    """

    def __init__(self, named: str) -> None:
        parts = [part.strip() for part in named.split(",") if part.strip()]
        self._all = _EVERYBODY in parts
        self._networks = [network for part in parts if (network := _network(part))]

    def __contains__(self, host: str) -> bool:
        """Whether an address is that of a proxy."""
        if self._all:
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
