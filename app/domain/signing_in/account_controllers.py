"""``/v1/me/second-factor``, ``/v1/me/email``, ``/v1/password-resets``, and what administrators do about
them."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, delete, get, post, put
from litestar.params import FromPath

from app.access import Principal, address_of, user_of
from app.bodies import body_of
from app.domain.admin.accounts import check_rank
from app.domain.signing_in.account_schemas import (
    CodeGiven,
    Email,
    EmailSet,
    EmailWanted,
    Enrolment,
    MailedCodeGiven,
    NewPassword,
    PasswordProof,
    RecoveryCodes,
    ResetWanted,
    SecondFactorState,
)
from app.operations import Access, declared
from app.problems import (
    DIRECTORY_UNAVAILABLE,
    NO_MAIL,
    OVERLOADED,
    SECOND_FACTOR_STATE,
    STORE_UNAVAILABLE,
    TOO_MANY_REQUESTS,
    WRONG_CODE,
    WRONG_PASSWORD,
)
from app.stores import Stores
from hipper.directory.accounts import Account
from hipper.pbx.ids import SubscriberId

_PROVEN = (WRONG_PASSWORD, TOO_MANY_REQUESTS, STORE_UNAVAILABLE, OVERLOADED)
_COUNTED = (TOO_MANY_REQUESTS, STORE_UNAVAILABLE, DIRECTORY_UNAVAILABLE)
_PASSWORD = {"password": "drie zoete kersen"}
_CODES = {"codes": ["ab3d-ef5g-hj7k", "mn9p-qr2s-tu4v"]}
_STATE = {"enabled": True, "since": 1764000000.0, "recovery_codes_left": 10}
_ENROLMENT = {
    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "uri": "otpauth://totp/Hipper:anna%40bakkerijdevries.example?secret=JBSWY3DPEHPK3PXP&issuer=Hipper",
    "qr_svg": '<svg class="segno" height="180" width="180"></svg>',
}
_EMAIL = {"address": "anna@bakkerijdevries.example", "wanted": None}


class SecondFactorController(Controller):
    """My second factor."""

    path = "/v1/me/second-factor"
    tags = ("signing in",)

    @get(
        "/",
        operation_id="getSecondFactor",
        summary="Whether I need a code to sign in",
        opt=declared(Access.USER, answer=SecondFactorState, shown=_STATE),
    )
    async def state(self, request: Request[Any, Any, Any]) -> SecondFactorState:
        stores: Stores = request.app.state.stores
        account = user_of(request.state.principal)
        return await stores.signing_in.second_factor.state_of(account.subscriber)

    @post(
        "/enrolment",
        operation_id="enrolSecondFactor",
        summary="Get a secret for an authenticator app",
        opt=declared(
            Access.USER,
            body=PasswordProof,
            answer=Enrolment,
            problems=(*_PROVEN, SECOND_FACTOR_STATE),
            example=_PASSWORD,
            shown=_ENROLMENT,
        ),
    )
    async def enrol(self, request: Request[Any, Any, Any]) -> Enrolment:
        """Shown once, as text, as an ``otpauth`` address and as a QR code. It counts once a code of it came
        back."""
        stores: Stores = request.app.state.stores
        account = await _proven(request)
        return await stores.signing_in.second_factor.enrol(account)

    @post(
        "/confirmation",
        operation_id="confirmSecondFactor",
        summary="Give the first code: from now on signing in needs one",
        status_code=200,
        opt=declared(
            Access.USER,
            body=CodeGiven,
            answer=RecoveryCodes,
            problems=(WRONG_CODE, SECOND_FACTOR_STATE, *_COUNTED),
            example={"code": "123 456"},
            shown=_CODES,
        ),
    )
    async def confirm(self, request: Request[Any, Any, Any]) -> RecoveryCodes:
        """Answers with recovery codes, each of which works once in the place of a code."""
        stores: Stores = request.app.state.stores
        principal: Principal = request.state.principal
        given = await body_of(request, CodeGiven)
        return await stores.signing_in.second_factor.confirm(user_of(principal), given.code, principal.name)

    @post(
        "/recovery-codes",
        operation_id="renewRecoveryCodes",
        summary="Get new recovery codes; the old ones work no more",
        status_code=200,
        opt=declared(
            Access.USER,
            body=PasswordProof,
            answer=RecoveryCodes,
            problems=(*_PROVEN, SECOND_FACTOR_STATE),
            example=_PASSWORD,
            shown=_CODES,
        ),
    )
    async def renew_codes(self, request: Request[Any, Any, Any]) -> RecoveryCodes:
        stores: Stores = request.app.state.stores
        account, by = await _proven(request), request.state.principal.name
        return await stores.signing_in.second_factor.renew_codes(account, by)

    @post(
        "/removal",
        operation_id="removeSecondFactor",
        summary="Sign in with the password alone again",
        status_code=204,
        opt=declared(Access.USER, body=PasswordProof, problems=_PROVEN, example=_PASSWORD),
    )
    async def remove(self, request: Request[Any, Any, Any]) -> None:
        """Needs the password. Done as well when there was none."""
        stores: Stores = request.app.state.stores
        account, by = await _proven(request), request.state.principal.name
        await stores.signing_in.take_off_second_factor(account, by)


class MailedController(Controller):
    """My e-mail address, and a new password by mail."""

    path = "/v1"
    tags = ("signing in",)

    @get(
        "/me/email",
        operation_id="getEmail",
        summary="Where mail for me goes",
        opt=declared(Access.USER, answer=Email, shown=_EMAIL),
    )
    async def email(self, request: Request[Any, Any, Any]) -> Email:
        stores: Stores = request.app.state.stores
        return await stores.signing_in.mailed.email_of(user_of(request.state.principal).subscriber)

    @put(
        "/me/email",
        operation_id="setEmail",
        summary="Have mail go to another address, once I confirmed it",
        opt=declared(
            Access.USER,
            body=EmailWanted,
            answer=Email,
            problems=(*_PROVEN, NO_MAIL),
            example={"address": "anna@bakkerijdevries.example", **_PASSWORD},
            shown={"address": None, "wanted": "anna@bakkerijdevries.example"},
        ),
    )
    async def set_email(self, request: Request[Any, Any, Any]) -> Email:
        """A code is mailed there; ``POST /v1/me/email/confirmation`` takes it. Without an address (null) no
        mail is sent any more."""
        stores: Stores = request.app.state.stores
        principal: Principal = request.state.principal
        account, mailed = user_of(principal), stores.signing_in.mailed
        wanted = await body_of(request, EmailWanted)
        await stores.signing_in.prove(account, wanted.password, address_of(request))
        if wanted.address is None:
            await mailed.set_email(account, None, principal.name)
        else:
            await mailed.want_email(account, wanted.address)
        return await mailed.email_of(account.subscriber)

    @post(
        "/me/email/confirmation",
        operation_id="confirmEmail",
        summary="Give the code that was mailed",
        status_code=200,
        opt=declared(
            Access.USER,
            body=MailedCodeGiven,
            answer=Email,
            problems=(WRONG_CODE, *_COUNTED),
            example={"code": "abcde-fghjk-mnpqr-stuvw"},
            shown=_EMAIL,
        ),
    )
    async def confirm_email(self, request: Request[Any, Any, Any]) -> Email:
        """The address counts from now on; the one before is told."""
        stores: Stores = request.app.state.stores
        principal: Principal = request.state.principal
        account, mailed = user_of(principal), stores.signing_in.mailed
        given = await body_of(request, MailedCodeGiven)
        await mailed.confirm_email(account, given.code, principal.name)
        return await mailed.email_of(account.subscriber)

    @post(
        "/password-resets",
        operation_id="askPasswordReset",
        summary="Mail me a code to choose a new password",
        status_code=204,
        opt=declared(
            Access.OPEN,
            body=ResetWanted,
            problems=(NO_MAIL, *_COUNTED),
            example={"user": "anna@bakkerijdevries.example"},
        ),
    )
    async def ask_reset(self, request: Request[Any, Any, Any]) -> None:
        """Answered alike whether there is such a user, and whether mail goes anywhere. The code works once,
        for 30 minutes."""
        stores: Stores = request.app.state.stores
        wanted = await body_of(request, ResetWanted)
        await stores.signing_in.mailed.ask_reset(wanted.user, address_of(request))

    @post(
        "/password-resets/completion",
        operation_id="resetPassword",
        summary="Choose a new password with the code of the mail",
        status_code=204,
        opt=declared(
            Access.OPEN,
            body=NewPassword,
            problems=(WRONG_CODE, OVERLOADED, *_COUNTED),
            example={"code": "abcde-fghjk-mnpqr-stuvw", "password": "vier zure appels"},
        ),
    )
    async def reset(self, request: Request[Any, Any, Any]) -> None:
        """Every session of the user ends. A second factor stays."""
        stores: Stores = request.app.state.stores
        await stores.signing_in.mailed.reset(await body_of(request, NewPassword), address_of(request))


class UserAccountController(Controller):
    """How a user signs in, for who administers the user."""

    path = "/v1/users/{user:str}"
    tags = ("accounts of users",)

    @get(
        "/email",
        operation_id="getUserEmail",
        summary="Where mail for the user goes",
        opt=declared(Access.ADMINISTRATOR, answer=Email, shown=_EMAIL),
    )
    async def email(self, request: Request[Any, Any, Any], user: FromPath[str]) -> Email:
        stores: Stores = request.app.state.stores
        return await stores.signing_in.mailed.email_of(SubscriberId(user))

    @put(
        "/email",
        operation_id="setUserEmail",
        summary="Have mail for the user go there",
        opt=declared(
            Access.ADMINISTRATOR,
            body=EmailSet,
            answer=Email,
            example={"address": "anna@bakkerijdevries.example"},
            shown=_EMAIL,
        ),
    )
    async def set_email(self, request: Request[Any, Any, Any], user: FromPath[str]) -> Email:
        """Counts at once; the address before is told. Whoever sets where a password reset goes can become
        that user: 403 for one of a higher role."""
        stores: Stores = request.app.state.stores
        account, _ = await check_rank(request, user)
        wanted = await body_of(request, EmailSet)
        await stores.signing_in.mailed.set_email(account, wanted.address, request.state.principal.name)
        return await stores.signing_in.mailed.email_of(account.subscriber)

    @delete(
        "/second-factor",
        operation_id="removeUserSecondFactor",
        summary="Let the user sign in with the password alone",
        opt=declared(Access.ADMINISTRATOR),
    )
    async def remove(self, request: Request[Any, Any, Any], user: FromPath[str]) -> None:
        """For who lost telephone and recovery codes. Done as well when there was none."""
        stores: Stores = request.app.state.stores
        account, _ = await check_rank(request, user)
        await stores.signing_in.take_off_second_factor(account, request.state.principal.name)


async def _proven(request: Request[Any, Any, Any]) -> Account:
    """Who asks, and gave the password. Raises ProblemError: 401, 429."""
    stores: Stores = request.app.state.stores
    account = user_of(request.state.principal)
    given = await body_of(request, PasswordProof)
    await stores.signing_in.prove(account, given.password, address_of(request))
    return account
