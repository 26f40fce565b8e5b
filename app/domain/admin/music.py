"""``/v1/tenants/<tenant>/music``: recordings a company's callers hear on hold; ``/v1/me/music``: what a user
can choose from (the choice is a service of the user's, ``music_on_hold_user``)."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Response, delete, get, patch, put
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from app.access import user_of
from app.at_once import at_once
from app.bodies import body_of, invalid
from app.domain.admin.asking import (
    CHANGED,
    Asked,
    actor_of,
    changing,
    check_of,
    refusals_told,
    shown,
    stores_of,
)
from app.etags import etag, is_known
from app.language import language_of
from app.operations import Access, Query, declared
from app.problems import (
    FORBIDDEN,
    IN_THE_WAY,
    INVALID_REQUEST,
    INVALID_SETTINGS,
    NOT_AVAILABLE,
    OVERLOADED,
    UNSUPPORTED_MEDIA_TYPE,
    InvalidMember,
    ProblemError,
)
from hipper.directory.admin import music
from hipper.directory.admin.music import Music, MusicChange, NewMusic
from hipper.runtime.recordings import MOST_BYTES, NoConverter, Recording, RecordingError, convert

_MUSIC = {
    "name": "winter",
    "display_name": "Winteractie",
    "is_default": True,
    "duration_ms": 92500,
    "digest": "5d41402abc4b2a76b9719d911017c592ae4b1f3c1b1f3c2a76b9719d911017c5",
}
_NAMED = (Query("display_name", "of a file that comes as it is", {"type": "string", "maxLength": 120}),)
_WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQAAAAA="


class MusicList(msgspec.Struct, frozen=True, kw_only=True):
    """All there are: a company has at most 20."""

    items: tuple[Music, ...]


class MusicController(Controller):
    """Music on hold of a company."""

    path = "/v1/tenants/{tenant:str}/music"
    tags = ("music on hold",)

    @get(
        "/",
        operation_id="listMusic",
        summary="The recordings of a company, by name",
        opt=declared(Access.ADMINISTRATOR, answer=MusicList, shown={"items": [_MUSIC]}),
    )
    async def all(self, request: Asked, tenant: FromPath[str]) -> MusicList:
        return MusicList(items=tuple(await music.list_music(stores_of(request).own, tenant)))

    @get(
        "/{recording:str}",
        operation_id="getMusic",
        summary="One recording",
        opt=declared(Access.ADMINISTRATOR, answer=Music, versioned=True, shown=_MUSIC),
    )
    async def one(self, request: Asked, tenant: FromPath[str], recording: FromPath[str]) -> Response[Any]:
        with refusals_told(request):
            return shown(request, await music.get_music(stores_of(request).own, tenant, recording))

    @get(
        "/{recording:str}/audio",
        operation_id="hearMusic",
        summary="What is heard of a recording",
        opt=declared(Access.ADMINISTRATOR, answer=str, media="audio/wav", versioned=True, shown=_WAV),
    )
    async def hear(self, request: Asked, tenant: FromPath[str], recording: FromPath[str]) -> Response[Any]:
        """As it is played: wav, mono, 16 kHz, as loud as any other."""
        return await _audio(request, tenant, recording)

    @put(
        "/{recording:str}",
        operation_id="setMusic",
        summary="Upload a recording",
        request_max_body_size=MOST_BYTES * 4 // 3 + 4096,
        opt=declared(
            Access.ADMINISTRATOR,
            body=NewMusic,
            answer=Music,
            versioned=True,
            query=_NAMED,
            problems=(IN_THE_WAY, NOT_AVAILABLE, OVERLOADED),
            also=(201,),
            example={"audio": _WAV, "display_name": "Winteractie"},
            shown=_MUSIC,
        ),
    )
    async def set(self, request: Asked, tenant: FromPath[str], recording: FromPath[str]) -> Response[Any]:
        """wav, mp3, flac, ogg, opus or m4a of 1 second to 5 minutes and at most 20 MB; one of that name is
        replaced. Heard from the next hold on. The first one of a company is its default.

        The file itself is taken as well, as `audio/…` or `application/octet-stream`, and as the part `audio`
        of `multipart/form-data`. It is made mono and as loud as any other, which takes a second or two."""
        actor = actor_of(request)
        if actor.group is not None:
            raise ProblemError(FORBIDDEN, "this is for the enterprise", "dit is voor het bedrijf")
        with refusals_told(request):
            music.check_name(recording)
        wanted = await _brought(request)
        with at_once(request, "recordings").turn(tenant):
            made = await _converted(request, wanted.audio)
        async with changing(request) as conn:
            now, is_new = await music.put_music(
                conn, actor, tenant, recording, made, wanted.display_name, check_of(request)
            )
            return shown(request, now, 201 if is_new else 200)

    @patch(
        "/{recording:str}",
        operation_id="changeMusic",
        summary="Rename a recording, or make it the default",
        opt=declared(
            Access.ADMINISTRATOR,
            body=MusicChange,
            answer=Music,
            example={"is_default": True},
            shown=_MUSIC,
            **CHANGED,
        ),
    )
    async def change(self, request: Asked, tenant: FromPath[str], recording: FromPath[str]) -> Response[Any]:
        """Heard from the next hold on. Without a default the exchange's own music is heard."""
        change = await body_of(request, MusicChange)
        async with changing(request) as conn:
            check = check_of(request)
            now = await music.change_music(conn, actor_of(request), tenant, recording, change, check)
            return shown(request, now)

    @delete(
        "/{recording:str}",
        operation_id="removeMusic",
        summary="Remove a recording",
        opt=declared(Access.ADMINISTRATOR, **CHANGED),
    )
    async def remove(self, request: Asked, tenant: FromPath[str], recording: FromPath[str]) -> None:
        """One that no user chose, and not the default while there are others: 409 says which it is."""
        async with changing(request) as conn:
            await music.delete_music(conn, actor_of(request), tenant, recording, check_of(request))


class OwnMusicController(Controller):
    """What I can choose for whom I put on hold."""

    path = "/v1/me/music"
    tags = ("my services",)

    @get(
        "/",
        operation_id="listMyMusic",
        summary="The recordings I can choose from",
        opt=declared(Access.USER, answer=MusicList, shown={"items": [_MUSIC]}),
    )
    async def all(self, request: Asked) -> MusicList:
        """The choice is set as `recording` of the service `music_on_hold_user`."""
        tenant = user_of(request.state.principal).tenant
        return MusicList(items=tuple(await music.list_music(stores_of(request).own, tenant)))

    @get(
        "/{recording:str}/audio",
        operation_id="hearMyMusic",
        summary="What is heard of a recording",
        opt=declared(Access.USER, answer=str, media="audio/wav", versioned=True, shown=_WAV),
    )
    async def hear(self, request: Asked, recording: FromPath[str]) -> Response[Any]:
        return await _audio(request, user_of(request.state.principal).tenant, recording)


async def _audio(request: Asked, tenant: str, name: str) -> Response[Any]:
    """Raises ProblemError: 404."""
    own = stores_of(request).own
    with refusals_told(request):
        found = await music.get_music(own, tenant, name)
        headers = {"ETag": etag(found.digest[:16])}
        if is_known(request, found.digest[:16]):
            return Response(None, status_code=304, headers=headers)
        return Response(await music.audio_of(own, tenant, name), media_type="audio/wav", headers=headers)


async def _brought(request: Asked) -> NewMusic:
    """JSON with base64, a form, or the file as it is. Raises ProblemError: 400, 413, 415, 422."""
    kind = request.content_type[0]
    if kind == "application/json":
        return await body_of(request, NewMusic)
    if kind == "multipart/form-data":
        form = await request.form()
        audio = form.get("audio")
        content = await audio.read() if isinstance(audio, UploadFile) else b""
        return _named(request, content, form.get("display_name"))
    if kind.startswith("audio/") or kind == "application/octet-stream":
        return _named(request, await request.body(), request.query_params.get("display_name"))
    accepted = "application/json, multipart/form-data, audio/*, application/octet-stream"
    raise ProblemError(UNSUPPORTED_MEDIA_TYPE, headers={"Accept": accepted})


def _named(request: Asked, audio: bytes, display_name: Any) -> NewMusic:
    if not audio:
        raise ProblemError(INVALID_REQUEST, "there is no file in it", "er zit geen bestand in")
    try:
        return msgspec.convert({"audio": audio, "display_name": display_name or None}, NewMusic)
    except msgspec.ValidationError as error:
        raise invalid(str(error), request) from None


async def _converted(request: Asked, brought: bytes) -> Recording:
    """Raises ProblemError: 409, 422."""
    try:
        return await convert(brought)
    except RecordingError as error:
        said = error.uitleg if language_of(request.scope) == "nl" else str(error)
        member = InvalidMember(pointer="#/audio", detail=said)
        raise ProblemError(INVALID_SETTINGS, str(error), error.uitleg, errors=(member,)) from None
    except NoConverter as error:
        raise ProblemError(NOT_AVAILABLE, str(error), "hier is geen programma dat opnamen leest") from None
