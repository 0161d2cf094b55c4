"""`python -m services.assessment [api|relay|worker]`: one process of assessment; `audit …` is the audit's commands."""

import sys

from chassis.runtime.telemetry import configure_logs, configure_traces
from chassis.serving.process import chosen_role, serve
from services.assessment.app import build
from services.assessment.console import cli
from services.assessment.messaging.tasks import SERVICE
from services.assessment.settings import AssessmentSettings

if __name__ == "__main__":
    if sys.argv[1:2] == ["audit"]:
        cli()
    settings = AssessmentSettings()
    configure_logs(SERVICE)
    configure_traces(SERVICE, settings.traces_file)
    serve(build(settings, chosen_role(sys.argv[1:], settings.role)), settings.host, settings.port)
