"""A real SMTP server on a free port of this machine, which answers as the test wants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

OK = "250 OK"


async def at_once() -> None:
    """No delay."""


@dataclass
class MailServer:
    """What it took in, and what it answers next.

    Attributes:
        port: Where it listens.
        mails: What it has accepted.
        to: To whom, in the same order.
        on_recipient: The answers to the next recipients; `250` afterwards.
        on_data: Likewise to the next letters.
        before_answer: Awaited when a letter is in, before it is answered.
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    on_recipient: list[str] = field(default_factory=list)
    on_data: list[str] = field(default_factory=list)
    before_answer: Callable[[], Awaitable[None]] = at_once

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name and arguments
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        answer = self.on_recipient.pop(0) if self.on_recipient else OK
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        del server, session
        answer = self.on_data.pop(0) if self.on_data else OK
        if answer == OK:
            content = cast("bytes", envelope.content)
            self.mails.append(message_from_bytes(content, policy=default))
            self.to += envelope.rcpt_tos
        await self.before_answer()
        return answer


@asynccontextmanager
async def listening(mail: MailServer, **options: Any) -> AsyncIterator[MailServer]:
    """The server, on its old port where it has one; with aiosmtpd's options."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mail, loop=loop, **options), "127.0.0.1", mail.port)
    mail.port = server.sockets[0].getsockname()[1]
    try:
        yield mail
    finally:
        server.close()
        await server.wait_closed()
