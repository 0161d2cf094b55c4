"""Operator commands of a process: the Typer application, exit codes, and who acts, for the audit log (R40).

Exit codes: 0 done; 1 the data is wrong, or the command was refused; 2 bad usage, or the database is away.
"""

import getpass
from typing import Annotated

import typer

from chassis.context import Act

WRONG, UNAVAILABLE = 1, 2
"""The exit codes that are not 0."""
FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"]
"""How an operator may write an instant."""
MongoUrl = Annotated[
    str, typer.Option("--url", envvar="MONGODB_URL", help="The service's database user.", show_default=False)
]
Name = Annotated[str, typer.Option(envvar="MONGODB_DATABASE", help="The service's database.", show_default=False)]
Operator = Annotated[str, typer.Option("--as", help="Who acts, for the audit (R40); the system's user by default.")]


def console(text: str) -> typer.Typer:
    """A command line, or a group of its commands; tracebacks show no local variables, for these hold secrets.

    Args:
        text: One sentence for `--help`.
    """
    return typer.Typer(add_completion=False, help=text, no_args_is_help=True, pretty_exceptions_show_locals=False)


def act_of(operator: str) -> Act:
    """The act of an operator.

    Args:
        operator: The name that was passed; empty for the system's user.

    Raises:
        BadParameter: No name was passed, and the system's user has none.
    """
    try:
        return Act(operator=operator or getpass.getuser())
    except (KeyError, OSError) as error:  # a container's user without a name
        raise typer.BadParameter("请指明操作人 say who acts: --as NAME") from error


def database_is_away(error: Exception) -> typer.Exit:
    """Print that the database does not answer, without address or secret; returns the exit to raise."""
    typer.echo(f"数据库没有应答 the database does not answer: {type(error).__name__}", err=True)
    return typer.Exit(UNAVAILABLE)
