"""Operations of the API: signing in. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models
from hipper_api.transport import Transport, decoded, quoted


class SigningIn:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def ask_password_reset(self, body: models.ResetWanted) -> None:
        """Mail me a code to choose a new password.

        Answered alike whether there is such a user, and whether mail goes anywhere. The code works
        once, for 30 minutes.

        Problems: body-too-large, directory-unavailable, invalid-request, invalid-settings, no-mail,
        store-unavailable, too-many-requests, unsupported-media-type.
        """
        await self._api.ask("POST", "/v1/password-resets", open_to_all=True, body=body)

    async def change_password(self, body: models.PasswordChange) -> None:
        """Change my password.

        Every other session ends.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        overloaded, store-unavailable, too-many-requests, unauthenticated, unsupported-media-type,
        wrong-password.
        """
        await self._api.ask("PUT", "/v1/me/password", body=body)

    async def confirm_email(self, body: models.MailedCodeGiven) -> models.Email:
        """Give the code that was mailed.

        The address counts from now on; the one before is told.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        store-unavailable, too-many-requests, unauthenticated, unsupported-media-type, wrong-code.
        """
        answer = await self._api.ask("POST", "/v1/me/email/confirmation", body=body)
        found: models.Email = decoded(answer, models.Email)
        return found

    async def confirm_second_factor(self, body: models.CodeGiven) -> models.RecoveryCodes:
        """Give the first code: from now on signing in needs one.

        Answers with recovery codes, each of which works once in the place of a code.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        second-factor-state, store-unavailable, too-many-requests, unauthenticated, unsupported-media-
        type, wrong-code.
        """
        answer = await self._api.ask("POST", "/v1/me/second-factor/confirmation", body=body)
        found: models.RecoveryCodes = decoded(answer, models.RecoveryCodes)
        return found

    async def end_session(self, session: str) -> None:
        """Sign out a device of mine.

        Its tokens do not work any more from now on.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/me/sessions/{quoted(session)}")

    async def enrol_second_factor(self, body: models.PasswordProof) -> models.Enrolment:
        """Get a secret for an authenticator app.

        Shown once, as text, as an ``otpauth`` address and as a QR code. It counts once a code of it
        came back.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        overloaded, second-factor-state, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type, wrong-password.
        """
        answer = await self._api.ask("POST", "/v1/me/second-factor/enrolment", body=body)
        found: models.Enrolment = decoded(answer, models.Enrolment)
        return found

    async def get_email(self) -> models.Email:
        """Where mail for me goes.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/me/email")
        found: models.Email = decoded(answer, models.Email)
        return found

    async def get_second_factor(self) -> models.SecondFactorState:
        """Whether I need a code to sign in.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/me/second-factor")
        found: models.SecondFactorState = decoded(answer, models.SecondFactorState)
        return found

    async def list_sessions(self) -> models.Sessions:
        """The devices I am signed in on.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/me/sessions")
        found: models.Sessions = decoded(answer, models.Sessions)
        return found

    async def refresh_session(self, body: models.Refresh) -> models.Tokens:
        """Take the next pair of tokens.

        A refresh token works once; used a second time it ends the whole session.

        Problems: body-too-large, directory-unavailable, invalid-request, invalid-settings, session-
        ended, too-many-requests, unsupported-media-type.
        """
        answer = await self._api.ask("POST", "/v1/sessions/refresh", open_to_all=True, body=body)
        found: models.Tokens = decoded(answer, models.Tokens)
        return found

    async def remove_second_factor(self, body: models.PasswordProof) -> None:
        """Sign in with the password alone again.

        Needs the password. Done as well when there was none.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        overloaded, store-unavailable, too-many-requests, unauthenticated, unsupported-media-type,
        wrong-password.
        """
        await self._api.ask("POST", "/v1/me/second-factor/removal", body=body)

    async def renew_recovery_codes(self, body: models.PasswordProof) -> models.RecoveryCodes:
        """Get new recovery codes; the old ones work no more.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        overloaded, second-factor-state, store-unavailable, too-many-requests, unauthenticated,
        unsupported-media-type, wrong-password.
        """
        answer = await self._api.ask("POST", "/v1/me/second-factor/recovery-codes", body=body)
        found: models.RecoveryCodes = decoded(answer, models.RecoveryCodes)
        return found

    async def reset_password(self, body: models.NewPassword) -> None:
        """Choose a new password with the code of the mail.

        Every session of the user ends. A second factor stays.

        Problems: body-too-large, directory-unavailable, invalid-request, invalid-settings,
        overloaded, store-unavailable, too-many-requests, unsupported-media-type, wrong-code.
        """
        await self._api.ask("POST", "/v1/password-resets/completion", open_to_all=True, body=body)

    async def set_email(self, body: models.EmailWanted) -> models.Email:
        """Have mail go to another address, once I confirmed it.

        A code is mailed there; ``POST /v1/me/email/confirmation`` takes it. Without an address (null)
        no mail is sent any more.

        Problems: body-too-large, directory-unavailable, forbidden, invalid-request, invalid-settings,
        no-mail, overloaded, store-unavailable, too-many-requests, unauthenticated, unsupported-media-
        type, wrong-password.
        """
        answer = await self._api.ask("PUT", "/v1/me/email", body=body)
        found: models.Email = decoded(answer, models.Email)
        return found

    async def sign_in(self, body: models.SignIn) -> models.Tokens:
        """Sign in with user@customer-domain and a password.

        An unknown user and a wrong password are told alike. Who tries wrong passwords for one account
        from one address waits longer and longer (429, Retry-After).

        Problems: body-too-large, code-needed, directory-unavailable, invalid-request, invalid-
        settings, overloaded, store-unavailable, too-many-requests, unsupported-media-type, wrong-
        code, wrong-password.
        """
        answer = await self._api.ask("POST", "/v1/sessions", open_to_all=True, body=body)
        found: models.Tokens = decoded(answer, models.Tokens)
        return found
