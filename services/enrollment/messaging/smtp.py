"""Mail by SMTP: the adapter of the e-mail channel (R24, ADR 16)."""

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
"""Reply codes from here on are refusals for good (RFC 5321, 4.2.1)."""
_FAULTS: dict[type[Exception], DeliveryFault] = {
    errors.SMTPAuthenticationError: DeliveryFault.AUTHENTICATION,
    errors.SMTPSenderRefused: DeliveryFault.SENDER,
    TimeoutError: DeliveryFault.TIMEOUT,
    ssl.SSLError: DeliveryFault.TLS,
    errors.SMTPResponseException: DeliveryFault.UNAVAILABLE,
    OSError: DeliveryFault.CONNECTION,
    Exception: DeliveryFault.UNSUPPORTED,
}
"""From the special to the general: the first class that an error belongs to tells its fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The mail server and how to use it.

    Attributes:
        host: Its name, which its certificate must bear.
        port: TCP port.
        sender: The address that mail comes from; its domain is in `Message-ID` and in the greeting.
        user: Whom to log in as; None for no login.
        password: The password of `user`.
        tls: TLS from the first byte.
        start_tls: STARTTLS before anything else; a server without it gets no mail.
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
        """The domain of the sender's address."""
        return self.sender.rpartition("@")[2]


class SmtpMailer:
    """Sends each letter over a connection of its own.

    When to try again is decided by the caller (`RetryPolicy` in `domain/notifications.py`); this class only tells
    whether it makes sense. A letter whose reply got lost is sent again under the same `Message-ID`: at least once, and
    recognisable as a copy.

    Args:
        server: The mail server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    async def send(self, letter: Letter) -> None:
        """Send a letter.

        Raises:
            DeliveryFailed: The server did not take it. Permanent only where it refused this recipient or this letter,
                or where no mail can be made for the address.
        """
        server = self._server
        message = _composed(letter, server)
        try:
            async with asyncio.timeout(server.seconds):  # the library's own timeout is for each step of the dialogue
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
            raise _failure(error) from None  # a server's reply may hold the address, so no log may have it (R41)


def compose(letter: Letter, server: Server) -> EmailMessage:
    """The letter as a message (RFC 5322); only `Date` differs between attempts.

    Args:
        letter: Recipient, subject and text.
        server: For the sender's address.

    Raises:
        Exception: Whatever the library says of an address that is none.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(_SENDER, addr_spec=server.sender)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{letter.id.replace(':', '.')}@{server.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office replies (RFC 3834)
    message.set_content(letter.text, charset="utf-8", cte="base64")
    return message


def _composed(letter: Letter, server: Server) -> EmailMessage:
    """The message; an address from before addresses were checked may be none to the library."""
    try:
        return compose(letter, server)
    except Exception:  # noqa: BLE001 - whatever the library raises for an address, it raises every time
        raise DeliveryFailed(DeliveryFault.NO_ADDRESS, permanent=True) from None  # its message names the address (R41)


def _failure(error: Exception) -> DeliveryFailed:
    """What an error means for the delivery.

    Only a refusal of the recipient or of the letter itself is permanent. A wrong password, a refused sender, an
    untrusted certificate are faults of the set-up: they can be mended, and then the letters that wait go out.
    """
    match error:
        case errors.SMTPRecipientsRefused():
            return _refused(max(recipient.code for recipient in error.recipients))
        case errors.SMTPRecipientRefused() | errors.SMTPDataError():
            return _refused(error.code)
        case _:
            cause = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
            return DeliveryFailed(next(fault for kind, fault in _FAULTS.items() if isinstance(cause, kind)))


def _refused(code: int) -> DeliveryFailed:
    """A refusal by its reply code: 5xx for good, 4xx for the time being (RFC 5321, 4.2.1)."""
    if code >= _PERMANENT:
        return DeliveryFailed(DeliveryFault.REFUSED, permanent=True)
    return DeliveryFailed(DeliveryFault.UNAVAILABLE)
