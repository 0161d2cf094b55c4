"""`python -m services.enrollment`: one process of enrolment."""

from chassis.process import serve
from chassis.telemetry import configure_logs, configure_traces
from services.enrollment.app import build
from services.enrollment.messaging import SERVICE
from services.enrollment.settings import EnrollmentSettings

if __name__ == "__main__":
    settings = EnrollmentSettings()
    configure_logs(SERVICE)
    configure_traces(SERVICE)
    serve(build(settings), settings.host, settings.port)
