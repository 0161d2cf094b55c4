"""`python -m services.enrollment`: one process of enrollment, or an operator's command; `--help` lists them."""

from chassis.serving.process import main
from services.enrollment.app import build
from services.enrollment.console import commands
from services.enrollment.migrations import MIGRATIONS
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import SEALED

if __name__ == "__main__":
    main("enrollment", commands, build=build, settings=EnrollmentSettings, migrations=MIGRATIONS, sealed=SEALED)
