"""The mails about accounts, in Dutch and English, as text and as HTML."""

from __future__ import annotations

from html import escape
from typing import Literal, NamedTuple

from hipper.directory.accounts import Account
from hipper.runtime.mail import Mail

Notice = Literal["password", "email", "second_factor"]


class Words(NamedTuple):
    subject: str
    lines: tuple[str, ...]


_RESET = {
    "nl": Words(
        "Een nieuw wachtwoord kiezen",
        (
            "Iemand, waarschijnlijk uzelf, vroeg om een nieuw wachtwoord voor {aor}.",
            "Deze code werkt één keer, tot 30 minuten na deze mail:",
            "{code}",
            "Vroeg u hier niet om? Dan hoeft u niets te doen: uw wachtwoord blijft zoals het is.",
        ),
    ),
    "en": Words(
        "Choose a new password",
        (
            "Somebody, probably you, asked for a new password for {aor}.",
            "This code works once, until 30 minutes after this mail:",
            "{code}",
            "You did not ask? Then there is nothing to do: your password stays as it is.",
        ),
    ),
}
_CONFIRM = {
    "nl": Words(
        "Bevestig uw e-mailadres",
        (
            "Dit adres is opgegeven voor {aor}.",
            "Vul deze code binnen een dag in om het te bevestigen:",
            "{code}",
            "Kent u dit niet? Dan hoeft u niets te doen.",
        ),
    ),
    "en": Words(
        "Confirm your e-mail address",
        (
            "This address was given for {aor}.",
            "Type this code within a day to confirm it:",
            "{code}",
            "You know nothing of this? Then there is nothing to do.",
        ),
    ),
}
_CHANGED: dict[Notice, dict[str, str]] = {
    "password": {
        "nl": "Het wachtwoord van {aor} is gewijzigd; alle apparaten zijn afgemeld.",
        "en": "The password of {aor} was changed; every device was signed out.",
    },
    "email": {
        "nl": "Mail voor {aor} gaat voortaan naar een ander adres.",
        "en": "Mail for {aor} goes to another address from now on.",
    },
    "second_factor": {
        "nl": "De tweede factor van {aor} is uitgezet.",
        "en": "The second factor of {aor} was switched off.",
    },
}
_NOTICE = {
    "nl": Words(
        "Uw account is gewijzigd",
        ("{changed}", "Was u dit niet? Neem dan meteen contact op met uw beheerder."),
    ),
    "en": Words(
        "Your account was changed", ("{changed}", "This was not you? Then ask your administrator at once.")
    ),
}
_HELLO = {"nl": "Hallo {name},", "en": "Hello {name},"}


def reset_mail(account: Account, to: str, code: str, reset_url: str | None) -> Mail:
    shown = code if reset_url is None else reset_url.replace("{code}", code)
    return _mail(account, to, _RESET, code=shown)


def confirmation_mail(account: Account, to: str, code: str) -> Mail:
    return _mail(account, to, _CONFIRM, code=code)


def notice_mail(account: Account, to: str, notice: Notice) -> Mail:
    changed = _CHANGED[notice][_language(account)].format(aor=account.aor)
    return _mail(account, to, _NOTICE, changed=changed)


def _language(account: Account) -> str:
    return "en" if account.language.startswith("en") else "nl"


def _mail(account: Account, to: str, words: dict[str, Words], **given: str) -> Mail:
    language = _language(account)
    known = {"aor": account.aor, "name": account.display_name, **given}
    subject, lines = words[language]
    paragraphs = [line.format(**known) for line in (_HELLO[language], *lines)]
    return Mail(
        to=to,
        subject=subject,
        text="\n\n".join(paragraphs) + "\n",
        html=_page(language, paragraphs, given.get("code")),
        language=language,
    )


def _page(language: str, paragraphs: list[str], code: str | None) -> str:
    body = "\n".join(f"<p>{_marked(one) if one == code else escape(one)}</p>" for one in paragraphs)
    head = f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"></head>'
    return f"{head}\n<body>\n{body}\n</body></html>\n"


def _marked(code: str) -> str:
    """What is to be typed, or followed. Nothing else in the mail is a link, and no picture is fetched."""
    shown = escape(code)
    return f'<a href="{shown}">{shown}</a>' if "://" in code else f"<code>{shown}</code>"
