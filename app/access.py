"""Who asks, and what of it is theirs: the one function every route passes.

:func:`isolate` is a guard of the whole application. It knows who asks from the token, and for every id in the
path whether it belongs to them; somebody else's id is 404, as one that does not exist. A path parameter it
does not know keeps the application from starting.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any

import msgspec
from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.domain.calls.showing import asked_key, is_of, live_of
from app.domain.signing_in import statements
from app.domain.signing_in.account_statements import ROLE
from app.operations import KEY, Access, handlers, operation_of
from app.problems import FORBIDDEN, NOT_FOUND, TOO_MANY_REQUESTS, UNAUTHENTICATED, ProblemError
from app.stores import Stores
from fmc_gateway.records.history import has_entry
from hipper.directory.accounts import Account, account_of, account_with, owner_of_device
from hipper.directory.admin.blocks import tenant_of_block
from hipper.directory.admin.groups import group_with
from hipper.directory.admin.imports import owner_of_import
from hipper.directory.admin.model import Group
from hipper.directory.admin.numbers import tenant_of_number
from hipper.directory.contacts import owner_of_contact
from hipper.directory.contexts import load_subscriber
from hipper.pbx.availability import names
from hipper.pbx.ids import CallId, DeviceId, SubscriberId, TenantId
from hipper.runtime.bus import outages_named

CHALLENGE = 'Bearer realm="hipper"'
KEY_PREFIX = "hik_"
"""What every API key begins with."""
TENANT_KNOWN = "SELECT true FROM directory.tenants WHERE tenant_id = $1"
KEY_KNOWN = "SELECT true FROM app.api_keys WHERE key_id = $1"
_ID = re.compile(r"[A-Za-z0-9_.\-]{1,64}")


class Role(str, Enum):
    USER = "user"
    GROUP_ADMINISTRATOR = "group_administrator"
    ENTERPRISE_ADMINISTRATOR = "enterprise_administrator"
    OPERATOR = "operator"
    SERVICE = "service"
    NETWORK = "network"
    """A mobile network, by a key of scope ``imrn``; it asks for routing numbers and nothing else."""


RANK = {
    Role.USER: 0,
    Role.GROUP_ADMINISTRATOR: 1,
    Role.ENTERPRISE_ADMINISTRATOR: 2,
    Role.SERVICE: 2,
    Role.OPERATOR: 3,
}
ABOVE = ("this user's role is above yours", "deze gebruiker staat boven u")


class KeyScope(str, Enum):
    """What a program with a key may do: of its tenant, or (``imrn``) of its mobile network."""

    PROVISIONING = "provisioning"
    READ_ONLY = "read-only"
    RECORDER = "recorder"
    IMRN = "imrn"


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. ``tenant`` None: an operator, of the whole installation. ``account`` and ``session``: of who
    signed in; None for a key."""

    name: str
    """As the audit calls it: ``user:<subscriber>``, ``key:<key>``."""
    role: Role
    tenant: TenantId | None
    account: Account | None = None
    session: str | None = None
    scopes: tuple[str, ...] = ()


def user_of(principal: Principal) -> Account:
    """Raises ProblemError: 403 for a key, which is nobody."""
    if principal.account is None:
        raise ProblemError(FORBIDDEN, "this is for users who signed in", "dit is voor wie is aangemeld")
    return principal.account


async def isolate(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Litestar guard of the application: sets ``request.state.principal``. Raises ProblemError: 401,
    403, 404, 429."""
    if connection.scope.get("method") == "OPTIONS":
        return  # Litestar's own answer: which methods there are
    operation = operation_of(handler)
    if operation.access is Access.NETWORK:
        return
    stores: Stores = connection.app.state.stores
    if operation.access is Access.OPEN:
        if operation.body is not None:
            _count(stores, f"address {address_of(connection)}")
        return
    principal = await _authenticated(stores, connection)
    if principal.role is Role.NETWORK:
        raise ProblemError(FORBIDDEN, "this key asks for routing numbers", "deze sleutel vraagt nummers")
    read: dict[str, object] = {}
    for name, value in connection.path_params.items():
        if not _ID.fullmatch(str(value)):
            raise ProblemError(NOT_FOUND)
        found = read[name] = await BELONGS[name](stores, principal, str(value))
        if not found:
            raise ProblemError(NOT_FOUND)
    if operation.access is Access.USER:
        user_of(principal)
    else:
        method = str(connection.scope.get("method", "GET"))
        if not _administers(principal, operation.access, method):
            raise ProblemError(FORBIDDEN, "this is for administrators", "dit is voor beheerders")
        if method != "GET" and not operation.reads:
            await _check_rank(stores, principal, connection.path_params)
    connection.state.principal = principal
    connection.state.read = read


def user_asked(connection: ASGIConnection[Any, Any, Any, Any]) -> Account:
    """The user of a path with ``{user}``, as the guard read it."""
    found = connection.state.read["user"]
    assert isinstance(found, Account)
    return found


async def _check_rank(stores: Stores, principal: Principal, ids: Mapping[str, Any]) -> None:
    """Nobody changes anything of somebody in a higher role: password and telephones let one in as that user.
    Of who signs in only administrators of one group have somebody above them. Raises ProblemError: 403."""
    if principal.role is not Role.GROUP_ADMINISTRATOR:
        return
    user = ids.get("user")
    if "telephone" in ids:
        user = await owner_of_device(stores.own, DeviceId(ids["telephone"]))
    if user is not None and RANK[await role_of(stores, user)] > RANK[principal.role]:
        raise ProblemError(FORBIDDEN, *ABOVE)


async def role_of(stores: Stores, user: str) -> Role:
    """Of who has no account yet, a plain user's."""
    return Role(await stores.own.fetchval(ROLE, user) or Role.USER.value)


def check_routes(app: Litestar) -> None:
    """Raises ValueError for a route that :func:`isolate` could not judge."""
    for method, path, handler in handlers(app):
        if KEY not in handler.opt:
            raise ValueError(f"{method} {path} does not say who may ask")
        for name in re.findall(r"\{(\w+)\}", path):
            if name not in BELONGS:
                raise ValueError(f"{method} {path}: nobody knows whose '{name}' is")


def _administers(principal: Principal, access: Access, method: str) -> bool:
    """The one place where roles and scopes of keys count."""
    if principal.role is Role.OPERATOR or access is Access.OPERATOR:
        return principal.role is Role.OPERATOR
    if principal.role is Role.SERVICE:
        reads = method == "GET" and KeyScope.READ_ONLY.value in principal.scopes
        return reads or KeyScope.PROVISIONING.value in principal.scopes
    return principal.role is not Role.USER


# --- whose an id is -----------------------------------------------------------------------------------


async def _group(stores: Stores, principal: Principal, group: str) -> Group | bool:
    if principal.account is not None and principal.role is not Role.ENTERPRISE_ADMINISTRATOR:
        return principal.account.group == group
    found = await group_with(stores.own, group)
    return found if found is not None and principal.tenant in (None, found.tenant) else False


async def _device(stores: Stores, principal: Principal, device: str) -> bool:
    owner = await owner_of_device(stores.own, DeviceId(device))
    return owner is not None and principal.account is not None and owner == principal.account.subscriber


async def _session(stores: Stores, principal: Principal, session: str) -> bool:
    owner = await stores.own.fetchval(statements.SESSION_OWNER, session)
    return owner is not None and principal.account is not None and owner == principal.account.subscriber


async def _user(stores: Stores, principal: Principal, user: str) -> Account | None:
    account = await account_with(stores.own, SubscriberId(user))
    return account if account is not None and _reaches(principal, account) else None


def _reaches(principal: Principal, user: Account) -> bool:
    if principal.role is Role.USER:
        return principal.account is not None and principal.account.subscriber == user.subscriber
    if principal.role is Role.GROUP_ADMINISTRATOR:
        return principal.account is not None and principal.account.group == user.group
    return principal.tenant in (None, user.tenant)


async def _contact(stores: Stores, principal: Principal, contact: str) -> bool:
    owner = await owner_of_contact(stores.own, contact)
    return owner is not None and principal.account is not None and owner == principal.account.subscriber


async def _entry(stores: Stores, principal: Principal, call: str) -> bool:
    """Of the own list of calls."""
    account = principal.account
    return account is not None and await has_entry(stores.records, account.subscriber, call)


async def _call(stores: Stores, principal: Principal, call: str) -> bool:
    """A call the user is in, or has lately asked something of: that of a repeated tap may be over."""
    if principal.account is None:
        return False
    subscriber = principal.account.subscriber
    if is_of(await live_of(stores.bus, call), subscriber):
        return True
    with outages_named():
        return bool(await stores.bus.redis.exists(asked_key(subscriber, CallId(call))))


async def _open_call(stores: Stores, principal: Principal, call: str) -> bool:
    """A call that anybody of the user's group may take; after a repeated tap it may be taken."""
    if principal.account is None:
        return False
    live = await live_of(stores.bus, call)
    if live is not None and live.open_to == principal.account.group:
        return True
    return await _call(stores, principal, call)


async def _telephone(stores: Stores, principal: Principal, device: str) -> bool:
    """For who administers its user."""
    owner = await owner_of_device(stores.own, DeviceId(device))
    return owner is not None and await _user(stores, principal, owner) is not None


async def _tenant(stores: Stores, principal: Principal, tenant: str) -> bool:
    if principal.tenant is not None:
        return principal.tenant == tenant
    return bool(await stores.own.fetchval(TENANT_KNOWN, tenant))


async def _block(stores: Stores, principal: Principal, block: str) -> bool:
    tenant = await tenant_of_block(stores.own, block)
    return tenant is not None and principal.tenant in (None, tenant)


async def _number(stores: Stores, principal: Principal, digits: str) -> bool:
    """E.164 without its plus; free or somebody's."""
    if not re.fullmatch(r"[1-9][0-9]{6,14}", digits):
        return False
    tenant = await tenant_of_number(stores.own, f"+{digits}")
    return tenant is not None and principal.tenant in (None, tenant)


async def _import(stores: Stores, principal: Principal, name: str) -> bool:
    """The company's; for who administers one group, the own ones."""
    owner = await owner_of_import(stores.own, name)
    if owner is None or principal.tenant not in (None, owner[0]):
        return False
    return principal.role is not Role.GROUP_ADMINISTRATOR or owner[1] == principal.name


async def _key(stores: Stores, principal: Principal, key: str) -> bool:
    return principal.role is Role.OPERATOR and bool(await stores.own.fetchval(KEY_KNOWN, key))


async def _own_number(stores: Stores, principal: Principal, own_number: str) -> bool:
    """The id of a route of availability: ``mobile``, ``fixed``, ``extension``, digits of an alternate one."""
    if principal.account is None:
        return False
    context = await load_subscriber(stores.own, principal.account.subscriber)
    known = () if context is None else context.numbers
    return any((names(one) or "").removeprefix("+") == own_number for one in known)


async def _anybodys(_stores: Stores, _principal: Principal, _value: str) -> bool:
    return True


BELONGS: dict[str, Callable[[Stores, Principal, str], Awaitable[object]]] = {
    "group": _group,
    "user": _user,
    "device": _device,
    "session": _session,
    "call": _call,
    "open_call": _open_call,
    "contact": _contact,
    "entry": _entry,
    "telephone": _telephone,
    "tenant": _tenant,
    "block": _block,
    "number": _number,
    "import_": _import,
    "key": _key,
    "own_number": _own_number,
    "recording": _anybodys,  # a name within a company, which is asked about first
    "service": _anybodys,  # a name of the registry; what it is set to is asked by its owner
}
"""By the name of a path parameter: whether what it names belongs to who asks; perhaps with what was read to
know that, so that the route need not."""


# --- who asks -----------------------------------------------------------------------------------------


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Whom to count: the address, of IPv6 the /64 that one subscriber has."""
    host = connection.client.host if connection.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


async def _authenticated(stores: Stores, connection: ASGIConnection[Any, Any, Any, Any]) -> Principal:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise _unknown("a token or a key is needed", "een token of sleutel is nodig")
    if token.startswith(KEY_PREFIX):
        _count(stores, f"address {address_of(connection)}")
        return await _by_key(stores, token)
    session = stores.tokens.session_of(token)
    if session is None:
        raise _unknown("the token is no good or too old", "het token klopt niet of is te oud", invalid=True)
    _count(stores, session)
    return await _by_session(stores, session)


def count_address(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Of who has not said who asks. Raises ProblemError: 429."""
    stores: Stores = connection.app.state.stores
    _count(stores, f"address {address_of(connection)}")


def _count(stores: Stores, who: str) -> None:
    wait_s = stores.buckets.take(who)
    if wait_s is not None:
        raise ProblemError(TOO_MANY_REQUESTS, retry_after_s=wait_s)


async def _by_session(stores: Stores, session: str) -> Principal:
    known: Principal | None = stores.askers.find(session)
    if known is not None:
        return known
    told = stores.askers.told
    row = await stores.own.fetchrow(statements.SESSION, session)
    if row is None:
        raise _unknown("the session is over", "de sessie is voorbij", invalid=True)
    account = account_of(row)
    principal = Principal(
        name=f"user:{account.subscriber}",
        role=Role(row["role"]),
        tenant=account.tenant,
        account=account,
        session=session,
    )
    stores.askers.remember(session, principal, of=account.subscriber, told=told, for_s=row["left_s"])
    return principal


async def _by_key(stores: Stores, key: str) -> Principal:
    digest = hashlib.sha256(key.encode()).digest()
    name = f"key {digest.hex()}"
    known: Principal | None = stores.askers.find(name)
    if known is not None:
        return known
    told = stores.askers.told
    row = await stores.own.fetchrow(statements.API_KEY, digest)
    if row is None:
        raise _unknown("nobody has this key", "niemand heeft deze sleutel", invalid=True)
    principal = Principal(
        name=f"key:{row['key_id']}",
        role=Role(row["role"]),
        tenant=TenantId(row["tenant_id"]) if row["tenant_id"] is not None else None,
        scopes=tuple(row["scopes"]),
    )
    stores.askers.remember(name, principal, of="", told=told, for_s=row["left_s"])
    return principal


def _unknown(detail: str, uitleg: str, *, invalid: bool = False) -> ProblemError:
    wrong = ', error="invalid_token"' if invalid else ""
    return ProblemError(UNAUTHENTICATED, detail, uitleg, headers={"WWW-Authenticate": CHALLENGE + wrong})


def subscriber_of(principal: Principal) -> SubscriberId:
    return user_of(principal).subscriber
