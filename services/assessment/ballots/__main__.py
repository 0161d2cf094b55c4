"""`python -m services.assessment.ballots`: serve the ballot box, in one process only, or `migrate` its database."""

import logging

import structlog
import typer

from chassis.serving.process import serve
from chassis.storage.migration import migrate_command
from services.assessment.ballots.app import build
from services.assessment.ballots.migrations import MIGRATIONS
from services.assessment.ballots.settings import BallotsDatabase, BallotsSettings

root = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_show_locals=False)
root.command("migrate")(migrate_command(MIGRATIONS, BallotsDatabase))


@root.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Serve until SIGTERM, or run a command."""
    if context.invoked_subcommand:
        return
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    settings = BallotsSettings()
    serve(build(settings), settings.host, settings.port, settings.server)


if __name__ == "__main__":
    root(prog_name="python -m services.assessment.ballots")
