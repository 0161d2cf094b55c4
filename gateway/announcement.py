"""What `python -m gateway standalone` says at its start: where it serves, and which subgraphs it cannot find."""

import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit


def announcement(urls: Mapping[str, str], host: str, port: int) -> Sequence[str]:
    """A line with the address of the graph, and one about the hosts that do not resolve, if any.

    Args:
        urls: Subgraph name to its address, or to several by commas.
        host: The address that the router listens on.
        port: Its port.
    """
    shown = f"[{host}]" if ":" in host else host
    lines = [f"图接口 graph http://{shown}:{port}/graphql"]
    if missing := _unresolved(urls):
        lines.append(
            f"无法解析 These hosts do not resolve: {', '.join(missing)}; "
            "用 SUBGRAPH_URLS 另设地址 SUBGRAPH_URLS sets other addresses, such as "
            f'SUBGRAPH_URLS=\'{{"{next(iter(urls))}": "http://127.0.0.1:4001/graphql"}}\''
        )
    return lines


def _unresolved(urls: Mapping[str, str]) -> list[str]:
    """The hosts of addresses that no name service knows, each once; they are asked side by side."""
    found = {urlsplit(url.strip()).hostname for several in urls.values() for url in several.split(",")}
    hosts = sorted(host for host in found if host)
    if not hosts:
        return []
    with ThreadPoolExecutor(len(hosts)) as threads:
        return [host for host, known in zip(hosts, threads.map(_resolves, hosts), strict=True) if not known]


def _resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return True
