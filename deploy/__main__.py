"""`python -m deploy run|demo|clock|status|endpoint|do|backup|restore-data|stop|reset`: the suite on this machine."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import urlsplit

import typer
from rich.console import Console

from chassis.clock import Clock, move_forward
from deploy.broker.definitions import queue_of
from deploy.local.home import HomeInUse, HomeLock, end_processes_of, lock_holder
from deploy.local.private_files import write_private
from deploy.local.process import StartFailed, die_with_parent
from deploy.local.secrets import Secrets
from deploy.local.suite import ROOT, Suite, module_of
from deploy.processes import MIGRATED, PRODUCERS
from deploy.seed.loading import LOGINS, Seed, load_once
from deploy.seed.logins import show
from kernel.reference import provinces

LOCAL = Path(os.environ.get("GUOPEI_LOCAL") or ROOT / ".local")
"""The folder of `make run`; tests give it another one, so that they leave a running suite alone."""
HOME = LOCAL / "run"
ENDPOINTS = LOCAL / "endpoints.json"
BACKUPS = LOCAL / "backups"
"""Where `make backup` puts them: outside the home, which `make reset` deletes."""
_STOP_SECONDS = 90
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_CLOCK = "make clock AT=2024-05-25T09:00"
cli = typer.Typer(add_completion=False, help=__doc__)
console, errors = Console(), Console(stderr=True)


def _time(text: str) -> datetime:
    """A time as an operator writes it, ISO 8601.

    Raises:
        BadParameter: It is none.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"不是时间 {text} is no time; for example: {_CLOCK}") from error


@cli.command()
def run(
    port: Annotated[int, typer.Option(help="The gateway's port; the next free one is taken.")] = 8000,
    seed: Annotated[Seed, typer.Option(help="What a fresh suite begins with.")] = Seed.ROUND,
) -> None:
    """Start everything, load the data the first time, print addresses and logins, and run until Ctrl-C."""
    _stop_on_signals()
    try:
        with console.status("正在启动 Starting …"):
            suite = Suite(HOME, gateway_port=port)
            ENDPOINTS.unlink(missing_ok=True)
            suite.start()
    except HomeInUse as error:
        console.print("已在运行 It runs already; Ctrl-C there or `make stop` stops it.")
        code = _show_running(error.holder)
        if (url := _running_url()) and urlsplit(url).port != port:
            console.print(f"它在端口 {urlsplit(url).port} 运行 It runs on that port; PORT={port} 不起作用 is ignored")
        raise typer.Exit(code) from error
    except StartFailed as failure:
        _fail(str(failure))
    try:
        with console.status("正在载入数据 Loading the data …"):
            logins = asyncio.run(load_once(suite, seed))
        write_private(ENDPOINTS, json.dumps(_endpoints(suite, logins), ensure_ascii=False, indent=2))
        _show(suite.url, suite.now(), logins, suite.metrics)
        if logins["seed"] != seed:
            console.print(f"保留原有数据 The data is that of SEED={logins['seed']}; for SEED={seed}: make reset")
        console.print("按 Ctrl-C 停止 Ctrl-C stops everything")
        _wait(suite)
    except StartFailed as failure:
        _fail(str(failure))
    except KeyboardInterrupt:
        return
    finally:
        for number in _SIGNALS:  # a second Ctrl-C does not cut the stop short; it ends within a limit of its own
            signal.signal(number, signal.SIG_IGN)
        with console.status("正在停止 Stopping …"):
            ENDPOINTS.unlink(missing_ok=True)
            suite.stop()


@cli.command()
def demo(keep: Annotated[bool, typer.Option("--keep", help="Leave the suite running.")] = False) -> None:
    """Play the whole round through the gateway on a fresh suite of its own."""
    from deploy.demo.play import play

    _stop_on_signals()
    raise typer.Exit(play(keep=keep))


@cli.command()
def clock(at: Annotated[datetime, typer.Argument(parser=_time, help="Domain time in Asia/Shanghai.")]) -> None:
    """Move the domain clock of the running suite forward."""
    try:
        moved = move_forward(HOME / "clock.json", at)
    except FileNotFoundError:
        _fail("还没有数据 There is no suite yet: `make run` first")
    except ValueError as error:
        _fail(str(error))
    console.print(f"现在是 It is now {moved:%Y-%m-%d %H:%M} (Asia/Shanghai)")


@cli.command()
def status() -> None:
    """Show whether the suite runs, where, and its logins."""
    raise typer.Exit(_show_running(lock_holder(HOME)))


@cli.command()
def endpoint(
    name: Annotated[str, typer.Argument(help="A key of endpoints.json, such as amqp or metrics.gateway.")],
) -> None:
    """Print an address of the running suite, for scripts."""
    found: Any = _endpoints_of_running()
    for part in name.split("."):
        found = found[part]
    print(found)


@cli.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})  # --help is the process's
def do(
    process: Annotated[str, typer.Argument(help=f"One of {', '.join(MIGRATED)}.")],
    command: Annotated[list[str], typer.Argument(help="Its command, such as: vault keys")],
) -> None:
    """Run an operator command of a service or the gateway, with the environment it has in the running suite."""
    if process not in MIGRATED:
        _fail(f"没有这个进程 No such process: {process}; ON= is {', '.join(MIGRATED)}")
    environment = os.environ | _endpoints_of_running()["environments"][process]
    os.execve(sys.executable, [sys.executable, "-m", module_of(process), *command], environment)  # noqa: S606 - no shell


@cli.command()
def backup() -> None:
    """Back up the databases of the running suite; prints each file's name."""
    endpoints = _endpoints_of_running()
    key = str(Secrets(HOME).backup_key)
    for service in PRODUCERS:
        arguments = ["dump", service, str(BACKUPS), "--key", key, "--admin", endpoints["mongodb"]]
        environment = os.environ | endpoints["environments"][service]
        done = subprocess.run([sys.executable, "-m", "deploy.backup", *arguments], env=environment, check=False)
        if done.returncode:
            raise typer.Exit(done.returncode)


@cli.command("restore-data")
def restore_data(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(PRODUCERS)}.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A backup, as `make backup` names it.")],
) -> None:
    """Put one database of `make run` back; refused while it runs. What the copy lacks is listed (ADR 69)."""
    if service not in PRODUCERS:
        _fail(f"没有备份的服务 {service} has no backup; ON= is {', '.join(PRODUCERS)}")
    try:
        suite = Suite(HOME)
    except HomeInUse:
        _fail("先停止 Stop it first: make stop")
    written = HOME / "environments.json"
    try:
        suite.parts.start()
        environments = json.dumps({"environments": {name: suite.settings(name) for name in PRODUCERS}})
        write_private(written, environments)
        arguments = ["restore", service, str(file), "--key", str(suite.parts.secrets.backup_key), "--replace"]
        arguments += ["--environments", str(written), "--reason", "make restore-data"]
        done = subprocess.run([sys.executable, "-m", "deploy.backup", *arguments], check=False)
    finally:
        written.unlink(missing_ok=True)  # it has every password
        suite.stop()
    if done.returncode:
        raise typer.Exit(done.returncode)
    console.print("完成 Done; make run")


@cli.command()
def stop() -> None:
    """Stop the suite that runs in another terminal, and wait until it has ended."""
    pid = lock_holder(HOME)
    if pid is None:
        console.print("没有在运行 It does not run")
        return
    what = _running_url() or "make run"
    os.kill(pid, signal.SIGTERM)
    with console.status("正在停止 Stopping …"):
        end = time.monotonic() + _STOP_SECONDS
        while lock_holder(HOME) == pid and time.monotonic() < end:
            time.sleep(0.1)
    if lock_holder(HOME) == pid:
        _fail(f"进程 {pid} 没有停止 Process {pid} did not stop within {_STOP_SECONDS} s")
    console.print(f"已停止 Stopped {what} (process {pid})")


@cli.command()
def reset() -> None:
    """Delete the data of `make run`; refused while it runs."""
    try:
        lock = HomeLock(HOME)
    except HomeInUse:
        _fail("先按 Ctrl-C 停止 Stop it with Ctrl-C first")
    end_processes_of(HOME)
    shutil.rmtree(HOME, ignore_errors=True)
    ENDPOINTS.unlink(missing_ok=True)
    lock.release()


def _endpoints_of_running() -> dict[str, Any]:
    """The content of `endpoints.json`, which the running suite has written for scripts."""
    if not ENDPOINTS.exists():
        _fail("没有在运行 It does not run: make run")
    endpoints: dict[str, Any] = json.loads(ENDPOINTS.read_text(encoding="utf-8"))
    return endpoints


def _running_url() -> str | None:
    """The root URL of the running suite's gateway; None while it starts."""
    if not ENDPOINTS.exists():
        return None
    graph: str = json.loads(ENDPOINTS.read_text(encoding="utf-8"))["graphql"]
    return graph.removesuffix("/graphql")


def _fail(message: str) -> NoReturn:
    errors.print(message, style="red", markup=False)
    raise typer.Exit(1)


def _stop_on_signals() -> None:
    """Turn SIGINT and SIGTERM into KeyboardInterrupt, also in the background, where shells have SIGINT ignored.

    Under `make` the suite ends with it, even where `make` is killed; started from a shell it does not depend on that.
    """
    for number in _SIGNALS:
        signal.signal(number, signal.default_int_handler)
    if "MAKELEVEL" in os.environ:
        die_with_parent()


def _show_running(process: int | None) -> int:
    """Print the running suite's addresses and logins; returns the exit code."""
    if process is None:
        console.print("没有在运行 It does not run: make run")
        return 1
    url = _running_url()
    if url is None:
        console.print(f"正在启动 It is starting (process {process})")
        return 0
    logins = json.loads((HOME / LOGINS).read_text(encoding="utf-8"))
    _show(url, Clock(HOME / "clock.json").now(), logins, _endpoints_of_running()["metrics"])
    return 0


def _endpoints(suite: Suite, logins: dict[str, Any]) -> dict[str, Any]:
    """The content of `endpoints.json`: addresses, accounts with their password, and the environment of each process."""
    everybody = [*logins["logins"], *logins.get("others", [])]
    first = {scope: login for scope, login, _ in reversed(everybody)}
    parts = suite.parts
    return {
        "graphql": f"{suite.url}/graphql",
        "auth": f"{suite.url}/auth",
        "amqp": parts.amqp_url("admin"),
        "management": parts.management_url(),
        "mongodb": parts.mongodb_url("admin"),
        "password": logins["password"],
        "logins": [{"scope": scope, "login": login, "who": who} for scope, login, who in everybody],
        "accounts": {scope: {"login": login, "password": logins["password"]} for scope, login in first.items()},
        "province_queues": {
            code: {"url": parts.amqp_url(queue_of(code)), "queue": queue_of(code)} for code in provinces()
        },
        "metrics": suite.metrics,
        "environments": {name: suite.settings(name) for name in MIGRATED},
    }


def _show(url: str, now: datetime, logins: dict[str, Any], metrics: dict[str, str]) -> None:
    show(console, url, logins)
    console.print(f"指标 metrics    {'  '.join(metrics.values())}")
    tomorrow = now + timedelta(days=1)
    console.print(f"业务时间 domain time {now:%Y-%m-%d %H:%M} → make clock AT={tomorrow:%Y-%m-%d}T09:00")


def _wait(suite: Suite) -> None:
    """Watch the processes until a signal comes.

    Raises:
        KeyboardInterrupt: A signal has come.
        StartFailed: A process has ended although nobody stopped it.
    """
    while True:
        for child in suite.dead():
            raise StartFailed(f"{child.name} 已退出 has ended: {child.end()}; the end of {child.log}:\n{child.tail()}")
        time.sleep(0.5)


if __name__ == "__main__":
    cli()
