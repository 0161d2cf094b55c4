"""`python -m services.catalog`: one process of the catalog."""

from chassis.process import serve
from chassis.telemetry import configure_logs, configure_traces
from services.catalog.app import build
from services.catalog.messaging import SERVICE
from services.catalog.settings import CatalogSettings

if __name__ == "__main__":
    settings = CatalogSettings()
    configure_logs(SERVICE)
    configure_traces(SERVICE)
    serve(build(settings), settings.host, settings.port)
