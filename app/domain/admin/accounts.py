"""``/v1/users/<user>/role`` and ``/password``: who administers, and a first password.

Nobody changes what somebody of a higher role is or signs in with.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from litestar import Controller, post, put
from litestar.params import FromPath

from app.access import ABOVE, RANK, Principal, Role, role_of
from app.bodies import body_of
from app.domain.admin.asking import Asked, actor_of, stores_of
from app.domain.signing_in.account_writing import replace_role
from app.operations import Access, declared
from app.problems import FORBIDDEN, NOT_FOUND, OVERLOADED, ProblemError
from hipper.directory.accounts import Account, account_with
from hipper.pbx.ids import SubscriberId

ENTERPRISE_ADMINISTRATORS = """
SELECT a.subscriber_id FROM directory.subscribers s JOIN app.accounts a USING (subscriber_id)
WHERE s.tenant_id = $1 AND s.group_id = $2 AND a.role = 'enterprise_administrator'"""


class RoleWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    role: Literal["user", "group_administrator", "enterprise_administrator"]


class RoleShown(msgspec.Struct, frozen=True, kw_only=True):
    role: str


class PasswordMade(msgspec.Struct, frozen=True, kw_only=True):
    """Shown once; only a hash of it is kept."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"PasswordMade({self.user})"


class AccountController(Controller):
    """How a user signs in, for who administers the user."""

    path = "/v1/users/{user:str}"
    tags = ("accounts of users",)

    @put(
        "/role",
        operation_id="setRole",
        summary="Make a user an administrator, or a plain user again",
        opt=declared(
            Access.ADMINISTRATOR,
            body=RoleWanted,
            answer=RoleShown,
            example={"role": "group_administrator"},
            shown={"role": "group_administrator"},
        ),
    )
    async def set_role(self, request: Asked, user: FromPath[str]) -> RoleShown:
        """Holds for the next request. No role above the own one is given."""
        wanted = Role((await body_of(request, RoleWanted)).role)
        account, role = await check_rank(request, user)
        principal: Principal = request.state.principal
        if RANK[wanted] > RANK[principal.role]:
            raise ProblemError(FORBIDDEN, "this role is above your own", "deze rol gaat boven de uwe")
        if wanted is not role:
            stores = stores_of(request)
            change = f"role {role.value} -> {wanted.value}"
            async with stores.own.acquire() as conn:
                await replace_role(conn, account, wanted.value, principal.name, change)
        return RoleShown(role=wanted.value)

    @post(
        "/password",
        operation_id="makePassword",
        summary="Make a new password for a user",
        opt=declared(
            Access.ADMINISTRATOR,
            answer=PasswordMade,
            problems=(OVERLOADED,),
            shown={"user": "anna@bakkerijdevries.example", "password": "ab3de-fgh4j-kmn5p-qrst6"},
        ),
    )
    async def make_password(self, request: Asked, user: FromPath[str]) -> PasswordMade:
        """Shown once. The one before works no more, and the user's sessions end. Asked twice, there are two,
        and the last one works."""
        account, _ = await check_rank(request, user)
        by = request.state.principal.name
        password = await stores_of(request).signing_in.make_password(account, by)
        return PasswordMade(user=account.aor, password=password)


async def above(request: Asked, tenant: str) -> frozenset[str]:
    """Ids of the users of ``tenant`` in reach of who asks whose role is higher."""
    actor = actor_of(request)
    if actor.group is None:
        return frozenset()
    rows = await stores_of(request).own.fetch(ENTERPRISE_ADMINISTRATORS, tenant, actor.group)
    return frozenset(row[0] for row in rows)


async def check_rank(request: Asked, user: str) -> tuple[Account, Role]:
    """The user and the user's role. Raises ProblemError: 403 for one of a higher role, 404."""
    stores = stores_of(request)
    account = await account_with(stores.own, SubscriberId(user))
    if account is None:
        raise ProblemError(NOT_FOUND)
    role = await role_of(stores, user)
    principal: Principal = request.state.principal
    if RANK[role] > RANK[principal.role]:
        raise ProblemError(FORBIDDEN, *ABOVE)
    return account, role
