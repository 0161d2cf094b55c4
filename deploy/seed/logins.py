"""The logins of a seeded suite: as a file stores them, and as they are shown to whoever runs it."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.seed.account_provisioner import AccountProvisioner

Login = tuple[str, str, str]
"""Scope, login name, and whom it is for."""


def logins_of(provisioner: AccountProvisioner, shown: Sequence[Login], others: Sequence[Login] = ()) -> dict[str, Any]:
    """The logins of a suite.

    Args:
        provisioner: What created the accounts.
        shown: The accounts that are printed.
        others: Accounts that are kept for programs only.

    Returns:
        `password` of all, `logins` and `others` as given, `initial` login to one-time code.
    """
    return {
        "password": provisioner.password,
        "logins": list(shown),
        "others": list(others),
        "initial": provisioner.codes,
    }


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
    if others := logins.get("others"):
        console.print(f"另有 {len(others)} 个账号，见 {len(others)} more accounts are in .local/endpoints.json")
    console.print(f"密码 password of all: [bold]{logins['password']}")
    console.print(f"图接口 graph    {url}/graphql")
    console.print(f"网页 front ends {url}/  图形化浏览器 explorer {url}/explorer/")
