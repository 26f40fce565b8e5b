"""Mail over SMTP to a server nobody here wrote: encrypted, signed in, in both forms; what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.runtime.jobs import JobImpossible
from hipper.runtime.mail import Mail, Mailer
from hipper.runtime.settings import SettingsError, load
from tests.runtime.smtp import MailServer, texts

MAIL = Mail(
    to="anna@bakkerij.example",
    subject="Nieuw wachtwoord – café",
    text="Hallo Anna,\n",
    html="<p>Hallo Anna,</p>\n",
    language="nl",
)


async def test_a_mail_arrives_as_text_and_html(tmp_path: Path) -> None:
    async with MailServer(tmp_path) as server:
        await Mailer(server.section()).send(MAIL)
        (mail,) = server.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == (
        "anna@bakkerij.example",
        "Hipper <hipper@voip.example>",
        "Nieuw wachtwoord – café",
    )
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "nl")
    assert mail["Message-ID"].endswith("@voip.example>")
    assert texts(mail) == ("Hallo Anna,\n", "<p>Hallo Anna,</p>\n")


async def test_an_address_nobody_has_is_not_tried_again_and_a_busy_server_is(tmp_path: Path) -> None:
    async with MailServer(tmp_path) as server:
        server.refuse = ["550 no such mailbox", "451 try later"]
        with pytest.raises(JobImpossible, match="refuses the address"):
            await Mailer(server.section()).send(MAIL)
        with pytest.raises(ConnectionError, match="451"):
            await Mailer(server.section()).send(MAIL)
        await Mailer(server.section()).send(MAIL)
    assert len(server.mails) == 1


async def test_nothing_goes_to_a_server_that_cannot_prove_itself(tmp_path: Path) -> None:
    """A stranger on the way offers a certificate nobody we trust has signed, or no encryption at all."""
    async with MailServer(tmp_path) as server:
        for section in (server.section(ca=None), server.section(password="guessed")):
            with pytest.raises(Exception) as caught:
                await Mailer(section).send(MAIL)
            assert not isinstance(caught.value, JobImpossible)  # an operator may mend it
        assert server.mails == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('reset_url = "https://app.example/reset"', "has no {code}"),
        ('sender = "Hipper"', "is no address"),
        ("port = 0", "is not between"),
        ('username = "hipper"', "go together"),
    ],
)
def test_settings_that_cannot_be(line: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "hipper.toml"
    path.write_text(f"[mail]\n{line}\n")
    with pytest.raises(SettingsError) as caught:
        load(path, {})
    assert said in str(caught.value)
