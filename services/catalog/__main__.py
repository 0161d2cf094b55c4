"""`python -m services.catalog [api|relay|worker]`: one process of the catalog.

`quotas …` compares the quotas, `vault …` is for the sealed numbers.
"""

import sys

from chassis.runtime.telemetry import configure_logs, configure_traces
from chassis.serving.process import chosen_role, serve
from chassis.storage.rotation import commands
from services.catalog.app import build
from services.catalog.console import cli
from services.catalog.messaging import SERVICE
from services.catalog.settings import CatalogSettings
from services.catalog.store import SEALED

if __name__ == "__main__":
    if sys.argv[1:2] == ["quotas"]:
        cli()
    if sys.argv[1:2] == ["vault"]:
        commands(SEALED)()
    settings = CatalogSettings()
    configure_logs(SERVICE)
    configure_traces(SERVICE, settings.traces_file)
    serve(build(settings, chosen_role(sys.argv[1:], settings.role)), settings.host, settings.port)
