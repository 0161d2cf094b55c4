"""Keys of certificates for a local suite: a self-signed seal, and keys of some years (R32)."""

import json
import os
import secrets
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

from chassis.storage.yearly_keys import new_key
from deploy.local.private_files import write_private

_YEARS = range(2024, 2028)
_SEAL_DAYS = 3650
_NAME = "国培平台开发环境印章 (not a legal seal)"


def write_certificate_keys(folder: Path) -> None:
    """Write all files of a `KEYS_DIR`; `seal.pem` comes last.

    Args:
        folder: The folder; it is made.
    """
    for file, use in (("certificates.json", "certificates"), ("names.json", "names")):
        keys = [new_key(use, year).as_dict(private=True) for year in _YEARS]
        write_private(folder / file, json.dumps({"keys": keys}))
    vault = {
        "active": "k1",
        "keys": {"k1": b64encode(os.urandom(32)).decode()},
        "hash": b64encode(os.urandom(32)).decode(),
    }
    write_private(folder / "vault.json", json.dumps(vault))
    _write_seal(folder)


def _write_seal(folder: Path) -> None:
    key, password = ec.generate_private_key(ec.SECP256R1()), secrets.token_urlsafe(18)
    certificate = _certificate(key)
    encrypted = pkcs12.serialize_key_and_certificates(
        b"seal", key, certificate, None, BestAvailableEncryption(password.encode())
    )
    write_private(folder / "seal.password", password)
    write_private(folder / "seal.p12", encrypted)
    write_private(folder / "seal.pem", certificate.public_bytes(Encoding.PEM).decode())


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_SEAL_DAYS))
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
