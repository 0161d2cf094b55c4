"""The versions of the indicators, read from the reference data once (R38, ADR 56)."""

from functools import cache
from hashlib import sha256

import msgspec

from kernel.encoding import canonical
from kernel.reference import rubric_data, rubric_versions
from services.assessment.domain.refusals import RUBRIC_UNKNOWN
from services.assessment.domain.rubric import Rubric


def require_rubric(version: str) -> Rubric:
    """The indicators of that version.

    Raises:
        Refusal: `RUBRIC_UNKNOWN`.
    """
    if version not in rubric_versions():
        raise RUBRIC_UNKNOWN(rubric=version)
    return _rubric(version)


@cache
def rubric_sha256(version: str) -> str:
    """The hash of the canonical JSON of a version that is on file."""
    return sha256(canonical(rubric_data(version))).hexdigest()


@cache
def _rubric(version: str) -> Rubric:
    return msgspec.convert(rubric_data(version), Rubric)
