"""Settings of enrollment's processes, from the environment."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from chassis.runtime.settings import ServiceSettings
from kernel.errors import Refusal
from kernel.identifiers import email


class Tls(StrEnum):
    """How the connection to the mail server is encrypted; its certificate is always checked."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class EnrollmentSettings(ServiceSettings):
    """The settings of a subgraph, and enrollment's own.

    Attributes:
        vault_file: JSON file of the keys that encrypt ID numbers, mobiles and mail addresses (R41).
        names_keys_file: JWK set of assessment's public keys, one a year, that names of attendees are sealed to (R32).
        offer_hours: Hours for which an offered seat may be accepted (R25), above 0; 48 by default.
        transfer_days: Days that a school may take to answer a request for one of its teachers (R20), above 0; 10 by
            default.
        smtp_host: The mail server that tells of feedback (R24); none by default, and then no mail is sent.
        smtp_port: Its TCP port; by default 587, 465 or 25, by `smtp_tls`.
        smtp_from: The address that mail comes from.
        smtp_user: Whom to log in as; no login by default.
        smtp_password: The password of `smtp_user`; never sent without TLS.
        smtp_tls: `starttls` by default, `tls` from the first byte, or `none` for a relay on the same host.
        smtp_seconds: How many seconds one mail may take; 30 by default.
    """

    vault_file: Path
    names_keys_file: Path
    offer_hours: float = Field(default=48.0, gt=0)
    transfer_days: float = Field(default=10.0, gt=0)
    smtp_host: str | None = None
    smtp_port: int | None = None
    smtp_from: str | None = None
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Tls = Tls.STARTTLS
    smtp_seconds: float = 30.0

    @model_validator(mode="after")
    def _check_mail_server(self) -> Self:
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
