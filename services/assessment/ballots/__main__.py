"""`python -m services.assessment.ballots`: serve the ballot box, in one process only."""

import logging

import structlog

from chassis.serving.process import serve
from services.assessment.ballots.app import build
from services.assessment.ballots.settings import BallotsSettings


def main() -> None:
    """Serve until SIGTERM."""
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
    main()
