"""A mail server nobody here wrote (aiosmtpd), that keeps what it is given, or refuses it."""

from __future__ import annotations

import asyncio
import email
import ssl
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from hipper.runtime.settings_model import MailSection, SipListener
from hipper.runtime.tls import self_signed


class MailServer:
    """STARTTLS and AUTH before anything else. ``refuse``: answers to RCPT, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse: list[str] = []
        self.arrived = asyncio.Event()
        self._certificate = self_signed(
            folder / "mail.pem", SipListener(name="mail", port=25, host="127.0.0.1", transport="tls")
        )
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> MailServer:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate)

        def protocol() -> SMTP:
            return SMTP(
                self,
                tls_context=context,
                require_starttls=True,
                auth_required=True,
                authenticator=_authenticate,
                hostname="mail.test",
                enable_SMTPUTF8=True,
            )

        self._server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._server is not None
        self._server.close()

    def section(self, **changes: Any) -> MailSection:
        named = {
            "host": "127.0.0.1",
            "port": self.port,
            "ca": str(self._certificate),
            "username": "hipper",
            "password": "kersen",
            "sender": "Hipper <hipper@voip.example>",
        }
        return MailSection(**{**named, **changes})

    async def mail(self, number: int = 1) -> EmailMessage:
        """The ``number``-th that came, once it has."""
        async with asyncio.timeout(30):
            while len(self.mails) < number:
                self.arrived.clear()
                await self.arrived.wait()
        return self.mails[number - 1]

    # --- as aiosmtpd calls it ---------------------------------------------------------------------

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse:
            return self.refuse.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert session.authenticated
        content = cast(bytes, envelope.content)
        self.mails.append(email.message_from_bytes(content, policy=default))
        self.arrived.set()
        return "250 OK"


def _authenticate(server: SMTP, session: Session, envelope: Envelope, how: str, given: Any) -> AuthResult:
    right = LoginPassword(b"hipper", b"kersen")
    return AuthResult(success=isinstance(given, LoginPassword) and given == right, handled=False)


def texts(mail: EmailMessage) -> tuple[str, str]:
    """As text and as HTML."""
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")
