"""Mail by SMTP, for what the inbox has delivered (R24, ADR 16)."""

import asyncio
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

import aiosmtplib
from aiosmtplib import errors

from services.enrollment.domain.notification_texts import Letter
from services.enrollment.domain.notifications import DeliveryFailed
from services.enrollment.domain.vocabulary import DeliveryFault

_SENDER = "国培平台"
_PERMANENT = 500
_FAULTS: dict[type[Exception], DeliveryFault] = {
    errors.SMTPAuthenticationError: DeliveryFault.AUTHENTICATION,
    errors.SMTPSenderRefused: DeliveryFault.SENDER,
    TimeoutError: DeliveryFault.TIMEOUT,
    ssl.SSLError: DeliveryFault.TLS,
    errors.SMTPResponseException: DeliveryFault.UNAVAILABLE,
    OSError: DeliveryFault.CONNECTION,
    Exception: DeliveryFault.UNSUPPORTED,
}
"""The first that fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The mail server and how to use it.

    Attributes:
        sender: The address that mail comes from; its domain is in `Message-ID` and in the greeting.
        tls: Whether the connection is protected from its first byte.
        start_tls: Whether it becomes so before anything is said.
        seconds: How long one mail may take altogether.
    """

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = None
    tls: bool = False
    start_tls: bool = True
    seconds: float = 30.0

    @property
    def domain(self) -> str:
        """The sender's."""
        return self.sender.rpartition("@")[2]


class SmtpMailer:
    """Hands each letter to the server over a connection of its own.

    A letter whose answer got lost is sent again with the same `Message-ID`: at least once, and recognisable.

    Args:
        server: The mail server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    async def send(self, letter: Letter) -> None:
        """Send it.

        Raises:
            DeliveryFailed: The server did not take it; for good only if it refused this recipient or this letter, or if
                no mail can be made of it.
        """
        server = self._server
        message = _composed(letter, server)
        try:
            async with asyncio.timeout(server.seconds):
                await aiosmtplib.send(
                    message,
                    sender=server.sender,
                    recipients=[letter.to],
                    hostname=server.host,
                    port=server.port,
                    local_hostname=server.domain,
                    username=server.user,
                    password=server.password,
                    use_tls=server.tls,
                    start_tls=server.start_tls,
                    timeout=server.seconds,
                )
        except (errors.SMTPException, OSError) as error:
            raise _undelivered(error) from None  # what a server says may hold the address (R41)


def compose(letter: Letter, server: Server) -> EmailMessage:
    """The letter as RFC 5322 has it; nothing in it but `Date` differs between attempts."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(_SENDER, addr_spec=server.sender)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{letter.id.replace(':', '.')}@{server.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, charset="utf-8", cte="base64")
    return message


def _composed(letter: Letter, server: Server) -> EmailMessage:
    """The mail, or that there is none: an address kept before it was checked as now may be none for the library."""
    try:
        return compose(letter, server)
    except Exception:  # noqa: BLE001 - whatever the library makes of an address, it makes of it every time
        raise DeliveryFailed(DeliveryFault.NO_ADDRESS, permanent=True) from None  # it says the address (R41)


def _undelivered(error: Exception) -> DeliveryFailed:
    """What a failure means: only a refusal of the recipient or of the letter is for good, the rest may be mended."""
    match error:
        case errors.SMTPRecipientsRefused():
            return _answered(max(one.code for one in error.recipients))
        case errors.SMTPRecipientRefused() | errors.SMTPDataError():
            return _answered(error.code)
        case _:
            reason = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
            return DeliveryFailed(next(fault for kind, fault in _FAULTS.items() if isinstance(reason, kind)))


def _answered(code: int) -> DeliveryFailed:
    if code >= _PERMANENT:
        return DeliveryFailed(DeliveryFault.REFUSED, permanent=True)
    return DeliveryFailed(DeliveryFault.UNAVAILABLE)
