"""`python -m services.assessment`: serve assessment, or run an operator command; `--help` lists them."""

from chassis.serving.process import main
from services.assessment.app import build
from services.assessment.console import commands
from services.assessment.migrations import MIGRATIONS
from services.assessment.settings import AssessmentSettings
from services.assessment.store import SEALED

if __name__ == "__main__":
    main("assessment", commands, build=build, settings=AssessmentSettings, migrations=MIGRATIONS, sealed=SEALED)
