"""Settings of assessment's process."""

from chassis.runtime.settings import ServiceSettings


class AssessmentSettings(ServiceSettings):
    """What assessment needs: what every subgraph needs."""
