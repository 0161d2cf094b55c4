"""Until when a certificate holds is shown, for `CertificateEnds` (R32)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from prometheus_client import REGISTRY

from chassis.runtime.certificates import say_end

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def sealed(until: datetime, password: bytes) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "seal")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(NOW - timedelta(days=900)).not_valid_after(until).sign(key, hashes.SHA256())
    return pkcs12.serialize_key_and_certificates(b"seal", key, certificate, None, BestAvailableEncryption(password))


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "seal.password"
    file.write_bytes(b"opens it\n")
    return file


def shown() -> float | None:
    return REGISTRY.get_sample_value("guopei_certificate_ends_seconds", {"certificate": "test"})


def test_the_certificate_of_the_key_that_seals_counts(tmp_path: Path, password: Path) -> None:
    file, until = tmp_path / "seal.p12", NOW + timedelta(days=300)
    file.write_bytes(sealed(until, b"opens it"))
    say_end("test", file, password)
    assert shown() == until.timestamp()


@pytest.mark.parametrize("content", [None, b"", b"no certificate", sealed(NOW + timedelta(days=9), b"of another")])
def test_a_file_without_a_certificate_that_can_be_read_shows_one_that_has_ended(
    tmp_path: Path, password: Path, content: bytes | None
) -> None:
    file = tmp_path / "seal.p12"
    if content is not None:
        file.write_bytes(content)
    say_end("test", file, password)
    assert shown() == 0
