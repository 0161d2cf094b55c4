"""`python -m deploy.broker COMMAND`: the broker's definitions, their way to a running broker, a province's access."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.broker import definitions as generated
from deploy.broker.loading import TooFewNodesError, load, read_passwords, wait_for_nodes
from deploy.broker.management import Management, ManagementError
from deploy.broker.members import queues_with_too_few
from deploy.broker.revocation import exchange_password, readmit, revoke
from deploy.broker.upgrade import load_permissions, load_topology

cli = typer.Typer(add_completion=False, help=__doc__)
Province = Annotated[str, typer.Argument(help="Two-digit code, such as 44.")]
Passwords = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON object: user to password.")]
Url = Annotated[
    str,
    typer.Option(envvar="RABBITMQ_MANAGEMENT_URL", help="http://user:password@host:port of an administrator."),
]


@cli.command("definitions")
def write() -> None:
    """Write definitions.json from the reference data; it holds no password."""
    generated.FILE.write_text(generated.text(), encoding="utf-8")


@cli.command()
def fill(passwords: Passwords) -> None:
    """Print the definitions with password hashes, for the broker's `load_definitions`; the output is a secret."""
    password_by_user: dict[str, str] = json.loads(passwords.read_text(encoding="utf-8"))
    missing = [user["name"] for user in generated.definitions()["users"] if not password_by_user.get(user["name"])]
    if missing:
        _fail(f"没有密码 no password for: {', '.join(missing)}")
    json.dump(generated.with_passwords(password_by_user.__getitem__), sys.stdout, ensure_ascii=False, indent=2)


@cli.command()
def topology(url: Url) -> None:
    """Give a running broker the definitions' exchanges, queues and bindings, and take from it bindings that they lack.

    Before the processes of a release are rolled out. Events that wait stay.
    """
    try:
        removed = load_topology(Management(url))
    except ManagementError as error:
        _fail(str(error))
    for binding in removed:
        typer.echo(f"已解除绑定 unbound: {binding}")
    typer.echo("已载入交换机、队列与绑定 exchanges, queues and bindings are loaded")


@cli.command()
def permissions(url: Url) -> None:
    """Give the users of a running broker the definitions' permissions, once no process of the former release is left.

    A process of the former release may need rights that these take away. A province whose access is revoked stays out.
    """
    try:
        load_permissions(Management(url))
    except ManagementError as error:
        _fail(str(error))
    typer.echo("已载入权限 permissions are loaded")


@cli.command("load")
def load_(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A file for each user: its password.")],
    url: Url,
    nodes: Annotated[int, typer.Option(min=1, help="How many nodes the broker has.")] = 3,
    wait: Annotated[float, typer.Option(help="Seconds to wait for them.")] = 900,
) -> None:
    """Load users, rights and queues into a new broker when all nodes are there; into another what `topology` loads.

    Ends with 1 where a quorum queue lacks a member.
    """
    broker = Management(url)
    try:
        passwords = read_passwords(folder)
        wait_for_nodes(broker, nodes, wait)
        new = load(broker, passwords)
    except ValueError as error:
        _fail(f"没有密码 no password for: {error}")
    except (TooFewNodesError, ManagementError) as error:
        _fail(f"未载入 nothing was loaded: {error}")
    typer.echo(
        "已载入全部定义 all definitions are loaded" if new else "已载入交换机、队列与绑定 the topology is loaded"
    )
    members(url)


@cli.command()
def members(url: Url) -> None:
    """Name the quorum queues that lack a member on a node, and how they get it; ends with 1 if there are any."""
    try:
        lacking = queues_with_too_few(Management(url))
    except ManagementError as error:
        _fail(str(error))
    for queue, nodes in lacking.items():
        typer.echo(f"{queue}: 缺少成员 no member on {', '.join(nodes)}")
    for node in sorted({node for nodes in lacking.values() for node in nodes}):
        typer.echo(f"rabbitmq-queues grow {node} all")
    if lacking:
        raise typer.Exit(1)
    typer.echo("每个队列在每个节点都有成员 every queue has a member on every node")


@cli.command("revoke")
def revoke_access(province: Province, url: Url) -> None:
    """Revoke a province's access and close its open connections."""
    try:
        closed = revoke(Management(url), province)
    except (ValueError, ManagementError) as error:
        _fail(str(error))
    typer.echo(f"已撤销 revoked: province.{province}; 断开连接 connections closed: {closed}")


@cli.command("readmit")
def readmit_access(province: Province, url: Url) -> None:
    """Give a province its access back."""
    try:
        readmit(Management(url), province)
    except (ValueError, ManagementError) as error:
        _fail(str(error))
    typer.echo(f"已恢复接入 readmitted: province.{province}")


@cli.command("password")
def password_of_province(province: Province, passwords: Passwords, url: Url) -> None:
    """Give a province's user on a running broker its password in the file; connections of the old one stay open."""
    user = generated.queue_of(province)
    password = json.loads(passwords.read_text(encoding="utf-8")).get(user)
    if not password:
        _fail(f"没有密码 no password for: {user}")
    try:
        exchange_password(Management(url), province, password)
    except (ValueError, ManagementError) as error:
        _fail(str(error))
    typer.echo(f"已更换密码 password exchanged: {user}")


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    cli()
