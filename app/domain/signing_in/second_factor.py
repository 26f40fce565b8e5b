"""The second factor: codes of six digits that change every 30 seconds (TOTP, RFC 6238), and recovery codes
for who lost the telephone that makes them."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import asyncpg
import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.signing_in import account_statements as statements
from app.domain.signing_in.account_schemas import Enrolment, RecoveryCodes, SecondFactorState
from app.domain.signing_in.account_writing import account_entry
from app.domain.signing_in.passwords import ALPHABET
from app.domain.signing_in.throttle import Throttle
from app.problems import SECOND_FACTOR_STATE, WRONG_CODE, ProblemError
from hipper.directory.accounts import Account
from hipper.directory.audit import write_audit
from hipper.directory.told import tell
from hipper.pbx.ids import SubscriberId
from hipper.runtime.clock import Clock
from hipper.runtime.secret import derive_key

STEP_S = 30
CODES = 10
"""Recovery codes at a time, each good once."""
_GROUPS, _LETTERS = 3, 4
"""12 of 31 letters: 59 bits."""
_NONCE_BYTES = 12
_ISSUER = "Hipper"
_AROUND = (0, -1, 1)
"""Steps that are taken, for clocks that differ (RFC 6238 §5.2)."""


class SecondFactor:
    """``own``: pool of ``hipper_app``."""

    def __init__(self, own: asyncpg.Pool, throttle: Throttle, secret: bytes, clock: Clock) -> None:
        self._own = own
        self._throttle = throttle
        self._cipher = AESGCM(derive_key(secret, "second factor"))
        self._recovery_key = derive_key(secret, "recovery codes")
        self._clock = clock

    async def state_of(self, subscriber: SubscriberId) -> SecondFactorState:
        row = await self._own.fetchrow(statements.FACTOR, subscriber)
        if row is None or row["confirmed_at"] is None:
            return SecondFactorState(enabled=False, since=None, recovery_codes_left=0)
        return SecondFactorState(
            enabled=True, since=row["confirmed_at"].timestamp(), recovery_codes_left=row["codes_left"]
        )

    async def is_on(self, subscriber: SubscriberId) -> bool:
        return (await self.state_of(subscriber)).enabled

    async def enrol(self, account: Account) -> Enrolment:
        """A new secret, which counts once :meth:`confirm` was given a code of it. Raises ProblemError:
        409."""
        secret = pyotp.random_base32()
        kept = self._encrypted(account.subscriber, secret)
        if await self._own.fetchval(statements.ENROL, account.subscriber, kept) is None:
            raise ProblemError(
                SECOND_FACTOR_STATE, "take the present one off first", "zet eerst de huidige uit"
            )
        uri = pyotp.TOTP(secret).provisioning_uri(name=account.aor, issuer_name=_ISSUER)
        picture = segno.make(uri, error="m").svg_inline(scale=4, border=4, light="white", omitsize=False)
        return Enrolment(secret=secret, uri=uri, qr_svg=picture)

    async def confirm(self, account: Account, code: str, by: str) -> RecoveryCodes:
        """Raises ProblemError: 401, 409 when nothing waits for it, 429."""
        await self._throttle.count_code(account.aor)
        row = await self._own.fetchrow(statements.FACTOR, account.subscriber)
        if row is None or row["confirmed_at"] is not None:
            raise ProblemError(SECOND_FACTOR_STATE, "enrol first", "vraag eerst een geheim aan")
        step = self._step_of(account.subscriber, row["secret"], 0, code)
        if step is None:
            raise ProblemError(WRONG_CODE)
        codes = new_codes()
        async with self._own.acquire() as conn, conn.transaction():
            if await conn.fetchval(statements.CONFIRM, account.subscriber, step) is None:
                raise ProblemError(SECOND_FACTOR_STATE)
            await self._give_codes(conn, account.subscriber, codes)
            await self._note(conn, account, by, "second factor switched on")
        await self._throttle.forgive_codes(account.aor)
        return RecoveryCodes(codes=codes)

    async def renew_codes(self, account: Account, by: str) -> RecoveryCodes:
        """The ones before work no more. Raises ProblemError: 409 when there is no second factor."""
        if not await self.is_on(account.subscriber):
            raise ProblemError(SECOND_FACTOR_STATE, "there is no second factor", "er is geen tweede factor")
        codes = new_codes()
        async with self._own.acquire() as conn, conn.transaction():
            await self._give_codes(conn, account.subscriber, codes)
            await self._note(conn, account, by, "recovery codes renewed")
        return RecoveryCodes(codes=codes)

    async def check(self, account: Account, code: str) -> None:
        """At signing in, once the password was right. A code counts once. Raises ProblemError: 401; 429 when
        too many were tried, from wherever: then a recovery code still counts, so that who knows the password
        cannot keep the user out."""
        digits = code.replace(" ", "")
        if not digits.isdigit():
            if await self._own.fetchval(
                statements.TAKE_RECOVERY_CODE, account.subscriber, self._hash_of(account.subscriber, code)
            ):
                return
            raise ProblemError(WRONG_CODE)
        await self._throttle.count_code(account.aor)
        row = await self._own.fetchrow(statements.FACTOR, account.subscriber)
        step = None
        if row is not None:
            step = self._step_of(account.subscriber, row["secret"], row["last_step"], digits)
        if step is None or not await self._own.fetchval(statements.TAKE_STEP, account.subscriber, step):
            raise ProblemError(WRONG_CODE)
        await self._throttle.forgive_codes(account.aor)

    async def take_off(self, account: Account, by: str) -> bool:
        """Whether there was one."""
        async with self._own.acquire() as conn, conn.transaction():
            if await conn.fetchval(statements.TAKE_OFF, account.subscriber) is None:
                return False
            await self._note(conn, account, by, "second factor switched off")
        return True

    def _step_of(self, subscriber: SubscriberId, kept: bytes, after: int, code: str) -> int | None:
        """The time step ``code`` is of, later than step ``after``; None for none."""
        totp, now = pyotp.TOTP(self._decrypted(subscriber, kept)), int(self._clock.unix())
        for around in _AROUND:
            step = now // STEP_S + around
            if step > after and hmac.compare_digest(
                totp.at(now, counter_offset=around), code.replace(" ", "")
            ):
                return step
        return None

    async def _give_codes(
        self, conn: asyncpg.Connection, subscriber: SubscriberId, codes: tuple[str, ...]
    ) -> None:
        await conn.execute(statements.FORGET_RECOVERY_CODES, subscriber)
        hashed = [(subscriber, self._hash_of(subscriber, code)) for code in codes]
        await conn.executemany(statements.ADD_RECOVERY_CODE, hashed)

    async def _note(self, conn: asyncpg.Connection, account: Account, by: str, change: str) -> None:
        await write_audit(conn, [account_entry(account, by, change)])
        await tell(conn, account.tenant, account.subscriber, "second-factor", by)

    def _hash_of(self, subscriber: SubscriberId, code: str) -> bytes:
        """Keyed: 59 bits alone could be tried out by who has the table."""
        plain = code.replace("-", "").replace(" ", "").lower()
        return hmac.new(self._recovery_key, f"{subscriber} {plain}".encode(), hashlib.sha256).digest()

    def _encrypted(self, subscriber: SubscriberId, secret: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), subscriber.encode())

    def _decrypted(self, subscriber: SubscriberId, kept: bytes) -> str:
        """Of another installation's secret nothing comes out: then no code is right."""
        try:
            return self._cipher.decrypt(
                kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], subscriber.encode()
            ).decode()
        except InvalidTag:
            return pyotp.random_base32()


def new_codes() -> tuple[str, ...]:
    return tuple(
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(_LETTERS)) for _ in range(_GROUPS))
        for _ in range(CODES)
    )
