"""Who works at a process's command line, for the audit (R40)."""

import getpass
from typing import Annotated

import typer

from chassis.context import Act

Operator = Annotated[str, typer.Option("--as", help="Who acts, for the audit (R40); the system's user by default.")]


def act_of(operator: str) -> Act:
    """The act of an operator by name, or of the system's user.

    Raises:
        BadParameter: No name is given, and the system's user has none.
    """
    try:
        return Act(operator=operator or getpass.getuser())
    except (KeyError, OSError) as error:  # a container's user without a name
        raise typer.BadParameter("请指明操作人 say who acts: --as NAME") from error
