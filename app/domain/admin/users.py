"""``/v1/users``, ``/v1/groups/<group>/users`` and ``/licences``: users, their numbers and packs."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.params import FromPath

from app.bodies import body_of
from app.domain.admin.accounts import check_rank
from app.domain.admin.asking import (
    CHANGED,
    LIVE,
    Asked,
    actor_of,
    changing,
    check_of,
    group_asked,
    refusals_told,
    shown,
    stores_of,
)
from app.language import language_of
from app.operations import Access, Query, declared
from app.pages import QUERY, Listed, page_of
from app.problems import IN_THE_WAY, INVALID_REQUEST, ProblemError
from hipper.directory.admin import packs, users
from hipper.directory.admin.live import live_calls
from hipper.directory.admin.model import (
    Licences,
    LicencesWanted,
    NewUser,
    NumberWanted,
    PackChange,
    PackWanted,
    User,
    UserChange,
)
from hipper.pbx.model import ServicePack

USER = {
    "id": "s_1f0e",
    "tenant": "t_5e1f",
    "group": "g_0a1b",
    "user": "anna@bakkerijdevries.example",
    "display_name": "Anna de Vries",
    "language": "nl",
    "enabled": True,
    "pack": "vast_mobiel_premium_plus",
    "extension": "201",
    "fixed": "+31201234501",
    "mobile": "+31612345601",
    "alternates": [],
    "no_answer_s": 30,
    "decline_ends_ringing": True,
    "mobile_subscription": "ZM-100201",
    "fixed_subscription": "HIP-100201",
}
_PACK = {"pack": "business_plus"}
_PACK_CHANGE = {
    "pack": "base_plus",
    "before": "business_plus",
    "lost": ["voicemail"],
    "stays": ["call_forwarding_always"],
    "gained": [],
    "obstacles": ["2 desk phones; base_plus has at most 1"],
}
_LICENCES = {"items": [{"pack": "base_plus", "licences": 10, "users": 4}]}


class UserPage(Listed[User], frozen=True): ...


class GroupUsersController(Controller):
    """Users of a group, and how many of each pack it may have."""

    path = "/v1/groups/{group:str}"
    tags = ("users",)

    @get(
        "/users",
        operation_id="listGroupUsers",
        summary="The users of a group",
        opt=declared(
            Access.ADMINISTRATOR, answer=UserPage, query=QUERY, shown={"items": [USER], "next": None}
        ),
    )
    async def all(self, request: Asked, group: FromPath[str]) -> UserPage:
        page, own = page_of(request), stores_of(request).own
        with refusals_told(request):
            owner = await group_asked(request, group)
        found = await users.list_users(
            own, tenant=owner.tenant, group=group, after=page.after, limit=page.reach
        )
        return UserPage.of(found, page, _id)

    @post(
        "/users",
        operation_id="createUser",
        summary="Add a user",
        opt=declared(
            Access.ADMINISTRATOR,
            body=NewUser,
            answer=User,
            problems=(IN_THE_WAY,),
            example={
                "user": "gerda",
                "display_name": "Gerda Mol",
                "pack": "business_plus",
                "extension": "207",
                "fixed": "+31201234507",
            },
            shown=USER,
        ),
    )
    async def create(self, request: Asked, group: FromPath[str]) -> Response[Any]:
        """Whole or not at all. Numbers are free ones of the company's blocks; a mobile number comes with the
        company's mobile subscription of that number. The user signs in once a password is set."""
        wanted = await body_of(request, NewUser)
        async with changing(request) as conn:
            return shown(request, await users.create_user(conn, actor_of(request), group, wanted), 201)

    @get(
        "/licences",
        operation_id="getLicences",
        summary="How many users of each pack the group may have, and has",
        opt=declared(Access.ADMINISTRATOR, answer=Licences, versioned=True, shown=_LICENCES),
    )
    async def licences(self, request: Asked, group: FromPath[str]) -> Response[Any]:
        own = stores_of(request).own
        with refusals_told(request):
            owner = await group_asked(request, group)
            return shown(request, await packs.licences_of(own, owner.tenant, group))

    @put(
        "/licences",
        operation_id="setLicences",
        summary="Set how many users of each pack the group may have",
        opt=declared(
            Access.OPERATOR,
            body=LicencesWanted,
            answer=Licences,
            example={"base_plus": 10},
            shown=_LICENCES,
            **CHANGED,
        ),
    )
    async def set_licences(self, request: Asked, group: FromPath[str]) -> Response[Any]:
        """What is absent has no limit. Not fewer than there are users now: 409."""
        wanted = await body_of(request, LicencesWanted)
        async with changing(request) as conn:
            return shown(
                request, await packs.set_licences(conn, actor_of(request), group, wanted, check_of(request))
            )


class UserController(Controller):
    """Users, for who administers them."""

    path = "/v1/users"
    tags = ("users",)

    @get(
        "/",
        operation_id="listUsers",
        summary="The users I administer",
        opt=declared(
            Access.ADMINISTRATOR,
            answer=UserPage,
            query=(
                *QUERY,
                Query(
                    "user",
                    "only the one who signs in so: `user@domain`",
                    {"type": "string", "maxLength": 320},
                ),
            ),
            shown={"items": [USER], "next": None},
        ),
    )
    async def all(self, request: Asked) -> UserPage:
        """Of the own group, enterprise, or of the whole installation."""
        page, own = page_of(request), stores_of(request).own
        actor = actor_of(request)
        named = request.query_params.get("user")
        if named is not None:
            one = await users.user_named(own, named[:320].replace("\x00", ""))
            theirs = one is not None and actor.may_use(one.tenant, one.group)
            return UserPage(items=(one,) if one is not None and theirs else (), next=None)
        found = await users.list_users(
            own, tenant=actor.tenant, group=actor.group, after=page.after, limit=page.reach
        )
        return UserPage.of(found, page, _id)

    @get(
        "/{user:str}",
        operation_id="getOneUser",
        summary="One user",
        opt=declared(Access.ADMINISTRATOR, answer=User, versioned=True, shown=USER),
    )
    async def one(self, request: Asked, user: FromPath[str]) -> Response[Any]:
        with refusals_told(request):
            return shown(request, await users.get_user(stores_of(request).own, user))

    @patch(
        "/{user:str}",
        operation_id="changeOneUser",
        summary="Change a user",
        opt=declared(
            Access.ADMINISTRATOR,
            body=UserChange,
            answer=User,
            example={"display_name": "Anna Bakker", "extension": "211"},
            shown=USER,
            **CHANGED,
        ),
    )
    async def change(self, request: Asked, user: FromPath[str]) -> Response[Any]:
        """Holds for the next call. `group` moves the user to another group of the company; `enabled` false
        ends signing in, registering and calling."""
        change = await body_of(request, UserChange)
        await check_rank(request, user)
        async with changing(request) as conn:
            return shown(
                request, await users.change_user(conn, actor_of(request), user, change, check_of(request))
            )

    @delete(
        "/{user:str}",
        operation_id="deleteUser",
        summary="Remove a user",
        opt=declared(Access.ADMINISTRATOR, **LIVE),
    )
    async def remove(self, request: Asked, user: FromPath[str]) -> None:
        """With telephones, settings and account. The numbers stay the company's, free. 409: in a live call,
        or a number that a site shows on 112."""
        await check_rank(request, user)
        live = live_calls(stores_of(request).bus)
        async with changing(request) as conn:
            await users.delete_user(conn, actor_of(request), user, live, check_of(request))

    @put(
        "/{user:str}/numbers/{number:str}",
        operation_id="assignNumber",
        summary="Give a number to a user",
        opt=declared(
            Access.ADMINISTRATOR,
            body=NumberWanted,
            answer=User,
            example={"kind": "fixed"},
            shown=USER,
            **CHANGED,
        ),
    )
    async def assign(self, request: Asked, user: FromPath[str], number: FromPath[str]) -> Response[Any]:
        """`number`: digits of a free number of the company, E.164 without its plus. Holds for the next
        call."""
        wanted = await body_of(request, NumberWanted)
        await check_rank(request, user)
        async with changing(request) as conn:
            now = await users.assign_number(
                conn, actor_of(request), user, wanted.kind, f"+{number}", check_of(request)
            )
            return shown(request, now)

    @delete(
        "/{user:str}/numbers/{number:str}",
        operation_id="releaseNumber",
        summary="Take a number from a user",
        status_code=200,
        opt=declared(Access.ADMINISTRATOR, answer=User, shown=USER, **CHANGED),
    )
    async def release(self, request: Asked, user: FromPath[str], number: FromPath[str]) -> Response[Any]:
        """It stays the company's, free. A mobile number goes with its handset."""
        await check_rank(request, user)
        async with changing(request) as conn:
            now = await users.release_number(conn, actor_of(request), user, f"+{number}", check_of(request))
            return shown(request, now)

    @get(
        "/{user:str}/pack-change",
        operation_id="previewPackChange",
        summary="What another pack would do",
        opt=declared(
            Access.ADMINISTRATOR,
            answer=PackChange,
            query=(
                Query(
                    "pack", "the other pack", {"type": "string", "enum": [one.value for one in ServicePack]}
                ),
            ),
            shown=_PACK_CHANGE,
        ),
    )
    async def preview(self, request: Asked, user: FromPath[str]) -> PackChange:
        """Which services that are set would be lost, stay, or come; and what must go first."""
        name = request.query_params.get("pack", ServicePack.BASE_PLUS.value)
        if name not in {one.value for one in ServicePack}:
            raise ProblemError(INVALID_REQUEST, "there is no such pack", "dit profiel bestaat niet")
        own = stores_of(request).own
        with refusals_told(request):
            known = await users.get_user(own, user)
            return await packs.pack_change(own, known, ServicePack(name), language_of(request.scope))

    @put(
        "/{user:str}/pack",
        operation_id="setPack",
        summary="Give a user another pack",
        opt=declared(
            Access.ADMINISTRATOR, body=PackWanted, answer=User, example=_PACK, shown=USER, **CHANGED
        ),
    )
    async def set_pack(self, request: Asked, user: FromPath[str]) -> Response[Any]:
        """Holds for the next call. Settings of services that are lost are kept, and do nothing. 409:
        telephones or numbers the pack does not have, or no licence left."""
        wanted = await body_of(request, PackWanted)
        await check_rank(request, user)
        async with changing(request) as conn:
            return shown(
                request, await users.change_pack(conn, actor_of(request), user, wanted, check_of(request))
            )


def _id(one: User) -> str:
    return one.id
