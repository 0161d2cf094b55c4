"""Settings of assessment's process."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from chassis.runtime.settings import ServiceSettings


class AssessmentSettings(ServiceSettings):
    """The settings of every subgraph, and assessment's own.

    Attributes:
        vault_file: JSON file of the keys that seal what is kept of certificates, the secret of an inspection until its
            draw, and the private halves of token keys (R32, R34, R37).
        keys_dir: Folder of the keys of certificates (R32): `certificates.json` and `names.json`, JWK sets with a P-256
            key a year; `seal.p12` with `seal.password`, the seal of pages; `seal.pem`, the certificates of all seals,
            past ones too.
        certificate_origin: Where certificates are checked, such as `https://platform.example`; signed into each. The
            check-in page is there too.
        ballots_url: Where the worker reaches the ballot box; by default there is none, and no evaluation is held.
        ballots_secret_file: The file with the secret that the ballot box knows the worker by.
        register_keys_dir: The worker's folder of register keys; on a disk that no backup reads.
    """

    vault_file: Path
    keys_dir: Path
    certificate_origin: str = Field(pattern=r"^https?://[^/\s]+$")
    ballots_url: str | None = None
    ballots_secret_file: Path | None = None
    register_keys_dir: Path | None = None

    @model_validator(mode="after")
    def _evaluation_has_all_it_needs(self) -> Self:
        if self.ballots_url and not (self.ballots_secret_file and self.register_keys_dir):
            raise ValueError("BALLOTS_URL needs BALLOTS_SECRET_FILE and REGISTER_KEYS_DIR")
        return self
