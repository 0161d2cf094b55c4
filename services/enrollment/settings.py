"""Settings of enrolment's process."""

from pathlib import Path

from chassis.settings import ServiceSettings


class EnrollmentSettings(ServiceSettings):
    """What enrolment needs besides what every subgraph needs.

    Attributes:
        vault_file: The keys that seal ID numbers and mobiles (R41).
    """

    vault_file: Path
