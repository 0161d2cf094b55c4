"""A proxy before the gateways of a suite, configured as `deploy/proxies` has it: nginx or HAProxy."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.local.home import tagged
from deploy.local.ports import is_free
from deploy.local.process import Child, StartFailed
from deploy.local.suite import ROOT, Suite

NGINX, HAPROXY = "nginx", "haproxy"
CHECKS_SECONDS = 2.5
"""Two of HAProxy's checks and their answers: by then it has seen who comes and who leaves."""
_CONFIGURATIONS = {NGINX: "nginx.conf", HAPROXY: "haproxy.cfg"}
_PACKAGES = {NGINX: "nginx-light", HAPROXY: "haproxy"}
_SERVERS = {NGINX: "    server 127.0.0.1:{port} max_fails=0;", HAPROXY: "  server {name} 127.0.0.1:{port}"}
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_START_SECONDS = 15.0


def find(kind: str) -> str:
    """The program.

    Raises:
        StartFailed: It is not installed; the message says what to do.
    """
    found = shutil.which(kind, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise StartFailed(f"No {kind}: run `apt-get install {_PACKAGES[kind]}` as root.")
    return found


@contextmanager
def front(kind: str, suite: Suite, gateways: Sequence[str], idle_seconds: int = 60) -> Iterator[str]:
    """The block runs with a proxy before these gateways.

    Args:
        kind: `NGINX` or `HAPROXY`.
        suite: The suite of the gateways.
        gateways: Their process names.
        idle_seconds: How long nginx keeps an idle connection to a gateway.

    Yields:
        The proxy's root URL.

    Raises:
        StartFailed: It is not installed, or did not come up.
    """
    home = suite.home / f"{kind}-{idle_seconds}"
    home.mkdir(parents=True, exist_ok=True)
    port = suite.parts.ports.port_of(f"{kind}.{idle_seconds}")
    servers = (_SERVERS[kind].format(name=name, port=suite.parts.ports.port_of(name)) for name in gateways)
    text = (ROOT / "deploy" / "proxies" / _CONFIGURATIONS[kind]).read_text(encoding="utf-8")
    text = text.replace("$LISTEN", f"127.0.0.1:{port}").replace("$SERVERS", "\n".join(servers))
    text = text.replace("$IDLE", f"{idle_seconds}s")
    command = _COMMANDS[kind](find(kind), home, text)
    child = Child(kind, command, home / "output.log", tagged(suite.home, os.environ))
    try:
        child.wait_until(lambda: not is_free(port), _START_SECONDS)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.stop()


def _nginx(program: str, home: Path, text: str) -> list[str]:
    folders = "".join(f"  {name}_temp_path {home / name};\n" for name in _TEMPORARY)
    configuration = home / "nginx.conf"
    configuration.write_text(text.replace("http {\n", "http {\n" + folders, 1), encoding="utf-8")
    user = "user root;" if os.getuid() == 0 else ""
    more = f"daemon off; worker_processes 1; pid {home / 'nginx.pid'}; {user}"
    return [program, "-p", str(home), "-c", str(configuration), "-e", str(home / "error.log"), "-g", more]


def _haproxy(program: str, home: Path, text: str) -> list[str]:
    configuration = home / "haproxy.cfg"
    configuration.write_text(text, encoding="utf-8")
    return [program, "-db", "-f", str(configuration)]


_COMMANDS: dict[str, Callable[[str, Path, str], list[str]]] = {NGINX: _nginx, HAPROXY: _haproxy}
