"""Mail over SMTP (RFC 5321), as ``[mail]`` of the settings says. Sent by jobs, never in a request."""

from __future__ import annotations

import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

import aiosmtplib
import msgspec

from hipper.runtime.jobs import JobImpossible
from hipper.runtime.settings_model import MailSection

_WITHIN_S = 20.0


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one address, as text and as HTML."""

    to: str
    subject: str
    text: str
    html: str
    language: str


class Mailer:
    """``settings.host`` is set. ``send`` raises JobImpossible when the server refuses for good (5xx), and
    anything else when trying again may help."""

    def __init__(self, settings: MailSection) -> None:
        self._settings = settings

    async def send(self, mail: Mail) -> None:
        settings = self._settings
        try:
            await aiosmtplib.send(
                message_of(mail, settings.sender),
                hostname=settings.host,
                port=settings.port,
                username=settings.username,
                password=settings.password,
                use_tls=settings.security == "tls",
                start_tls=settings.security == "starttls",
                tls_context=None if settings.security == "none" else _trusting(settings.ca),
                timeout=_WITHIN_S,
            )
        except aiosmtplib.SMTPAuthenticationError as error:
            # an operator can mend this, so that it is tried again
            raise ConnectionError(f"the mail server does not know us: {error.code}") from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            if all(500 <= code < 600 for code in codes):
                raise JobImpossible(f"the mail server refuses the address: {codes}") from None
            raise ConnectionError(f"the mail server does not take it now: {codes}") from None
        except aiosmtplib.SMTPResponseException as error:
            if 500 <= error.code < 600:
                raise JobImpossible(f"the mail server refuses it: {error.code}") from None
            raise ConnectionError(f"the mail server does not take it now: {error.code}") from None


def _trusting(ca: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca)


def message_of(mail: Mail, sender: str) -> EmailMessage:
    """Both forms (RFC 2046 §5.1.4), not to be answered by machines (RFC 3834 §5)."""
    name, address = parseaddr(sender)
    user, _, domain = mail.to.rpartition("@")
    message = EmailMessage()
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address("", user, domain)
    message["Subject"] = mail.subject
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = make_msgid(domain=address.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    message["Content-Language"] = mail.language  # set_content would take it away
    return message
