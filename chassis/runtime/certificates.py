"""Until when the certificates hold that a process works with."""

from pathlib import Path

import structlog
from cryptography.hazmat.primitives.serialization import pkcs12
from prometheus_client import Gauge

ENDS = Gauge("guopei_certificate_ends_seconds", "Until when a certificate holds, since the epoch", ["certificate"])
log = structlog.get_logger()


def say_end(certificate: str, file: Path, password: Path) -> None:
    """Show until when the certificate of a PKCS #12 file holds; 0 where there is none that can be read.

    Args:
        certificate: What it is for.
        file: The key with its certificate, as it is used.
        password: The file with its password.
    """
    ends = 0.0
    try:
        held = pkcs12.load_pkcs12(file.read_bytes(), password.read_bytes().strip()).cert
        ends = held.certificate.not_valid_after_utc.timestamp() if held else 0.0
    except (OSError, ValueError) as error:
        log.warning("certificate cannot be read", file=file.name, error=type(error).__name__)
    ENDS.labels(certificate).set(ends)
