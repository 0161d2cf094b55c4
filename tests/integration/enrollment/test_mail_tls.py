"""R24: the connection to a mail server is protected, its certificate checked, and a password seen by nobody else."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.enrollment.commands import deliver_pending
from services.enrollment.messaging.smtp import Server, SmtpMailer
from tests.integration.enrollment.mail_server import MailServer, listening
from tests.integration.enrollment.season import Season
from tests.integration.enrollment.test_mail import EMAIL, QUICK, decided, mails_of, sends_mail

PASSWORD = "pa55-w0rd"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for this machine that nobody else trusts, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
        .sign(key, SHA256())
    )
    file = tmp_path / "mail.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


def protected(certificate: Path) -> dict[str, Any]:
    """A server that takes nothing without STARTTLS and a login."""

    def login(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        del server, session, envelope, mechanism
        return AuthResult(success=given.password == PASSWORD.encode(), handled=False)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": login}


async def sent(season: Season, mail: MailServer, **changes: Any) -> tuple[Any, Any]:
    """State and fault of a mail that was sent once.

    Args:
        season: The round.
        mail: The mail server.
        changes: What differs from the default settings of the connection.
    """
    server = Server(host="127.0.0.1", port=mail.port, sender="noreply@guopei.example.cn", **changes)
    patient = replace(QUICK, claim=timedelta(minutes=1))
    season.deps = replace(sends_mail(season.deps, mail.port, patient), mailer=SmtpMailer(server))
    key = await decided(season)
    await deliver_pending(season.deps, EMAIL)
    delivery = (await mails_of(season, key))["TRAINEE"]
    return delivery["state"], delivery["fault"]


async def test_mail_goes_over_starttls_after_a_login(
    season: Season, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with listening(MailServer(), **protected(certificate)) as mail:
        assert await sent(season, mail, user="guopei", password=PASSWORD) == ("DELIVERED", None)
        assert len(mail.mails) == 1


async def test_a_wrong_password_waits_to_be_mended(
    season: Season, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with listening(MailServer(), **protected(certificate)) as mail:
        assert await sent(season, mail, user="guopei", password="wrong") == ("PENDING", "AUTHENTICATION")


async def test_a_server_whose_certificate_is_not_trusted_gets_nothing(season: Season, certificate: Path) -> None:
    async with listening(MailServer(), **protected(certificate)) as mail:
        assert await sent(season, mail, user="guopei", password=PASSWORD) == ("PENDING", "TLS")
        assert mail.mails == []


async def test_a_server_without_tls_is_not_spoken_to_in_plain(season: Season) -> None:
    async with listening(MailServer()) as mail:
        assert await sent(season, mail) == ("PENDING", "UNSUPPORTED")
        assert mail.mails == []
