"""`python -m services.enrollment [api|relay|worker]`: one process of enrolment; by default all its parts.

`schools import FILE` puts a list of schools on file instead; `vault …` is for the sealed numbers.
"""

import sys

from chassis.runtime.telemetry import configure_logs, configure_traces
from chassis.serving.process import chosen_role, serve
from chassis.storage.rotation import commands
from services.enrollment.app import build
from services.enrollment.console import cli
from services.enrollment.messaging.tasks import SERVICE
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import SEALED


def main(arguments: list[str]) -> None:
    """Serve, or do what the command line asks for."""
    if arguments[:1] == ["schools"]:
        cli(arguments, prog_name="python -m services.enrollment")
        return
    if arguments[:1] == ["vault"]:
        commands(SEALED)()
    settings = EnrollmentSettings()
    configure_logs(SERVICE)
    configure_traces(SERVICE, settings.traces_file)
    serve(build(settings, chosen_role(arguments, settings.role)), settings.host, settings.port)


if __name__ == "__main__":
    main(sys.argv[1:])
