"""`python -m deploy.local run|demo|clock|reset`: the suite on this machine."""

import asyncio
import json
import secrets
import shutil
import signal
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer
from rich.console import Console
from rich.table import Table

from chassis.reference import provinces
from deploy.local.accounts import Desk
from deploy.local.definitions import queue_of
from deploy.local.process import StartFailed
from deploy.local.secrets import write_private
from deploy.local.seed import seed
from deploy.local.suite import ROOT, Suite

HOME = ROOT / ".local" / "run"
ENDPOINTS = ROOT / ".local" / "endpoints.json"
cli = typer.Typer(add_completion=False, help=__doc__)
console = Console()


@cli.command()
def run(port: Annotated[int, typer.Option(help="The gateway's port, or the next free one.")] = 8000) -> None:
    """Start everything, load the round once, print where to look, and go on until Ctrl-C."""
    try:
        with console.status("正在启动 Starting …"):
            suite = Suite(HOME, gateway_port=port).start()
    except StartFailed as failure:
        console.print(f"[red]{failure}")
        raise typer.Exit(1) from failure
    try:
        with console.status("正在载入2024年轮次 Loading the 2024 round …"):
            logins = asyncio.run(_logins(suite))
        write_private(ENDPOINTS, json.dumps(_endpoints(suite, logins), ensure_ascii=False, indent=2))
        _show(suite, logins)
        _wait(suite)
    finally:
        with console.status("正在停止 Stopping …"):
            suite.stop()


@cli.command()
def demo(keep: Annotated[bool, typer.Option("--keep", help="Leave the suite running.")] = False) -> None:
    """Play the whole round through the gateway on a fresh suite of its own."""
    from deploy.local.demo import play

    raise typer.Exit(play(keep=keep))


@cli.command()
def clock(at: Annotated[datetime, typer.Argument(help="Domain time in Asia/Shanghai.")]) -> None:
    """Move the domain clock of the running suite forward."""
    from chassis.clock import move_forward

    try:
        moved = move_forward(HOME / "clock.json", at)
    except ValueError as error:
        console.print(f"[red]{error}")
        raise typer.Exit(1) from error
    console.print(f"现在是 It is now {moved:%Y-%m-%d %H:%M} (Asia/Shanghai)")


@cli.command()
def reset() -> None:
    """Drop the data of `make run`; refused while it runs."""
    if _running(HOME):
        console.print("[red]先按 Ctrl-C 停止 Stop it with Ctrl-C first")
        raise typer.Exit(1)
    shutil.rmtree(HOME, ignore_errors=True)
    ENDPOINTS.unlink(missing_ok=True)


async def _logins(suite: Suite) -> dict[str, Any]:
    """The accounts of this home; the data is loaded on its first start only."""
    kept = suite.home / "logins.json"
    if not kept.exists():
        async with aiohttp.ClientSession() as http:
            desk = Desk(suite, http, f"Guopei-{secrets.token_hex(4)}")
            cast = await seed(desk)
        content = {"password": desk.password, "logins": cast.logins, "initial": desk.codes}
        write_private(kept, json.dumps(content, ensure_ascii=False))
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _endpoints(suite: Suite, logins: dict[str, Any]) -> dict[str, Any]:
    first = {scope: login for scope, login, _ in reversed(logins["logins"])}
    parts = suite.parts
    return {
        "graphql": f"{suite.url}/graphql",
        "auth": f"{suite.url}/auth",
        "amqp": parts.amqp_url("admin"),
        "mongodb": parts.mongodb_url("admin"),
        "accounts": {scope: {"login": login, "password": logins["password"]} for scope, login in first.items()},
        "province_queues": {
            code: {"url": parts.amqp_url(queue_of(code)), "queue": queue_of(code)} for code in provinces()
        },
    }


def _show(suite: Suite, logins: dict[str, Any]) -> None:
    table = Table(title="登录账号 Logins", title_justify="left")
    for heading in ("角色 scope", "登录名 login", "用户 who"):
        table.add_column(heading)
    for row in logins["logins"]:
        table.add_row(*row)
    for login, code in logins["initial"].items():
        table.add_row("expert", login, f"初始状态，激活码 initial, one-time code: {code}")
    console.print(table)
    console.print(f"密码 password of all: [bold]{logins['password']}")
    console.print(f"图接口 graph    {suite.url}/graphql")
    console.print(f"浏览器 explorer {suite.url}/")
    console.print(f"业务时间 domain time {suite.now():%Y-%m-%d %H:%M} → make clock AT=2024-05-06T09:00")
    console.print("按 Ctrl-C 停止 Ctrl-C stops everything")


def _wait(suite: Suite) -> None:
    """Until a signal, or until a process ends by itself.

    Raises:
        Exit: A process has ended although nobody stopped it.
    """
    (HOME / "running").touch()
    stop = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    try:
        while signal.sigtimedwait(stop, 1.0) is None:
            for child in suite.dead():
                console.print(f"[red]{child.name} 已退出 has ended; {child.log}:\n{child.tail()}")
                raise typer.Exit(1)
    finally:
        (HOME / "running").unlink(missing_ok=True)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, stop)


def _running(home: Path) -> bool:
    return (home / "running").exists()


if __name__ == "__main__":
    cli()
