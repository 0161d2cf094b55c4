"""`python -m deploy.broker definitions|fill|revoke|readmit`: the broker's definitions, and a province's access."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.broker import definitions as generated
from deploy.broker.management import Management, ManagementError
from deploy.broker.revocation import readmit, revoke

cli = typer.Typer(add_completion=False, help=__doc__)
Province = Annotated[str, typer.Argument(help="Two-digit code, such as 44.")]
Url = Annotated[
    str,
    typer.Option(envvar="RABBITMQ_MANAGEMENT_URL", help="http://user:password@host:port of an administrator."),
]


@cli.command("definitions")
def write() -> None:
    """Write definitions.json from the reference data; it holds no password."""
    generated.FILE.write_text(generated.text(), encoding="utf-8")


@cli.command()
def fill(
    passwords: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON object: user to password.")],
) -> None:
    """Print the definitions with password hashes, for the broker's `load_definitions`; the output is a secret."""
    password_by_user: dict[str, str] = json.loads(passwords.read_text(encoding="utf-8"))
    missing = [user["name"] for user in generated.definitions()["users"] if not password_by_user.get(user["name"])]
    if missing:
        _fail(f"没有密码 no password for: {', '.join(missing)}")
    json.dump(generated.with_passwords(password_by_user.__getitem__), sys.stdout, ensure_ascii=False, indent=2)


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


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    cli()
