"""What goes by mail: resetting a password, confirming an address, notices of changes.

A request only leaves a job. The code is made when the mail is sent, so that no code lies in the queue, and a
request for an account that does not exist does the same work as one for an account that does.
"""

from __future__ import annotations

import asyncpg

from app.domain.signing_in import account_statements as statements
from app.domain.signing_in.account_schemas import Email, NewPassword
from app.domain.signing_in.account_writing import account_entry, replace_password
from app.domain.signing_in.mails import Notice, confirmation_mail, notice_mail, reset_mail
from app.domain.signing_in.passwords import Passwords, fault_of, made_up
from app.domain.signing_in.throttle import Throttle
from app.domain.signing_in.tokens import hashed
from app.problems import INVALID_SETTINGS, NO_MAIL, WRONG_CODE, InvalidMember, ProblemError
from hipper.directory.accounts import Account, account_of
from hipper.directory.audit import write_audit
from hipper.directory.told import tell
from hipper.pbx.ids import SubscriberId
from hipper.runtime.jobs import Handler, Jobs, Payload, enqueue
from hipper.runtime.mail import Mailer
from hipper.runtime.settings_model import MailSection

RESET_S = 30 * 60
CONFIRM_S = 24 * 3600
WORKER = "app"
RESET, CONFIRM, NOTICE = "password_reset", "email_confirmation", "account_notice"


class Mailed:
    """``own``: pool of ``hipper_app``."""

    def __init__(
        self,
        own: asyncpg.Pool,
        throttle: Throttle,
        passwords: Passwords,
        settings: MailSection,
    ) -> None:
        self._own = own
        self._throttle = throttle
        self._passwords = passwords
        self._settings = settings
        self._mailer = Mailer(settings)
        self.jobs = Jobs(own, WORKER, self._handlers())

    @property
    def is_on(self) -> bool:
        return self._settings.host is not None

    def _handlers(self) -> dict[str, Handler]:
        return {RESET: self._send_reset, CONFIRM: self._send_confirmation, NOTICE: self._send_notice}

    # --- password reset ---------------------------------------------------------------------------

    async def ask_reset(self, user: str, address: str) -> None:
        """Raises ProblemError: 409 when no mail is sent here, 429 for who asks for many."""
        self._check_on()
        await self._throttle.count_mail(address)
        name = user.strip().lower()
        if await self._throttle.may_mail(name):
            async with self._own.acquire() as conn:
                await enqueue(conn, WORKER, RESET, {"user": name})
            self.jobs.wake()

    async def _send_reset(self, payload: Payload) -> None:
        user, _, domain = payload["user"].rpartition("@")
        row = await self._own.fetchrow(statements.RESET_FOR, domain, user)
        if row is None:
            return  # nobody of that name, or nobody who gets mail
        account, code = account_of(row), made_up()
        async with self._own.acquire() as conn, conn.transaction():
            await conn.execute(statements.FORGET_OLD_RESETS, account.subscriber)
            await conn.execute(statements.GIVE_RESET, hashed(code), account.subscriber, float(RESET_S))
        await self._mailer.send(reset_mail(account, row["email"], code, self._settings.reset_url))

    async def reset(self, given: NewPassword, address: str) -> None:
        """Ends every session of the user. Raises ProblemError: 401, 422, 429."""
        await self._throttle.count(address, "password reset")
        digest = hashed(given.code.strip().lower())
        row = await self._own.fetchrow(statements.RESET_OF, digest)
        if row is None:
            raise ProblemError(WRONG_CODE)
        account = account_of(row)
        fault = fault_of(given.password, account.aor)
        if fault is not None:
            member = InvalidMember(pointer="#/password", detail=fault[0])
            raise ProblemError(INVALID_SETTINGS, *fault, errors=(member,))
        password_hash = await self._passwords.hash(given.password)
        await self._replace_password(account, digest, password_hash)
        await self._throttle.forgive(address, "password reset")
        self.jobs.wake()

    async def _replace_password(self, account: Account, digest: bytes, password_hash: str) -> None:
        async with self._own.acquire() as conn, conn.transaction():
            if await conn.fetchval(statements.USE_RESET, digest) is None:
                raise ProblemError(WRONG_CODE)  # of two at once the other was first
            by = f"user:{account.subscriber}"
            await replace_password(conn, account, password_hash, by, "password reset by mail")
            await self.notify(conn, account.subscriber, "password")

    # --- e-mail address ---------------------------------------------------------------------------

    async def email_of(self, subscriber: SubscriberId) -> Email:
        row = await self._own.fetchrow(statements.EMAIL, subscriber)
        if row is None:
            return Email(address=None, wanted=None)
        return Email(address=row["email"], wanted=row["wanted"])

    async def want_email(self, account: Account, address: str) -> None:
        """Mail a code there; the address counts once the code comes back. Raises ProblemError: 409, 429."""
        self._check_on()
        await self._throttle.count_mail(account.aor)
        async with self._own.acquire() as conn, conn.transaction():
            await conn.execute(statements.WANT_EMAIL, account.subscriber, address, float(CONFIRM_S))
            await enqueue(conn, WORKER, CONFIRM, {"subscriber": account.subscriber})
        self.jobs.wake()

    async def _send_confirmation(self, payload: Payload) -> None:
        row = await self._own.fetchrow(statements.WANTED_EMAIL, payload["subscriber"])
        if row is None:
            return  # confirmed already, or not wanted any more
        account, code = account_of(row), made_up()
        await self._own.execute(statements.SET_EMAIL_CODE, account.subscriber, row["email"], hashed(code))
        await self._mailer.send(confirmation_mail(account, row["email"], code))

    async def confirm_email(self, account: Account, code: str, by: str) -> None:
        """Raises ProblemError: 401, 429."""
        await self._throttle.count_code(account.aor)
        digest = hashed(code.strip().lower())
        async with self._own.acquire() as conn, conn.transaction():
            address = await conn.fetchval(statements.TAKE_EMAIL_CODE, account.subscriber, digest)
            if address is None:
                raise ProblemError(WRONG_CODE)
            await self._set_email(conn, account, address, by)
        await self._throttle.forgive_codes(account.aor)
        self.jobs.wake()

    async def set_email(self, account: Account, address: str | None, by: str) -> None:
        """Without asking who receives it: by an administrator, or to get no mail any more."""
        async with self._own.acquire() as conn, conn.transaction():
            await conn.execute(statements.FORGET_WANTED_EMAIL, account.subscriber)
            await self._set_email(conn, account, address, by)
        self.jobs.wake()

    async def _set_email(
        self, conn: asyncpg.Connection, account: Account, address: str | None, by: str
    ) -> None:
        before = (await conn.fetchrow(statements.EMAIL, account.subscriber))["email"]
        if before == address:
            return
        change = f"e-mail address {masked(before)} -> {masked(address)}"
        await write_audit(conn, [account_entry(account, by, change)])
        await tell(conn, account.tenant, account.subscriber, "email", by)
        await self.notify(conn, account.subscriber, "email", to=before)
        await conn.execute(statements.SET_EMAIL, account.subscriber, address)
        await conn.execute(statements.FORGET_RESETS, account.subscriber)

    # --- notices ----------------------------------------------------------------------------------

    async def notify(
        self, conn: asyncpg.Connection, subscriber: SubscriberId, notice: Notice, to: str | None = None
    ) -> None:
        """Tell the user, in the transaction of the change. ``to``: an address that is the user's no more."""
        if self.is_on:
            await enqueue(conn, WORKER, NOTICE, {"subscriber": subscriber, "notice": notice, "to": to})

    async def _send_notice(self, payload: Payload) -> None:
        row = await self._own.fetchrow(statements.ACCOUNT, payload["subscriber"])
        if row is None:
            return
        to = payload["to"] or row["email"]
        if to is not None:
            await self._mailer.send(notice_mail(account_of(row), to, payload["notice"]))

    def _check_on(self) -> None:
        if not self.is_on:
            raise ProblemError(
                NO_MAIL, "ask your administrator for a password", "vraag uw beheerder om een wachtwoord"
            )


def masked(address: str | None) -> str:
    """``a***@bakkerij.example``: for the audit, which outlives the user."""
    if address is None:
        return "none"
    user, _, domain = address.rpartition("@")
    return f"{user[:1]}***@{domain}"
