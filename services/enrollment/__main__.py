"""`python -m services.enrollment [api|relay|worker]`: one process of enrolment; by default all its parts."""

import sys

from chassis.process import chosen_role, serve
from chassis.telemetry import configure_logs, configure_traces
from services.enrollment.app import build
from services.enrollment.messaging import SERVICE
from services.enrollment.settings import EnrollmentSettings

if __name__ == "__main__":
    settings = EnrollmentSettings()
    configure_logs(SERVICE)
    configure_traces(SERVICE, settings.traces_file)
    serve(build(settings, chosen_role(sys.argv[1:], settings.role)), settings.host, settings.port)
