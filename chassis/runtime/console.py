"""Operator commands of a process: one Typer application each, exit codes, and who acts, for the audit (R40).

Exit codes: 0 done; 1 something is wrong with the data, or was refused; 2 bad usage, or the database is away.
"""

import getpass
from typing import Annotated

import typer

from chassis.context import Act

WRONG, UNAVAILABLE = 1, 2
"""Exit codes."""
Operator = Annotated[str, typer.Option("--as", help="Who acts, for the audit (R40); the system's user by default.")]


def console(text: str) -> typer.Typer:
    """A command line, or a group of its commands; a traceback shows no local variables, for they hold secrets.

    Args:
        text: What it is for, one sentence.
    """
    return typer.Typer(add_completion=False, help=text, no_args_is_help=True, pretty_exceptions_show_locals=False)


def act_of(operator: str) -> Act:
    """The act of an operator by name, or of the system's user.

    Raises:
        BadParameter: No name is given, and the system's user has none.
    """
    try:
        return Act(operator=operator or getpass.getuser())
    except (KeyError, OSError) as error:  # a container's user without a name
        raise typer.BadParameter("请指明操作人 say who acts: --as NAME") from error


def database_is_away(error: Exception) -> typer.Exit:
    """Say so, without an address or a secret; the exit to raise."""
    typer.echo(f"数据库没有应答 the database does not answer: {type(error).__name__}", err=True)
    return typer.Exit(UNAVAILABLE)
