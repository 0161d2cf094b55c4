"""The logins of a seeded suite: as a file stores them, and as they are shown to whoever runs it."""

from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.load import SeedResult


def logins_of(provisioner: AccountProvisioner, seeded: SeedResult) -> dict[str, Any]:
    """The logins of a suite.

    Args:
        provisioner: What created the accounts.
        seeded: What was seeded.

    Returns:
        `password` of all, `logins` as rows of scope, login and whom it is for, `initial` login to one-time code.
    """
    return {"password": provisioner.password, "logins": seeded.logins, "initial": provisioner.codes}


def show(console: Console, url: str, logins: dict[str, Any]) -> None:
    """Print the logins of a suite and its addresses.

    Args:
        console: Where to print.
        url: The gateway's root URL.
        logins: As `logins_of` gives them.
    """
    table = Table(title="登录账号 Logins", title_justify="left")
    for heading in ("角色 scope", "登录名 login", "用户 who"):
        table.add_column(heading)
    for row in logins["logins"]:
        table.add_row(*row)
    for login, code in logins["initial"].items():
        table.add_row("expert", login, f"初始状态，激活码 initial, one-time code: {code}")
    console.print(table)
    console.print(f"密码 password of all: [bold]{logins['password']}")
    console.print(f"图接口 graph    {url}/graphql")
    console.print(f"浏览器 explorer {url}/")
