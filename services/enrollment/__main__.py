"""`python -m services.enrollment [api|relay|worker]`: one process of enrolment; `vault …` is for its sealed numbers."""

import sys

from chassis.process import chosen_role, serve
from chassis.rotation import commands
from chassis.telemetry import configure_logs, configure_traces
from services.enrollment.app import build
from services.enrollment.messaging import SERVICE
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import SEALED

if __name__ == "__main__":
    if sys.argv[1:2] == ["vault"]:
        commands(SEALED)()
    settings = EnrollmentSettings()
    configure_logs(SERVICE)
    configure_traces(SERVICE, settings.traces_file)
    serve(build(settings, chosen_role(sys.argv[1:], settings.role)), settings.host, settings.port)
