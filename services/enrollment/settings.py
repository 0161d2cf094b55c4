"""Settings of enrollment's process."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from chassis.runtime.settings import ServiceSettings
from kernel.errors import Refusal
from kernel.identifiers import email


class Tls(StrEnum):
    """How the connection to the mail server is protected; certificates are always checked."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class EnrollmentSettings(ServiceSettings):
    """What enrollment needs besides what every subgraph needs.

    Attributes:
        vault_file: The keys that seal ID numbers and mobiles (R41).
        offer_hours: How many hours a school may think about an offered seat (R25), more than none; 48 by default.
        smtp_host: The mail server that feedback is also sent by (R24); none by default, and then no mail is sent.
        smtp_port: Its port; by default what `smtp_tls` usually has.
        smtp_from: The address that mail comes from.
        smtp_user: Whom to log in as; nobody by default.
        smtp_password: The password.
        smtp_tls: `starttls` by default, `tls` from the first byte, or `none` for a relay on the same host.
        smtp_seconds: How long one mail may take.
    """

    vault_file: Path
    offer_hours: float = Field(default=48.0, gt=0)
    smtp_host: str | None = None
    smtp_port: int | None = None
    smtp_from: str | None = None
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Tls = Tls.STARTTLS
    smtp_seconds: float = 30.0

    @model_validator(mode="after")
    def _mail_is_whole_and_passwords_are_protected(self) -> Self:
        if self.smtp_host and not _is_address(self.smtp_from):
            raise ValueError("SMTP_HOST needs SMTP_FROM, a mail address")
        if bool(self.smtp_user) != bool(self.smtp_password):
            raise ValueError("SMTP_USER and SMTP_PASSWORD come together")
        if self.smtp_user and self.smtp_tls is Tls.NONE:
            raise ValueError("SMTP_PASSWORD is not sent without TLS: SMTP_TLS=starttls or tls")
        return self


def _is_address(text: str | None) -> bool:
    try:
        return email(text or "") == text
    except Refusal:
        return False
