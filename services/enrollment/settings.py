"""Settings of enrolment's process."""

from pathlib import Path

from chassis.settings import ServiceSettings


class EnrollmentSettings(ServiceSettings):
    """What enrolment needs besides what every subgraph needs.

    Attributes:
        vault_file: The keys that seal ID numbers and mobiles (R41).
        offer_hours: How many hours a school may think about an offered seat (R25); 48 by default.
    """

    vault_file: Path
    offer_hours: float = 48.0
