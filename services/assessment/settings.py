"""Settings of assessment's process."""

from chassis.runtime.settings import ServiceSettings


class AssessmentSettings(ServiceSettings):
    """The settings of every subgraph; assessment has none of its own."""
