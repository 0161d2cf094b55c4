"""Until when a certificate holds is shown, for `CertificateEnds` (R32)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from prometheus_client import REGISTRY

from chassis.runtime.certificates import say_end

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def pem(until: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "seal")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(NOW - timedelta(days=900)).not_valid_after(until).sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM)


def shown() -> float | None:
    return REGISTRY.get_sample_value("guopei_certificate_ends_seconds", {"certificate": "test"})


def test_the_newest_of_several_certificates_counts_for_past_ones_stay_in_the_file(tmp_path: Path) -> None:
    file, until = tmp_path / "seal.pem", NOW + timedelta(days=300)
    file.write_bytes(pem(NOW - timedelta(days=20)) + pem(until) + pem(NOW))
    say_end("test", file)
    assert shown() == until.timestamp()


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_file_without_a_certificate_shows_one_that_has_ended(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "seal.pem"
    if content is not None:
        file.write_bytes(content)
    say_end("test", file)
    assert shown() == 0
