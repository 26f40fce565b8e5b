"""Who a desk phone is: digest (RFC 3261 §22, RFC 7616, RFC 8760) against the directory.

Whether a user exists shows nowhere: unknown user and wrong password get the same answer after the same work.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

import structlog

from fmc_gateway.edge import Phone, Refusal
from fmc_gateway.text import clean
from hipper.directory.credentials import DeviceCredentials
from hipper.directory.errors import DirectoryError
from hipper.runtime.settings_model import DevicesSection
from hipper.telephony.sip.digest import Bad, Credentials, DigestServer, Ok, Stale
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.message import Request
from hipper.telephony.sip.uri import SipUri

MAX_REALMS = 1000
"""Digest servers kept: one per domain that was ever asked for; strangers choose the domains they ask for."""

Challenge = tuple[tuple[str, str], ...]
Done = Callable[[Phone | Challenge | Refusal], None]

log = structlog.get_logger("fmc_gateway.phones")


class CredentialSource(Protocol):
    async def device_credentials(self, aor_user: str, domain: str) -> DeviceCredentials | None: ...


class Observer(Protocol):
    def credentials_refused(self) -> None: ...


class PhoneAuthenticator:
    """``key``: signs nonces; the same in all gateways of an installation. ``now_unix``: they
    share a clock too."""

    def __init__(
        self,
        settings: DevicesSection,
        directory: CredentialSource,
        key: bytes,
        now_unix: Callable[[], float],
        observer: Observer,
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._key = key
        self._now = now_unix
        self._observer = observer
        self._servers: OrderedDict[str, DigestServer] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def authenticate(self, request: Request, domain: str, address: str, done: Done) -> None:
        """Tells ``done`` who sent ``request`` (at once, when it has no credentials): the phone, the headers
        of a 401, or a refusal. ``domain``: of the address-of-record it claims; ``address``: where it came
        from, for the log."""
        server = self._server(self._settings.realm or domain)
        credentials = server.find(request)
        if credentials is None:
            done(self._challenge(server))
            return
        check = self._check(server, credentials, request, domain, address, done)
        task = asyncio.get_running_loop().create_task(check)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _check(
        self,
        server: DigestServer,
        credentials: Credentials,
        request: Request,
        domain: str,
        address: str,
        done: Done,
    ) -> None:
        try:
            user = credentials.username
            found = await self._directory.device_credentials(clean(user), clean(domain))
            answer = self._verdict(server, credentials, request, address, found)
        except SipParseError as error:
            answer = Refusal(400, error.reason)
        except DirectoryError as error:
            log.warning("phones.no_directory", reason=str(error))
            answer = Refusal(503, "the directory does not answer")
        except Exception:
            log.exception("phones.fault")
            answer = Refusal(500, "a fault of ours")
        done(answer)

    def _verdict(
        self,
        server: DigestServer,
        credentials: Credentials,
        request: Request,
        address: str,
        found: DeviceCredentials | None,
    ) -> Phone | Challenge | Refusal:
        def lookup(username: str, algorithm: str) -> str | None:
            if found is None or found.realm != server.realm or username != found.aor_user:
                return None
            return found.ha1_sha256 if algorithm.upper().startswith("SHA-256") else found.ha1_md5

        result = server.check(
            credentials, request.method, request.request_uri_text, request.body, lookup, self._now()
        )
        match result:
            case Ok():
                assert found is not None
                if not found.enabled:
                    return Refusal(403, "this user is switched off")
                return Phone(found.device, f"{found.aor_user}@{found.domain}")
            case Stale():
                return self._challenge(server, stale=True)
            case Bad():
                self._observer.credentials_refused()
                log.warning("phones.refused", reason=result.reason, address=address)
                if result.status == 401:
                    return self._challenge(server)
                return Refusal(result.status, result.reason)

    def _challenge(self, server: DigestServer, *, stale: bool = False) -> Challenge:
        challenges = server.make_challenges(self._now(), stale)
        return tuple(("WWW-Authenticate", str(challenge)) for challenge in challenges)

    def _server(self, realm: str) -> DigestServer:
        server = self._servers.get(realm)
        if server is None:
            server = DigestServer(
                realm,
                self._key,
                algorithms=self._settings.algorithms,
                nonce_lifetime_s=self._settings.nonce_lifetime_s,
            )
            self._servers[realm] = server
            if len(self._servers) > MAX_REALMS:
                self._servers.popitem(last=False)
        else:
            self._servers.move_to_end(realm)
        return server


def claimed_domain(request: Request) -> str | None:
    """Domain of the address-of-record: of To in a REGISTER (RFC 3261 §10.2), else of From; an anonymous
    From leaves the Request-URI's. None when there is none."""
    named = request.to if request.method == "REGISTER" else request.from_
    for uri in (named.uri, request.uri):
        if isinstance(uri, SipUri) and not uri.host.endswith(".invalid"):
            return uri.host
    return None
