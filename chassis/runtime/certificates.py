"""Until when the certificates hold that a process works with."""

from pathlib import Path

import structlog
from cryptography import x509
from prometheus_client import Gauge

ENDS = Gauge("guopei_certificate_ends_seconds", "Until when a certificate holds, since the epoch", ["certificate"])
log = structlog.get_logger()


def say_end(certificate: str, file: Path) -> None:
    """Show until when the newest certificate of a PEM file holds; 0 where there is none that can be read.

    Args:
        certificate: What it is for.
        file: The certificates, past ones too.
    """
    try:
        held = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        log.warning("certificates cannot be read", file=file.name, error=type(error).__name__)
        held = []
    ENDS.labels(certificate).set(max((each.not_valid_after_utc.timestamp() for each in held), default=0))
